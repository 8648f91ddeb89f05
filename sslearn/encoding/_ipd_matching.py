"""Phase differences of plane waves, and the search for the direction that matches them."""

from abc import abstractmethod
from functools import cached_property

import numpy as np
from scipy.special import j0
from sklearn.utils.validation import check_is_fitted

from sslearn.encoding._sources import SourcesEncoding
from sslearn.geometry import (
    check_directions,
    check_mic_positions,
    circular_grid,
    propagation_delays,
    sphere_grid,
)
from sslearn.utils import as_numbers
from sslearn.utils.param_validation import Integral, Interval, Real

# Number of output values per matrix product.
_CHUNK_VALUES = 2**22
# Mean squared distance of the directions from their mean below which an array resolves none.
_LEAST_DISTANCE = 1e-6


def _stacked(cos, sin):
    """Vectors (..., 2 * n_freqs * n_pairs) of cosines and sines (..., n_freqs, n_pairs)."""
    vectors = np.concatenate([cos, sin], axis=-2)
    return vectors.reshape(*vectors.shape[:-2], -1)


def ipd_vectors(directions, mic_positions, freqs, speed_of_sound):
    """Cosines and sines of the phase differences of plane waves.

    Parameters
    ----------
    directions : ndarray of shape (n_directions,) or (n_directions, 2)
        Azimuth, or azimuth and elevation, in degrees.
    mic_positions : ndarray of shape (n_mics, 3)
        Positions in metres.
    freqs : ndarray of shape (n_freqs,)
        Frequencies in Hz.
    speed_of_sound : float
        Speed of sound in metres per second.

    Returns
    -------
    vectors : ndarray of shape (n_directions, 2 * n_freqs * (n_mics - 1))
        Cosines of all frequencies and microphones, then sines.
    """
    delays = propagation_delays(mic_positions, directions, speed_of_sound=speed_of_sound)
    # phi_m(f) = 2 pi f (tau_m - tau_0), of shape (n_directions, n_freqs, n_mics - 1).
    lags = (delays[:, 1:] - delays[:, :1])[:, None]
    phases = 2.0 * np.pi * freqs[:, None] * lags
    return _stacked(np.cos(phases), np.sin(phases))


def mean_ipd_vector(mic_positions, freqs, speed_of_sound, *, n_angles):
    """Mean of :func:`ipd_vectors` over all azimuths, or over all directions of the sphere.

    Parameters
    ----------
    mic_positions, freqs, speed_of_sound
        As in :func:`ipd_vectors`.
    n_angles : {1, 2}
        1 for the horizontal plane, 2 for the sphere.

    Returns
    -------
    vector : ndarray of shape (2 * n_freqs * (n_mics - 1),)
        The mean; its sines are 0.
    """
    offsets = mic_positions[1:] - mic_positions[0]
    distances = np.linalg.norm(offsets[:, : n_angles + 1], axis=1)
    cycles = freqs[:, None] * distances / speed_of_sound
    # The mean of cos(x cos a) is J0(x) over the circle and sin(x) / x over the sphere; the sines
    # cancel. numpy.sinc(t) is sin(pi t) / (pi t).
    cos = j0(2.0 * np.pi * cycles) if n_angles == 1 else np.sinc(2.0 * cycles)
    return _stacked(cos, np.zeros_like(cos))


