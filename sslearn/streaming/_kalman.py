"""A Kalman filter of a direction, on the circle or the sphere."""

import numpy as np


class GreatCircleFilter:
    """Direction and velocity of a talker, as a point on the sphere and a vector tangent to it.

    Parameters
    ----------
    position : ndarray of shape (3,)
        First direction found, a unit vector. Where all are horizontal, so is the state.
    motion : {"velocity", "walk"}
        Whether the velocity is kept, or is 0.
    noise : float
        Standard deviation of the error of a direction, in degrees.
    drift : float
        That of the change within 1 s, of the velocity in degrees per second or of a walk in
        degrees.
    """

    def __init__(self, position, motion, noise, drift):
        self.position, self.velocity = position, np.zeros(3)
        self._walks, self._noise, self._drift = motion == "walk", noise**2, drift**2
        # Equal along both tangent axes: of place and velocity, in degrees.
        self._covariance = np.diag([self._noise, 0.0 if self._walks else self._drift])

    def advance(self, seconds):
        """Predict the state some seconds later."""
        self._move(np.deg2rad(self.velocity) * seconds)
        transition = np.array([[1.0, seconds], [0.0, 1.0]])
        self._covariance = transition @ self._covariance @ transition.T
        if self._walks:
            self._covariance[0, 0] += self._drift * seconds
        else:
            # White acceleration of density drift^2, integrated over the time.
            growth = np.array([[seconds**3 / 3, seconds**2 / 2], [seconds**2 / 2, seconds]])
            self._covariance += self._drift * growth

    def correct(self, vector):
        """Correct the state by a direction found, a unit vector."""
        innovation = _tangent(self.position, vector)
        # K = P H^T / (H P H^T + noise^2) with H = [1, 0], and P <- P - K H P.
        gain = self._covariance[0] / (self._covariance[0, 0] + self._noise)
        self.velocity = self.velocity + gain[1] * np.rad2deg(innovation)
        self._move(gain[0] * innovation)
        self._covariance = self._covariance - np.outer(gain, self._covariance[0])

    def _move(self, turn):
        """Move along a tangent vector in radians, and carry the velocity along."""
        angle = np.linalg.norm(turn)
        if angle == 0:
            return
        ahead = turn / angle
        turned = np.cos(angle) * ahead - np.sin(angle) * self.position
        # Parallel transport: the part across the great circle does not change.
        self.velocity = self.velocity + (self.velocity @ ahead) * (turned - ahead)
        self.position = np.cos(angle) * self.position + np.sin(angle) * ahead
        # Rounding errors must not grow over hours.
        self.position = self.position / np.linalg.norm(self.position)
        self.velocity = self.velocity - (self.velocity @ self.position) * self.position


def _tangent(position, vector):
    """Tangent vector that leads from one unit vector to another, in radians."""
    # The two-argument arc tangent is accurate for small angles, unlike the arc cosine.
    across = vector - (position @ vector) * position
    sine = np.linalg.norm(across)
    return across * (np.arctan2(sine, position @ vector) / sine) if sine else across


def angles_between(a, b):
    """Angles in degrees between unit vectors.

    Parameters
    ----------
    a : sequence of ndarray of shape (3,)
        Unit vectors.
    b : ndarray of shape (n_b, 3)
        Unit vectors.

    Returns
    -------
    angles : ndarray of shape (n_a, n_b)
        Degrees.
    """
    a = np.reshape(a, (-1, 1, 3))
    # An arc cosine is inexact for small angles.
    chords = np.linalg.norm(a - b, axis=2)
    return np.rad2deg(2 * np.arcsin(np.minimum(chords / 2, 1)))
