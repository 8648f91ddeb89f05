from functools import partial

import numpy as np
from scipy.spatial import cKDTree

from sslearn.doa._base import SpectrumLocalizer
from sslearn.doa._frame_sums import FrameSums, bin_power, voting_weights
from sslearn.doa._grid_search import default_decoder, neighbors_for
from sslearn.features import AMBISONIC_CONVENTIONS, sound_intensity
from sslearn.geometry import (
    angles_to_unit_vectors,
    check_directions,
    circular_grid,
    icosahedral_grid,
    unit_vectors_to_angles,
)
from sslearn.utils.param_validation import HasMethods, Integral, Interval, Real, StrOptions

# Cells of the histogram, about 4 degrees apart.
_N_SUBDIVISIONS = 4


class SphericalHistogram:
    """Smoothed histogram of directions, evaluated at the directions of a grid.

    Parameters
    ----------
    grid : ndarray of shape (n_directions, 3)
        Unit vectors.
    width : float
        Standard deviation of the smoothing, in degrees.
    """

    def __init__(self, grid, width):
        self._grid = grid.astype(np.float32)
        self._cells = angles_to_unit_vectors(icosahedral_grid(_N_SUBDIVISIONS))
        # Von Mises-Fisher: a Gaussian of this width for small angles, and no seam on the sphere.
        self._concentration = 1 / np.deg2rad(width) ** 2
        kernel = np.exp(self._concentration * (self._cells @ grid.T - 1))
        self._kernel = kernel.astype(np.float32)
        # Nearest cell by azimuth and elevation, rounded to degrees.
        angles = np.stack(np.meshgrid(np.arange(-180, 181), np.arange(-90, 91)), axis=-1)
        self._table = cKDTree(self._cells).query(angles_to_unit_vectors(angles))[1]

    def count(self, vectors):
        """Count.

        Parameters
        ----------
        vectors : ndarray of shape (n_samples, 3, ...)
            Directions whose lengths are their weights.

        Returns
        -------
        sums : ndarray of shape (n_samples, 4, n_cells)
            Weights and vectors in each cell.
        """
        vectors = np.moveaxis(vectors.reshape(*vectors.shape[:2], -1), 1, 0)
        x, y, z = vectors
        horizontal = np.hypot(x, y)
        weights = np.hypot(horizontal, z)
        row = np.rint(np.rad2deg(np.arctan2(z, horizontal)) + 90).astype(np.intp)
        column = np.rint(np.rad2deg(np.arctan2(y, x)) + 180).astype(np.intp)
        cells = self._table[row, column]
        return np.stack([self._count(cells, values) for values in (weights, *vectors)], axis=1)

    def smooth(self, sums):
        """Smooth.

        Parameters
        ----------
        sums : ndarray of shape (n_samples, 4, n_cells)
            Weights and vectors in each cell.

        Returns
        -------
        histogram : ndarray of shape (n_samples, n_directions)
            Share of the weight around each direction, times the kernel.
        """
        counts, *sums = np.moveaxis(sums, 1, 0)
        total = counts.sum(axis=1, keepdims=True)
        share = 1 / np.where(total > 0, total, 1.0)
        histogram = (share * counts).astype(np.float32) @ self._kernel
        # First-order correction for v off the centre c of its cell: exp(k v.g) is about
        # exp(k c.g) (1 + k (v - c).g).
        for cell, direction, sums_along in zip(self._cells.T, self._grid.T, sums, strict=True):
            beside = self._concentration * share * (sums_along - counts * cell)
            histogram += direction * (beside.astype(np.float32) @ self._kernel)
        return np.maximum(histogram, 0, out=histogram)

    def _count(self, cells, values):
        """Sum of the values (n_samples, n) in each cell (n_samples, n_cells)."""
        n_samples, n_cells = len(cells), len(self._cells)
        places = cells + n_cells * np.arange(n_samples)[:, None]
        sums = np.bincount(places.ravel(), values.ravel(), minlength=n_samples * n_cells)
        return sums.reshape(n_samples, n_cells)


