import numpy as np

from sslearn.features import AMBISONIC_CONVENTIONS


def ambisonic_gains(convention):
    """Matrix (4, 4) from W, X, Y, Z, where a plane wave is 1 and ``u``, to the channels."""
    channels, pressure_gain, velocity_gain = AMBISONIC_CONVENTIONS[convention]
    # The table holds what turns channels to N3D, where a plane wave is 1 and sqrt(3) u.
    gains = np.array([1 / pressure_gain, *3 * [3**0.5 / velocity_gain]])
    matrix = np.zeros((4, 4))
    matrix[channels, range(4)] = gains
    return matrix


def to_sn3d(audio, convention):
    """Turn ambisonic audio (..., 4, n_times) of a convention to SN3D, W, Y, Z, X."""
    matrix = ambisonic_gains("sn3d") @ np.linalg.inv(ambisonic_gains(convention))
    return matrix.astype(audio.dtype) @ audio
