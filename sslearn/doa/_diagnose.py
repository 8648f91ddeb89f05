import numpy as np
import pandas as pd

from sslearn.doa import _diagnose_channels as channels
from sslearn.doa import _diagnose_checks as checks
from sslearn.doa._diagnose_delays import mean_covariance
from sslearn.doa._diagnose_evidence import Check, Evidence
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

# Seconds of a frame and of a part of a clip; largest number of parts analysed.
_FRAME, _PART, _N_PARTS = 0.05, 5.0, 40
_BAND = (200.0, 8000.0)
_CHECKS = {
    "units": checks.check_units,
    "transposed": checks.check_transposed,
    "sampling_rate": checks.check_rate,
    "order": checks.check_order,
    "mono": channels.check_copied,
    "doubled": channels.check_doubled,
    "dead": channels.check_dead,
    "polarity": channels.check_polarity,
    "clipped": channels.check_clipped,
    "offset": channels.check_offset,
    "common_noise": channels.check_common_noise,
    "bandwidth": channels.check_bandwidth,
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
    """Check recordings against the description of the array that made them.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_channels, n_times), or list of clips or paths
        Audio of one set-up; more directions and clips reveal more faults. It may also be a single
        clip of shape (n_channels, n_times).
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate in Hz. Files are read at their own rate.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.

    Returns
    -------
    diagnosis : DataFrame
        One row per check, with the columns ``value`` (figure), ``bound`` (expected figure),
        ``verdict`` ("ok", "warning" for a likely fault, "error" for a certain one, "unknown") and
        ``message`` (finding and likely cure). The rows are

        - ``units``, ``transposed`` : positions that are not in metres, or of shape (3, n_mics).
        - ``sampling_rate`` : longest delays over those of the array, which scale like the rate.
        - ``order`` : misfit of the delays, if another order of the channels fits much better.
        - ``mono``, ``doubled`` : one signal in all channels, or in some of them.
        - ``dead`` : channels that are silent, or have nothing in common with the others.
        - ``polarity`` : channels of opposite sign.
        - ``clipped``, ``offset`` : share of samples at the limit; mean over root mean square.
        - ``common_noise`` : share of the sound that has no delays between the channels.
        - ``bandwidth`` : width of the spectrum in Hz.
        - ``plane_wave`` : residual of the delays from the best wave, over the size of the array.

    Raises
    ------
    TypeError
        If X holds neither audio nor paths.
    ValueError
        If X and ``mic_positions`` differ in the number of channels, files differ in rate, or a
        value is not finite.

    See Also
    --------
    sslearn.exceptions.ArrayMismatchWarning : What ``fit`` and ``predict`` find by themselves.

    Notes
    -----
    Of up to 40 parts of 5 s each, the lag of every pair is the highest value of its coherence over
    the lag (smoothed coherence transform [1]_). Delays of the channels follow by least absolute
    errors; where the pairs contradict them, a clip does not count. The delays of a plane wave are
    linear in the positions, with the slowness of sound: a wrong norm reveals wrong units or a wrong
    rate, a residual reveals a wrong order of the channels. Arrays of more than 30 cm with many
    microphones may have near sources. A swap that mirrors the array, as of two microphones, cannot
    be detected; sources that are all above a flat array or in front of a line have short delays,
    too.

    References
    ----------
    .. [1] G. C. Carter, A. H. Nuttall, P. G. Cable, "The smoothed coherence transform",
       Proceedings of the IEEE 61(10), 1973, doi:10.1109/PROC.1973.9300.

    Examples
    --------
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.doa import diagnose_recording
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, _ = make_plane_waves(
    ...     6, mic_positions=mics, azimuth_range=(-180, 180), snr=20, random_state=0,
    ...     return_X_y=True,
    ... )
    >>> diagnosis = diagnose_recording(X[:, [1, 0, 2, 3]], 1000 * mics)
    >>> diagnosis.loc["units", "verdict"]
    'error'
    >>> print(diagnose_recording(X[:, [1, 0, 2, 3]], mics).loc["order", "message"][:42])
    The delays fit the order [1, 0, 2, 3] of t
    """
    mics = check_mic_positions(mic_positions, min_mics=2)
    covariances, statistics, freqs, fs = _read(X, len(mics), fs)
    evidence = Evidence(
        covariances, freqs, mics, fs=fs, speed_of_sound=speed_of_sound, samples=statistics
    )
    rows = {name: check(evidence) for name, check in _CHECKS.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=Check._fields)


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
        results.append((mean_covariance(spectrum[:, bins]), channels.sample_statistics(part)))
    covariances, statistics = zip(*results, strict=True)
    freqs = np.arange(bins.start, bins.stop) * fs / n_fft
    return np.stack(covariances), np.stack(statistics), freqs, fs


def _parts(samples, n_channels, fs):
    """Parts of a few seconds, evenly spread over and within the clips."""
    n_times = round(_PART * fs)
    lengths = [
        clip.shape[1] if isinstance(clip, np.ndarray) else audio_info(clip).n_times
        for clip in samples
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
        if isinstance(clip, np.ndarray):
            yield clip[:, start : start + n_times]
        else:
            clip, _ = read_audio(clip, offset=start / fs, duration=_PART)
            yield check_audio(clip[None], n_channels=n_channels, name=f"X[{row}]")[0]
