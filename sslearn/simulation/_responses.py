from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.signal import butter, sosfilt

from sslearn.simulation._rooms import SPEED_OF_SOUND, WALLS
from sslearn.utils import import_optional

LEAD = 40  # samples before the peak of the interpolation filter, by which responses are late
_N_PHASES = 16  # steps per sample of the delays of reflections
_N_TABLE = 4096
_N_SLAB = 2**19  # image sources looked at together
_HIGH_PASS = 10.0  # Hz


def direct_response(source, mics, fs):
    """Response of the direct path, with its exact delay.

    Parameters
    ----------
    source : ndarray of shape (3,)
        Position in metres.
    mics : ndarray of shape (n_mics, 3)
        Positions in metres.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    response : ndarray of shape (n_mics, n_taps)
        Sample ``LEAD`` is the emission; 1 at a distance of 1 m.
    """
    distance = np.linalg.norm(source - mics, axis=1)
    arrival = distance * (fs / SPEED_OF_SOUND) + LEAD
    times = np.arange(int(arrival.max()) + LEAD + 2)
    return _interpolator(times - arrival[:, None]) / distance[:, None]


def _interpolator(times):
    """Sinc in a Hann window over ``LEAD`` samples on either side, as pyroomacoustics has it."""
    window = np.where(np.abs(times) < LEAD, 0.5 + 0.5 * np.cos(np.pi * times / LEAD), 0.0)
    return np.sinc(times) * window


def room_response(room, source, mics, *, fs, horizon, max_order=None):
    """Response of a rectangular room by the image method, without the direct path.

    Parameters
    ----------
    room : dict
        One of those that :func:`~sslearn.simulation._rooms.check_rooms` returns.
    source : ndarray of shape (3,)
        Position in metres.
    mics : ndarray of shape (n_mics, 3)
        Positions in metres.
    fs : float
        Sampling rate in Hz.
    horizon : float
        Image sources are summed until the sound has travelled for so many seconds.
    max_order : int, default=None
        Highest number of reflections; any if None.

    Returns
    -------
    response : ndarray of shape (n_mics, n_taps)
        Float32. Sample ``LEAD`` is the emission.

    Notes
    -----
    The image sources of a rectangular room are a product of three axes: squares of distances are
    sums, damping is a product. So nothing is stored but distances, and those nearer than the
    horizon alone are used. Delays are rounded to 1/16 sample and added up at 16 times the
    sampling rate; one transform brings the sum down to it. Reflections of one sign pile up at
    0 Hz, where the sum of hundreds of thousands outlasts the reverberation by half: a high-pass
    filter of second order at 10 Hz removes it.
    """
    return _reflections(room, source, mics, False, fs, horizon, max_order)


def ambisonic_response(room, source, place, *, fs, horizon, max_order=None):
    """First-order ambisonic response of a rectangular room, without the direct path.

    Parameters
    ----------
    room, source, fs, horizon, max_order
        As :func:`room_response` has them.
    place : ndarray of shape (3,)
        Position of the microphone in metres.

    Returns
    -------
    response : ndarray of shape (4, n_taps)
        W, X, Y, Z along the axes of the room, float32: each image source has the gain 1 in W and
        its unit vector in X, Y, Z.
    """
    return _reflections(room, source, place[None], True, fs, horizon, max_order)


def _reflections(room, source, mics, is_ambisonic, fs, horizon, max_order):
    reach = SPEED_OF_SOUND * horizon
    centre = mics.mean(axis=0)
    amplitudes, filters = _wall_amplitudes(room, fs)
    axes = [
        _axis(*along, reach)
        for along in zip(room["sizes"], amplitudes, source, centre, mics.T, strict=True)
    ]
    farthest = reach + np.linalg.norm(mics - centre, axis=1).max()
    n_taps = int(np.ceil(farthest * fs / SPEED_OF_SOUND)) + 2 * LEAD + 1
    n_taps = fft.next_fast_len(n_taps, real=True)
    n_channels = 4 if is_ambisonic else len(mics)
    fine = np.zeros((amplitudes.shape[2], n_channels, _N_PHASES * n_taps), dtype=np.float32)
    _add_images(fine, axes, fs, reach, max_order, is_ambisonic)
    return sosfilt(_high_pass(fs), _decimate(fine, n_taps, filters)).astype(np.float32)


@lru_cache(maxsize=1)
def _high_pass(fs):
    return butter(2, _HIGH_PASS, "highpass", fs=fs, output="sos")


def _wall_amplitudes(room, fs):
    """Amplitudes (3, 2, n_bands) that the walls reflect, and what joins the bands."""
    absorption = [room["absorption"][wall] for wall in WALLS]
    if not any(isinstance(value, dict) for value in absorption):
        return np.sqrt(1.0 - np.array(absorption)).reshape(3, 2, 1), None
    pra = import_optional("pyroomacoustics", "make_shoebox with absorption per octave")
    materials = {wall: pra.Material(room["absorption"][wall]) for wall in WALLS}
    box = pra.ShoeBox(room["sizes"], fs=fs, materials=materials, max_order=0)
    absorption = [box.get_wall_by_name(wall).absorption for wall in WALLS]

    def filters(n_fft):
        bank = pra.acoustics.AntoniOctaveFilterBank(box.octave_bands.base_freq, fs, n_fft)
        return np.square(bank.filters.T)

    return np.sqrt(1.0 - np.array(absorption)).reshape(3, 2, -1), filters


