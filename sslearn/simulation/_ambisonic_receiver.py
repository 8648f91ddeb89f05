import numpy as np
from sklearn.base import BaseEstimator

from sslearn.features import AMBISONIC_CONVENTIONS, ambisonic_gains
from sslearn.geometry import angles_to_unit_vectors, icosahedral_grid
from sslearn.simulation._noise import noise_signals
from sslearn.simulation._receivers import BuiltReceiver, join_direct
from sslearn.simulation._responses import ambisonic_response, direct_response
from sslearn.simulation._sounds import NoisePlayer
from sslearn.utils.param_validation import StrOptions


class AmbisonicReceiver(BaseEstimator):
    """First-order ambisonic microphone: pressure and its gradient at one point.

    Parameters
    ----------
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the four channels, as in :class:`sslearn.features.IntensityVector`.

    See Also
    --------
    sslearn.datasets.make_ambisonic : Simulate its clips in rooms.

    Examples
    --------
    >>> from sslearn.simulation import AmbisonicReceiver, simulate
    >>> data = simulate(AmbisonicReceiver("fuma"), 2, rooms=1, duration=0.1, random_state=0)
    >>> data.data.shape
    (2, 4, 1600)
    """

    _parameter_constraints: dict = {"convention": [StrOptions(set(AMBISONIC_CONVENTIONS))]}

    def __init__(self, convention="sn3d"):
        self.convention = convention

    def build(self, fs):
        """Validate the parameters and build the receiver for a sampling rate.

        Parameters
        ----------
        fs : float
            Sampling rate in Hz.

        Returns
        -------
        receiver : object
            Built receiver, as :func:`simulate` uses it.
        """
        self._validate_params()
        return _BuiltAmbisonics(self.convention, fs)


class _BuiltAmbisonics(BuiltReceiver):
    """Built microphone; its levels are those of W, the first channel in every convention."""

    n_channels, n_level = 4, 1
    defaults: dict = {
        "azimuth_range": (-180, 180),
        "elevation_range": (-90, 90),
        "distances": None,
        "distance_range": (1.0, 3.0),
        "min_separation": 20.0,
        "height": None,
        "wall_distance": 0.5,
        "n_receivers": None,
    }
    room_defaults: dict = {"dimensions": ((3.0, 3.0, 2.5), (10.0, 8.0, 4.0)), "t60": (0.2, 0.8)}
    noise_kinds = ("white", "diffuse")
    keeps_directions = True

    def __init__(self, convention, fs):
        self.convention, self.fs = convention, fs

    @property
    def outputs(self):
        return {"convention": self.convention}

    def responses(self, row, s, images, axes, *, n_times, with_direct):
        [place] = images.points
        unit_vector = (images.source - place) / np.linalg.norm(images.source - place)
        direct = direct_response(images.source, images.points, self.fs)
        # A plane wave from the unit vector u has the gains W = 1 and (X, Y, Z) = u in SN3D.
        direct = np.insert(unit_vector, 0, 1.0)[:, None] * direct
        # X, Y, Z of the room to those of the receiver, then to the channels of the convention.
        matrix = ambisonic_gains(self.convention)
        matrix[:, 1:] = matrix[:, 1:] @ axes
        reflections = matrix @ ambisonic_response(images)
        return join_direct(reflections, matrix @ direct, with_direct * self.n_level, n_times)

    def background(self, noise, n_times, rng):
        matrix = ambisonic_gains(self.convention)
        if noise.kind == "diffuse" and not isinstance(noise.player, NoisePlayer):
            # 42 plane waves: sum(u) = 0 and mean(u u^T) = I / 3, as on the whole sphere.
            waves = angles_to_unit_vectors(icosahedral_grid(1)) @ _random_rotation(rng)
            signals = _plane_wave_gains(waves) @ noise_signals(noise.player, len(waves), rng)
        else:
            if noise.kind == "diffuse":  # X, Y and Z of SN3D have a third of the power of W.
                matrix[:, 1:] /= 3**0.5
            signals = noise_signals(noise.player, 4, rng)
        heard = matrix.astype(np.float32) @ signals
        return heard, np.mean(np.square(heard[:1]))


def _random_rotation(rng):
    """Orthogonal matrix (3, 3), uniformly (Haar) distributed."""
    # The Q of LAPACK is not uniform: only with a positive diagonal of R it is (Mezzadri 2007).
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    return q * np.sign(np.diag(r))


def _plane_wave_gains(vectors):
    """Gains (4, n_waves) of plane waves in W, X, Y, Z."""
    return np.insert(vectors, 0, 1.0, axis=1).T.astype(np.float32)
