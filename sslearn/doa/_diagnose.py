import numpy as np
import pandas as pd

from sslearn.doa import _diagnose_checks as checks
from sslearn.doa._diagnose_delays import mean_covariance
from sslearn.features import STFT
from sslearn.geometry import check_mic_positions
from sslearn.utils import (
    as_samples,
    audio_info,
    band_slice,
    check_audio,
    check_rate,
    holds_paths,
    read_audio,
)
from sslearn.utils.param_validation import Interval, Real, validate_params

# Seconds of a frame, of a part of a clip, and the most parts looked at.
_FRAME, _PART, _N_PARTS = 0.05, 5.0, 40
_BAND = (200.0, 8000.0)
_CHECKS = {
    "units": checks.check_units,
    "transposed": checks.check_transposed,
    "sampling_rate": checks.check_rate,
    "order": checks.check_order,
    "mono": checks.check_copied,
    "doubled": checks.check_doubled,
    "dead": checks.check_dead,
    "polarity": checks.check_polarity,
    "clipped": checks.check_clipped,
    "offset": checks.check_offset,
    "common_noise": checks.check_common_noise,
    "bandwidth": checks.check_bandwidth,
    "plane_wave": checks.check_plane_wave,
}


@validate_params(
    {
        "X": "no_validation",
        "mic_positions": ["array-like"],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "speed_of_sound": [Interval(Real, 0, None, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def diagnose_recording(X, mic_positions, *, fs=16000, speed_of_sound=343.0):
    """Hold recordings against the description of the array that made them.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_channels, n_times), or list of clips or paths
        Audio of one set-up; the more directions and clips, the more can be told. A single clip of
        shape (n_channels, n_times) will do.
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate in Hz. Files are taken at their own.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.

    Returns
    -------
    diagnosis : DataFrame
        One row per check, with the columns ``value`` (figure), ``bound`` (what was expected),
        ``verdict`` ("ok", "warning" for a likely fault, "error" for a certain one, "unknown") and
        ``message`` (finding and likely cure).
    """
    mics = check_mic_positions(mic_positions, min_mics=2)
    covariances, statistics, freqs, fs = _read(X, len(mics), fs)
    evidence = checks.Evidence(
        covariances, freqs, mics, fs=fs, speed_of_sound=speed_of_sound, samples=statistics
    )
    rows = {name: check(evidence) for name, check in _CHECKS.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=checks.Check._fields)


def _read(X, n_channels, fs):
    """Covariances and statistics of the samples of parts of the clips; frequencies; rate."""
    X = X[None] if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind == "f" else X
    samples = as_samples(X)
    if holds_paths(samples):
        rates = {audio_info(path).fs for path in samples}
        if len(rates) > 1:
            raise ValueError(f"X must hold files of one rate; got {sorted(rates)} Hz.")
        fs = rates.pop()
    else:
        check_rate(samples, fs)
        samples = check_audio(samples, n_channels=n_channels)
    n_fft = 2 ** int(np.ceil(np.log2(_FRAME * fs)))
    bins = band_slice((_BAND[0], min(_BAND[1], 0.45 * fs)), fs=fs, n_fft=n_fft)
    stft = STFT(n_fft, hop_length=n_fft // 2)
    results = []
    for part in _parts(samples, n_channels, fs):
        spectrum = stft.transform(part[None])[0]
        results.append((mean_covariance(spectrum[:, bins]), checks.sample_statistics(part)))
    covariances, statistics = zip(*results, strict=True)
    freqs = np.arange(bins.start, bins.stop) * fs / n_fft
    return np.stack(covariances), np.stack(statistics), freqs, fs


def _parts(samples, n_channels, fs):
    """Some seconds each, evenly over the clips and within them."""
    n_times = round(_PART * fs)
    lengths = [
        audio_info(clip).n_times if isinstance(clip, str) else clip.shape[1] for clip in samples
    ]
    # A rest shorter than half a part is left out.
    places = [
        (row, start)
        for row, length in enumerate(lengths)
        for start in range(0, max(1, length - n_times // 2), n_times)
    ]
    chosen = np.unique(np.linspace(0, len(places) - 1, _N_PARTS).round().astype(int))
    for row, start in (places[i] for i in chosen):
        clip = samples[row]
        if isinstance(clip, str):
            clip, _ = read_audio(clip, offset=start / fs, duration=_PART)
            yield check_audio(clip[None], n_channels=n_channels, name=f"X[{row}]")[0]
        else:
            yield clip[:, start : start + n_times]
