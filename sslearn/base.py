"""Mixin of all localizers, and localizers made of regressors."""

import numpy as np
import pandas as pd
from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils import Bunch, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sslearn.encoding import Encoding, UnitVectorEncoding
from sslearn.geometry import check_doa
from sslearn.metrics import d2_angular_error_score
from sslearn.utils import to_numbers
from sslearn.utils.param_validation import HasMethods, _fit_context, _num_samples

__all__ = ["EncodedLocalizer", "LocalizerMixin", "is_localizer", "track_table"]


class LocalizerMixin(RegressorMixin):
    """Mixin of estimators that predict directions.

    A localizer is a regressor for scikit-learn. Its score is the angular D2, because R2 breaks
    where azimuths wrap: a prediction of -179 for 179 degrees is 2 degrees off, not 358.
    Several sources are matched before they are compared; each missed source and each false alarm
    counts 90 degrees (:func:`sslearn.metrics.d2_angular_error_score` explains why).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from sslearn.base import LocalizerMixin
    >>> class Front(LocalizerMixin, BaseEstimator):
    ...     def fit(self, X, y):
    ...         return self
    ...     def predict(self, X):
    ...         return np.zeros(len(X))
    >>> Front().fit([[0]], [0]).score([[0], [0]], [-10.0, 10.0])  # no better than a constant
    0.0
    """

    def score(self, X, y, sample_weight=None):
        """Angular D2 of the predictions: 1 is perfect, 0 no better than a constant.

        Parameters
        ----------
        X : array-like
            Input of ``predict``.
        y : array-like of shape (n_samples,) or (n_samples, 2)
            True azimuth, or azimuth and elevation, in degrees; those of several sources have shape
            (n_samples, n_sources, k) or (n_samples, n_frames, n_sources, k), NaN where absent.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            ``1 - mean error / mean error of the best constant direction``.
        """
        return d2_angular_error_score(y, self.predict(X), sample_weight=sample_weight)


def is_localizer(estimator):
    """Return whether an estimator is a localizer.

    Parameters
    ----------
    estimator : object
        Estimator, or Pipeline or search over one.

    Returns
    -------
    bool
        True if its last step predicts directions.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sslearn import recipes
    >>> from sslearn.base import is_localizer
    >>> is_localizer(recipes.siamese()), is_localizer(LinearRegression())
    (True, False)
    """
    if isinstance(estimator, LocalizerMixin):
        return True
    for inner in ("best_estimator_", "estimator"):
        if hasattr(estimator, inner):
            return is_localizer(getattr(estimator, inner))
    if hasattr(estimator, "steps"):
        return is_localizer(estimator.steps[-1][1])
    return False


def track_table(tracks, times, *, samples=None, scores=None):
    """Table of directions over time.

    Parameters
    ----------
    tracks : array-like of shape (n_samples, n_frames, n_sources, n_angles)
        Azimuths, or azimuths and elevations, in degrees, or also distances in metres; NaN where a
        source is absent.
    times : array-like of shape (n_frames,) or (n_samples, n_frames)
        Times of the frames in seconds.
    samples : sequence of length n_samples, default=None
        Label or path of each sample; None numbers them.
    scores : array-like of shape (n_samples, n_frames, n_sources), default=None
        Confidence in each direction; NaN if None.

    Returns
    -------
    table : DataFrame
        Columns ``sample``, ``time``, ``source``, ``azimuth`` (``elevation``, ``distance``) and
        ``score``: a row for each source that is present.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.base import track_table
    >>> tracks = np.array([[[[30.0], [-60.0]], [[32.0], [np.nan]]]])
    >>> track_table(tracks, [0.1, 0.3], samples=["a.wav"])
      sample  time  source  azimuth  score
    0  a.wav   0.1       0     30.0    NaN
    1  a.wav   0.1       1    -60.0    NaN
    2  a.wav   0.3       0     32.0    NaN
    """
    tracks = to_numbers(tracks, "tracks", "angles in degrees")
    if tracks.ndim != 4 or not 1 <= tracks.shape[3] <= 3:
        raise ValueError(
            "tracks must have shape (n_samples, n_frames, n_sources, n_angles); got "
            f"{tracks.shape}."
        )
    times = _like(times, "times", tracks.shape[:2])
    scores = _like(np.nan if scores is None else scores, "scores", tracks.shape[:3])
    if np.shape(samples)[:1] != tracks.shape[:1] and samples is not None:
        raise ValueError(f"samples must hold {len(tracks)} labels; got shape {np.shape(samples)}.")
    # One row of the table per present source, by sample, then frame, then source.
    sample, frame, source = np.nonzero(~np.isnan(tracks[..., 0]))
    labels = sample if samples is None else pd.Index(samples).take(sample)
    table = {"sample": labels, "time": times[sample, frame], "source": source}
    names = ("azimuth", "elevation", "distance")
    table |= dict(zip(names, tracks[sample, frame, source].T, strict=False))
    table["score"] = scores[sample, frame, source]
    return pd.DataFrame(table)


def _like(values, name, shape):
    """Numbers of a shape, repeated where they lack axes."""
    values = to_numbers(values, name)
    try:
        return np.broadcast_to(values, shape)
    except ValueError as error:
        raise ValueError(f"{name} must have shape {shape}; got {values.shape}.") from error