def _axis(size, amplitude, source, centre, mics, reach):
    """Image sources along one axis: squares of distances, damping and number of reflections.

    Returns
    -------
    axis : dict
        ``offset`` and ``square`` (n_images,) from the centre, ``squares`` (n_mics, n_images),
        ``damping`` (n_bands, n_images), ``order`` (n_images,) and ``direct``, the index of the
        source itself.
    """
    n_periods = int(np.ceil((reach / size + 1) / 2))
    n = np.arange(-n_periods, n_periods + 1)
    places = np.concatenate([2 * n * size + source, 2 * n * size - source])
    low = np.concatenate([np.abs(n), np.abs(n - 1)])
    high = np.concatenate([np.abs(n), np.abs(n)])
    near = np.abs(places - centre) < reach
    places, low, high = places[near], low[near], high[near]
    return {
        "offset": (places - centre).astype(np.float32),
        "square": np.square(places - centre).astype(np.float32),
        "squares": np.square(places - mics[:, None]).astype(np.float32),
        "damping": (amplitude[0, :, None] ** low * amplitude[1, :, None] ** high).astype("f4"),
        "order": low + high,
        "direct": int(near[:n_periods].sum()),
    }


def _outer(combine, axes, key, part, row=...):
    """Combine values along three axes, the first of them in part, into one flat array."""
    x, y, z = (axis[key][row] for axis in axes)
    return combine(combine(x[part, None, None], y[:, None]), z)


def _add_images(fine, axes, fs, reach, max_order, is_ambisonic):
    """Add in place the image sources nearer than ``reach`` to responses with fine delays."""
    n_bands, _, n_fine = fine.shape
    scale = np.float32(_N_PHASES * fs / SPEED_OF_SOUND)
    start = np.float32(_N_PHASES * LEAD + 0.5)
    for part, near in _near_images(axes, reach, max_order):
        damping = [
            _outer(np.multiply, axes, "damping", part, band).ravel()[near]
            for band in range(n_bands)
        ]
        offsets = _offsets(axes, part, near) if is_ambisonic else None
        for m in range(len(axes[0]["squares"])):
            square = _outer(np.add, axes, "squares", part, m).ravel()[near]
            distance = np.sqrt(square)
            delay = (distance * scale + start).astype(np.intp)
            channels = slice(None) if is_ambisonic else slice(m, m + 1)
            for band, amplitude in zip(fine[:, channels], damping, strict=True):
                heard = _gains(amplitude, square, distance, offsets)
                for channel, weights in zip(band, heard, strict=True):
                    channel += np.bincount(delay, weights, minlength=n_fine)


def _gains(amplitude, square, distance, offsets):
    """Gains of image sources in the channels of one place: pressure, or W, X, Y, Z."""
    if offsets is None:
        return [amplitude / distance]
    gradient = amplitude / square
    return [gradient * along for along in (distance, *offsets)]


def _near_images(axes, reach, max_order):
    """Parts of the first axis, and flat indices of the image sources in them that are heard."""
    direct = tuple(axis["direct"] for axis in axes)
    step = max(1, _N_SLAB // (len(axes[1]["square"]) * len(axes[2]["square"])))
    for first in range(0, len(axes[0]["square"]), step):
        part = slice(first, first + step)
        near = _outer(np.add, axes, "square", part) < reach**2
        if max_order is not None:
            near &= _outer(np.add, axes, "order", part) <= max_order
        if first <= direct[0] < first + step:
            near[direct[0] - first, direct[1], direct[2]] = False
        yield part, np.flatnonzero(near)


def _offsets(axes, part, near):
    """Offsets along x, y and z, one array each, of the image sources that are heard."""
    x, y, z = (axis["offset"] for axis in axes)
    grid = np.broadcast_arrays(x[part, None, None], y[:, None], z)
    return [offset.ravel()[near] for offset in grid]


@lru_cache(maxsize=1)
def _low_pass():
    """Spectrum of the interpolation filter, at ``_N_TABLE`` + 1 frequencies from 0 to fs."""
    n_fine = _N_TABLE * _N_PHASES
    times = np.arange(n_fine)
    taps = _interpolator(np.minimum(times, n_fine - times) / _N_PHASES)
    return fft.rfft(taps).real[: _N_TABLE + 1] / _N_PHASES


def _decimate(fine, n_taps, filters):
    """Low-pass responses (n_bands, n_mics, n_phases * n_taps), keep one time of each sample."""
    freqs = np.arange(n_taps + 1) / n_taps
    low_pass = np.interp(freqs, np.linspace(0, 1, _N_TABLE + 1), _low_pass()).astype(np.float32)
    n_freqs = n_taps // 2 + 1
    gains = [1.0] if filters is None else filters(n_taps).astype(np.float32)
    total = 0.0
    for band, gain in zip(fine, gains, strict=True):
        # Of all microphones at once, which is hardly slower than of one.
        spectrum = fft.rfft(band)[:, : n_taps + 1] * low_pass
        # What the filter leaves above half the sampling rate folds back.
        folded = spectrum[:, :n_freqs] + spectrum[:, ::-1][:, :n_freqs].conj()
        total = total + gain * folded
    return fft.irfft(total, n_taps)
