"""Base of localizers that score every direction of a grid."""

import warnings
from abc import abstractmethod

import numpy as np
from sklearn import get_config

from sslearn.decoding import AdjacentDecoder, PeakDecoder
from sslearn.doa._base import SpectrumLocalizer
from sslearn.exceptions import AmbiguityWarning, SpatialAliasingWarning
from sslearn.geometry import (
    array_dimension,
    array_grid,
    check_directions,
    check_mic_positions,
    grid_neighbors,
    propagation_delays,
)
from sslearn.utils.param_validation import HasMethods, Integral, Interval, Real

# A beam that passes this share of the power from another direction does not separate them.
_SAME_POWER = 0.98
# Number of beams, and of directions to compare them with: enough for aliases of any grid.
_N_BEAMS, _N_COMPARED = 24, 2000


class GridScorer(SpectrumLocalizer):
    """Base of localizers that score every direction of a grid, whether or not they search it.

    A subclass calls ``_set_grid(mics, n_angles)`` in ``fit`` and implements ``_score(sums)``, from
    sums over frames to a spectrum (n, n_directions) over the directions.
    """

    _parameter_constraints: dict = {
        **SpectrumLocalizer._parameter_constraints,
        "mic_positions": ["array-like"],
        "speed_of_sound": [Interval(Real, 0, None, closed="neither")],
        "grid": ["array-like", None],
    }

    def spatial_spectrum(self, X):
        """Score each direction of the grid.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, or what ``batch_transform`` takes.

        Returns
        -------
        spatial_spectrum : ndarray of shape (n_samples, n_directions) or \
(n_samples, n_blocks, n_directions)
            Larger is more likely; the latter with ``block_size``.

        Raises
        ------
        ValueError
            As ``predict``.
        """
        return self._map(self._score_sounds, X)

    def _check_array(self):
        self.mic_positions_ = check_mic_positions(self.mic_positions, min_mics=2)
        return len(self.mic_positions_)

    @abstractmethod
    def _score(self, sums):
        """Spectra over the directions from sums over frames."""

    def _score_sounds(self, sums):
        return self._silenced(self._score(sums), sums)

    def _silenced(self, spectrum, sums):
        """Spectra over the directions; those of silence are 0, so that they have no peak."""
        spectrum[~sums.products.reshape(len(spectrum), -1).any(axis=1)] = 0
        return spectrum

    def _default_grid(self, mics, n_angles):
        return array_grid(mics, n_angles)

    def _grid_angles(self):
        """Numbers per direction of a given grid; None without one."""
        return None if self.grid is None else _n_columns(check_directions(self.grid, name="grid"))

    def _set_grid(self, mics, n_angles):
        """Set ``grid_`` to the given grid, or to all directions that the array can resolve."""
        if self.grid is None:
            if n_angles == 3:
                raise ValueError("grid must be given to find distances; near_field_grid makes one.")
            self.grid_ = self._default_grid(mics, n_angles or 1)
            return
        self.grid_ = check_directions(self.grid, name="grid")
        if n_angles not in (None, _n_columns(self.grid_)):
            raise ValueError(
                f"grid must be laid out like y, which holds {n_angles} number(s) per direction; "
                f"got grid of shape {self.grid_.shape}. Leave grid=None, or give as many columns."
            )
        warn_of_ambiguity(mics, self.grid_)


