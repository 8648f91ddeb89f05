import numpy as np
from joblib import parallel_config
from sklearn.pipeline import FeatureUnion, make_union
from sklearn.utils import get_tags

from sslearn.features._base import hand_on
from sslearn.utils.param_validation import (
    Integral,
    _fit_context,
    _get_container_adapter,
    _safe_set_output,
)


def _threads():
    # Starting a process takes longer than most cues, and copies X.
    return parallel_config(prefer="threads")


class FeatureStack(FeatureUnion, auto_wrap_output_keys=None):
    """Outputs of several transformers joined on axis 1, for any number of axes.

    It is scikit-learn's FeatureUnion for maps of shape (n_samples, n_maps, n_freqs, n_frames) as
    well as for features, with the same nested parameters (``name__parameter``).

    Parameters
    ----------
    transformer_list : list of (str, transformer)
        Name and transformer of each part; ``"drop"`` leaves one out, ``"passthrough"`` passes X on.
    n_jobs : int, default=None
        Number of threads; 1 if None, all processors if -1.
    transformer_weights : dict, default=None
        Factor of the output of each name.
    verbose : bool, default=False
        Whether the time of each part is printed.
    verbose_feature_names_out : bool, default=True
        Whether feature names begin with the name of their part.

    See Also
    --------
    make_feature_stack : The same without names.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import ILD, IPD, STFT, FeatureStack
    >>> X = np.random.default_rng(0).standard_normal((3, 2, 2048))
    >>> stack = FeatureStack([("ild", ILD()), ("ipd", IPD())])
    >>> stack.fit_transform(STFT().transform(X)).shape
    (3, 2, 257, 13)
    >>> stack.set_params(ild__freq_range=(0, 4000)).fit_transform(STFT().transform(X))
    Traceback (most recent call last):
    ...
    ValueError: Outputs must agree on all axes but 1; got ild (3, 1, 128, 13), ipd (3, 1, 257, 13).
    """

    _parameter_constraints: dict = {
        "transformer_list": [list],
        "n_jobs": [Integral, None],
        "transformer_weights": [dict, None],
        "verbose": ["verbose"],
        "verbose_feature_names_out": ["boolean"],
    }

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **fit_params):
        """Fit every part.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the parts.
        y : array-like of shape (n_samples, ...), default=None
            Targets, for parts that use them.
        **fit_params : dict
            Parameters of the ``fit`` of the parts.

        Returns
        -------
        self : FeatureStack
            The stack.
        """
        with _threads():
            return super().fit(X, y, **fit_params)

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X, y=None, **params):
        """Fit every part, transform X and join the results.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the parts.
        y : array-like of shape (n_samples, ...), default=None
            Targets, for parts that use them.
        **params : dict
            Parameters of the ``fit`` of the parts.

        Returns
        -------
        X_t : ndarray of shape (n_samples, n_maps, ...) or DataFrame
            Outputs of all parts, joined on axis 1; a data frame if :meth:`set_output` sets one
            and they have two axes.
        """
        with _threads():
            return self._contained(super().fit_transform(X, y, **params), X)

    def transform(self, X, **params):
        """Transform X by every part and join the results.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the parts.
        **params : dict
            Parameters of the ``transform`` of the parts, under metadata routing.

        Returns
        -------
        X_t : ndarray of shape (n_samples, n_maps, ...) or DataFrame
            As :meth:`fit_transform` returns it.
        """
        with _threads():
            return self._contained(super().transform(X, **params), X)

    def set_output(self, *, transform=None):
        """Set the container of the output, for this stack and all its parts.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Container of outputs with two axes; others stay arrays. None changes nothing.

        Returns
        -------
        self : FeatureStack
            The stack.
        """
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        for _, part, _ in self._iter():
            _safe_set_output(part, transform=transform)
        return self

    @property
    def n_features_in_(self):
        """Number of features seen in ``fit``."""
        return self._get_from_part("n_features_in_")

    @property
    def feature_names_in_(self):
        """Names of the features seen in ``fit``."""
        return self._get_from_part("feature_names_in_")

    def _get_from_part(self, name):
        # scikit-learn's properties raise IndexError for no parts, at which ``dir`` and so the
        # diagram in a notebook fail.
        parts = [part for _, part in self.transformer_list if not isinstance(part, str)]
        if not parts:
            raise AttributeError(f"FeatureStack has no {name}: it has no transformer.")
        return getattr(parts[0], name)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        parts = [get_tags(part) for _, part in self.transformer_list if not isinstance(part, str)]
        tags.requires_fit = any(part.requires_fit for part in parts)
        tags.input_tags.two_d_array = all(part.input_tags.two_d_array for part in parts)
        tags.input_tags.three_d_array = all(part.input_tags.three_d_array for part in parts)
        return tags

    def _contained(self, output, X):
        adapter = _get_container_adapter("transform", self)
        if adapter is not None and output.ndim == 2:
            columns = self.get_feature_names_out
            output = adapter.create_container(output, X, columns=columns)
        return hand_on(X, output)

    def _hstack(self, Xs):
        if all(np.ndim(X) == 2 for X in Xs):
            return super()._hstack(Xs)
        if len({(X.ndim, X.shape[0], X.shape[2:]) for X in Xs}) > 1:
            names = [name for name, part in self.transformer_list if part != "drop"]
            shapes = (f"{name} {X.shape}" for name, X in zip(names, Xs, strict=True))
            raise ValueError(f"Outputs must agree on all axes but 1; got {', '.join(shapes)}.")
        return np.concatenate(Xs, axis=1)


def make_feature_stack(*transformers, n_jobs=None, verbose=False):
    """Make a :class:`FeatureStack` whose parts are named after their classes.

    Parameters
    ----------
    *transformers : transformers
        The parts.
    n_jobs : int, default=None
        Number of threads; 1 if None, all processors if -1.
    verbose : bool, default=False
        Whether the time of each part is printed.

    Returns
    -------
    stack : FeatureStack
        The parts, named in lower case.

    Examples
    --------
    >>> from sslearn.features import ILD, IPD, make_feature_stack
    >>> [name for name, _ in make_feature_stack(ILD(), IPD()).transformer_list]
    ['ild', 'ipd']
    """
    named = make_union(*transformers).transformer_list
    return FeatureStack(named, n_jobs=n_jobs, verbose=verbose)
