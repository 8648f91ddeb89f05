"""Random arrays of five kinds."""

import numpy as np

from sslearn.geometry import circular_array

KINDS = ("line", "circle", "irregular", "upright", "spatial")
LEAST_MICS = {"line": 2, "circle": 3, "irregular": 3, "upright": 3, "spatial": 4}
APERTURES = (0.02, 0.5)  # metres, between the microphones that are furthest apart
_SPACING = 0.25  # smallest, relative to that of microphones that fill the aperture evenly


def draw_array(kind, n_mics, aperture, rng):
    """Microphones of a random array, which looks forwards if it is a line or upright.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    n_mics : int
        Number of microphones.
    aperture : float
        Distance of the microphones that are furthest apart, in metres.
    rng : numpy Generator
        Random numbers.

    Returns
    -------
    mic_positions : ndarray of shape (n_mics, 3)
        Positions in metres around their mean.
    """
    n_dims = {"line": 1, "spatial": 3}.get(kind, 2)
    least = _SPACING * 2 / n_mics ** (1 / n_dims)
    while True:
        mics = _draw_shape(kind, n_mics, rng)
        apart = np.linalg.norm(mics[:, None] - mics, axis=2)
        if apart[np.triu_indices(n_mics, 1)].min() >= least:
            break
    mics = mics * (aperture / apart.max())
    return mics - mics.mean(axis=0)


def _draw_shape(kind, n_mics, rng):
    """Positions of a line along y, of a horizontal plane, of one across x, or in a ball."""
    if kind == "line":
        even = np.linspace(-1, 1, n_mics)
        random = np.sort(np.concatenate([[-1, 1], rng.uniform(-1, 1, n_mics - 2)]))
        return np.outer(even if rng.random() < 0.5 else random, [0.0, 1.0, 0.0])
    if kind == "circle":
        mics = circular_array(n_mics, 1.0)
        if n_mics > 3 and rng.random() < 0.3:
            mics[-1] = 0.0  # devices often have one in the middle
    else:
        mics = rng.standard_normal((n_mics, 3))
        if kind != "spatial":
            mics[:, 0 if kind == "upright" else 2] = 0.0
        radius = rng.random(n_mics) ** (1 / (3 if kind == "spatial" else 2))
        mics *= (radius / np.linalg.norm(mics, axis=1))[:, None]
    if kind == "upright":
        return mics
    return mics @ _turn(rng.uniform(0, 2 * np.pi))


def _turn(angle):
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
