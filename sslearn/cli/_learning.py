"""Fitting and measuring a localizer on labelled files."""

import contextlib
import sys

import click
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, KFold, ShuffleSplit
from sklearn.utils.validation import has_fit_parameter

from sslearn.cli._output import Output
from sslearn.features import AudioReader
from sslearn.metrics import localization_report
from sslearn.model_selection import AngularStratifiedGroupKFold, AngularStratifiedKFold

# Columns that fit on a terminal; programs get all.
_SHOWN = ("group", "component", "n_samples", "mean", "median", "accuracy_5", "accuracy_10",
          "missed_10", "false_alarms_10")  # fmt: skip


def take_channels(localizer, channels):
    """Select channels of the files of a localizer.

    Parameters
    ----------
    localizer : estimator
        Localizer, fitted or not; its AudioReader is changed in place.
    channels : list of int or None
        Channels; None for all.

    Raises
    ------
    UsageError
        If it has no AudioReader.
    """
    readers = []
    for _, step in getattr(localizer, "steps", [("", localizer)]):
        for name in ("batch_transform", "batch_transform_"):
            parts = getattr(getattr(step, name, None), "steps", ())
            readers += [part for _, part in parts if isinstance(part, AudioReader)]
    if not readers:
        raise click.UsageError("--channels is for recipes on arrays; this one takes whole files.")
    for reader in readers:
        reader.set_params(channels=channels)


def fit(estimator, labels, rows=None):
    """Fit a clone of a localizer to some of the files, with progress on stderr.

    Parameters
    ----------
    estimator : estimator
        Localizer of files.
    labels : Labels
        Files with their directions.
    rows : ndarray of int, default=None
        Training files; all if None.

    Returns
    -------
    estimator : estimator
        Fitted clone.
    """
    rows = np.arange(len(labels.paths)) if rows is None else rows
    params = {}
    if labels.groups is not None and len(set(labels.groups[rows])) > 1:
        # The samples that a network holds out to choose its epoch are whole groups, too.
        for name, step in getattr(estimator, "steps", [("", estimator)]):
            if has_fit_parameter(step, "groups"):
                params[f"{name}__groups" if name else "groups"] = labels.groups[rows]
    # The progress bars of training go to stdout, which is for results.
    with contextlib.redirect_stdout(sys.stderr):
        paths = [labels.paths[i] for i in rows]
        return clone(estimator).fit(paths, labels.y[rows], **params)


def held_out(estimator, labels, *, test=0.2, cv=None, seed=0):
    """Predict files by localizers fitted without them and without their groups.

    Parameters
    ----------
    estimator : estimator
        Localizer of files.
    labels : Labels
        Files with their directions.
    test : float, default=0.2
        Fraction of the files, or of the groups, that is held out.
    cv : int, default=None
        Number of folds, each of which is held out once; replaces ``test``.
    seed : int, default=0
        Seed of the splits.

    Returns
    -------
    fitted : estimator
        The last localizer.
    rows : ndarray of int
        Files that were held out.
    y_pred : ndarray of shape (n_rows, ...)
        Their predicted directions.
    """
    if labels.groups is not None and len(set(labels.groups)) < 2:
        raise ValueError(
            f"--groups must name at least 2 groups; got {str(labels.groups[0])!r} alone. "
            "Leave --groups out, or give --test 0."
        )
    rows, found = [], []
    splitter = _splitter(labels, test, cv, seed)
    # Only their number counts, and KFold of scikit-learn takes no groups in silence.
    for train, held in splitter.split(labels.paths, labels.y, labels.groups):
        fitted = fit(estimator, labels, train)
        rows.append(held)
        found.append(fitted.predict([labels.paths[i] for i in held]))
    return fitted, np.concatenate(rows), np.concatenate(found)


def _splitter(labels, test, cv, seed):
    grouped = labels.groups is not None
    if cv is None:
        kind = GroupShuffleSplit if grouped else ShuffleSplit
        return kind(1, test_size=test, random_state=seed)
    if labels.y.ndim > 2:
        kind = GroupKFold if grouped else KFold
    else:
        kind = AngularStratifiedGroupKFold if grouped else AngularStratifiedKFold
    return kind(cv, shuffle=True, random_state=seed)


def report(y_true, y_pred, groups=None):
    """Table of errors, one row per angle, and per group.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n_files, ...)
        Directions in degrees.
    groups : ndarray of str, default=None
        Group of each file.

    Returns
    -------
    table : DataFrame
        :func:`sslearn.metrics.localization_report`, with its index as columns.
    """
    if y_true.ndim == y_pred.ndim == 4:
        # The last frame of a file that is not full is in one of the two, or in none.
        n_frames = min(y_true.shape[1], y_pred.shape[1])
        y_true, y_pred = y_true[:, :n_frames], y_pred[:, :n_frames]
    table = localization_report(y_true, y_pred, groups=groups)
    return table.rename_axis(table.index.names if groups is not None else "component").reset_index()


def write_report(table, fmt=None, path=None):
    """Write a table of errors, with fewer columns on a terminal.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`report`.
    fmt, path : str, default=None
        Format and file, as :class:`Output` takes them.
    """
    with Output(fmt, path) as output:
        output.write(table.filter(_SHOWN) if output.fmt == "table" else table)
