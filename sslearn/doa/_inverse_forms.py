"""Spectra that are one over a quadratic form of the steering vectors."""

from abc import abstractmethod

import numpy as np

from sslearn.doa._frame_sums import covariance_sums, voting_weights
from sslearn.doa._grid_search import fits_memory

# Products of vectors and steering vectors at a time: they stay near the second cache.
_N_PRODUCTS = 2**18


class InverseForms:
    """Mixin of localizers whose spectrum is the mean over the frequencies of ``1 / (a^H H a)``.

    A subclass has ``_vectors(covariances)``, vectors v of shape (n, n_freqs, n_vectors, n_mics),
    and ``_forms(powers)``, from the sums of ``|v a|^2 / n_mics`` over the vectors to forms.
    """

    _peak_shape = "lorentzian"

    def _prepare_grid(self, freqs):
        # Large arrays and grids are steered in each call, some frequencies at a time.
        self._freqs = freqs
        fits = fits_memory(8 * len(self.mic_positions_) * len(self.grid_) * len(freqs))
        self._steered = self._steer(freqs) if fits else None

    def _steer(self, freqs):
        """Steering vectors (n_freqs, n_mics, n_directions)."""
        steered = np.empty((len(freqs), len(self.mic_positions_), len(self.grid_)), np.complex64)
        for k, freq in enumerate(freqs):
            steered[k] = self._steering_vectors([freq])[0].T
        return steered

    def _sums(self, X):
        return covariance_sums(X)

    def _score(self, sums):
        real = sums.power.dtype.type
        vectors = self._vectors(sums.products / real(sums.n_frames)).swapaxes(0, 1)
        vectors = vectors / real(np.sqrt(sums.products.shape[2]))
        weights = voting_weights(sums.power).T[:, :, None]
        spectrum = np.zeros((vectors.shape[1], len(self.grid_)), dtype=real)
        step = max(1, _N_PRODUCTS // (spectrum.size * vectors.shape[2]))
        for start in range(0, len(vectors), step):
            some = slice(start, start + step)
            cached = self._steered is not None
            steered = self._steered[some] if cached else self._steer(self._freqs[some])
            values = self._invert(self._forms(_powers(vectors[some], steered)))
            spectrum += np.multiply(values, weights[some], out=values).sum(axis=0)
        return spectrum

    def _invert(self, forms):
        # A form is positive but for rounding, which must not make an infinite peak.
        np.maximum(forms, np.finfo(forms.dtype).eps, out=forms)
        least = forms.min(axis=2, keepdims=True) if self.normalize else forms.dtype.type(1)
        return np.divide(least, forms, out=forms)

    @abstractmethod
    def _vectors(self, covariances):
        """Vectors (n, n_freqs, n_vectors, n_mics) of covariances (n, n_freqs, n_mics, n_mics)."""

    @abstractmethod
    def _forms(self, powers):
        """Forms of the powers (n_freqs, n, n_directions)."""


def _powers(vectors, steered):
    """Sums over the vectors of the squared moduli of their products with steering vectors."""
    n_freqs, n, n_vectors, n_mics = vectors.shape
    products = vectors.reshape(n_freqs, n * n_vectors, n_mics) @ steered
    squares = products.view(products.real.dtype)
    np.square(squares, out=squares)
    squares = squares.reshape(n_freqs, n, n_vectors, -1, 2)
    return np.add(squares[..., 0], squares[..., 1]).sum(axis=2)
