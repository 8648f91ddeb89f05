from numbers import Integral, Real

import numpy as np
import pandas as pd
from scipy import fft
from sklearn.utils import Bunch, check_random_state

from sslearn.geometry import (
    check_directions,
    check_mic_positions,
    draw_directions,
    propagation_delays,
    to_float,
    wrap_azimuth,
)
from sslearn.utils import check_range
from sslearn.utils.param_validation import Interval, validated


def add_noise(X, snr, rng):
    """Add white noise in place, uncorrelated between channels, ``snr`` dB below each clip."""
    power = np.mean(np.square(X), axis=(1, 2), keepdims=True)
    scale = np.sqrt(power / 10 ** (np.reshape(snr, (-1, 1, 1)) / 10)).astype(X.dtype)
    X += scale * rng.standard_normal(X.shape).astype(X.dtype)
    return X


def _delay(signals, delays, n_pad, n_times):
    """Delay padded signals (n, n_times + 2 n_pad) by ``delays`` (n, n_mics) in samples."""
    n_fft = fft.next_fast_len(signals.shape[1] + n_pad, real=True)
    # An odd length has no Nyquist bin, whose phase a real signal cannot carry.
    n_fft += 1 - n_fft % 2
    phase = np.exp(-2j * np.pi * fft.rfftfreq(n_fft) * delays[..., None])
    delayed = fft.irfft(fft.rfft(signals, n_fft)[:, None] * phase, n_fft)
    return delayed[..., n_pad : n_pad + n_times].astype(np.float32)


@validated(
    n_samples=[Interval(Integral, 1, None, closed="left")],
    n_sources=[Interval(Integral, 1, None, closed="left")],
    fs=[Interval(Real, 0, None, closed="neither")],
    duration=[Interval(Real, 0, None, closed="neither")],
    snr=[Interval(Real, None, None, closed="neither"), "array-like", None],
    speed_of_sound=[Interval(Real, 0, None, closed="neither")],
    random_state=["random_state"],
    return_X_y=["boolean"],
)
def make_plane_waves(
    n_samples=100,
    *,
    mic_positions=((0.0, 0.09, 0.0), (0.0, -0.09, 0.0)),
    sounds=None,
    n_sources=1,
    azimuth_range=(-90, 90),
    elevation_range=None,
    directions=None,
    snr=None,
    speed_of_sound=343.0,
    fs=16000,
    duration=0.1,
    random_state=None,
    return_X_y=False,
):
    """Simulate clips of plane waves, recorded by any array without a head or a room.

    Parameters
    ----------
    n_samples : int, default=100
        Number of clips.
    mic_positions : array-like of shape (n_mics, 3), default=a left and a right ear
        Microphone positions in metres: x front, y left, z up.
    sounds : array-like of shape (n_samples, [n_sources,] n_times), default=None
        Sound of each source at the origin. None is white noise with a standard deviation of 1,
        drawn for every source.
    n_sources : int, default=1
        Number of simultaneous sources, with the same level.
    azimuth_range : tuple of (float, float), default=(-90, 90)
        Lowest and highest azimuth in degrees.
    elevation_range : tuple of (float, float), default=None
        Lowest and highest elevation in degrees. None puts all waves on the horizontal plane, and
        ``y`` holds azimuths only.
    directions : array-like of shape (n_samples,) or (n_samples, 2), default=None
        Directions in degrees, instead of random ones; ``y`` is laid out like them. For several
        sources, the shape is (n_samples, n_sources, 1) or (n_samples, n_sources, 2).
    snr : float or tuple of (float, float), default=None
        Signal-to-noise ratio in dB, or a range of ratios, of white noise that is uncorrelated
        between the microphones; no noise if None.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.
    fs : float, default=16000
        Sampling rate in Hz.
    duration : float, default=0.1
        Length of a clip in seconds.
    random_state : int, RandomState instance or None, default=None
        Makes the clips reproducible.
    return_X_y : bool, default=False
        Whether ``(data, target)`` is returned instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple of (ndarray, ndarray)
        With the keys ``data``, float32 audio of shape (n_samples, n_mics, n_times), ``target``,
        directions in degrees of shape (n_samples,), (n_samples, 2) or (n_samples, n_sources, k),
        ``metadata``, a DataFrame with the columns room ("anechoic"), speaker, source (-1 for white
        noise, else the row of ``sounds``), distance (infinite), snr and yaw, which are those of
        :func:`make_shoebox` (speaker_0, speaker_1, ... for several sources), ``fs`` and
        ``mic_positions``.

    Raises
    ------
    ValueError
        If a range is inverted, or an array has the wrong shape or is not finite.

    See Also
    --------
    make_shoebox : Clips in rooms.
    make_binaural : Clips recorded by a head.

    Notes
    -----
    Microphone m receives the source with the delay ``tau_m = -p_m . u / speed_of_sound``, exact to
    fractions of a sample (phase shift in the frequency domain).

    Examples
    --------
    >>> from sslearn.datasets import make_plane_waves
    >>> X, y = make_plane_waves(10, random_state=0, return_X_y=True)
    >>> X.shape, y.shape
    ((10, 2, 1600), (10,))
    """
    mics = check_mic_positions(mic_positions)
    rng = check_random_state(random_state)
    n_times = max(1, round(duration * fs))
    where = _check_target(n_samples, n_sources, directions, azimuth_range, elevation_range, rng)
    delays = propagation_delays(mics, where, speed_of_sound=speed_of_sound) * fs
    # Sound beyond both ends enters the clip by the delays; 16 samples for the ringing of the sinc.
    n_pad = int(np.ceil(np.abs(delays).max())) + 16
    signals = _check_signals(sounds, n_samples, n_sources, n_times, n_pad, rng)
    X = _delay(signals, delays, n_pad, n_times)
    y = where
    if n_sources > 1:
        X = X.reshape(n_samples, n_sources, *X.shape[1:]).sum(axis=1)
        y = where.reshape(n_samples, n_sources, -1)
    if snr is not None:
        low, high = check_range(np.broadcast_to(snr, 2), "snr")
        snr = rng.uniform(low, high, size=n_samples) if low < high else np.full(n_samples, low)
        add_noise(X, snr, rng)
    if return_X_y:
        return X, y
    metadata = _metadata(n_samples, n_sources, sounds, snr)
    return Bunch(data=X, target=y, metadata=metadata, fs=fs, mic_positions=mics)


