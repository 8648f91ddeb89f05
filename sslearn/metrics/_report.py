"""A table of errors."""

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length, column_or_1d

from sslearn.metrics._angular import _check_pair, _errors, localization_accuracy_score


def _row(y_true, y_pred, component, tolerances):
    errors = _errors(y_true, y_pred, component)
    row = {
        "n_samples": len(errors),
        "mean": errors.mean(),
        "median": np.median(errors),
        "rmse": np.sqrt(np.mean(errors**2)),
        "p95": np.percentile(errors, 95),
    }
    for tolerance in tolerances:
        row[f"accuracy_{tolerance:g}"] = localization_accuracy_score(
            y_true, y_pred, tolerance=tolerance, component=component
        )
    return row


def localization_report(y_true, y_pred, *, tolerances=(5, 10, 15), groups=None):
    """Tabulate the errors of each angle and of the direction.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees.
    y_pred : array-like of the same shape
        Predicted directions.
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
        within each tolerance.

    Raises
    ------
    ValueError
        If the directions are not valid, or lengths or shapes differ.

    Examples
    --------
    >>> from sslearn.metrics import localization_report
    >>> report = localization_report([[0, 0], [90, 10]], [[3, 0], [90, 20]])
    >>> report[["n_samples", "median", "accuracy_5"]].round(2)
                  n_samples  median  accuracy_5
    azimuth               2     1.5         1.0
    elevation             2     5.0         0.5
    great_circle          2     6.5         0.5
    """
    y_true, y_pred, _ = _check_pair(y_true, y_pred)
    components = {"azimuth": "azimuth"}
    if y_true.ndim == 2:
        components |= {"elevation": "elevation", "great_circle": None}

    def table(rows):
        table = {
            label: _row(y_true[rows], y_pred[rows], component, tolerances)
            for label, component in components.items()
        }
        return pd.DataFrame.from_dict(table, orient="index")

    if groups is None:
        return table(slice(None))
    groups = column_or_1d(groups)
    check_consistent_length(y_true, groups)
    tables = {group: table(groups == group) for group in pd.unique(groups)}
    return pd.concat(tables | {"all": table(slice(None))}, names=["group", "component"])
