"""The systems of the table: how each is built, and what was published of it."""

import json
from pathlib import Path

import numpy as np

from benchmarks.accuracy.multi_source.data import FS
from sslearn import recipes
from sslearn.decoding import PeakDecoder

PUBLISHED = json.loads((Path(__file__).parent / "published.json").read_text())
# Name in the command line: title here, row of the published table.
SYSTEMS = {
    "ipdnet2_tiny": ("IPDnet2 tiny", "IPDnet2-Tiny"),
    "ipdnet2_small": ("IPDnet2 small", "IPDnet2-Small"),
    "ipdnet2_large": ("IPDnet2 large", "IPDnet2-Large"),
    "ipdnet": ("IPDnet", "IPDnet"),
    "tf_mamba": ("TF-Mamba", "TF-Mamba"),
    "srp_dnn": ("SRP-DNN", "SRP-DNN"),
    "icodoa": ("IcoDOA", "IcoDOA"),
    "srp_phat": ("SRP-PHAT, no training", None),
    "music": ("MUSIC, no training", None),
}
SPEED_OF_SOUND = 343.0  # m/s; the recipes have that of their papers
CLASSICAL = ("srp_phat", "music")
# Frames of y that a block of a classical localizer stands for; validation clips choose.
BLOCKS = (1, 2, 4)
_HOP = 320  # samples, that of IPDnet2: five frames of the STFT are one of y
_FRAMES = 5
_SIZES = ("tiny", "small", "large")


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
