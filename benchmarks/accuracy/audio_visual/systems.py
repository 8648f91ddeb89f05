"""The systems of the study, and how each is built."""

from dataclasses import dataclass, field

from sklearn.base import clone

from sslearn.audiovisual import (
    ImageAugmentation,
    PredictiveAudioVisualLocalizer,
    SemanticContrastiveLocalizer,
)
from sslearn.networks import SceneNet

# Sound of a scene, which is one patch of the front end.
_SCENES = {"sound_duration": 0.975}
_NO_TRAINING = 1e-12  # a learning rate
# Pictures of the small network are as large as they are made; Lite0 gets them enlarged.
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
_SWITCHES = (
    *("horizontal_flip", "vertical_flip", "translation", "rotation"),
    *("gray", "color_jitter", "blur"),
)
_FUSIONS = {"concatenation": "cat", "product": "product", "sum": "sum", "attention": "attention"}


@dataclass(frozen=True)
class System:
    """A row of a table.

    Parameters
    ----------
    localizer : type
        Class of the localizer.
    params : dict
        Its parameters.
    small : bool, default=False
        Whether its network of pictures is the small one, trained without labels.
    """

    localizer: type
    params: dict = field(default_factory=dict)
    small: bool = False

    def make(self):
        """Localizer that is not fitted."""
        return clone(self.localizer(**_SCENES | self.params))


def _sspl(small=False, **params):
    return System(PredictiveAudioVisualLocalizer, params, small)


def _sacl(small=False, **params):
    return System(SemanticContrastiveLocalizer, params, small)


def _augmented(name):
    """Crop and one more change, as each row of table S4."""
    switches = {switch: switch == name for switch in _SWITCHES}
    return _sspl(augmentation=ImageAugmentation(crop=_CROP, **switches))


LONG = _sspl(**_PCM)
# Parts of the study, and their systems by name.
PARTS = {
    "systems": {
        "untrained": _sspl(lr=_NO_TRAINING, head_lr=_NO_TRAINING, max_epochs=1),
        "sspl_small": _sspl(True, **_SMALL, whiten=False, max_epochs=15),
        "sspl": _sspl(),
        "sspl_pcm": _sspl(n_cycles=2, **_PCM),
        "sacl": _sacl(True, **_SMALL),
        "sacl_lite0": _sacl(),
    },
    "augmentations": {name: _augmented(name) for name in ("crop", *_SWITCHES)},
    "fusion": {name: _sspl(fusion=fusion) for name, fusion in _FUSIONS.items()},
    "cycles": {f"cycles_{n}": _sspl(n_cycles=n, **_PCM) for n in (1, 3, 5)},
}
