"""A table of errors."""

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length, column_or_1d

from sslearn.metrics._errors import ROUNDING, component_errors
from sslearn.metrics._matching import hits, present, source_errors
from sslearn.metrics._validation import check_multi_pair, check_pair, check_tolerance, has_sources


def _statistics(errors):
    if not len(errors):
        return dict.fromkeys(("mean", "median", "rmse", "p95"), np.nan)
    return {
        "mean": errors.mean(),
        "median": np.median(errors),
        "rmse": np.sqrt(np.mean(errors**2)),
        "p95": np.percentile(errors, 95),
    }


def _row(y_true, y_pred, component, tolerances):
    errors = component_errors(y_true, y_pred, component)
    row = {"n_samples": len(errors)} | _statistics(errors)
    for tolerance in tolerances:
        row[f"accuracy_{tolerance:g}"] = np.mean(errors <= tolerance + ROUNDING)
    return row


def _row_of_sources(y_true, y_pred, component, tolerances):
    errors = source_errors(y_true, y_pred, component)
    errors = errors[~np.isnan(errors)]
    n_true, n_pred = present(y_true).sum(), present(y_pred).sum()
    row = {"n_samples": len(y_true), "n_sources": n_true, "n_matched": len(errors)}
    row |= _statistics(errors)
    share = 1.0 / n_true if n_true else np.nan
    for tolerance in tolerances:
        n_found = hits(y_true, y_pred, tolerance, component).sum()
        row[f"accuracy_{tolerance:g}"] = n_found * share
        row[f"false_alarms_{tolerance:g}"] = (n_pred - n_found) * share
    return row


def localization_report(y_true, y_pred, *, tolerances=(5, 10, 15), groups=None):
    """Tabulate the errors of each angle and of the direction.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees; those of several sources as in :func:`match_sources`.
    y_pred : array-like of the same shape
        Predicted directions; the number of sources may differ.
    tolerances : iterable of float, default=(5, 10, 15)
        Tolerances of the accuracies, in degrees.
    groups : array-like of shape (n_samples,), default=None
        Room, head or speaker of each sample; adds rows for each group.

    Returns
    -------
    report : DataFrame
        One row for ``azimuth`` and, where elevations are given, for ``elevation`` and
        ``great_circle``; with groups, these rows for each group and last for ``"all"``, indexed
        by group and component. Columns: ``n_samples``; ``mean``, ``median``, ``rmse`` and ``p95``
        (95th percentile) of the errors in degrees; ``accuracy_<tolerance>``, the share of samples
        within each tolerance. With several sources, the errors are those of the matched pairs,
        ``n_sources`` and ``n_matched`` count the true sources and the pairs, ``accuracy_`` is the
        share of the true sources found (the rest is missed), and ``false_alarms_<tolerance>`` is
        the number of predictions beyond the tolerance, relative to the true sources.

    Raises
    ------
    ValueError
        If the directions are not valid, lengths or shapes differ, or a tolerance is negative.

    See Also
    --------
    match_sources : The matching of several sources.
    missed_detection_rate, false_alarm_rate : The same as functions.

    Examples
    --------
    >>> from sslearn.metrics import localization_report
    >>> report = localization_report([[0, 0], [90, 10]], [[3, 0], [90, 20]])
    >>> report[["n_samples", "median", "accuracy_5"]].round(2)
                  n_samples  median  accuracy_5
    azimuth               2     1.5         1.0
    elevation             2     5.0         0.5
    great_circle          2     6.5         0.5
    >>> report = localization_report([[[179], [20]]], [[[26], [-179]]])
    >>> report[["n_matched", "mean", "accuracy_5", "false_alarms_5"]]
             n_matched  mean  accuracy_5  false_alarms_5
    azimuth          2   4.0         0.5             0.5
    """
    several = has_sources(y_true, y_pred)
    y_true, y_pred, _ = (check_multi_pair if several else check_pair)(y_true, y_pred)
    row = _row_of_sources if several else _row
    components = {"azimuth": "azimuth"}
    if y_true.ndim == 2 or (several and y_true.shape[-1] > 1):
        components |= {"elevation": "elevation", "great_circle": None}
    tolerances = list(tolerances)
    for tolerance in tolerances:
        check_tolerance(tolerance)

    def table(rows):
        table = {
            label: row(y_true[rows], y_pred[rows], component, tolerances)
            for label, component in components.items()
        }
        return pd.DataFrame.from_dict(table, orient="index")

    if groups is None:
        return table(slice(None))
    groups = column_or_1d(groups)
    check_consistent_length(y_true, groups)
    tables = {group: table(groups == group) for group in pd.unique(groups)}
    return pd.concat(tables | {"all": table(slice(None))}, names=["group", "component"])
