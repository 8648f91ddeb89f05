from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch

from sslearn.simulation._head import check_head, resample_hrirs
from sslearn.simulation._head_responses import RoomRenderer
from sslearn.simulation._image_sources import ImageSources
from sslearn.simulation._interpolation import HeadInterpolator
from sslearn.simulation._placer import in_ranges
from sslearn.simulation._receivers import BuiltReceiver
from sslearn.simulation._structural import structural_hrirs

# Ears that are not mirror images give the embedded head elevation cues on the median plane too.
_PINNA_SCALE = (1.1, 0.9)
_MAX_BYTES = 2**30
_KEPT = OrderedDict()
_LOCK = Lock()


class HeadReceiver(BaseEstimator):
    """Receiver with two ears: a head with its impulse responses, or one of several per clip.

    Parameters
    ----------
    heads : Bunch or list of Bunch, default=None
        Head, or heads to draw from for each clip, as :func:`sslearn.datasets.load_sofa` and
        :func:`structural_hrirs` return them; resampled to the rate of the clips. None is
        ``structural_hrirs(pinna_scale=(1.1, 0.9))``, whose unequal ears encode elevation.

    See Also
    --------
    sslearn.datasets.make_binaural : Simulate its clips, in rooms or anechoic.

    Examples
    --------
    >>> from sslearn.simulation import HeadReceiver, simulate
    >>> data = simulate(HeadReceiver(), 2, rooms=None, duration=0.1, random_state=0)
    >>> data.data.shape
    (2, 2, 1600)
    """

    def __init__(self, heads=None):
        self.heads = heads

    def build(self, fs):
        """Validate the heads and build the receiver for a sampling rate.

        Parameters
        ----------
        fs : float
            Sampling rate in Hz.

        Returns
        -------
        receiver : object
            Built receiver, as :func:`simulate` uses it.
        """
        heads = _default_head() if self.heads is None else self.heads
        if not isinstance(heads, Iterable):
            raise TypeError(f"heads must be a head or a list of heads; got {heads!r}.")
        heads = [heads] if hasattr(heads, "keys") else list(heads)
        if not heads:
            raise ValueError("heads is empty: pass at least one head.")
        heads = [check_head(head, f"heads[{i}]") for i, head in enumerate(heads)]
        keys = [joblib.hash((head.hrirs, head.directions, head.fs, float(fs))) for head in heads]
        heads = [_at_rate(head, key, fs) for head, key in zip(heads, keys, strict=True)]
        return _BuiltHead(heads, keys)


class _BuiltHead(BuiltReceiver):
    n_channels = n_level = 2
    defaults: dict = {
        "azimuth_range": (-90, 90),
        "elevation_range": (-45, 45),
        "distances": (1.0, 1.5, 2.0),
        "min_separation": 10.0,
        "height": 1.7,
        "wall_distance": None,
        "n_receivers": 9,
    }
    noise_kinds = ("white",)
    noise_reference = "reverberant"
    draws_height = False
    works_anechoic = True
    has_tail = False

    def __init__(self, heads, head_keys):
        self.heads, self.head_keys = heads, head_keys

    @property
    def key(self):
        return joblib.hash(self.head_keys)

    def draw(self, rng):
        return {"head_row": int(rng.integers(len(self.heads)))}

    def measured_rows(self, azimuth_range, elevation_range):
        """Rows of the measured directions within the ranges, an array for each head."""
        return [_rows_inside(head, azimuth_range, elevation_range) for head in self.heads]

    def measured_directions(self, head_row, rows):
        """Measured directions (n, 2) in degrees."""
        return np.asarray(self.heads[head_row].directions, dtype=float)[rows]

    def measured_distance(self, head_row, row):
        """Distance in metres at which a response was measured; the median for row -1."""
        distance = np.asarray(self.heads[head_row].distance, dtype=float)
        return float(distance[row] if row >= 0 else np.median(distance))

    def image_sources(self, room, source, points, *, fs, horizon, max_order):
        """Image sources up to ``max_order``, however late, or within the horizon if None.

        Positions are in single precision, as in pyroomacoustics: double precision would round some
        delays to another 1/16 sample and change the clips of a given seed.
        """
        limits = {"horizon": horizon if max_order is None else np.inf, "max_order": max_order}
        return ImageSources(room, source, points, fs=fs, dtype=np.float32, **limits)

    def responses(self, row, s, images, axes, *, n_times, with_direct):
        head, key = self.heads[row.head_row], self.head_keys[row.head_row]
        if images is None:
            response = direct = _anechoic_response(head, key, row, s)
        else:
            renderer = _kept(("room", key), lambda: RoomRenderer(head))
            offsets, damping = images.listed()
            positions = offsets @ axes.T
            response = renderer.render(positions, damping, images.filters)
            if with_direct:
                direct = renderer.render(positions[:1], damping[:, :1], images.filters)
        if not with_direct:
            return response
        # Rows: all sound at the left and the right ear, then the direct sound at both.
        responses = np.zeros((4, max(response.shape[1], direct.shape[1])), dtype=np.float32)
        responses[:2, : response.shape[1]] = response
        responses[2:, : direct.shape[1]] = direct
        return responses

    def background(self, noise, n_times, rng):
        # The expected power, so that the gain does not depend on the draw.
        return rng.standard_normal((2, n_times)).astype(np.float32), np.float64(1.0)

    def columns(self, plan, rooms):
        heads = [self.heads[row] for row in plan["head_row"]]
        if rooms is None:
            room = [head.get("room", "anechoic") for head in heads]
        else:
            room = rooms.index[plan["room_row"]]
        names = [head.name for head in heads]
        return {"room": room, "receiver": plan["receiver"], "head": names}


def _anechoic_response(head, key, row, s):
    """Responses (2, n_taps) in a measured direction, or interpolated."""
    measured = getattr(row, f"direction_row_{s}")
    if measured >= 0:
        return np.asarray(head.hrirs[measured], dtype=np.float32)
    direction = [getattr(row, f"azimuth_{s}"), getattr(row, f"elevation_{s}")]
    interpolator = _kept(("anechoic", key), lambda: HeadInterpolator(head))
    return interpolator([direction])[0].astype(np.float32)


@lru_cache(maxsize=1)
def _default_head():
    return structural_hrirs(pinna_scale=_PINNA_SCALE)


def _at_rate(head, key, fs):
    """Head at the rate of the clips."""
    if head.fs == fs:
        return head
    hrirs = _kept(("resampled", key), lambda: resample_hrirs(head, fs).hrirs)
    return Bunch(**{**head, "hrirs": hrirs, "fs": float(fs)})


def _kept(key, build):
    """Result of ``build()``, cached in this process; the least recently used is dropped."""
    with _LOCK:
        if key in _KEPT:
            _KEPT.move_to_end(key)
            return _KEPT[key]
        value = _KEPT[key] = build()
        while len(_KEPT) > 1 and sum(map(_n_bytes, _KEPT.values())) > _MAX_BYTES:
            _KEPT.popitem(last=False)
        return value


def _n_bytes(value):
    parts = getattr(value, "__dict__", {}).values()
    return getattr(value, "nbytes", 0) or sum(map(_n_bytes, parts))


def _rows_inside(head, azimuth_range, elevation_range):
    inside = in_ranges(np.asarray(head.directions), azimuth_range, elevation_range)
    if not inside.any():
        raise ValueError(
            f"azimuth_range and elevation_range hold none of the {len(inside)} measured "
            f"directions of head {head.name!r}: widen them."
        )
    return np.flatnonzero(inside)
