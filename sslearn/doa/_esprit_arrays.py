"""Uniform lines and circles: the matrices and maps that ESPRIT and its refinement use."""

import numpy as np
from scipy.special import jv

from sslearn.geometry import wrap_azimuth

# Deviation from a uniform array that is tolerated, as a share of its spacing or radius.
_TOLERANCE = 0.02
# Largest ratio of the first aliased phase mode to the highest mode in use.
_LARGEST_ALIAS = 0.15


def uniform_array(mics):
    """Uniform line or circle of given microphones.

    Parameters
    ----------
    mics : ndarray of shape (n_mics, 3)
        Microphone positions in metres.

    Returns
    -------
    array : LinearArray or CircularArray
        With the microphones in order.

    Raises
    ------
    ValueError
        If it is neither, or not horizontal.
    """
    centred = mics - mics.mean(axis=0)
    deviations = []
    for kind in (LinearArray, CircularArray):
        array = kind(centred)
        deviation = np.linalg.norm(centred[array.order] - array.ideal(), axis=1).max()
        if deviation < _TOLERANCE * array.size:
            return array
        deviations.append(deviation)
    raise ValueError(
        "mic_positions must be a uniform line or a uniform circle, horizontal, for ESPRIT, "
        f"within {100 * _TOLERANCE:g} % of its spacing or radius; a microphone is "
        f"{min(deviations):.3g} m off. Use SRPPHAT or MUSIC, which take any array."
    )


class LinearArray:
    """Uniform line: the value sought is the sine of the azimuth from broadside.

    Parameters
    ----------
    mics : ndarray of shape (n_mics, 3)
        Positions in metres, centred.
    """

    shape, size_name = "line", "spacing"
    range, circular = (-1.0, 1.0), False

    def __init__(self, mics):
        normal = np.linalg.svd(mics)[2][0, [1, 0]] * [1, -1]
        # Broadside is in front, or to the left of a line that runs from front to back.
        normal *= np.sign(normal[0] if abs(normal[0]) > 1e-6 else normal[1])
        normal /= max(np.linalg.norm(normal), np.finfo(float).tiny)
        self.broadside = np.arctan2(normal[1], normal[0])
        self.left = np.array([-normal[1], normal[0], 0.0])
        self.along = mics @ self.left
        self.order = np.argsort(self.along)
        self.size = np.ptp(self.along) / (len(mics) - 1)

    def ideal(self):
        """Positions of a uniform line, in order."""
        n_mics = len(self.order)
        return self.size * (np.arange(n_mics) - (n_mics - 1) / 2)[:, None] * self.left

    def opposites(self):
        """Each microphone mirrored at the centre."""
        return np.arange(len(self.order))[::-1]

    def max_sources(self):
        """Largest number of sources."""
        return len(self.order) - 1

    def bands(self, waves, n_sources):
        """Wave numbers for the roots, and for the refinement."""
        heard = (waves > 0) & (waves * self.size <= np.pi)
        return heard, heard

    def pencil(self, waves, n_sources):
        """Matrices with ``second @ a = exp(1j k d s) first @ a`` for steering vectors a."""
        identity = np.eye(len(self.order))
        return identity[:-1], identity[1:]

    def values(self, phases, variances, waves):
        """Sines ``phase / (k d)`` from the phases of the roots, and their variances."""
        scale = (waves * self.size)[:, None]
        return phases / scale, variances / scale**2

    def paths(self, values):
        """Leads of the microphones over the centre, in metres, and their derivatives."""
        ahead = values[..., None] * self.along
        return ahead, np.broadcast_to(self.along, ahead.shape)

    def azimuths(self, values):
        """Azimuths in degrees; sines beyond +-1 give the ends of the line."""
        angles = np.arcsin(np.minimum(np.maximum(values, -1.0), 1.0))
        return wrap_azimuth(np.rad2deg(self.broadside + angles))

    def values_of(self, azimuths):
        """Sines for azimuths in degrees."""
        return np.sin(np.deg2rad(azimuths) - self.broadside)


class CircularArray:
    """Uniform circle: the value sought is the azimuth in radians.

    Parameters
    ----------
    mics : ndarray of shape (n_mics, 3)
        Positions in metres, centred.
    """

    shape, size_name = "circle", "radius"
    range, circular = (-np.pi, np.pi), True

    def __init__(self, mics):
        angles = np.arctan2(mics[:, 1], mics[:, 0])
        self.order = np.argsort(angles)
        self.size = np.linalg.norm(mics[:, :2], axis=1).mean()
        steps = angles[self.order] - 2 * np.pi / len(mics) * np.arange(len(mics))
        self.first = np.angle(np.exp(1j * steps).sum())
        self.x, self.y = mics[:, :2].T

    def ideal(self):
        """Positions of a uniform circle, in order."""
        angles = self.first + 2 * np.pi / len(self.order) * np.arange(len(self.order))
        return self.size * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)

    def opposites(self):
        """Each microphone mirrored at the centre; None where nothing is there."""
        n_mics = len(self.order)
        return None if n_mics % 2 else (np.arange(n_mics) + n_mics // 2) % n_mics

    def max_sources(self):
        """Largest number of sources."""
        return 2 * ((len(self.order) - 1) // 2)

    def highest_mode(self, n_sources):
        """Highest phase mode: far from its aliases, and enough for the sources."""
        return max((len(self.order) - 2) // 2, -(-n_sources // 2))

    def bands(self, waves, n_sources):
        """Wave numbers for the roots, and for the refinement."""
        order, radii = self.highest_mode(n_sources), waves * self.size
        alias = np.abs(jv(len(self.order) - order, radii))
        hold = alias <= _LARGEST_ALIAS * np.abs(jv(order, radii))
        # Up to about the first maximum of the highest mode: the ratio only grows there.
        return (waves > 0) & (radii < order + 1) & hold, waves > 0

    def pencil(self, waves, n_sources):
        """Matrices with ``second @ a = exp(1j azimuth) first @ a`` but for higher modes in a."""
        n_mics, order = len(self.order), self.highest_mode(n_sources)
        modes = np.arange(-order, order + 1)
        turns = self.first + 2 * np.pi / n_mics * np.arange(n_mics)
        turns = np.exp(1j * modes[:, None] * turns) / np.sqrt(n_mics)
        # Mode m of a plane wave is 1j^m J_m(kr) exp(1j m azimuth): products crosswise need no
        # division by what may be 0. With the norm, all equations have the same noise.
        bessel = 1j**modes * jv(modes, waves[:, None] * self.size)
        low, high = bessel[:, :-1], bessel[:, 1:]
        norm = np.hypot(np.abs(low), np.abs(high))
        norm = np.maximum(norm, np.finfo(float).tiny)
        return (high / norm)[..., None] * turns[:-1], (low / norm)[..., None] * turns[1:]

    def values(self, phases, variances, waves):
        """Azimuths in radians, which the phases of the roots are, and their variances."""
        return phases, variances

    def paths(self, values):
        """Leads of the microphones over the centre, in metres, and their derivatives."""
        cos, sin = np.cos(values)[..., None], np.sin(values)[..., None]
        return cos * self.x + sin * self.y, cos * self.y - sin * self.x

    def azimuths(self, values):
        """Azimuths in degrees."""
        return wrap_azimuth(np.rad2deg(values))

    def values_of(self, azimuths):
        """Radians for azimuths in degrees."""
        return np.deg2rad(azimuths)