class IPDMatching(SourcesEncoding):
    """Base of encodings as phase differences, which are decoded by matching them with a grid.

    A subclass implements ``_output_spec()``, ``_encode(y)`` and ``_match(outputs)``.

    See Also
    --------
    IPDEncoding : A vector for each source.
    SummedIPDEncoding : The sum of the vectors of all sources.
    """

    _parameter_constraints: dict = {
        "mic_positions": ["array-like"],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "grid": ["array-like", None],
        "n_sources": [Interval(Integral, 1, None, closed="left")],
        "threshold": [Interval(Real, 0, None, closed="neither")],
        "speed_of_sound": [Interval(Real, 0, None, closed="neither")],
    }
    _threshold_needs_sources = False

    def fit(self, y):
        """Learn the layout of the targets, and prepare those of the grid.

        Parameters
        ----------
        y : array-like of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Azimuth, or azimuth and elevation, in degrees; NaN where a source is silent.

        Returns
        -------
        self : Encoding
            The fitted encoding.

        Raises
        ------
        ValueError
            If y, the grid or a parameter is not valid, the grid is not laid out like y, or y has
            more than ``n_sources``.
        """
        self._fit_layout(y)
        n_sources = self.n_sources_
        if n_sources is not None and n_sources > self.n_sources:
            raise ValueError(
                f"n_sources must be at least {n_sources}, the number of sources in a y of shape "
                f"{np.shape(y)}; got {self.n_sources}. Tracks have the shape (n_samples, n_frames, "
                "n_sources, n_angles)."
            )
        self._n_tracks = 1 if n_sources is None else self.n_sources
        self._fit_grid()
        self._fit_templates()
        self.output_spec_ = self._output_spec()
        return self

    def _fit_grid(self):
        grid = self.grid
        if grid is None:
            grid = circular_grid(1.0) if self.n_angles_ == 1 else sphere_grid(5.0)
        self.grid_ = check_directions(grid, name="grid")
        if self.grid_.shape[1:] != ((), (2,))[self.n_angles_ - 1]:
            wanted = "(n_directions,)" if self.n_angles_ == 1 else "(n_directions, 2)"
            raise ValueError(
                f"grid must have shape {wanted} for a y of {self.n_angles_} angle(s) per source; "
                f"got {self.grid_.shape}."
            )

    def _fit_templates(self):
        mics = check_mic_positions(self.mic_positions, min_mics=2)
        freqs = self.fs / self.n_fft * np.arange(1, self.n_fft // 2 + 1)
        self._array = mics, freqs, self.speed_of_sound
        self._forget_templates(vars(self))
        self._mean = mean_ipd_vector(*self._array, n_angles=self.n_angles_)
        if self._distances(self._mean).min() < _LEAST_DISTANCE:
            raise ValueError(
                "mic_positions must be far enough apart to resolve the directions of the grid; got "
                f"{mics.tolist()} in metres. Microphones above one another cannot resolve azimuth."
            )

    @cached_property
    def _templates(self):
        return self._vectors(self.grid_)

    @cached_property
    def _single_templates(self):
        # Converting them takes longer than matching the outputs of a chunk of a stream.
        return self._templates.astype(np.float32)

    @cached_property
    def _cross_projections(self):
        return self._projections(self._templates)

    @staticmethod
    def _forget_templates(state):
        for name in ("_templates", "_single_templates", "_cross_projections"):
            state.pop(name, None)

    def __getstate__(self):
        # Megabytes that can be computed from the grid and the array are not stored.
        state = dict(super().__getstate__())
        self._forget_templates(state)
        return state

    def _distances(self, vector):
        """Mean squared distances (n_directions,) of a vector (n_outputs,) from the grid."""
        return np.square(self._templates - vector).mean(axis=1)

    def _vectors(self, directions):
        return ipd_vectors(directions, *self._array)

    def inverse_transform(self, targets):
        """Decode outputs of a network.

        Parameters
        ----------
        targets : array-like of shape (n_samples, \\*output_shape) or (n_samples, n_frames, \
\\*output_shape)
            Targets, or outputs of a network.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Directions in degrees, laid out as in ``fit``, with ``n_sources`` sources; NaN where
            one is silent.

        Raises
        ------
        ValueError
            If the shape is wrong or a value is not finite.
        """
        return self.detect(*self.match(targets))

    def match(self, targets):
        """Find the nearest directions of the grid, whether a source is present or not.

        Parameters
        ----------
        targets : array-like of shape (n_samples, \\*output_shape) or (n_samples, n_frames, \
\\*output_shape)
            Targets, or outputs of a network.

        Returns
        -------
        y : ndarray
            Directions in degrees, laid out as by ``inverse_transform``, never NaN.
        scores : ndarray of shape (n_samples,), (n_samples, n_sources) or (n_samples, n_frames, \
n_sources)
            Score of each: 1 for a perfect match.
        """
        check_is_fitted(self)
        outputs = self._check_outputs(self._check_values(targets), "targets")
        # Sources have one vector each, or share one.
        shape = outputs.shape[: outputs.ndim - len(self.output_spec_.shape)]
        shape = shape if self.n_sources_ is None else (*shape, self._n_tracks)
        rows = outputs.reshape(-1, outputs.shape[-1])
        n_each = self._n_tracks if self.output_spec_.shape[:-1] == () else 1
        indices = np.empty((len(rows), n_each), dtype=int)
        scores = np.empty((len(rows), n_each), dtype=outputs.dtype)
        for chunk in self._chunks(rows):
            indices[chunk], scores[chunk] = self._match(rows[chunk])
        y = self.grid_[indices.reshape(shape)]
        if self.n_angles_ == 1 and (self._is_column or len(shape) > 1):
            y = y[..., None]
        return y, scores.reshape(shape)

    def detect(self, y, scores, threshold=None):
        """Leave out the sources whose scores are too low, where y has an axis of sources.

        Parameters
        ----------
        y : ndarray
            Directions, as ``match`` returns them.
        scores : ndarray
            Their scores.
        threshold : float, default=None
            Detection threshold; that of the encoding if None.

        Returns
        -------
        y : ndarray
            Directions; NaN where a source is silent.
        """
        if self.n_sources_ is None:
            return y
        least = self._least_score(self.threshold if threshold is None else threshold)
        return np.where((scores > least)[..., None], y, np.nan)

    def spatial_spectrum(self, targets):
        """Compute the scores of the directions of the grid.

        Parameters
        ----------
        targets : array-like of shape (..., n_outputs)
            Targets, or outputs of a network.

        Returns
        -------
        spectrum : ndarray of shape (..., n_directions)
            Scores at ``grid_``: 1 for a perfect match.

        Raises
        ------
        ValueError
            If the length of the last axis is wrong or a value is not finite.
        """
        check_is_fitted(self)
        outputs = self._check_values(targets)
        rows = outputs.reshape(-1, outputs.shape[-1])
        spectrum = np.empty((len(rows), len(self.grid_)), dtype=outputs.dtype)
        for chunk in self._chunks(rows):
            spectrum[chunk] = self._scores(rows[chunk])
        return spectrum.reshape(*outputs.shape[:-1], len(self.grid_))

    def _chunks(self, rows):
        size = max(_CHUNK_VALUES // rows.shape[1], 1)
        return (slice(start, start + size) for start in range(0, len(rows), size))

    def _projections(self, outputs):
        """Projection ratios (n, n_directions) on the grid, by one matrix product."""
        # A template has the squared length n_outputs / 2.
        templates = self._single_templates if outputs.dtype == np.float32 else self._templates
        return outputs @ templates.T * (2.0 / outputs.shape[1])

    def _scores(self, outputs):
        """Scores (n, n_directions) of outputs (n, n_outputs)."""
        return self._projections(outputs)

    @abstractmethod
    def _match(self, outputs):
        """Indices in the grid and scores, of shape (n, n_each), of outputs (n, n_outputs)."""

    def _least_score(self, threshold):
        """Score above which a source is present."""
        return threshold

    def _check_values(self, targets):
        targets = np.asarray(as_numbers(targets, "targets"))
        targets = targets if targets.dtype == np.float32 else targets.astype(float)
        n_outputs = self._templates.shape[1]
        if targets.shape[-1:] != (n_outputs,):
            raise ValueError(f"targets must have shape (..., {n_outputs}); got {targets.shape}.")
        if not np.isfinite(targets).all():
            raise ValueError("targets must be finite; got NaN or infinity.")
        return targets
