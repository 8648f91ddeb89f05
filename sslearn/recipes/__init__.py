"""Published systems and those of this package: functions that return an estimator on audio.

Every part of a recipe is an ordinary step or parameter: it can be replaced, searched over by
``step__parameter``, or used alone. X is audio of shape (n_samples, n_channels, n_times), sampled at
``fs``, or paths of files, which are resampled to it; for the binaural systems the left ear is the
first of two channels.
"""

from sslearn.recipes._ambisonic import ambisonic_crnn, ambisonic_histogram
from sslearn.recipes._binaural import (
    feed_forward,
    laplacian_eigenmaps,
    siamese,
    weakly_supervised_siamese,
)
from sslearn.recipes._classical import (
    esprit,
    intensity,
    masked_srp_phat,
    music,
    mvdr,
    srp_phat,
    tdoa,
)
from sslearn.recipes._label_networks import phase_network, spectrogram_network
from sslearn.recipes._masked_network import masked_srp_phat_network
from sslearn.recipes._multi_source import ipdnet, ipdnet2, tf_mamba
from sslearn.recipes._sacl import sacl
from sslearn.recipes._sspl import sspl
from sslearn.recipes._track_baselines import fn_ssl, icodoa, srp_dnn

__all__ = [
    "ambisonic_crnn",
    "ambisonic_histogram",
    "esprit",
    "feed_forward",
    "fn_ssl",
    "icodoa",
    "intensity",
    "ipdnet",
    "ipdnet2",
    "laplacian_eigenmaps",
    "masked_srp_phat",
    "masked_srp_phat_network",
    "music",
    "mvdr",
    "phase_network",
    "sacl",
    "siamese",
    "spectrogram_network",
    "srp_dnn",
    "srp_phat",
    "sspl",
    "tdoa",
    "tf_mamba",
    "weakly_supervised_siamese",
]


def __getattr__(name):
    raise AttributeError(f"There is no recipe {name!r} in sslearn.recipes; there are {__all__}.")
