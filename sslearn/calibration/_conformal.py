"""Sets of directions around the predictions of any localizer."""

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import Bunch, check_random_state, get_tags, indexable
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from sslearn.base import LocalizerMixin
from sslearn.calibration._cells import cells_of, map_density, mass_above, most_likely, spread
from sslearn.calibration._groups import group_numbers, split_rows
from sslearn.calibration._quantile import finite_bound
from sslearn.geometry import check_doa, wrap_azimuth
from sslearn.metrics import angular_error
from sslearn.utils import as_samples, take_rows
from sslearn.utils.param_validation import (
    HasMethods,
    Interval,
    Real,
    StrOptions,
    _check_method_params,
    _fit_context,
    _num_samples,
    validated,
)

_FRACTION = Interval(Real, 0, 1, closed="neither")


class ConformalLocalizer(LocalizerMixin, MetaEstimatorMixin, BaseEstimator):
    """Localizer whose sets of directions contain the source with a given probability.

    Errors on samples outside the training set determine the size of the sets. For any localizer,
    however inaccurate, a set then contains the direction of a new sample with the given
    probability, if that sample has the distribution of the calibration samples.

    Parameters
    ----------
    localizer : localizer
        Localizer of one source, or a Pipeline or search over one. It is fitted without the
        calibration samples. A :class:`sklearn.frozen.FrozenEstimator` stays as it is, and all
        samples calibrate: for localizers that are fitted already, or that need no training.
    coverage : float, default=0.9
        Probability, in (0, 1), that a set contains the true direction.
    method : {"absolute", "normalized", "spectrum"}, default="absolute"
        ``"absolute"``: a circular cap around the prediction, of one radius for all samples.
        ``"normalized"``: the radius is in proportion to the difficulty of the sample.
        ``"spectrum"``: the most likely directions of ``spatial_spectrum``, which may be in
        several places, such as in front and behind.
    difficulty : regressor, default=None
        Regressor of the angular error of a sample from its X, for ``method="normalized"``,
        fitted on half of the calibration samples. None: the spread of the spatial spectrum.
    calibration_fraction : float, default=0.2
        Share of the samples, or of the groups, that calibrate.
    random_state : int, RandomState instance or None, default=None
        Draws the calibration samples.

    Attributes
    ----------
    localizer_ : localizer
        Fitted localizer.
    difficulty_ : regressor or None
        Fitted ``difficulty``.
    scores_ : ndarray of shape (n_calibration,)
        Nonconformity of the calibration samples: angular error in degrees, angular error divided
        by the difficulty, or the share of the spectrum that is larger than at the true direction.
    groups_ : ndarray of shape (n_calibration,) or None
        Group of each calibration sample.
    quantile_ : float
        Bound on the scores for ``coverage``; infinite if there are too few samples or groups.
    grid_ : ndarray of shape (n_directions,) or (n_directions, 2)
        Middles of the cells of ``method="spectrum"``: arcs of half a degree, or the grid of the
        localizer, each direction once.
    n_features_in_ : int
        Number of features, if the localizer has this attribute.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has them.

    See Also
    --------
    conformal_quantile : The bound.
    sslearn.metrics.coverage_score : How often sets contain the source.
    sslearn.metrics.mean_set_width : How large they are.
    sslearn.plotting.PredictionSetDisplay : Picture of the sets.

    Notes
    -----
    Split conformal prediction [1]_, [2]_: the bound on the scores is that of
    :func:`conformal_quantile`. With ``groups``, whole rooms or heads are held out, and the sets
    are for samples of a new room or head [3]_. That needs many groups, ``coverage /
    (1 - coverage)`` at least for calibration alone, and the sets are wide if groups differ. The
    coverage is an average: over samples, and over draws of calibration samples.

    The difficulty of a spectrum is its angular standard deviation, ``sqrt(-2 log R)`` with the mean
    resultant length R of its part above the least value, plus one degree. That of a regressor is
    its prediction, but at least a tenth of the mean error [2]_.

    The sets of ``"spectrum"`` are adaptive prediction sets [4]_ without their random part: all
    directions for which the larger values sum up to at most the bound. The most likely direction
    is always in, so that the coverage is higher where it suffices alone. On the circle the spectrum
    is interpolated. Directions beyond the ends of an open grid are in no set but the whole circle.

    References
    ----------
    .. [1] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", Springer,
       2005, doi:10.1007/b106715.
    .. [2] J. Lei, M. G'Sell, A. Rinaldo, R. J. Tibshirani and L. Wasserman, "Distribution-free
       predictive inference for regression", Journal of the American Statistical Association 113,
       2018, doi:10.1080/01621459.2017.1307116.
    .. [3] Y. Lee, R. F. Barber and R. Willett, "Distribution-free inference with hierarchical
       data", 2023, arXiv:2306.06342.
    .. [4] Y. Romano, M. Sesia and E. J. Candès, "Classification with valid and adaptive coverage",
       NeurIPS 2020, arXiv:2006.02544.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.calibration import ConformalLocalizer
    >>> from sslearn.neighbors import KNeighborsLocalizer
    >>> rng = np.random.default_rng(0)
    >>> azimuth = rng.uniform(-180, 180, 600)
    >>> X = np.column_stack([np.cos(np.deg2rad(azimuth)), np.sin(np.deg2rad(azimuth))])
    >>> X += 0.1 * rng.standard_normal(X.shape)
    >>> localizer = ConformalLocalizer(KNeighborsLocalizer(5), random_state=0).fit(X, azimuth)
    >>> localizer.predict_set([[-1.0, 0.0]]).round().tolist()
    [[[170.0, 190.0]]]
    """

    _parameter_constraints: dict = {
        "localizer": [HasMethods(["fit", "predict"])],
        "coverage": [_FRACTION],
        "method": [StrOptions({"absolute", "normalized", "spectrum"})],
        "difficulty": [HasMethods(["fit", "predict"]), None],
        "calibration_fraction": [_FRACTION],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        localizer,
        *,
        coverage=0.9,
        method="absolute",
        difficulty=None,
        calibration_fraction=0.2,
        random_state=None,
    ):
        self.localizer = localizer
        self.coverage = coverage
        self.method = method
        self.difficulty = difficulty
        self.calibration_fraction = calibration_fraction
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, *, groups=None, **fit_params):
        """Fit the localizer, and calibrate its sets on held-out samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the localizer.
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            Azimuth; azimuth and elevation in degrees; and distance in metres, which sets do not
            bound.
        groups : array-like of shape (n_samples,), default=None
            Room, head or speaker of each sample. No group is then in both parts, and the sets are
            for new groups.
        **fit_params : dict
            Parameters of the localizer's ``fit``; with metadata routing, those that it requests,
            of which ``groups`` may be one.

        Returns
        -------
        self : ConformalLocalizer
            The fitted localizer.

        Raises
        ------
        ValueError
            If X, y or groups are not valid, or the method does not suit the localizer.

        Warns
        -----
        UncertaintyWarning
            If there are too few samples or groups, so that sets are the whole circle or sphere.
        """
        # A fit that raises must not leave attributes of two fits.
        for name in ("localizer_", "grid_", "n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
        X = indexable(X if hasattr(X, "shape") else as_samples(X))[0]
        y = self._check_targets(X, y)
        if groups is not None:
            names, numbers = group_numbers(groups, len(y))
            groups = names[numbers]
        rng = check_random_state(self.random_state)
        is_frozen = isinstance(self.localizer, FrozenEstimator)
        train, rows = np.arange(0), np.arange(len(y))
        if not is_frozen:
            train, rows = split_rows(rows, groups, self.calibration_fraction, rng)
        params = self._fit_params(X, train, groups, fit_params)
        localizer = clone(self.localizer)
        if not is_frozen:
            localizer.fit(take_rows(X, train), y[train], **params)
        self._n_angles = 1 if y.ndim == 1 else 2
        self._calibrate(localizer, X, y, groups, rows, rng)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(localizer, name):
                setattr(self, name, getattr(localizer, name))
        self.localizer_ = localizer
        self.quantile_ = self._bound(self.coverage)
        return self

    def predict(self, X):
        """Predict directions with the fitted localizer.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the localizer.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            Directions in degrees.
        """
        check_is_fitted(self)
        return self.localizer_.predict(X)

    @validated(coverage=[_FRACTION, None])
    def predict_set(self, X, *, coverage=None, groups=None):
        """Predict sets of directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the localizer.
        coverage : float, default=None
            Probability, in (0, 1), that a set contains the true direction; that of the constructor
            if None.
        groups : array-like of shape (n_samples,), default=None
            Group of each sample, for sets with the coverage within each group; each must be a group
            of the calibration samples. None for samples of any or of new groups.

        Returns
        -------
        sets : ndarray of shape (n_samples, n_arcs, 2), (n_samples, 3) or (n_samples, n_directions)
            For azimuths, arcs from start to end in degrees, counter-clockwise, with
            ``start <= end <= start + 360`` and NaN for no arc: (170, 190) crosses the back. For
            azimuths and elevations, caps of azimuth, elevation and radius; or, with
            ``method="spectrum"``, bool for each direction of ``grid_``, whose cell holds what is
            nearest to it.

        Raises
        ------
        ValueError
            If X is not valid, or a group is not one of the calibration samples.

        Warns
        -----
        UncertaintyWarning
            If there are too few calibration samples or groups, so that sets are the whole circle
            or sphere.
        """
        check_is_fitted(self)
        X = X if hasattr(X, "shape") else as_samples(X)
        bound = self._bounds(coverage, groups, _num_samples(X))
        if self._method == "spectrum":
            cells = self._cells(self.localizer_)
            return cells.join(map_density(most_likely, self.localizer_, X, cells, bound))
        center = self._predictions(self.localizer_, X)
        if self._method == "normalized":
            bound = bound * self._difficulties(self.localizer_, X)
        radius = np.minimum(bound, 180.0)
        if self._n_angles == 2:
            return np.column_stack([center[:, :2], radius])
        start = wrap_azimuth(center - radius)
        return np.stack([start, start + 2 * radius], axis=1)[:, None]

    def _check_targets(self, X, y):
        y = check_doa(y, n_samples=_num_samples(X), sources=True, frames=True, absent=True)
        if y.ndim > 2:
            raise ValueError(
                "y must hold one source in each sample, (n_samples,) or (n_samples, 2); got shape "
                f"{y.shape}. Sets are for one source: select the samples or frames with one."
            )
        if len(y) < 2:
            raise ValueError(
                f"X must hold at least 2 samples, one to calibrate; got {len(y)} sample."
            )
        return y

    def _fit_params(self, X, train, groups, fit_params):
        """Parameters of the localizer's ``fit`` for the training samples."""
        params = Bunch(localizer=Bunch(fit=fit_params))
        if get_config()["enable_metadata_routing"]:
            if get_routing_for_object(self.localizer).consumes("fit", ["groups"]):
                fit_params = {**fit_params, "groups": groups}
            params = process_routing(self, "fit", **fit_params)
        return _check_method_params(X, params.localizer.fit, indices=train)

    def _calibrate(self, localizer, X, y, groups, rows, rng):
        """Fit the difficulty and compute the scores on held-out samples."""
        self.difficulty_, self._method = None, self.method
        if self.method == "normalized" and self.difficulty is not None:
            hard, rows = split_rows(rows, groups, 0.5, rng)
            part = take_rows(X, hard)
            errors = angular_error(y[hard], self._predictions(localizer, part, y[hard]))
            self.difficulty_ = clone(self.difficulty).fit(part, errors)
            self._least_difficulty = max(0.1 * errors.mean(), 1e-6)
        X, y = take_rows(X, rows), y[rows]
        self.groups_ = None if groups is None else groups[rows]
        if self.method == "spectrum":
            cells = self._cells(localizer)
            self.grid_ = cells.directions
            self.scores_ = map_density(mass_above, localizer, X, cells, cells.find(y))
            return
        self.scores_ = angular_error(y, self._predictions(localizer, X, y))
        if self.method == "normalized":
            self.scores_ /= self._difficulties(localizer, X)

    def _predictions(self, localizer, X, y=None):
        """Directions of one source; of ``fit``, laid out as y."""
        predicted = np.asarray(localizer.predict(X))
        expected = "azimuths, (n_samples,)" if self._n_angles == 1 else "azimuth and elevation"
        if predicted.ndim != self._n_angles or (y is not None and predicted.shape != y.shape):
            raise ValueError(
                f"localizer must predict one source laid out as y, {expected}; it predicted shape "
                f"{predicted.shape}."
            )
        return predicted

    def _difficulties(self, localizer, X):
        if self.difficulty_ is not None:
            return np.maximum(self.difficulty_.predict(X), self._least_difficulty)
        cells = self._cells(localizer)
        return 1.0 + map_density(lambda p: spread(p, cells.vectors), localizer, X, cells)

    def _cells(self, localizer):
        return cells_of(localizer, self._n_angles)

    def _bound(self, coverage, group=None):
        """Bound on the scores of new samples, or of those of a known group."""
        scores, groups = self.scores_, self.groups_
        if group is not None:
            scores, groups = scores[groups == group], None
        return finite_bound(scores, coverage, groups)

    def _bounds(self, coverage, groups, n_samples):
        """Bounds on the scores of samples, (n_samples,)."""
        coverage = self.coverage if coverage is None else coverage
        if groups is None:
            return np.full(n_samples, self._bound(coverage))
        names, numbers = group_numbers(groups, n_samples)
        known = [] if self.groups_ is None else np.unique(self.groups_)
        unknown = np.setdiff1d(names, known)
        if len(unknown):
            raise ValueError(
                f"groups must be of those that calibrated, {list(known)[:10]}; got "
                f"{list(unknown)[:10]}. Leave groups out for new ones."
            )
        return np.array([self._bound(coverage, name) for name in names])[numbers]

    def get_metadata_routing(self):
        """Return the metadata that the localizer and the score request.

        Returns
        -------
        routing : MetadataRouter
            Requests of both.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(localizer=self.localizer, method_mapping=mapping)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "localizer_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.localizer).input_tags
        return tags
