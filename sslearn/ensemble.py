"""Committees of localizers."""

import os
import warnings

import numpy as np
from sklearn.ensemble import BaggingRegressor
from sklearn.utils.validation import check_is_fitted

from sslearn.base import LocalizerMixin
from sslearn.geometry import angles_to_unit_vectors, check_doa, unit_vectors_to_angles
from sslearn.metrics import d2_angular_error_score
from sslearn.utils import (
    as_samples,
    check_features,
    check_weights,
    holds_paths,
    take_rows,
    to_numbers,
)
from sslearn.utils.param_validation import HasMethods, _num_samples

__all__ = ["BaggingLocalizer"]


def _mean_directions(votes):
    """Means over axis 0 of directions (n_estimators, n_samples[, k]); NaN is no vote.

    Directions are averaged as unit vectors, distances as numbers. Where the vectors cancel, the
    first vote decides.
    """
    directions = votes[..., None] if votes.ndim == 2 else votes
    cast = ~np.isnan(directions[..., :1])
    # Mean of the unit vectors of all votes; its length is 0 where they cancel.
    vectors = np.where(cast, angles_to_unit_vectors(directions), 0.0)
    mean = vectors.sum(axis=0) / cast.sum(axis=0)
    first = np.take_along_axis(vectors, cast.argmax(axis=0)[None], axis=0)[0]
    cancelled = np.linalg.norm(mean, axis=-1, keepdims=True) < 1e-9
    angles = unit_vectors_to_angles(np.where(cancelled, first, mean))
    if votes.ndim == 2:
        return angles[:, 0]
    distance = np.nanmean(directions[..., 2:], axis=0)
    return np.concatenate([angles[:, : directions.shape[-1]], distance], axis=1)


def _has_columns(X):
    """Whether X is a table, of anything but the paths of several files for each sample."""
    if getattr(X, "ndim", None) != 2:
        return False
    if getattr(getattr(X, "dtype", None), "kind", "O") not in "OUT":
        return True
    first = np.asarray(take_rows(X, slice(0, 1)))
    are_paths = [isinstance(item, (str, os.PathLike)) for item in first.flat]
    return len(are_paths) < 2 or not all(are_paths)


def _as_table(X):
    """Features as they are; paths, clips and audio as one column, of which rows are drawn."""
    if _has_columns(X):
        return X
    samples = as_samples(X)
    if not holds_paths(samples) and np.ndim(samples[0]) < 2:
        return X
    # Assigned one by one: NumPy would stack clips of one length to an array of numbers.
    column = np.empty((len(samples), 1), dtype=object)
    for i, sample in enumerate(samples):
        column[i, 0] = sample
    return column


