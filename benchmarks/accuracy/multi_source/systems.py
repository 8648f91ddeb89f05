"""The systems of the table: how each is built, and what it costs."""

import time

import numpy as np

from benchmarks.accuracy.multi_source.data import DURATION, FS
from sslearn import recipes
from sslearn.decoding import PeakDecoder

TRAINED = (
    "ipdnet2_tiny",
    "ipdnet2_small",
    "ipdnet2_large",
    "ipdnet",
    "tf_mamba",
    "srp_dnn",
    "icodoa",
)
CLASSICAL = ("srp_phat", "music")
SPEED_OF_SOUND = 343.0  # m/s; the recipes have that of their papers
# Frames of y that a block of a classical localizer stands for; validation clips choose.
BLOCKS = (1, 2, 4)
_HOP = 320  # samples, that of IPDnet2: five frames of the STFT are one of y
_FRAMES = 5
_SIZES = ("tiny", "small", "large")
_N_TIMED = 3


def trained(system, mic_positions):
    """Localizer of a system that learns: its recipe, of two talkers, for air as in the rooms."""
    recipe, _, size = system.rpartition("_")
    recipe, params = (recipe, {"size": size}) if size in _SIZES else (system, {})
    localizer = getattr(recipes, recipe)(mic_positions, fs=FS, **params)
    names = [name for name in localizer.get_params() if name.endswith("speed_of_sound")]
    return localizer.set_params(**dict.fromkeys(names, SPEED_OF_SOUND))


def untrained(system, mic_positions, n_repeats):
    """Localizer of the two highest peaks in each block of frames.

    Parameters
    ----------
    system : {"srp_phat", "music"}
        System.
    mic_positions : ndarray of shape (n_mics, 3)
        Positions in metres.
    n_repeats : int
        Frames of y that a block stands for.

    Returns
    -------
    localizer : SRPPHAT or MUSIC
        Localizer of audio.
    """
    localizer = getattr(recipes, system)(
        mic_positions,
        fs=FS,
        n_sources=2,
        hop_length=_HOP,
        grid=np.arange(-180.0, 180.0, 1.0),
        block_size=_FRAMES * n_repeats,
    )
    # With a threshold, sources may be absent; that of the study is applied to the scores.
    decoder = PeakDecoder(2, threshold=0.0)
    return localizer.set_params(decoder=decoder, batch_transform__stft__padding="reflect")


def thresholds(system):
    """Candidates for the threshold of a system, and the published one; None: from the scores."""
    if system in CLASSICAL:
        return None, None
    if system == "srp_dnn":
        return np.arange(10, 61) / 100, 0.3
    if system.startswith("ipdnet2"):
        return np.arange(10, 96) / 100, 0.6  # scores are 1 - s: s < 0.4
    return np.arange(10, 96) / 100, 0.5


def costs(system, localizer, X):
    """Operations and parameters of the network, and seconds per second of audio.

    Parameters
    ----------
    system : str
        Name of the system.
    localizer : estimator
        Fitted localizer.
    X : ndarray of shape (n_clips, n_mics, n_times)
        Clips of 4 s.

    Returns
    -------
    figures : dict
        ``GFLOP per second``, twice the multiply-accumulates of a second of audio; ``parameters``,
        in millions; ``seconds per second``.
    """
    clip, figures, seconds = np.asarray(X[:1]), {}, []
    if system not in CLASSICAL:
        shapes = localizer.batch_transform_.transform(clip).shape[1:]
        shapes = shapes, localizer.encoding_.output_spec_.shape
        network = localizer.network_
        figures["GFLOP per second"] = 2e-9 * network.count_macs(*shapes) / DURATION
        figures["parameters"] = 1e-6 * network.count_parameters(*shapes)
    for _ in range(_N_TIMED + 1):
        start = time.perf_counter()
        localizer.predict(clip)
        seconds.append(time.perf_counter() - start)
    return figures | {"seconds per second": min(seconds[1:]) / DURATION}
