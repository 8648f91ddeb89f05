"""Spectra ``1 / (a^H H a)`` of Hermitian matrices at each frequency."""

from abc import abstractmethod

import numpy as np

from sslearn.doa._covariance import steered_pairs, upper_pairs
from sslearn.doa._grid_search import fits_memory

# Values of forms that are computed at a time: they stay near the second cache.
_N_VALUES = 2**18


class InverseForms:
    """Mixin of localizers whose spectrum is the mean over the frequencies of ``1 / (a^H H a)``.

    A subclass has ``_matrices(X)``, from spectra of a band to the matrices H of shape (n, n_freqs,
    n_mics, n_mics).
    """

    _peak_shape = "lorentzian"

    def _prepare_grid(self, freqs):
        n_mics = len(self.mic_positions_)
        fits = fits_memory(4 * (n_mics * (n_mics - 1) + 1) * len(self.grid_) * len(freqs))
        # Large arrays and grids are steered in each call, some frequencies at a time.
        self._freqs = freqs
        self._steered = self._steer(freqs) if fits else None

    def _steer(self, freqs):
        """What turns :func:`_form_terms` at some frequencies into forms, for each direction."""
        n_mics = len(self.mic_positions_)
        steered = np.ones((len(freqs), n_mics * (n_mics - 1) + 1, len(self.grid_)), np.float32)
        for k, freq in enumerate(freqs):
            steered[k, :-1] = steered_pairs(self._steering_vectors([freq])[0])
        return steered

    def _score(self, X):
        terms = _form_terms(self._matrices(X))
        spectrum = np.zeros((len(X), len(self.grid_)), dtype=X.real.dtype)
        step = max(1, _N_VALUES // spectrum.size)
        for start in range(0, len(terms), step):
            some = slice(start, start + step)
            cached = self._steered is not None
            steered = self._steered[some] if cached else self._steer(self._freqs[some])
            spectrum += self._invert(terms[some] @ steered).sum(axis=0)
        return spectrum / len(terms)

    def _invert(self, form):
        # A form is positive but for rounding, which must not make an infinite peak.
        np.maximum(form, np.finfo(form.dtype).eps, out=form)
        least = form.min(axis=2, keepdims=True) if self.normalize else form.dtype.type(1)
        return np.divide(least, form, out=form)

    @abstractmethod
    def _matrices(self, X):
        """Hermitian matrices of the spectra of a band."""


def _form_terms(matrices):
    """Upper pairs and trace of matrices, by frequency first and per microphone."""
    trace = np.trace(matrices, axis1=2, axis2=3).real[..., None]
    terms = np.concatenate([upper_pairs(matrices), trace], axis=2) / matrices.shape[2]
    return np.ascontiguousarray(terms.swapaxes(0, 1).astype(matrices.real.dtype, copy=False))
