"""What all receivers share, and the microphone array."""

from abc import ABC, abstractmethod

import joblib
import numpy as np
from sklearn.base import BaseEstimator

from sslearn.geometry import check_mic_positions
from sslearn.simulation._image_sources import ImageSources
from sslearn.simulation._noise import array_noise
from sslearn.simulation._responses import array_response, direct_response


class BuiltReceiver(ABC):
    """A receiver at a sampling rate: its responses to a source, its noise, its defaults.

    Attributes
    ----------
    n_channels : int
        Channels of a clip.
    n_level : int
        The first channels, in which levels are measured.
    points : ndarray of shape (n_points, 3)
        Its microphones in metres, in its own frame.
    defaults, room_defaults : dict
        What "auto" stands for in a :class:`Placement`, and None in :class:`ShoeboxRooms`.
    noise_kinds : tuple of str
        Kinds of noise that it supports.
    noise_reference : str
        What signal-to-noise ratios refer to by default.
    draws_height : bool
        Whether a height is drawn also where there is only one.
    works_anechoic : bool
        Whether it hears without a room.
    keeps_directions : bool
        Whether directions and rooms are never given up for one another: distances are shortened.
    """

    points = np.zeros((1, 3))
    room_defaults: dict = {}
    noise_kinds = ("white", "diffuse", "coherent")
    noise_reference = "direct"
    draws_height = True
    keeps_directions = False
    works_anechoic = False

    @property
    def outputs(self):
        """What of the receiver is in the result of :func:`simulate`."""
        return {}

    def draw(self, rng):
        """Draw what differs from sample to sample: a dict of columns of the plan."""
        return {}

    def measured_rows(self, azimuth_range, elevation_range):
        """Raise, because only heads have measured directions."""
        raise ValueError('directions="measured" needs measured responses, which heads alone have.')

    def image_sources(self, room, source, points, *, fs, horizon, max_order):
        """Image sources that are heard, see :class:`ImageSources`."""
        return ImageSources(room, source, points, fs=fs, horizon=horizon, max_order=max_order)

    def columns(self, plan, rooms):
        """First columns of the metadata."""
        row = plan["room_row"]
        t60 = rooms["t60"].to_numpy()[row] if "t60" in rooms else np.nan
        return {"room": rooms.index[row], "t60": t60}

    @abstractmethod
    def responses(self, row, s, images, axes, *, n_times, with_direct):
        """Responses of the channels, and direct alone in those that settle the level.

        Parameters
        ----------
        row : tuple
            Sample of the plan.
        s : int
            Number of the source.
        images : ImageSources or None
            Image sources, seen from the microphones; None is anechoic.
        axes : ndarray of shape (3, 3)
            Front, left and top of the receiver as unit vectors of the room.
        n_times : int
            Samples of a clip.
        with_direct : bool
            Whether the direct responses are needed.

        Returns
        -------
        responses : ndarray of shape (n_channels + n_level, n_taps)
            Float32; the last ``n_level`` rows may be left out where they are not needed.
        """

    @abstractmethod
    def background(self, noise, n_times, rng):
        """Noise (n_channels, n_times), and its power in the channels that settle the level."""

    @property
    def key(self):
        """What a cached clip depends on."""
        return joblib.hash((type(self).__name__, vars(self)))


class ArrayReceiver(BaseEstimator):
    """Microphone array: perfect point microphones, in any arrangement.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres around the origin of the array: x front, y left, z up.

    See Also
    --------
    sslearn.datasets.make_shoebox : Clips that it records in rooms.

    Examples
    --------
    >>> from sslearn.geometry import linear_array
    >>> from sslearn.simulation import ArrayReceiver, simulate
    >>> data = simulate(ArrayReceiver(linear_array(4, 0.08)), 2, duration=0.1, random_state=0)
    >>> data.data.shape
    (2, 4, 1600)
    """

    def __init__(self, mic_positions):
        self.mic_positions = mic_positions

    def build(self, fs):
        """Validate, and make what hears at the sampling rate ``fs`` in Hz.

        Parameters
        ----------
        fs : float
            Sampling rate in Hz.

        Returns
        -------
        receiver : object
            For :func:`simulate`.
        """
        return _BuiltArray(check_mic_positions(self.mic_positions), fs)


class _BuiltArray(BuiltReceiver):
    defaults: dict = {
        "azimuth_range": (-180, 180),
        "elevation_range": None,
        "distances": (1.0, 1.5, 2.0),
        "min_separation": 10.0,
        "height": (1.0, 1.6),
        "wall_distance": 0.5,
        "n_receivers": None,
    }
    room_defaults: dict = {"dimensions": ((4.0, 4.0, 2.5), (10.0, 10.0, 4.0)), "t60": (0.2, 1.0)}

    def __init__(self, points, fs):
        self.points, self.fs = points, fs
        self.n_channels = self.n_level = len(points)

    @property
    def outputs(self):
        return {"mic_positions": self.points}

    def responses(self, row, s, images, axes, *, n_times, with_direct):
        direct = direct_response(images.source, images.points, self.fs)
        return join_direct(array_response(images), direct, self.n_level, n_times)

    def background(self, noise, n_times, rng):
        heard = array_noise(noise.kind, noise.player, self.points, self.fs, rng)
        return heard, np.mean(np.square(heard))


def join_direct(reflections, direct, n_level, n_times):
    """Responses (n_channels + n_level, n_taps): all sound, then direct sound alone."""
    n_channels, n_taps = len(direct), max(direct.shape[1], reflections.shape[1])
    responses = np.zeros((n_channels + n_level, n_taps), dtype=np.float32)
    responses[:n_channels, : reflections.shape[1]] = reflections
    responses[:n_channels, : direct.shape[1]] += direct
    responses[n_channels:, : direct.shape[1]] = direct[:n_level]
    return responses[:, :n_times]
