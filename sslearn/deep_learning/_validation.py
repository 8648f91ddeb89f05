"""The error of held-out samples, in degrees."""

import numpy as np

from sslearn.metrics import match_sources, median_angular_error

# A missed source and one that is not there cost as much as a guess does on average.
_LOST = 90.0


def validation_error(encoding, y):
    """Function that returns the median error of the network's outputs for some rows.

    Parameters
    ----------
    encoding : Encoding
        Fitted encoding.
    y : ndarray
        Checked directions of all samples.

    Returns
    -------
    error : callable
        Function ``error(outputs, train_rows, valid_rows)`` in degrees. Where sources may be absent,
        each that is missed or made up counts as an error of 90 degrees.
    """
    error_of = _error_with_absence if encoding.output_spec_.absence else median_angular_error

    def error(outputs, train_rows, valid_rows):
        predicted = encoding.inverse_transform(outputs(valid_rows))
        true = y[valid_rows.numpy()]
        if true.ndim < 3 <= predicted.ndim:
            true = true.reshape(len(true), -1, predicted.shape[-1])
        return error_of(true, predicted)

    return error


def _error_with_absence(true, predicted):
    errors = match_sources(true, predicted)[1]
    n_matched = np.isfinite(errors).sum()
    n_true, n_predicted = (np.isfinite(y[..., 0]).sum() for y in (true, predicted))
    lost = np.full(n_true + n_predicted - 2 * n_matched, _LOST)
    errors = np.append(errors[np.isfinite(errors)], lost)
    return float(np.median(errors)) if len(errors) else 0.0
