"""A table of errors."""

from functools import partial

import numpy as np
import pandas as pd
from sklearn.metrics import median_absolute_error
from sklearn.utils import check_consistent_length, column_or_1d

from sslearn.metrics._errors import ROUNDING, component_errors
from sslearn.metrics._matching import hit_errors, present, reported, source_errors, spread
from sslearn.metrics._validation import check_multi_pair, check_pair, has_sources
from sslearn.utils import to_numbers
from sslearn.utils.param_validation import validated


def _statistics(errors, weight):
    """Statistics of errors; the percentile is interpolated if there are no weights."""
    if weight is not None:
        errors, weight = errors[weight > 0], weight[weight > 0]
    if not len(errors):
        return dict.fromkeys(("mean", "median", "rmse", "p95"), np.nan)
    # NumPy interpolates percentiles only without weights.
    method = "linear" if weight is None else "inverted_cdf"
    return {
        "mean": np.average(errors, weights=weight),
        "median": median_absolute_error(np.zeros_like(errors), errors, sample_weight=weight),
        "rmse": np.sqrt(np.average(errors**2, weights=weight)),
        "p95": float(np.quantile(errors, 0.95, weights=weight, method=method)),
    }


def _row(y_true, y_pred, weight, component, tolerances):
    errors = component_errors(y_true, y_pred, component)
    row = {"n_samples": len(errors)} | _statistics(errors, weight)
    total = len(errors) if weight is None else weight.sum()
    weight = np.ones(len(errors)) if weight is None else weight
    for tolerance in tolerances:
        correct = (errors <= tolerance + ROUNDING) @ weight
        row[f"accuracy_{tolerance:g}"] = correct / total if total else np.nan
    return row


def _row_of_sources(y_true, y_pred, weight, component, tolerances, active_only):
    errors = source_errors(y_true, y_pred, component)
    matched = ~np.isnan(errors)
    there, said = present(y_true), reported(y_true, y_pred, active_only)
    row = {"n_samples": len(y_true), "n_sources": there.sum(), "n_matched": matched.sum()}
    row |= _statistics(errors[matched], None if weight is None else spread(weight, errors)[matched])
    weight = np.ones(len(y_true)) if weight is None else weight
    n_true, n_pred = ((flags * spread(weight, flags)).sum() for flags in (there, said))
    # All rates are relative to the true sources, so misses and false alarms can be added.
    share = 1.0 / n_true if n_true else np.nan
    for tolerance in tolerances:
        errors = hit_errors(y_true, y_pred, tolerance, component)
        weights = spread(weight, errors) * ~np.isnan(errors)
        n_found = weights.sum()
        row |= {
            f"accuracy_{tolerance:g}": n_found * share,
            f"missed_{tolerance:g}": (n_true - n_found) * share,
            f"false_alarms_{tolerance:g}": (n_pred - n_found) * share,
            f"hit_error_{tolerance:g}": np.nansum(errors * weights) / (n_found or np.nan),
        }
    return row


def _check_tolerances(tolerances):
    if not isinstance(tolerances, np.ndarray) and np.iterable(tolerances):
        tolerances = list(tolerances)
    tolerances = to_numbers(tolerances, "tolerances")
    if tolerances.ndim != 1 or not (tolerances >= 0).all():
        raise ValueError(
            f"tolerances must be numbers of at least 0 degrees, of shape (n,); got {tolerances}."
        )
    return tolerances.tolist()


def _check_groups(groups, y_true):
    try:
        groups = column_or_1d(groups)
        check_consistent_length(y_true, groups)
    except (TypeError, ValueError) as error:
        raise ValueError(f"groups must have one entry for each sample: {error}") from error
    return groups


@validated(active_only=["boolean"])
def localization_report(
    y_true,
    y_pred,
    *,
    tolerances=(5, 10, 15),
    active_only=False,
    groups=None,
    sample_weight=None,
):
    """Tabulate the errors of each angle and of the direction.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees; those of several sources as in :func:`match_sources`.
    y_pred : array-like of the same shape, or dict of str to array-like
        Predicted directions, of one localizer or of several with their names; the number of
        sources may differ.
    tolerances : iterable of float, default=(5, 10, 15)
        Tolerances of the accuracies, in degrees.
    active_only : bool, default=False
        Whether false alarms of several sources count only beside a true source, as in
        :func:`false_alarm_rate`.
    groups : array-like of shape (n_samples,), default=None
        Room, head or speaker of each sample; adds rows for each group.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights of errors, accuracies and false alarms; counts have none.

    Returns
    -------
    report : DataFrame
        One row for ``azimuth`` and, where elevations are given, for ``elevation`` and
        ``great_circle``; with groups, these rows for each group and last for ``"all"``, indexed
        by group and component; with a dict, all of these for each method, which is the first
        level of the index. Columns: ``n_samples``; ``mean``, ``median``, ``rmse`` and ``p95``
        (95th percentile) of the errors in degrees; ``accuracy_<tolerance>``, the share of samples
        within each tolerance. With several sources, the errors are those of the matched pairs,
        ``n_sources`` and ``n_matched`` count the true sources and the pairs, ``accuracy_`` and
        ``missed_`` are the shares of the true sources found and not found,
        ``false_alarms_<tolerance>`` is the number of predictions beyond the tolerance, relative to
        the true sources, and ``hit_error_<tolerance>`` the mean error of those found.

    Raises
    ------
    ValueError
        If the directions are not valid, lengths or shapes differ, or a tolerance is negative.

    See Also
    --------
    match_sources : The matching of several sources.
    missed_detection_rate, false_alarm_rate, matched_angular_error : The same as functions.

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

    Several methods in one table:

    >>> localization_report([0, 90], {"good": [1, 91], "poor": [20, 60]})["mean"].to_dict()
    {('good', 'azimuth'): 1.0, ('poor', 'azimuth'): 25.0}
    """
    options = {"tolerances": _check_tolerances(tolerances), "active_only": active_only}
    options |= {"groups": groups, "sample_weight": sample_weight}
    if not isinstance(y_pred, dict):
        return _report(y_true, y_pred, **options)
    if not y_pred:
        raise ValueError("y_pred must hold the predictions of at least one localizer; got {}.")
    tables = {name: _report(y_true, y, **options) for name, y in y_pred.items()}
    levels = ["component"] if groups is None else ["group", "component"]
    return pd.concat(tables, names=["method", *levels])


def _report(y_true, y_pred, *, tolerances, active_only, groups, sample_weight):
    several = has_sources(y_true, y_pred)
    check = check_multi_pair if several else check_pair
    y_true, y_pred, weight = check(y_true, y_pred, sample_weight)
    row = partial(_row_of_sources, active_only=active_only) if several else _row
    components = {"azimuth": "azimuth"}
    if y_true.ndim == 2 or (several and y_true.shape[-1] > 1):
        components |= {"elevation": "elevation", "great_circle": None}

    def table(rows):
        weights = None if sample_weight is None else weight[rows]
        table = {
            label: row(y_true[rows], y_pred[rows], weights, component, tolerances)
            for label, component in components.items()
        }
        return pd.DataFrame.from_dict(table, orient="index")

    if groups is None:
        return table(slice(None))
    groups = _check_groups(groups, y_true)
    tables = {group: table(groups == group) for group in pd.unique(groups)}
    return pd.concat(tables | {"all": table(slice(None))}, names=["group", "component"])
