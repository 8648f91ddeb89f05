"""The systems of the study: how each is built, and what was published of it."""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sslearn.audiovisual import (
    ImageAugmentation,
    PredictiveAudioVisualLocalizer,
    SemanticContrastiveLocalizer,
)
from sslearn.networks import SceneNet

PUBLISHED = json.loads((Path(__file__).parent / "published.json").read_text())
GUESSES = "guesses"
# Sound of a scene, which is one patch of the front end.
_SCENES = {"sound_duration": 0.975}
_NO_TRAINING = 1e-12  # a learning rate
# Pictures of the small network are as large as they are made; Lite0 sees them enlarged.
_SMALL = {"image_network": SceneNet(), "image_size": 64}
# Crops of the paper (0.91 of the side) are too alike where an object fills half of the side.
_CROP = 0.75
# Predictive coding that learns as fast as the rest localizes worse (validation scenes).
_PCM = {
    "predictive_coding": True,
    "batch_size": 32,
    "max_epochs": 15,
    "lr": 2e-3,
    "coding_lr": 1e-4,
}
_AUGMENTATIONS = PUBLISHED["augmentations"]["rows"]
_SWITCHES = [name for name in _AUGMENTATIONS if name != "crop"]
_FUSIONS = {"concatenation": "cat", "product": "product", "sum": "sum", "attention": "attention"}
_CYCLES = (1, 3, 5)


@dataclass(frozen=True)
class System:
    """A row of the table.

    Parameters
    ----------
    title : str
        Its name in the table.
    make : callable
        Function without arguments that returns the localizer.
    table : str, default="systems"
        Part of the table.
    small : bool, default=False
        Whether its network of pictures is the small one, trained without labels.
    published : list, default=()
        Rows of published figures, cIoU and AUC.
    """

    title: str
    make: object
    table: str = "systems"
    small: bool = False
    published: list = field(default_factory=list)


def _sspl(**params):
    return PredictiveAudioVisualLocalizer(**_SCENES | params)


def _sacl(**params):
    return SemanticContrastiveLocalizer(**_SCENES | params)


def _augmented(name):
    """Crop and one more change, as each row of table S4."""
    switches = {switch: switch == name for switch in _SWITCHES}
    return _sspl(augmentation=ImageAugmentation(crop=_CROP, **switches))


def _ablations():
    """Systems of tables S4 to S6 by name."""
    for name, row in _AUGMENTATIONS.items():
        title = "crop" if name == "crop" else f"crop and {name.replace('_', ' ')}"
        both = [("Flickr", *row[:2]), ("VGG-SS", *row[2:])]
        yield f"s4_{name}", System(title, partial(_augmented, name), "S4", published=both)
    for name, row in PUBLISHED["fusion"]["rows"].items():
        make = partial(_sspl, fusion=_FUSIONS[name])
        yield f"s5_{name}", System(name, make, "S5", published=[("Flickr", *row)])
    for n_cycles in _CYCLES:
        row = PUBLISHED["cycles"]["rows"][str(n_cycles)]
        make = partial(_sspl, n_cycles=n_cycles, **_PCM)
        published = [("Flickr", *row[:2])]
        yield f"s6_{n_cycles}", System(f"{n_cycles} cycles", make, "S6", published=published)


def _of(name):
    tests = {"SoundNet-Flickr": "Flickr"}
    return [
        (tests.get(test, test), *row)
        for trained, test, *row in PUBLISHED["systems"][name]
        if trained.endswith("10k")
    ]


SYSTEMS = {
    "untrained": System(
        "untrained, Lite0", partial(_sspl, lr=_NO_TRAINING, head_lr=_NO_TRAINING, max_epochs=1)
    ),
    "sspl_small": System(
        "SSPL without PCM, label-free network",
        partial(_sspl, **_SMALL, whiten=False, max_epochs=15),
        small=True,
    ),
    "sspl": System("SSPL without PCM, Lite0", _sspl, published=_of("SSPL")),
    "sspl_pcm": System(
        "SSPL with PCM (2 cycles), Lite0",
        partial(_sspl, n_cycles=2, **_PCM),
        published=_of("SSPL with PCM"),
    ),
    "sacl": System(
        "SACL, label-free network", partial(_sacl, **_SMALL), small=True, published=_of("SACL")
    ),
    "sacl_lite0": System("SACL, Lite0", _sacl),
    **dict(_ablations()),
    "long": System("SSPL with PCM (5 cycles), Lite0, longer", partial(_sspl, **_PCM)),
}


def names_of(groups):
    """Names of systems, in the order of the table, of names and parts such as ``"S4"``."""
    wanted = set(groups)
    return [name for name, system in SYSTEMS.items() if wanted & {name, system.table}]
