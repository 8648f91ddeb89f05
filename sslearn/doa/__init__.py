"""Classical localizers, for a known array and without training."""

from sslearn.doa._diagnose import diagnose_recording
from sslearn.doa._esprit import ESPRIT
from sslearn.doa._intensity import IntensityLocalizer
from sslearn.doa._masked_srp_phat import MaskedSRPPHAT
from sslearn.doa._music import MUSIC
from sslearn.doa._mvdr import MVDR
from sslearn.doa._srp_phat import SRPPHAT
from sslearn.doa._tdoa import TDOALocalizer
from sslearn.doa._tdoa_directions import directions_from_tdoas

__all__ = [  # noqa: RUF022
    "ESPRIT",
    "IntensityLocalizer",
    "MUSIC",
    "MVDR",
    "MaskedSRPPHAT",
    "SRPPHAT",
    "TDOALocalizer",
    "diagnose_recording",
    "directions_from_tdoas",
]
