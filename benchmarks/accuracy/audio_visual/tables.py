"""Tables of the study, and pictures of curves and maps."""

from benchmarks.accuracy.audio_visual.pictures import draw_curves, draw_maps
from benchmarks.tables import Table

_NAMES = {
    "untrained": "untrained, Lite0",
    "sspl_small": "SSPL without PCM, label-free network",
    "sspl": "SSPL without PCM, Lite0",
    "sspl_pcm": "SSPL with PCM (2 cycles), Lite0",
    "sacl": "SACL, label-free network",
    "sacl_lite0": "SACL, Lite0",
    "long": "SSPL with PCM (5 cycles), Lite0, longer",
    "horizontal_flip": "crop and horizontal flip",
    "vertical_flip": "crop and vertical flip",
    "translation": "crop and translation",
    "rotation": "crop and rotation",
    "gray": "crop and gray",
    "color_jitter": "crop and color jitter",
    "blur": "crop and blur",
    "cycles_1": "1 cycle",
    "cycles_3": "3 cycles",
    "cycles_5": "5 cycles",
}
_SCENES = {"n_validation": 200, "n_test": 500, "seed": 0}
_TRAINED = {"part": "systems", "n_train": 2000, "n_seeds": 3, **_SCENES}
_GUESSES = {"part": "guesses", "n_seeds": 3, **_SCENES}
_SCORES = {"cIoU": "{cIoU:.2f}", "AUC": "{AUC:.2f}", "pointing": "{pointing:.2f}"}
_OTHER = {"pointing, other sound": "{shuffled pointing:.2f}"}
_FLICKR = {"Flickr": "{paper Flickr cIoU:.3f} / {paper Flickr AUC:.3f}"}
_VGGSS = {"VGG-SS": "{paper VGG-SS cIoU:.3f} / {paper VGG-SS AUC:.3f}"}
_SHARED = {"study": "audio_visual", "index": {"system": "{system}"}, "names": _NAMES}


def _ablation(part, title, published):
    where = {"part": part, "n_ablation": 800, **_SCENES}
    return Table(
        **_SHARED,
        title=f"{title}; published: cIoU / AUC",
        where=where,
        cells=_SCORES | _OTHER | published,
    )


TABLES = {
    "main": Table(
        **_SHARED,
        title="Share of 500 new scenes whose map overlaps the box by half (cIoU), area under that "
        "share over all overlaps (AUC), and share whose largest value is inside the box "
        "(pointing); means of three seeds",
        where=[
            _GUESSES | {"system": ("most contrast 9 x 9", "box of a random object")},
            _TRAINED,
        ],
        cells=_SCORES | _OTHER,
    ),
    "guesses": Table(
        **_SHARED,
        title="Guesses that ignore the sound",
        where=_GUESSES,
        cells=_SCORES,
    ),
    "seeds": Table(
        **_SHARED,
        title="Each of three seeds: cIoU, pointing, and how much larger it is than pointing with "
        "the sound of another scene; agreement: share of objects whose nearest neighbour in "
        "the pretext is of their kind",
        where=_TRAINED,
        cells={
            "cIoU": "{cIoU each}",
            "pointing": "{pointing each}",
            "own - other sound": "{gap each}",
            "agreement": "{agreement each}",
        },
    ),
    "published": Table(
        **_SHARED,
        title="cIoU / AUC here, and as published after training on 10,000 pairs",
        where=_TRAINED,
        cells={"here": "{cIoU:.3f} / {AUC:.3f}"} | _FLICKR | _VGGSS,
    ),
    "augmentations": _ablation("augmentations", "Crop, and one more change (S4)", _FLICKR | _VGGSS),
    "fusion": _ablation("fusion", "Fusion of picture and sound (S5)", _FLICKR),
    "cycles": _ablation("cycles", "Cycles of predictive coding (S6)", _FLICKR),
    "longer": Table(
        **_SHARED,
        title="A longer training with five cycles on all scenes",
        where={"part": "longer", "n_train": 2000, **_SCENES},
        cells=_SCORES | _OTHER | {"epochs": "{epochs}", "processor seconds": "{seconds:.0f}"},
    ),
}

PICTURES = {"audio_visual.png": draw_curves, "audio_visual_maps.jpg": draw_maps}
