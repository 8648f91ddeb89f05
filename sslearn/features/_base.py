from functools import wraps

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sslearn.features._names import bin_names, crossed
from sslearn.utils import check_rate, recall, remember


def hand_on(X, output):
    """Copy the sampling rate and the labels of samples to an output computed from them.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Samples.
    output : ndarray, list of ndarray or DataFrame
        Output computed from them. A rate that it already carries stays.

    Returns
    -------
    output : ndarray, list of ndarray or DataFrame
        The same object; a pandas DataFrame gets the labels as its index.
    """
    fs, index = recall(X)
    # A list has a method "index": only "iloc" shows a pandas object.
    index = X.index if hasattr(X, "iloc") else index
    if isinstance(output, (np.ndarray, list)):
        return remember(output, fs=recall(output).fs or fs, index=index)
    if index is not None and hasattr(output, "iloc"):
        output.index = index
    return output


def _at_known_rate(method):
    """Check the rate of X after a method has validated its parameters; ``fit`` keeps it."""

    @wraps(method)
    def checked(self, X, *args, **kwargs):
        output = method(self, X, *args, **kwargs)
        if self._uses_rate:
            check_rate(X, self.fs)
        if output is self:
            self._fs_in = self.fs if self._uses_rate else recall(X).fs
        return output

    return checked


def _handing_on(transform):
    @wraps(transform)
    def transform_and_hand_on(self, X):
        return hand_on(X, transform(self, X))

    return transform_and_hand_on


class StatelessTransformer(TransformerMixin, BaseEstimator):
    """Base of stateless transformers: ``fit`` validates, ``transform`` needs no ``fit``.

    A Pipeline of them can therefore run on mini-batches without being fitted. Every ``fit`` and
    ``transform`` of a subclass checks the sampling rate of X, if it is known; ``transform`` copies
    the rate and the labels of X to its output.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in {"fit", "transform"} & set(vars(cls)):
            setattr(cls, name, _at_known_rate(getattr(cls, name)))
        if "transform" in vars(cls):
            cls.transform = _handing_on(cls.transform)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _uses_rate(self):
        """Whether ``fs`` has an effect: not if there is a ``freq_range`` and it is None."""
        return hasattr(self, "fs") and getattr(self, "freq_range", True) is not None


class ArrayTransformer(StatelessTransformer):
    """Base of stateless transformers whose output has more than two axes.

    A subclass that makes maps sets ``n_features_in_`` and ``_n_freqs_in`` in ``fit`` and
    implements ``_axis_names()``, which returns the names along axes 1 and 2 of the output.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def set_output(self, *, transform=None):
        """Keep arrays: a data frame cannot hold the output.

        It is here so that ``set_output`` of a whole Pipeline works.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored.

        Returns
        -------
        self : object
            The estimator.
        """
        return self

    def get_feature_names_out(self, input_features=None):
        """Names of the maps and their frequencies, axes 1 and 2 of the output.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored; here for scikit-learn.

        Returns
        -------
        names : ndarray of shape (n_maps * n_freqs,), object
            Cue and channels of a map, then the frequency; or the number of the bin where the
            sampling rate is neither known from an :class:`AudioReader` nor needed for
            ``freq_range``. Frames have no names.
        """
        check_is_fitted(self, "n_features_in_")
        return crossed(*self._axis_names())

    def _bin_names(self, bins=None):
        # Even by assumption: n_fft = 2 K and 2 K + 1 both have K + 1 frequencies.
        n_fft = 2 * (self._n_freqs_in - 1)
        bins = slice(0, self._n_freqs_in) if bins is None else bins
        return bin_names(bins, n_fft=n_fft, fs=self._fs_in)


class MapTransformer(ArrayTransformer):
    """Base of transformers of maps that keep axes 1 and 2 and their names."""

    def get_feature_names_out(self, input_features=None):
        """Names of the maps and their frequencies, unchanged.

        Parameters
        ----------
        input_features : array-like of str of shape (n_maps * n_freqs,), default=None
            Their names; numbers if None.

        Returns
        -------
        names : ndarray of shape (n_maps * n_freqs,), object
            The same names.
        """
        check_is_fitted(self, "n_features_in_")
        n_names = self.n_features_in_ * self._n_freqs_in
        if input_features is None:
            maps = [f"map{m}" for m in range(self.n_features_in_)]
            return crossed(maps, [f"bin{k}" for k in range(self._n_freqs_in)])
        if len(input_features) != n_names:
            raise ValueError(
                f"input_features must name {self.n_features_in_} maps of {self._n_freqs_in} "
                f"frequencies; got {len(input_features)} names."
            )
        return np.asarray(input_features, dtype=object)
