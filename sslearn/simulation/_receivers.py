"""Base class of built receivers, and the microphone array."""

from abc import ABC, abstractmethod

import joblib
import numpy as np
from sklearn.base import BaseEstimator

from sslearn.geometry import check_mic_positions
from sslearn.simulation._image_sources import ImageSources
from sslearn.simulation._noise import array_noise
from sslearn.simulation._responses import array_response, direct_response


class BuiltReceiver(ABC):
    """Base class of receivers at a sampling rate: responses, noise and defaults.

    Attributes
    ----------
    n_channels : int
        Number of channels of a clip.
    n_level : int
        Number of leading channels in which levels are measured.
    points : ndarray of shape (n_points, 3)
        Microphone positions in the frame of the receiver, in metres.
    defaults, room_defaults : dict
        Values of "auto" in a :class:`Placement`, and of None in :class:`ShoeboxRooms`.
    noise_kinds : tuple of str
        Supported kinds of noise.
    noise_reference : str
        Default reference of signal-to-noise ratios.
    draws_height : bool
        Whether a height is drawn even if its range is a single value.
    works_anechoic : bool
        Whether it works without a room.
    has_tail : bool
        Whether its responses may end with a diffuse tail.
    keeps_directions : bool
        Whether distances are shortened, rather than directions redrawn, if sources do not fit.
    """

    points = np.zeros((1, 3))
    room_defaults: dict = {}
    noise_kinds = ("white", "diffuse", "coherent")
    noise_reference = "direct"
    draws_height = True
    keeps_directions = False
    works_anechoic = False
    has_tail = True

    @property
    def outputs(self):
        """Entries that the receiver adds to the result of :func:`simulate`."""
        return {}

    def draw(self, rng):
        """Draw the receiver of a sample, as a dict of columns of the plan."""
        return {}

    def measured_rows(self, azimuth_range, elevation_range):
        """Raise, because only heads have measured directions."""
        raise ValueError('directions="measured" needs measured responses, which only heads have.')

    def image_sources(self, room, source, points, **params):
        """Audible image sources, see :class:`ImageSources`."""
        return ImageSources(room, source, points, **params)

    def columns(self, plan, rooms):
        """First columns of the metadata."""
        row = plan["room_row"]
        t60 = rooms["t60"].to_numpy()[row] if "t60" in rooms else np.nan
        return {"room": rooms.index[row], "t60": t60}

    @abstractmethod
    def responses(self, row, s, images, axes, *, n_times, with_direct):
        """Compute the responses of all channels, then of the direct sound in the level channels.

        Parameters
        ----------
        row : tuple
            Sample of the plan.
        s : int
            Index of the source.
        images : ImageSources or None
            Image sources relative to the microphones; None is anechoic.
        axes : ndarray of shape (3, 3)
            Front, left and top of the receiver as unit vectors of the room.
        n_times : int
            Number of samples of a clip.
        with_direct : bool
            Whether the direct responses are needed.

        Returns
        -------
        responses : ndarray of shape (n_channels + n_level, n_taps)
            Float32; without ``with_direct``, the last ``n_level`` rows may be missing.
        """

    @abstractmethod
    def background(self, noise, n_times, rng):
        """Draw noise (n_channels, n_times), and return it with its power in the level channels."""

    @property
    def key(self):
        """Hash of all parts of the receiver that affect a cached clip."""
        return joblib.hash((type(self).__name__, vars(self)))


class ArrayReceiver(BaseEstimator):
    """Microphone array: ideal point microphones in any arrangement.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres around the origin of the array: x front, y left, z up.

    See Also
    --------
    sslearn.datasets.make_shoebox : Simulate its clips in rooms.

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
        """Validate the positions and build the receiver for a sampling rate.

        Parameters
        ----------
        fs : float
            Sampling rate in Hz.

        Returns
        -------
        receiver : object
            Built receiver, as :func:`simulate` uses it.
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
        reflections = array_response(images, self.points)
        return join_direct(reflections, direct, with_direct * self.n_level, n_times)

    def background(self, noise, n_times, rng):
        heard = array_noise(noise.kind, noise.player, self.points, self.fs, rng)
        return heard, np.mean(np.square(heard))


def join_direct(reflections, direct, n_level, n_times):
    """Responses (n_channels + n_level, n_taps): all sound, then the direct sound."""
    n_channels, n_taps = len(direct), max(direct.shape[1], reflections.shape[1])
    responses = np.zeros((n_channels + n_level, n_taps), dtype=np.float32)
    responses[:n_channels, : reflections.shape[1]] = reflections
    # The image sources leave out the direct path.
    responses[:n_channels, : direct.shape[1]] += direct
    responses[n_channels:, : direct.shape[1]] = direct[:n_level]
    return responses[:, :n_times]