def _check_target(n_samples, n_sources, directions, azimuth_range, elevation_range, rng):
    """Directions of all waves, sample after sample."""
    azimuth_range = check_range(azimuth_range, "azimuth_range", -360, 360)
    n_waves = n_samples * n_sources
    if directions is not None:
        if n_sources > 1:
            directions = _join_sources(directions, n_samples, n_sources)
        directions = check_directions(directions)
        if len(directions) != n_waves:
            raise ValueError(
                f"directions must have n_samples={n_samples} rows; got {len(directions)}."
            )
        return directions
    if elevation_range is None:
        return wrap_azimuth(rng.uniform(*azimuth_range, size=n_waves))
    elevation_range = check_range(elevation_range, "elevation_range", -90, 90)
    return draw_directions(n_waves, azimuth_range, elevation_range, rng)


def _join_sources(directions, n_samples, n_sources):
    """Directions (n_samples, n_sources, k) as (n_samples * n_sources, k), or one axis if k = 1."""
    directions = to_float(directions, "directions")
    if directions.ndim != 3 or directions.shape[:2] != (n_samples, n_sources):
        raise ValueError(
            f"directions must have shape (n_samples, n_sources, k) = ({n_samples}, {n_sources}, 1 "
            f"or 2); got {directions.shape}."
        )
    n_angles = directions.shape[2]
    return directions.reshape(-1) if n_angles == 1 else directions.reshape(-1, n_angles)


def _check_signals(sounds, n_samples, n_sources, n_times, n_pad, rng):
    """Sounds of all waves, sample after sample, with ``n_pad`` samples more at both ends."""
    if sounds is None:
        return rng.standard_normal((n_samples * n_sources, n_times + 2 * n_pad))
    if isinstance(sounds, str):
        raise ValueError(
            f"sounds must be an array of samples, or None for white noise; got {sounds!r}."
        )
    sounds = np.asarray(sounds, dtype=float)
    shape = (n_samples, n_times) if n_sources == 1 else (n_samples, n_sources, n_times)
    if sounds.shape != shape:
        names = "(n_samples, n_times)" if n_sources == 1 else "(n_samples, n_sources, n_times)"
        raise ValueError(
            f"sounds must have shape {names} = {shape}; got {sounds.shape}. Set duration to "
            "n_times / fs."
        )
    if not np.isfinite(sounds).all():
        raise ValueError("sounds contains NaN or infinity: expected finite values.")
    return np.pad(sounds.reshape(-1, n_times), ((0, 0), (n_pad, n_pad)))


def _metadata(n_samples, n_sources, sounds, snr):
    """Columns that the other generators have, too."""
    columns = {"room": "anechoic"}
    for s in range(n_sources):
        end = "" if n_sources == 1 else f"_{s}"
        columns[f"speaker{end}"] = "noise" if sounds is None else None
        columns[f"source{end}"] = -1 if sounds is None else np.arange(n_samples)
        columns[f"distance{end}"] = np.inf
    columns |= {"snr": np.nan if snr is None else snr, "yaw": 0.0}
    return pd.DataFrame(columns, index=range(n_samples))
