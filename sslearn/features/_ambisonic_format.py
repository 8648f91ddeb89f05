import numpy as np

from sslearn.features._intensity_vector import AMBISONIC_CONVENTIONS


def ambisonic_gains(convention):
    """Return the gains of first-order ambisonic channels for plane waves.

    Parameters
    ----------
    convention : {"sn3d", "n3d", "fuma"}
        Order and gains of the channels, as :class:`IntensityVector` describes them.

    Returns
    -------
    gains : ndarray of shape (4, 4)
        Matrix from W, X, Y, Z to the channels. In W, X, Y, Z, a plane wave from the unit vector
        ``u`` has the gains 1 and ``u``.

    Examples
    --------
    >>> from sslearn.features import ambisonic_gains
    >>> ambisonic_gains("sn3d").argmax(axis=1).tolist()  # W, Y, Z, X
    [0, 2, 3, 1]
    """
    channels, pressure_gain, velocity_gain = AMBISONIC_CONVENTIONS[convention]
    # The table holds gains from the channels to N3D, where a plane wave is 1 and sqrt(3) u.
    gains = np.array([1 / pressure_gain, *3 * [3**0.5 / velocity_gain]])
    matrix = np.zeros((4, 4))
    matrix[channels, range(4)] = gains
    return matrix
