"""Audio to spectra to cues: transformers of X."""

# Names imported as themselves are for other rooms; they do not validate arrays.

from sslearn.features._ambisonic_encoder import AmbisonicEncoder
from sslearn.features._ambisonic_format import ambisonic_gains
from sslearn.features._audio_reader import AudioReader
from sslearn.features._binaural_cues import BinauralCues
from sslearn.features._feature_stack import FeatureStack, make_feature_stack
from sslearn.features._frame_blocks import FrameBlocks
from sslearn.features._gcc_phat import GCCPHAT
from sslearn.features._gcc_phat import LagCorrelator as LagCorrelator
from sslearn.features._gcc_phat import whiten as whiten
from sslearn.features._icosahedral_srp import IcosahedralSRP
from sslearn.features._intensity_vector import AMBISONIC_CONVENTIONS as AMBISONIC_CONVENTIONS
from sslearn.features._intensity_vector import IntensityVector
from sslearn.features._intensity_vector import sound_intensity as sound_intensity
from sslearn.features._itd import ITD
from sslearn.features._level_map import LevelMap
from sslearn.features._log_mel_patches import LogMelPatches
from sslearn.features._log_mel_patches import check_audible as check_audible
from sslearn.features._log_mel_patches import middle as middle
from sslearn.features._online_normalizer import OnlineNormalizer
from sslearn.features._pair_cues import ILD, IPD
from sslearn.features._pooling import Flatten, TimePooling
from sslearn.features._spectrum_maps import LogMagnitude, PhaseMap, RealImag
from sslearn.features._stft import STFT
from sslearn.features._stft import stft_hop as stft_hop
from sslearn.features._stft import stft_padding as stft_padding

__all__ = [  # noqa: RUF022
    "AmbisonicEncoder",
    "AudioReader",
    "BinauralCues",
    "FeatureStack",
    "Flatten",
    "FrameBlocks",
    "GCCPHAT",
    "ILD",
    "IPD",
    "ITD",
    "IcosahedralSRP",
    "IntensityVector",
    "LevelMap",
    "LogMagnitude",
    "LogMelPatches",
    "OnlineNormalizer",
    "PhaseMap",
    "RealImag",
    "STFT",
    "TimePooling",
    "ambisonic_gains",
    "make_feature_stack",
]
