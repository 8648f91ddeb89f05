"""Loaders and generators; loaders convert foreign conventions to those of this package."""

from sslearn.datasets._ambisonic import make_ambisonic
from sslearn.datasets._ambisonic_files import load_ambisonic
from sslearn.datasets._array_recordings import (
    load_mom_respeaker,
    load_pyramic_tdoa,
    load_uwa_two_mic,
)
from sslearn.datasets._array_rirs import load_polimi_ula_rir, load_r3vival, load_sofia_sphere
from sslearn.datasets._audio_visual_files import load_soundnet_flickr, load_vggss
from sslearn.datasets._binaural import make_binaural
from sslearn.datasets._brirs import load_bbc_brir, load_rostock_kemar_brir, load_surrey_brir
from sslearn.datasets._cipic import list_cipic_subjects, load_cipic
from sslearn.datasets._corpora import load_librispeech, load_noise
from sslearn.datasets._dcase import load_dcase_metadata, make_dcase_targets
from sslearn.datasets._example_recording import load_example_recording
from sslearn.datasets._heads import (
    load_ari,
    load_ircam_listen,
    load_mit_kemar,
    load_sadie_ku100,
    load_thk_ku100,
)
from sslearn.datasets._plane_waves import make_plane_waves
from sslearn.datasets._realman import load_realman
from sslearn.datasets._scenes import make_scenes
from sslearn.datasets._shoebox import make_shoebox
from sslearn.datasets._shoebox_presets import shoebox_preset
from sslearn.datasets._sofa import load_sofa, load_sofa_rirs
from sslearn.simulation import (
    interpolate_hrirs,
    make_shoebox_rooms,
    open_store,
    resample_hrirs,
    structural_hrirs,
)

__all__ = [
    "interpolate_hrirs",
    "list_cipic_subjects",
    "load_ambisonic",
    "load_ari",
    "load_bbc_brir",
    "load_cipic",
    "load_dcase_metadata",
    "load_example_recording",
    "load_ircam_listen",
    "load_librispeech",
    "load_mit_kemar",
    "load_mom_respeaker",
    "load_noise",
    "load_polimi_ula_rir",
    "load_pyramic_tdoa",
    "load_r3vival",
    "load_realman",
    "load_rostock_kemar_brir",
    "load_sadie_ku100",
    "load_sofa",
    "load_sofa_rirs",
    "load_sofia_sphere",
    "load_soundnet_flickr",
    "load_surrey_brir",
    "load_thk_ku100",
    "load_uwa_two_mic",
    "load_vggss",
    "make_ambisonic",
    "make_binaural",
    "make_dcase_targets",
    "make_plane_waves",
    "make_scenes",
    "make_shoebox",
    "make_shoebox_rooms",
    "open_store",
    "resample_hrirs",
    "shoebox_preset",
    "structural_hrirs",
]