class BaggingLocalizer(LocalizerMixin, BaggingRegressor):
    """Bagging of localizers whose directions are averaged on the circle or the sphere.

    Each localizer is fitted to a random selection of samples and features.
    :class:`sklearn.ensemble.BaggingRegressor` averages the angles themselves, so that 179 and -179
    degrees become 0; here they become 180.

    Parameters
    ----------
    estimator : localizer
        Localizer to fit, of one source. A regressor of angles is averaged rightly, too, but is
        itself wrong at the wrap: see :class:`sslearn.base.EncodedLocalizer`.
    n_estimators : int, default=10
        Number of localizers.
    max_samples : int, float or None, default=None
        Samples drawn for each localizer: a number, a fraction, or as many as there are if None.
    max_features : int or float, default=1.0
        Features drawn for each localizer: a number or a fraction.
    bootstrap : bool, default=True
        Whether samples are drawn with replacement.
    bootstrap_features : bool, default=False
        Whether features are drawn with replacement.
    oob_score : bool, default=False
        Whether each sample is predicted by the localizers that were fitted without it, for
        ``oob_score_``.
    warm_start : bool, default=False
        Whether ``fit`` adds localizers to those of the previous fit.
    n_jobs : int, default=None
        Number of jobs that fit.
    random_state : int, RandomState instance or None, default=None
        Seed of the selections and of the localizers.
    verbose : int, default=0
        Verbosity of fitting.

    Attributes
    ----------
    estimators_ : list of localizers
        Fitted localizers.
    estimators_samples_ : list of ndarray
        Samples of each.
    estimators_features_ : list of ndarray
        Features of each.
    oob_score_ : float
        Angular D2 of ``oob_prediction_``, with ``oob_score=True``.
    oob_prediction_ : ndarray of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        Mean directions of the localizers that were fitted without a sample; NaN if none was.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has them.

    See Also
    --------
    sslearn.base.EncodedLocalizer : Localizer made of any regressor, such as a forest.

    Notes
    -----
    Distances are averaged as numbers. Several sources are an error: a mean would have to match them
    first, and no order of the sources is common to all localizers. Where directions cancel, that of
    the first localizer is returned.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.ensemble import BaggingLocalizer
    >>> from sslearn.neighbors import KNeighborsLocalizer
    >>> azimuth = np.linspace(-180, 175, 72)
    >>> X = np.column_stack([np.cos(np.deg2rad(azimuth)), np.sin(np.deg2rad(azimuth))])
    >>> localizer = BaggingLocalizer(KNeighborsLocalizer(3), random_state=0).fit(X, azimuth)
    >>> bool(abs(localizer.predict([[-1.0, 0.0]])[0]) > 170)
    True
    """

    _parameter_constraints: dict = {
        **BaggingRegressor._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict"])],
    }
    # An attribute of scikit-learn's ensembles: parameters that their estimator copies.
    estimator_params = ()

    def __init__(
        self,
        estimator,
        *,
        n_estimators=10,
        max_samples=None,
        max_features=1.0,
        bootstrap=True,
        bootstrap_features=False,
        oob_score=False,
        warm_start=False,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.max_features = max_features
        self.bootstrap = bootstrap
        self.bootstrap_features = bootstrap_features
        self.oob_score = oob_score
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None, **fit_params):
        """Fit the localizers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features; or paths or audio, in any container, if the localizers take them.
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            Azimuth; azimuth and elevation in degrees; and distance in metres.
        sample_weight : array-like of shape (n_samples,), default=None
            Probabilities of being drawn, up to a factor.
        **fit_params : dict
            Parameters of the localizers' ``fit``, with metadata routing only.

        Returns
        -------
        self : BaggingLocalizer
            The fitted committee.

        Raises
        ------
        ValueError
            If X or y is not valid, or y has an axis of sources.
        """
        if y is not None and not hasattr(y, "ndim"):
            y = to_numbers(y, "y", "angles in degrees")
        if np.ndim(y) > 2:
            raise ValueError(
                f"y must hold one source in each sample; got shape {y.shape}. Directions of "
                "several sources cannot be averaged without matching them."
            )
        X = _as_table(X)
        y = check_doa(y, n_samples=_num_samples(X))
        if sample_weight is not None:
            sample_weight = check_weights(sample_weight, y)
        return super().fit(X, y, sample_weight, **fit_params)

    def predict(self, X):
        """Average the directions of the localizers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features; or paths or audio, in any container, if the localizers take them.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            Mean directions, laid out as in ``fit``.
        """
        check_is_fitted(self)
        accepted = {"accept_sparse": ["csr", "csc"], "dtype": None, "ensure_all_finite": False}
        X = check_features(self, _as_table(X), reset=False, **accepted)
        members = zip(self.estimators_, self.estimators_features_, strict=True)
        return _mean_directions(np.stack([e.predict(X[:, features]) for e, features in members]))

    def _set_oob_score(self, X, y):
        votes = np.full((len(self.estimators_), *y.shape), np.nan)
        for i, (estimator, samples, features) in enumerate(
            zip(self.estimators_, self.estimators_samples_, self.estimators_features_, strict=True)
        ):
            # Out-of-bag samples of this localizer; NaN stands for no vote.
            unseen = np.setdiff1d(np.arange(len(y)), samples)
            votes[i, unseen] = estimator.predict(X[unseen][:, features])
        known = ~np.isnan(votes.reshape(len(votes), len(y), -1)[..., 0]).all(axis=0)
        if not known.all():
            warnings.warn(
                f"{(~known).sum()} of {len(y)} samples were seen by every localizer and do not "
                "count in oob_score_. Raise n_estimators.",
                stacklevel=3,
            )
        self.oob_prediction_ = np.full(y.shape, np.nan)
        self.oob_prediction_[known] = _mean_directions(votes[:, known])
        self.oob_score_ = d2_angular_error_score(y[known], self.oob_prediction_[known])
