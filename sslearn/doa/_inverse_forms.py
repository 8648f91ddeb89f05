"""Spectra that are one over a quadratic form of the steering vectors."""

from abc import abstractmethod

import numpy as np

from sslearn.doa._esprit_arrays import uniform_array
from sslearn.doa._frame_sums import are_coherent, covariance_sums, voting_weights
from sslearn.doa._grid_search import fits_memory
from sslearn.geometry import steering_vectors
from sslearn.utils.param_validation import StrOptions

# Products of vectors and steering vectors at a time: they stay near the second cache.
_N_PRODUCTS = 2**18
# Frequencies on either side that are smoothed over.
_N_NEIGHBORS = 2

# Values of the parameter ``smoothing``.
SMOOTHING = [StrOptions({"spatial", "frequency"}), None]


class InverseForms:
    """Mixin of localizers whose spectrum is the mean over the frequencies of ``1 / (a^H H a)``.

    A subclass implements ``_vectors(covariances)``, vectors v of shape (n, n_freqs, n_vectors,
    n_mics), and ``_forms(powers)``, from sums of ``|v a|^2 / n_mics`` over the vectors to forms.
    """

    _peak_shape = "lorentzian"

    def _prepare_grid(self, freqs):
        self._subarray = None
        if self.smoothing == "spatial":
            self._subarray = _line_order(self.mic_positions_)
            self._n_subarray = max(self.n_sources + 1, -(-2 * len(self._subarray) // 3))
        n_steered = len(self.mic_positions_) if self._subarray is None else self._n_subarray
        order = slice(None) if self._subarray is None else self._subarray[:n_steered]
        self._steered_mics = self.mic_positions_[order]
        # Large arrays and grids are steered in each call, some frequencies at a time.
        self._freqs = freqs
        fits = fits_memory(8 * len(self._steered_mics) * len(self.grid_) * len(freqs))
        self._steered = self._steer(freqs) if fits else None

    def _steer(self, freqs):
        """Steering vectors (n_freqs, n_mics, n_directions)."""
        steered = np.empty((len(freqs), len(self._steered_mics), len(self.grid_)), np.complex64)
        for k, freq in enumerate(freqs):
            steered[k] = steering_vectors(
                self._steered_mics, self.grid_, [freq], speed_of_sound=self.speed_of_sound
            )[0].T
        return steered

    def _sums(self, X):
        return covariance_sums(X)

    def _are_coherent(self, sums):
        no_cure = self.n_sources > 1 and self.smoothing is None
        return no_cure and are_coherent(sums, self.n_features_in_)

    def _smoothed(self, covariances):
        if self.smoothing == "spatial":
            return smooth_line(covariances, self._subarray, self._n_subarray)
        return smooth_frequencies(covariances) if self.smoothing else covariances

    def _score(self, sums):
        real = sums.power.dtype.type
        covariances = self._smoothed(sums.products / real(sums.n_frames))
        vectors = self._vectors(covariances).swapaxes(0, 1)
        vectors = vectors / real(np.sqrt(covariances.shape[2]))
        weights = voting_weights(sums.power).T[:, :, None]
        spectrum = np.zeros((vectors.shape[1], len(self.grid_)), dtype=real)
        step = max(1, _N_PRODUCTS // (spectrum.size * vectors.shape[2]))
        for start in range(0, len(vectors), step):
            some = slice(start, start + step)
            cached = self._steered is not None
            steered = self._steered[some] if cached else self._steer(self._freqs[some])
            forms = self._forms(_powers(vectors[some], steered))
            spectrum += self._invert(forms, weights[some]).sum(axis=0)
        return spectrum

    def _invert(self, forms, weights):
        # A form is positive but for rounding, which must not make an infinite peak. Those of loud
        # audio are all small.
        limits = np.finfo(forms.dtype)
        least = np.maximum(limits.eps * forms.max(axis=2, keepdims=True), limits.tiny)
        np.maximum(forms, least, out=forms)
        highest = weights * forms.min(axis=2, keepdims=True) if self.normalize else weights
        return np.divide(highest, forms, out=forms)

    @abstractmethod
    def _vectors(self, covariances):
        """Vectors (n, n_freqs, n_vectors, n_mics) of covariances (n, n_freqs, n_mics, n_mics)."""

    @abstractmethod
    def _forms(self, powers):
        """Forms of the powers (n_freqs, n, n_directions)."""


def _line_order(mics):
    array = uniform_array(mics)
    if array.shape != "line":
        raise ValueError(
            'mic_positions must be a uniform horizontal line for smoothing="spatial"; got a '
            f'{array.shape}. Use smoothing="frequency" or None.'
        )
    return array.order


def smooth_line(covariances, order, size):
    """Mean covariance of the subarrays of a uniform line, in both directions.

    Parameters
    ----------
    covariances : ndarray of shape (..., n_mics, n_mics)
        Hermitian matrices.
    order : ndarray of shape (n_mics,)
        Microphones along the line.
    size : int
        Number of microphones of a subarray.

    Returns
    -------
    smoothed : ndarray of shape (..., size, size)
        For the first ``size`` microphones along the line.
    """
    ordered = covariances[..., order[:, None], order]
    starts = range(len(order) - size + 1)
    forward = sum(ordered[..., k : k + size, k : k + size] for k in starts) / len(starts)
    return (forward + forward[..., ::-1, ::-1].conj()) / 2


def smooth_frequencies(covariances):
    """Sum of the covariances of each frequency and its neighbours.

    Parameters
    ----------
    covariances : ndarray of shape (n, n_freqs, n_mics, n_mics)
        Hermitian matrices.

    Returns
    -------
    smoothed : ndarray of the same shape
        Fewer neighbours are added at the ends of the band.
    """
    smoothed = covariances.copy()
    for shift in range(1, min(_N_NEIGHBORS + 1, covariances.shape[1])):
        smoothed[:, shift:] += covariances[:, :-shift]
        smoothed[:, :-shift] += covariances[:, shift:]
    return smoothed


def _powers(vectors, steered):
    """Sums over the vectors of the squared moduli of their products with steering vectors."""
    n_freqs, n, n_vectors, n_mics = vectors.shape
    products = vectors.reshape(n_freqs, n * n_vectors, n_mics) @ steered
    squares = products.view(products.real.dtype)
    np.square(squares, out=squares)
    squares = squares.reshape(n_freqs, n, n_vectors, -1, 2)
    return np.add(squares[..., 0], squares[..., 1]).sum(axis=2)
