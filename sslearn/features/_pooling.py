import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils.validation import check_is_fitted

from sslearn.features._base import MapTransformer, StatelessTransformer
from sslearn.features._names import crossed
from sslearn.utils import check_finite, check_floats, check_maps
from sslearn.utils.param_validation import StrOptions, _fit_context, _num_samples


class TimePooling(MapTransformer):
    """Average of cue maps over time.

    Parameters
    ----------
    statistic : {"mean", "circular"}, default="mean"
        ``"mean"`` is the mean over frames. ``"circular"`` is for phases in radians: the mean of
        their cosine and of their sine, which does not break where phases wrap.

    Attributes
    ----------
    n_features_in_ : int
        Number of maps seen in ``fit``.

    See Also
    --------
    Flatten : The next step, from pooled maps to features.

    Examples
    --------
    Phases just below and just above pi have a mean cosine of nearly -1:

    >>> import numpy as np
    >>> from sslearn.features import TimePooling
    >>> phases = np.array([3.1, -3.1]).reshape(1, 1, 1, 2)
    >>> TimePooling("circular").transform(phases).round(3).tolist()
    [[[[-0.999, 0.0]]]]
    """

    _parameter_constraints: dict = {"statistic": [StrOptions({"mean", "circular"})]}

    def __init__(self, statistic="mean"):
        self.statistic = statistic

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameter and the maps; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_maps, n_freqs, n_frames)
            Cue maps, float32 or float64.
        y : None
            Ignored.

        Returns
        -------
        self : TimePooling
            The transformer.
        """
        self.n_features_in_, self._n_freqs_in = check_maps(X).shape[1:3]
        return self

    def get_feature_names_out(self, input_features=None):
        """Names of the maps and their frequencies, or of their cosines and sines.

        Parameters
        ----------
        input_features : array-like of str of shape (n_maps * n_freqs,), default=None
            Their names; numbers if None.

        Returns
        -------
        names : ndarray of str, object
            The same names; each followed by ``_cos`` and ``_sin`` if ``statistic="circular"``.
        """
        names = super().get_feature_names_out(input_features)
        return names if self.statistic == "mean" else crossed(names, ("cos", "sin"))

    def transform(self, X):
        """Average over frames.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_maps, n_freqs, n_frames)
            Cue maps, float32 or float64.

        Returns
        -------
        pooled : ndarray of shape (n_samples, n_maps, n_freqs) or (n_samples, n_maps, n_freqs, 2)
            The mean; or, if ``statistic="circular"``, the mean cosine and the mean sine.
        """
        self._validate_params()
        X = check_maps(X)
        if self.statistic == "mean":
            return X.mean(axis=-1)
        # Not atan2(mean sin, mean cos): the length of the mean phasor shows how far phases agree.
        return np.stack([np.cos(X).mean(axis=-1), np.sin(X).mean(axis=-1)], axis=-1)


class Flatten(ClassNamePrefixFeaturesOutMixin, StatelessTransformer):
    """Flattening of all axes but the first into one row of features per sample.

    Attributes
    ----------
    n_features_in_ : int
        Length of axis 1 seen in ``fit``.

    See Also
    --------
    TimePooling : The step before, which makes the number of features independent of the length.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import Flatten
    >>> Flatten().transform(np.zeros((5, 2, 10))).shape
    (5, 20)
    """

    _parameter_constraints: dict = {}

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the array and count its features; nothing else is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Maps or pooled maps, float32 or float64.
        y : array-like of shape (n_samples, ...), default=None
            Ignored but for its length.

        Returns
        -------
        self : Flatten
            The transformer.

        Raises
        ------
        ValueError
            If X has one axis, is empty or not finite, or y has another length.
        """
        X = self._check(X)
        if y is not None and _num_samples(y) != len(X):
            raise ValueError(
                f"X and y must hold the same number of samples; got {len(X)} and {_num_samples(y)}."
            )
        self.n_features_in_ = X.shape[1]
        self._n_features_out = int(np.prod(X.shape[1:]))
        return self

    def get_feature_names_out(self, input_features=None):
        """Names of the features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the maps and their frequencies, as returned by the steps before.

        Returns
        -------
        names : ndarray of shape (n_features,), object
            The same names, with a number where each stands for several features, such as frames;
            ``flatten0`` and so on if None.

        Raises
        ------
        ValueError
            If the number of features is not a multiple of the number of names.
        """
        if input_features is None:
            return super().get_feature_names_out()
        check_is_fitted(self, "_n_features_out")
        n_each, n_left = divmod(self._n_features_out, len(input_features))
        if n_left:
            raise ValueError(
                f"input_features must name each of {self._n_features_out} features, or equally "
                f"many of them; got {len(input_features)} names."
            )
        names = np.asarray(input_features, dtype=object)
        return names if n_each == 1 else crossed(names, [str(i) for i in range(n_each)])

    def transform(self, X):
        """Flatten each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Maps or pooled maps, float32 or float64.

        Returns
        -------
        features : ndarray of shape (n_samples, n_features)
            The same values, the last axis fastest.

        Raises
        ------
        TypeError
            If X is not float32 or float64.
        ValueError
            If X has one axis, is empty or not finite, or gives another number of features than
            in ``fit``.
        """
        X = self._check(X)
        features = X.reshape(len(X), -1)
        expected = getattr(self, "_n_features_out", features.shape[1])
        if features.shape[1] != expected:
            raise ValueError(
                f"X must flatten to {expected} features, as in fit; got {features.shape[1]} from "
                f"shape {X.shape}. Put TimePooling before Flatten where lengths differ."
            )
        return features

    def _check(self, X):
        X = check_floats(X)
        if X.ndim < 2 or X.size == 0:
            raise ValueError(
                f"X must have shape (n_samples, ...) and not be empty; got shape {X.shape}."
            )
        return check_finite(X)
