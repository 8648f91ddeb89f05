import numpy as np
from scipy import fft
from sklearn.utils import Bunch

from sslearn.geometry import check_directions, hull_mesh
from sslearn.simulation._head import check_head


def minimum_phase_onsets(hrirs, n_upsample=4):
    """Onsets in samples: the lag at which each response best matches its minimum-phase version.

    On the far side of the head, it is more robust than a threshold; it is smooth over directions.
    """
    n_fft = 2 ** int(np.ceil(np.log2(4 * hrirs.shape[-1])))
    spectra = fft.rfft(hrirs, n_fft)
    magnitude = np.abs(spectra)
    # The logarithm needs a floor at zeros of the spectrum.
    floor = 1e-6 * magnitude.max(axis=-1, keepdims=True) + np.finfo(float).tiny
    cepstra = fft.irfft(np.log(np.maximum(magnitude, floor)), n_fft)
    # Folding the cepstrum onto positive times gives the minimum phase.
    cepstra[..., 1 : n_fft // 2] *= 2
    cepstra[..., n_fft // 2 + 1 :] = 0
    # Cross-spectrum of the response and its minimum-phase version.
    spectra = spectra * np.exp(fft.rfft(cepstra)).conj()
    # Zeros above the band give lags of 1 / n_upsample sample.
    # Later lags are negative ones, wrapped around.
    n_lags = hrirs.shape[-1] * n_upsample
    correlation = fft.irfft(spectra, n_upsample * n_fft)[..., : n_lags + 1]
    peak = correlation[..., 1:-1].argmax(axis=-1)[..., None] + 1
    below, top, above = (
        np.take_along_axis(correlation, peak + step, axis=-1)[..., 0] for step in (-1, 0, 1)
    )
    # Vertex of the parabola through the peak and its neighbours.
    curvature = below - 2 * top + above
    shift = 0.5 * (below - above) / np.where(curvature < 0, curvature, np.inf)
    return (peak[..., 0] + shift) / n_upsample


def delay_circularly(signals, delays, n_fft):
    """Delay signals circularly by ``delays`` samples, at the odd length ``n_fft``."""
    phase = np.exp(-2j * np.pi * fft.rfftfreq(n_fft) * delays[..., None])
    return fft.irfft(fft.rfft(signals, n_fft) * phase, n_fft)


class HeadInterpolator:
    """Interpolator of the responses of a head, with the costly part done once.

    Parameters
    ----------
    head : Bunch
        Validated head.

    Attributes
    ----------
    lead : int
        Sample at which the aligned responses begin.
    n_fft : int
        Length of the aligned responses.
    """

    def __init__(self, head):
        hrirs = np.asarray(head.hrirs, dtype=float)
        self.n_taps = hrirs.shape[2]
        self.lead = round(1e-3 * head.fs)
        self.n_fft = fft.next_fast_len(self.n_taps + 2 * self.lead)
        while self.n_fft % 2 == 0:  # An odd length has no Nyquist bin: shifts are invertible.
            self.n_fft = fft.next_fast_len(self.n_fft + 1)
        self.mesh = _measured_mesh(check_directions(head.directions))
        self.onsets = minimum_phase_onsets(hrirs)
        self.shapes = delay_circularly(hrirs, self.lead - self.onsets, self.n_fft)

    def aligned(self, directions):
        """Responses (n_directions, 2, n_fft) aligned at ``lead``, and onsets in samples."""
        weights = self.mesh.weights(directions)
        shapes = weights @ self.shapes.reshape(len(self.shapes), -1)
        return shapes.reshape(-1, 2, self.n_fft), weights @ self.onsets

    def __call__(self, directions):
        """Responses (n_directions, 2, n_taps)."""
        shapes, onsets = self.aligned(directions)
        return delay_circularly(shapes, onsets - self.lead, self.n_fft)[..., : self.n_taps]


def _measured_mesh(directions):
    try:
        return hull_mesh(directions)
    except ValueError as error:
        raise ValueError(
            f"Cannot interpolate between the {len(directions)} measured directions of this head: "
            "they must not lie in one plane. Use directions='measured'."
        ) from error


def interpolate_hrirs(head, directions):
    """Interpolate head-related impulse responses to any direction.

    Parameters
    ----------
    head : Bunch
        Head with the keys ``hrirs``, float of shape (n_directions, 2, n_taps), ``directions`` of
        shape (n_directions, 2) in degrees, ``distance``, ``fs`` and ``name``.
    directions : array-like of shape (n_new, 2)
        New azimuths and elevations in degrees.

    Returns
    -------
    head : Bunch
        The same head, with responses in the new directions.

    Raises
    ------
    TypeError
        If ``head`` lacks a key.
    ValueError
        If an array has the wrong shape or is not finite, an elevation is outside [-90, 90], or the
        measured directions lie in one plane.

    Notes
    -----
    Responses are aligned by their onsets (best match with their minimum-phase versions), averaged
    with barycentric weights, and delayed by the average of the onsets. The weights belong to the
    triangle around the new direction in the convex hull of the measured directions. At measured
    directions the result is the measurement. Large triangles of the hull span gaps, such as the
    one below the head in most measurements; where the hull has no triangle, because the
    measurement covers less than half a sphere, the nearest measured direction is used.

    References
    ----------
    H. Gamper, "Head-related transfer function interpolation in azimuth, elevation, and distance",
    J. Acoust. Soc. Am. 134 (2013), EL547-EL553, doi:10.1121/1.4828983.

    Examples
    --------
    >>> from sslearn.datasets import interpolate_hrirs, structural_hrirs
    >>> head = interpolate_hrirs(structural_hrirs(), [[12.3, 4.5], [-60.0, 20.0]])
    >>> head.hrirs.shape[:2]
    (2, 2)
    """
    head = check_head(head)
    directions = check_directions(directions)
    if directions.ndim != 2 or directions.shape[1] != 2:
        raise ValueError(f"directions must have shape (n_new, 2); got {directions.shape}.")
    interpolator = HeadInterpolator(head)
    weights = interpolator.mesh.weights(directions)
    dtype = np.asarray(head.hrirs).dtype
    return Bunch(
        **{key: value for key, value in head.items() if key not in ("hrirs", "directions")}
        | {"distance": weights @ np.asarray(head.distance, dtype=float)},
        hrirs=interpolator(directions).astype(dtype, copy=False),
        directions=directions,
    )
