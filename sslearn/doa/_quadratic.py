"""Spectra ``1 / (a^H H a)`` of Hermitian matrices, frequency after frequency."""

from abc import abstractmethod

import numpy as np

from sslearn.doa._covariance import steered_pairs, upper_pairs
from sslearn.doa._grid_search import fits_memory


class InverseForms:
    """Mixin of localizers whose spectrum is the mean over the frequencies of ``1 / (a^H H a)``.

    A subclass has ``_matrices(X)``, from spectra of a band to the matrices H of shape (n, n_freqs,
    n_mics, n_mics).
    """

    _peak_shape = "lorentzian"

    def _prepare_grid(self, freqs):
        n_mics = len(self.mic_positions_)
        fits = fits_memory(4 * n_mics * (n_mics - 1) * len(self.grid_) * len(freqs))
        # Large arrays and grids have one frequency steered at a time, in each call.
        self._freqs = freqs
        self._steered = np.stack([self._steered_at(f) for f in freqs]) if fits else None

    def _steered_at(self, freq):
        return steered_pairs(self._steering_vectors([freq])[0]).astype(np.float32)

    def _score(self, X):
        matrices = self._matrices(X)
        diagonals = np.trace(matrices, axis1=2, axis2=3).real
        pairs = np.ascontiguousarray(upper_pairs(matrices).swapaxes(0, 1))
        spectrum = np.zeros((len(X), len(self.grid_)), dtype=X.real.dtype)
        for k, pairs_here in enumerate(np.ascontiguousarray(pairs)):
            kept = self._steered is not None
            steered = self._steered[k] if kept else self._steered_at(self._freqs[k])
            form = pairs_here @ steered
            form += diagonals[:, k, None]
            spectrum += self._inverse(form, X.shape[1])
        return spectrum / len(self._freqs)

    def _inverse(self, form, n_mics):
        # A form is positive but for rounding, which must not make an infinite peak.
        form /= n_mics
        np.maximum(form, np.finfo(form.dtype).eps, out=form)
        if self.normalize:
            return form.min(axis=1, keepdims=True) / form
        return np.reciprocal(form, out=form)

    @abstractmethod
    def _matrices(self, X):
        """Hermitian matrices of the spectra of a band."""