class GridLocalizer(GridScorer):
    """Base of localizers that search their grid.

    A subclass has ``_prepare_grid(freqs)``, ``_sums(X)`` and ``_score(sums)``.
    """

    _parameter_constraints: dict = {
        **GridScorer._parameter_constraints,
        "n_sources": [Interval(Integral, 1, None, closed="left")],
        "decoder": [HasMethods(["decode"]), None],
    }

    # How the default decoder refines the highest value.
    _peak_shape = "parabola"

    @abstractmethod
    def _prepare_grid(self, freqs):
        """Prepare the spectra; ``mic_positions_`` and ``grid_`` are set before."""

    def _prepare(self, freqs, n_angles):
        mics = self.mic_positions_
        self._set_grid(mics, n_angles)
        warn_of_aliasing(mics, self.grid_, freqs, self.speed_of_sound)
        self._neighbors = neighbors_for(self._get_decoder(), self.grid_)
        self._prepare_grid(freqs)

    def _locate(self, sums):
        return self._locate_with_spectrum(sums)[0]

    def _locate_with_spectrum(self, sums):
        spectrum = self._score_sounds(sums)
        y = self._get_decoder().decode(spectrum, self.grid_, neighbors=self._neighbors)
        return y, spectrum

    def _get_decoder(self):
        return default_decoder(self.decoder, self.n_sources, self._peak_shape)


def default_decoder(decoder, n_sources, peak_shape):
    """The given decoder, or one that refines the peaks of ``n_sources`` off the grid."""
    if decoder is not None:
        return decoder
    if n_sources > 1:
        return PeakDecoder(n_sources, refine=peak_shape)
    return AdjacentDecoder(weights=peak_shape)


def neighbors_for(decoder, grid):
    """Neighbours on a grid, once for all spectra; None for a decoder that does not read them."""
    needed = decoder is not None and getattr(decoder, "needs_neighbors", True)
    return grid_neighbors(grid) if needed else None


def _n_columns(grid):
    return 1 if grid.ndim == 1 else grid.shape[1]


def warn_of_ambiguity(mics, grid):
    """Warn if two directions of the grid give the same delays between the microphones."""
    delays = propagation_delays(mics, grid)
    delays = (delays - delays.mean(axis=1, keepdims=True)).round(9)
    _, counts = np.unique(delays, axis=0, return_counts=True)
    if (counts > 1).any():
        shapes = ("a point", "a line", "a plane", "space")
        warnings.warn(
            f"mic_positions span {shapes[array_dimension(mics)]}: {(counts > 1).sum()} sets of "
            "directions of grid sound alike to them: they score the same, and a search finds one "
            "of each at random. Take the front or upper half alone, or use more microphones.",
            AmbiguityWarning,
            stacklevel=6,
        )


def warn_of_aliasing(mics, grid, freqs, speed_of_sound):
    """Warn if beams over the whole band pass sound from other directions."""
    delays = propagation_delays(
        mics, grid[:: -(-len(grid) // _N_COMPARED)], speed_of_sound=speed_of_sound
    )
    freqs = freqs[freqs > 0]
    beams = delays[:: -(-len(delays) // _N_BEAMS)]
    # |a(beam)^H a(direction)|^2 / n_mics^2, averaged over the frequencies: 1 for an alias.
    power = np.zeros((len(beams), len(delays)))
    for f in freqs:
        phases = np.exp(2j * np.pi * f * beams) @ np.exp(-2j * np.pi * f * delays).T
        power += np.abs(phases) ** 2
    power /= max(1, len(freqs)) * mics.shape[0] ** 2
    difference = delays - beams[:, None]
    cycles = np.ptp(difference, axis=2) * freqs.max(initial=0.0)
    # Within half a cycle two directions are neighbours, not aliases.
    if ((power > _SAME_POWER) & (cycles > 0.5)).any():
        warnings.warn(
            f"mic_positions are too far apart for freq_range up to {freqs.max():.0f} Hz: other "
            "directions of grid sound alike there (spatial aliasing). Take lower or more "
            "frequencies, a narrower grid, or an array with a spacing below "
            f"{speed_of_sound / 2 / freqs.max():.3g} m.",
            SpatialAliasingWarning,
            stacklevel=5,
        )


def fits_memory(n_bytes):
    """Whether an array may be kept, by the ``working_memory`` of scikit-learn."""
    return n_bytes <= get_config()["working_memory"] * 2**20