class EncodedLocalizer(LocalizerMixin, MetaEstimatorMixin, BaseEstimator):
    """Localizer made of a regressor of encoded directions.

    The targets of the regressor are continuous where azimuths wrap, and its predictions are decoded
    into directions.

    Parameters
    ----------
    regressor : regressor
        Regressor of scikit-learn, or a Pipeline or search over one. A regressor of one output,
        such as a support vector machine or gradient boosting, is fitted once per output.
    encoding : Encoding, default=None
        Encoding of the directions as targets of the regressor; ``UnitVectorEncoding()`` if None.

    Attributes
    ----------
    regressor_ : regressor
        Fitted regressor; a :class:`sklearn.multioutput.MultiOutputRegressor` where it predicts one
        output.
    encoding_ : Encoding
        Fitted encoding.
    grid_ : ndarray of shape (n_directions,) or (n_directions, 2)
        Grid of the encoding, where it has one.
    n_features_in_ : int
        Number of features, if the regressor has this attribute.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has them.

    See Also
    --------
    sslearn.deep_learning.NeuralLocalizer : A network behind an encoding.
    sklearn.compose.TransformedTargetRegressor : The same without an angular score.

    Notes
    -----
    Scores of an encoding on a grid are clamped to [0, 1] before they are decoded, as in
    :class:`sslearn.deep_learning.NeuralLocalizer`; if none is positive, they are not.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.svm import SVR
    >>> from sslearn.base import EncodedLocalizer
    >>> azimuth = np.linspace(-180, 175, 72)
    >>> X = np.cos(np.deg2rad(azimuth)[:, None] + np.arange(4))
    >>> localizer = EncodedLocalizer(SVR()).fit(X, azimuth)
    >>> localizer.score(X, azimuth) > 0.9
    True
    """

    _parameter_constraints: dict = {
        "regressor": [HasMethods(["fit", "predict"])],
        "encoding": [Encoding, None],
    }

    def __init__(self, regressor, *, encoding=None):
        self.regressor = regressor
        self.encoding = encoding

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, **fit_params):
        """Fit the regressor to encoded directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, or anything else that the regressor takes.
        y : array-like of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Azimuth, or azimuth and elevation, in degrees. Several sources need an encoding that
            takes them, with ``threshold`` if some are absent (NaN).
        **fit_params : dict
            Parameters of the regressor's ``fit``, such as ``sample_weight``; with metadata routing,
            those that it requests.

        Returns
        -------
        self : EncodedLocalizer
            The fitted localizer.

        Raises
        ------
        ValueError
            If X, y or the encoding is not valid.
        """
        # A fit that raises must not leave attributes of two fits.
        self.__dict__.pop("regressor_", None)
        options = {"sources": True, "frames": True, "absent": True}
        y = check_doa(y, n_samples=_num_samples(X), **options)
        encoding = UnitVectorEncoding() if self.encoding is None else clone(self.encoding)
        self.encoding_ = encoding.fit(y)
        targets = encoding.transform(y)
        self._target_shape = targets.shape[1:]
        targets = targets.reshape(len(y), -1)
        regressor = self._one_per_output(clone(self.regressor))
        # A regressor of several outputs warns of a target with one column.
        if targets.shape[1] == 1 and not isinstance(regressor, MultiOutputRegressor):
            targets = targets[:, 0]
        params = Bunch(regressor=Bunch(fit=fit_params))
        if get_config()["enable_metadata_routing"]:
            params = process_routing(self, "fit", **fit_params)
        regressor.fit(X, targets, **params.regressor.fit)
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(regressor, name):
                setattr(self, name, getattr(regressor, name))
        self.regressor_ = regressor
        return self

    def predict(self, X):
        """Predict directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, or anything else that the regressor takes.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Directions in degrees, laid out as in ``fit``, NaN where a source is absent; a decoder
            of several sources adds their axis.
        """
        check_is_fitted(self)
        return self.encoding_.inverse_transform(self._outputs(X))

    @property
    def grid_(self):
        """Grid of the encoding, in degrees."""
        return self.encoding_.grid_

    @available_if(lambda self: hasattr(self.encoding, "grid"))
    def spatial_spectrum(self, X):
        """Compute the scores of the directions of the grid, for encodings with a grid only.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, or anything else that the regressor takes.

        Returns
        -------
        spectrum : ndarray of shape (n_samples, n_directions) or \
(n_samples, n_sources, n_directions)
            Scores at ``grid_``. Those of classes are clamped to [0, 1]; not clamped if none is
            positive.
        """
        check_is_fitted(self)
        return self.encoding_.spatial_spectrum(self._outputs(X))

    def _outputs(self, X):
        outputs = self.regressor_.predict(X)
        outputs = np.asarray(outputs).reshape(-1, *self._target_shape)
        if not self.encoding_.output_spec_.classes:
            return outputs
        # Without a positive score, the unclamped ones still rank the classes.
        scores = outputs.clip(0.0, 1.0)
        return np.where((scores > 0).any(axis=-1, keepdims=True), scores, outputs)

    def _one_per_output(self, regressor):
        several = get_tags(regressor).target_tags.multi_output
        return regressor if several else MultiOutputRegressor(regressor)

    def get_metadata_routing(self):
        """Return the metadata that the regressor and the score request.

        Returns
        -------
        routing : MetadataRouter
            Requests of both.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        regressor = self._one_per_output(self.regressor)
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(regressor=regressor, method_mapping=mapping)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "regressor_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.regressor).input_tags
        return tags