class IntensityLocalizer(SpectrumLocalizer):
    """Localization by the sound intensity of first-order ambisonics.

    Parameters
    ----------
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the four channels, as in :class:`sslearn.features.IntensityVector`.
    fs : float, default=16000
        Sampling rate in Hz.
    grid : array-like of shape (n_directions,) or (n_directions, 2), default=None
        Azimuths, or azimuths and elevations, of the spatial spectrum, in degrees. None takes about
        every 4 degrees of the sphere, or every 2 degrees of azimuth if ``fit`` is given azimuths
        alone.
    freq_range : tuple of (float, float) or None, default=(200, 4000)
        Lowest and highest frequency in Hz; the highest is left out. None takes all.
    normalize : bool, default=True
        Whether the intensity of each frequency and frame is divided by its energy, so that all
        have the same weight. Otherwise the loud ones dominate.
    width : float, default=8.0
        Standard deviation of the smoothing of the spatial spectrum, in degrees; at least 4, the
        distance of its cells.
    n_sources : int, default=1
        Number of sources to find.
    decoder : decoder, default=None
        From the spatial spectrum to directions. None takes the direction of the mean intensity for
        one source, without the grid, and ``PeakDecoder(n_sources)`` for several.
        ``AdjacentDecoder(weights="parabola")`` finds one too, which early reflections pull less
        than the mean.
    block_size : int, default=None
        Number of frames for one estimate, which makes a track per clip (the last block may be
        shorter); None takes all frames of a clip together.
    block_duration : float, default=None
        The same in seconds, rounded to whole frames, where ``batch_transform`` has an STFT.
    batch_transform : transformer, default=None
        Transformer that computes the spectra chunk by chunk, such as ``STFT(512)`` or
        ``make_pipeline(AudioReader(), STFT(512))``: X may then be audio or paths, and the spectra
        of all clips are never stored. A copy is fitted on the first samples.
    n_jobs : int, default=None
        Number of threads over chunks of clips.

    Attributes
    ----------
    grid_ : ndarray of shape (n_directions,) or (n_directions, 2)
        Directions of the spatial spectrum.
    bins_ : slice
        Frequencies in use, as bins of the spectrum.
    batch_transform_ : transformer or None
        Fitted copy of ``batch_transform``.
    n_features_in_ : int
        Number of channels, always 4.
    n_freqs_in_ : int
        Number of frequencies of the spectra.

    Raises
    ------
    ValueError
        In ``fit``: if X does not have 4 channels, or y holds distances.

    Warns
    -----
    SilenceWarning
        If W, or all of X, Y and Z are silent.

    See Also
    --------
    sslearn.features.IntensityVector : The intensity of each frequency and frame, as features.
    TDOALocalizer : For arrays of any shape.

    Notes
    -----
    The active intensity ``Re(conj(W) (X, Y, Z))`` of a plane wave points to its source whatever the
    frequency, so there is neither a grid nor aliasing [1]_. Reverberation and noise, where they
    come from everywhere, cancel in the mean.

    The spatial spectrum is the histogram of the directions of the intensity, weighted by its
    length, on 2562 cells, smoothed by a von Mises-Fisher kernel [2]_. For grids of azimuths alone
    the directions are projected to the horizontal plane first.

    References
    ----------
    .. [1] D. P. Jarrett, E. A. P. Habets and P. A. Naylor, "3D source localization in the spherical
       harmonic domain using a pseudointensity vector", EUSIPCO, 2010.
    .. [2] C. Evers, A. H. Moore and P. A. Naylor, "Multiple source localisation in the spherical
       harmonic domain", IWAENC, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sslearn.doa import IntensityLocalizer
    >>> from sslearn.features import STFT
    >>> from sslearn.geometry import angles_to_unit_vectors
    >>> y = np.array([[-170.0, 80.0], [30.0, -20.0]])
    >>> noise = np.random.default_rng(0).standard_normal((2, 1, 4000))
    >>> X = noise * np.insert(angles_to_unit_vectors(y)[:, [1, 2, 0]], 0, 1, axis=1)[:, :, None]
    >>> make_pipeline(STFT(512), IntensityLocalizer()).fit(X, y).predict(X).round(6).tolist()
    [[-170.0, 80.0], [30.0, -20.0]]
    """

    _parameter_constraints: dict = {
        **SpectrumLocalizer._parameter_constraints,
        "convention": [StrOptions(set(AMBISONIC_CONVENTIONS))],
        "normalize": ["boolean"],
        "n_sources": [Interval(Integral, 1, None, closed="left")],
        "decoder": [HasMethods(["decode"]), None],
        "grid": ["array-like", None],
        "width": [Interval(Real, 4, 180, closed="both")],
    }

    def __init__(
        self,
        convention="sn3d",
        *,
        fs=16000,
        grid=None,
        freq_range=(200, 4000),
        normalize=True,
        width=8.0,
        n_sources=1,
        decoder=None,
        block_size=None,
        block_duration=None,
        batch_transform=None,
        n_jobs=None,
    ):
        self.convention = convention
        self.fs = fs
        self.grid = grid
        self.freq_range = freq_range
        self.normalize = normalize
        self.width = width
        self.n_sources = n_sources
        self.decoder = decoder
        self.block_size = block_size
        self.block_duration = block_duration
        self.batch_transform = batch_transform
        self.n_jobs = n_jobs

    def spatial_spectrum(self, X):
        """Histogram of the directions of the intensity.

        Parameters
        ----------
        X : array-like of shape (n_samples, 4, n_freqs, n_frames)
            Spectra, or what ``batch_transform`` takes.

        Returns
        -------
        spatial_spectrum : ndarray of shape (n_samples, n_directions) or \
(n_samples, n_blocks, n_directions)
            In [0, 1], larger is more likely; the latter with ``block_size``.

        Raises
        ------
        ValueError
            As ``predict``.
        """
        return self._map(self._score_sounds, X)

    def predict(self, X):
        """Predict directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, 4, n_freqs, n_frames)
            Spectra, or the input of ``batch_transform``.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_blocks, n_sources, n_angles)
            Directions in degrees, as those of the other localizers.

        Raises
        ------
        ValueError
            If X does not have the channels and frequencies of ``fit``, or contains NaN.
        """
        sums = self._vector_sums if self._get_decoder() is None else self._sums
        return self._map(self._locate_sources, X, sums)

    def _check_array(self):
        return 4

    def _prepare(self, freqs, n_angles):
        if self.grid is None:
            self.grid_ = circular_grid(2.0) if n_angles == 1 else icosahedral_grid(_N_SUBDIVISIONS)
        else:
            self.grid_ = check_directions(self.grid, name="grid")
        n_columns = 1 if self.grid_.ndim == 1 else self.grid_.shape[1]
        if n_columns > 2 or n_angles not in (None, n_columns):
            raise ValueError(
                "grid and y must both hold azimuths, or azimuths and elevations; got a grid of "
                f"shape {self.grid_.shape} and {n_angles} number(s) per direction in y."
            )
        self._neighbors = neighbors_for(self._get_decoder(), self.grid_)
        self._histogram = SphericalHistogram(angles_to_unit_vectors(self.grid_), self.width)

    def _add_up(self, pieces, sums):
        # The histogram merges frequencies: which of them have a vote must be known before.
        if sums == self._sums:
            power = sum(bin_power(X[:, :1]) for X in pieces())
            sums = partial(sums, power=power)
        return super()._add_up(pieces, sums)

    def _sums(self, X, power=None):
        """Weights and vectors in the cells of the histogram; ``power`` is that of X if None."""
        own_power = bin_power(X[:, :1])
        vectors = self._intensity(X)
        weights = voting_weights(own_power if power is None else power)
        vectors *= weights[..., None].astype(vectors.dtype)
        sums = self._histogram.count(vectors.swapaxes(0, 1))
        return FrameSums(sums, own_power, X.shape[3])

    def _vector_sums(self, X):
        """Intensity at each frequency."""
        vectors = self._intensity(X).sum(axis=3).swapaxes(0, 1)
        return FrameSums(vectors, bin_power(X[:, :1]), X.shape[3])

    def _intensity(self, X):
        """Active intensity (3, n_samples, n_freqs, n_frames), horizontal for azimuths alone."""
        vectors = sound_intensity(
            X.swapaxes(0, 1), self.convention, normalize=self.normalize, reactive=False
        )
        if self.grid_.ndim == 1:
            vectors[2] = 0.0
        return vectors

    def _get_decoder(self):
        """None for the mean intensity."""
        if self.decoder is None and self.n_sources == 1:
            return None
        return default_decoder(self.decoder, self.n_sources, "parabola")

    def _score_sounds(self, sums):
        return self._histogram.smooth(sums.products)

    def _locate(self, sums):
        decoder = self._get_decoder()
        if decoder is not None:
            scores = self._score_sounds(sums)
            return decoder.decode(scores, self.grid_, neighbors=self._neighbors)
        if sums.products.shape[1] == 4:
            vectors = sums.products[:, 1:].sum(axis=2)
        else:
            weights = voting_weights(sums.power).astype(np.float64)
            vectors = (sums.products @ weights[..., None])[..., 0]
        directions = unit_vectors_to_angles(vectors)
        return directions if self.grid_.ndim == 2 else directions[:, 0]

    def _warn_of_silence(self, silent):
        # A source in front leaves Y and Z silent, as it should.
        channels = {}
        for sample, channel in silent:
            channels.setdefault(sample, []).append(channel)
        super()._warn_of_silence(
            [(sample, c[0]) for sample, c in channels.items() if 0 in c or len(c) == 3]
        )
