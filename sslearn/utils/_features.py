"""Validation of features and weights by scikit-learn."""

import re

import numpy as np
from sklearn.utils.validation import validate_data

from sslearn.utils.param_validation import _check_sample_weight

# Beginnings of NumPy's messages on values that are not numbers, which name no argument.
_NO_NUMBERS = r"could not convert|setting an array|float\(\) argument|Cannot cast|only "


def check_features(estimator, X, **kwargs):
    """Validate features as :func:`sklearn.utils.validation.validate_data`, naming X in each error.

    Parameters
    ----------
    estimator : estimator
        Estimator that is fitted or predicts.
    X : array-like of shape (n_samples, n_features)
        Features.
    **kwargs : object
        Passed to ``validate_data``.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The features.

    Raises
    ------
    TypeError, ValueError
        As ``validate_data``.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from sslearn.utils import check_features
    >>> check_features(BaseEstimator(), [[1.0, 2.0]]).shape
    (1, 2)
    """
    try:
        return validate_data(estimator, X, **kwargs)
    except (TypeError, ValueError) as error:
        if not re.match(_NO_NUMBERS, str(error)):
            raise
        raise type(error)(f"X must hold numbers, in rows of one length: {error}") from error


def check_weights(sample_weight, X):
    """Validate the weights of samples.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), float or None
        Weights, or the weight of each sample; None for 1.
    X : array-like of shape (n_samples, ...)
        Samples; only their number counts.

    Returns
    -------
    sample_weight : ndarray of shape (n_samples,), float64
        The weights.

    Raises
    ------
    ValueError
        If a weight is negative, not finite or no number, or there are too few or too many.

    Examples
    --------
    >>> from sslearn.utils import check_weights
    >>> check_weights(None, ["a.wav", "b.wav"]).tolist()
    [1.0, 1.0]
    """
    try:
        return _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"sample_weight must hold one weight of at least 0 for each sample: {error}"
        ) from error
