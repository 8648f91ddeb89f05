import warnings

import numpy as np

from sslearn.decoding._adjacent import AdjacentDecoder
from sslearn.decoding._argmax import ArgmaxDecoder
from sslearn.decoding._base import Decoder
from sslearn.exceptions import UncertaintyWarning
from sslearn.geometry import angles_to_unit_vectors
from sslearn.utils.param_validation import Integral, Interval, Real, StrOptions


class PeakDecoder(Decoder):
    """Directions of several sources: the highest local maxima.

    Parameters
    ----------
    n_sources : int, default=1
        Maximum number of sources.
    threshold : float, default=None
        Minimum height of a peak, as a fraction of the range from the lowest to the highest value
        of the spectrum; no minimum if None.
    min_height : float, default=None
        Minimum value of a peak, for spectra whose values are comparable; no minimum if None.
    min_separation : float, default=10.0
        Minimum angle between two sources in degrees; of closer peaks, the higher one is kept.
    refine : {"parabola", "lorentzian", None}, default="parabola"
        Off-grid refinement of each peak, as in ``AdjacentDecoder(weights=refine)``; None keeps the
        directions of the grid.

    See Also
    --------
    AdjacentDecoder : Decoder of one source.

    Notes
    -----
    A local maximum is at least as high as all its neighbours
    (:func:`sslearn.geometry.grid_neighbors`) and higher than one of them; a flat spectrum has
    none. If there are fewer than ``n_sources``, the rest is NaN, with a warning unless there are
    none, or ``threshold`` or ``min_height`` allows for absent sources.

    Examples
    --------
    >>> from sslearn.decoding import PeakDecoder
    >>> spectrum = [[0.0, 2.0, 0.0, 1.0, 0.0]]
    >>> PeakDecoder(2).decode(spectrum, [-60.0, -30.0, 0.0, 30.0, 60.0]).tolist()
    [[[-30.0], [30.0]]]
    >>> PeakDecoder(2, threshold=0.6).decode(spectrum, [-60, -30, 0, 30, 60]).tolist()
    [[[-30.0], [nan]]]
    """

    _parameter_constraints: dict = {
        "n_sources": [Interval(Integral, 1, None, closed="left")],
        "threshold": [Interval(Real, 0, 1, closed="both"), None],
        "min_height": [Real, None],
        "min_separation": [Interval(Real, 0, 180, closed="both")],
        "refine": [StrOptions({"parabola", "lorentzian"}), None],
    }

    needs_neighbors = True

    def __init__(
        self,
        n_sources=1,
        *,
        threshold=None,
        min_height=None,
        min_separation=10.0,
        refine="parabola",
    ):
        self.n_sources = n_sources
        self.threshold = threshold
        self.min_height = min_height
        self.min_separation = min_separation
        self.refine = refine

    def decode(self, spectrum, grid, *, neighbors=None):
        """Decode each spectrum into the directions of its highest peaks.

        Parameters
        ----------
        spectrum : array-like of shape (..., n_directions)
            Spectra; larger is more likely.
        grid : array-like of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
            Directions of the spectrum, in degrees and metres.
        neighbors : ndarray of shape (n_directions, n_neighbors), default=None
            Neighbours of each direction, as in :meth:`Decoder.decode`.

        Returns
        -------
        directions : ndarray of shape (..., n_sources, n_angles)
            Directions from the highest peak down, in degrees (and metres), then NaN.

        Raises
        ------
        ValueError
            If the shapes do not match or a spectrum is not finite.

        Warns
        -----
        UncertaintyWarning
            If spectra have peaks but fewer than ``n_sources``, and both ``threshold`` and
            ``min_height`` are None.
        """
        rows, grid, neighbors = self._check(spectrum, grid, neighbors)
        refined = AdjacentDecoder(weights=self.refine) if self.refine else ArgmaxDecoder()
        heights = self._heights_of_peaks(rows, neighbors)
        vectors = angles_to_unit_vectors(grid)
        directions = np.full((len(rows), self.n_sources, *grid.shape[1:]), np.nan)
        for source in range(self.n_sources):
            peaks = heights.argmax(axis=1)
            found = np.flatnonzero(np.isfinite(heights[np.arange(len(rows)), peaks]))
            peaks = peaks[found]
            directions[found, source] = refined._decode(rows[found], grid, peaks, neighbors)
            # u_peak . u >= cos(min_separation)
            near = vectors[peaks] @ vectors.T >= np.cos(np.deg2rad(self.min_separation))
            heights[found] = np.where(near, -np.inf, heights[found])
            # Rounding may place the peak itself outside, if min_separation is 0.
            heights[found, peaks] = -np.inf
        directions = directions.reshape(len(rows), self.n_sources, -1)
        self._warn_of_missing(directions[..., 0])
        return directions.reshape(*np.shape(spectrum)[:-1], *directions.shape[1:])

    def _warn_of_missing(self, azimuth):
        n_found = (~np.isnan(azimuth)).sum(axis=1)
        # Silence, a flat spectrum, has no peak at all, which needs no warning.
        n_fewer = int(((n_found > 0) & (n_found < self.n_sources)).sum())
        if n_fewer and self.threshold is None and self.min_height is None:
            warnings.warn(
                f"{n_fewer} of {len(azimuth)} spectra have fewer peaks than "
                f"n_sources={self.n_sources}, and NaN for the rest. Lower n_sources or "
                "min_separation, or set threshold or min_height where sources may be absent.",
                UncertaintyWarning,
                stacklevel=4,
            )

    def _heights_of_peaks(self, rows, neighbors):
        """Values at local maxima that are high enough, minus infinity elsewhere."""
        # (n, n_neighbors, n_directions); filled entries repeat the direction: no test changes.
        around = rows[:, neighbors.T]
        is_peak = (rows >= around.max(axis=1)) & (rows > around.min(axis=1))
        heights = np.where(is_peak, rows, -np.inf)
        if self.threshold is not None:
            low, high = rows.min(axis=1, keepdims=True), rows.max(axis=1, keepdims=True)
            heights[rows < low + self.threshold * (high - low)] = -np.inf
        if self.min_height is not None:
            heights[rows < self.min_height] = -np.inf
        return heights
