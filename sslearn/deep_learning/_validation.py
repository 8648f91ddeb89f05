"""The error of held-out samples, in degrees."""

import warnings

import numpy as np

from sslearn.exceptions import UncertaintyWarning
from sslearn.metrics import match_sources, median_angular_error

# A missed source and a false alarm each cost the mean error of a guess.
_LOST = 90.0


def validation_error(encoding, y, weight=None):
    """Return a function that computes the validation error of a network.

    Parameters
    ----------
    encoding : Encoding
        Fitted encoding.
    y : ndarray
        Checked directions of all samples.
    weight : ndarray of shape (n_samples,), default=None
        Weights of all samples.

    Returns
    -------
    error : callable
        Function ``error(outputs, train_rows, valid_rows)`` that returns the median angular error.
        If sources may be absent, it is the sum of all errors per true source, with 90 degrees for
        each missed source and each false alarm: it ranks epochs as the score of a localizer does.
    """
    error_of = _error_with_absence if encoding.output_spec_.absence else median_angular_error

    def error(outputs, train_rows, valid_rows):
        with warnings.catch_warnings():
            # In the first epochs most spectra lack peaks; predictions warn of it.
            warnings.simplefilter("ignore", UncertaintyWarning)
            predicted = outputs(valid_rows, encoding.inverse_transform)
        true = y[valid_rows.numpy()]
        sample_weight = None if weight is None else weight[valid_rows.numpy()]
        if true.ndim < 3 <= predicted.ndim:
            true = true.reshape(len(true), -1, predicted.shape[-1])
        return error_of(true, predicted, sample_weight=sample_weight)

    return error


def _error_with_absence(true, predicted, sample_weight=None):
    weight = np.ones(len(true)) if sample_weight is None else sample_weight
    errors = match_sources(true, predicted)[1]
    n_true, n_predicted = (_per_sample(np.isfinite(y[..., 0])) for y in (true, predicted))
    # Unmatched true sources (missed) and unmatched predictions (false alarms).
    n_lost = n_true + n_predicted - 2 * _per_sample(np.isfinite(errors))
    total = weight @ (_per_sample(np.nan_to_num(errors)) + _LOST * n_lost)
    return float(total / (weight @ n_true or 1.0))


def _per_sample(values):
    return values.reshape(len(values), -1).sum(axis=1)
