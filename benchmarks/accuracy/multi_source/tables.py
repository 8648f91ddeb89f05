"""Tables of the study, and the picture of the learning curves."""

from benchmarks.accuracy.multi_source.picture import draw
from benchmarks.tables import Table

_NAMES = {
    "ipdnet2_tiny": "IPDnet2 tiny",
    "ipdnet2_small": "IPDnet2 small",
    "ipdnet2_large": "IPDnet2 large",
    "ipdnet": "IPDnet",
    "tf_mamba": "TF-Mamba",
    "srp_dnn": "SRP-DNN",
    "icodoa": "IcoDOA",
    "srp_phat": "SRP-PHAT, no training",
    "music": "MUSIC, no training",
}
_SHARED = {
    "study": "multi_source",
    "where": {
        **{"part": ("trained", "untrained"), "array": "r3vival", "seed": 0, "test_seed": 1},
        **{"n_validation": 60, "n_test": 240, "n_train": (3000, None), "hours": (1.4, 1.25, None)},
    },
    "names": _NAMES,
    "order": {"system": tuple(_NAMES), "test": ("simulated", "measured")},
}

TABLES = {
    "talkers": Table(
        **_SHARED,
        title="Missed sources and false alarms in percent of the true sources / mean error of the "
        "hits in degrees, at a tolerance of 5 degrees. Published: RealMAN",
        index={
            "system": "{system}",
            "hours": "{hours}",
            "published": "{paper missed}, {paper false alarms} / {paper error}",
        },
        columns="test",
        cells="{missed:.1f}, {false alarms:.1f} / {error:.1f}",
    ),
    "per_clip": Table(
        **_SHARED,
        title="The same, averaged over clips as the authors' program does",
        index={"system": "{system}"},
        columns="test",
        cells="{missed per clip:.1f}, {false alarms per clip:.1f} / {error per clip:.1f}",
    ),
    "thresholds": Table(
        **_SHARED | {"where": _SHARED["where"] | {"part": "trained"}},
        title="The same, pooled, at the threshold of the publication instead of the chosen one",
        index={"system": "{system}", "chosen threshold": "{threshold}"},
        columns="test",
        cells="{missed at the published threshold:.1f}, "
        "{false alarms at the published threshold:.1f} / "
        "{error at the published threshold:.1f}",
    ),
    "costs": Table(
        **_SHARED | {"where": _SHARED["where"] | {"test": "simulated"}},
        title="Operations, parameters, processor time, and what the training took (published "
        "figures in brackets)",
        index={"system": "{system}"},
        cells={
            "GFLOP per second": "{GFLOP per second:.1f} ({paper GFLOP per second:.1f})",
            "million parameters": "{parameters:.2f} ({paper parameters:.1f})",
            "seconds per second": "{seconds per second:.3f}",
            "training clips": "{clips seen}",
            "hours": "{hours spent:.1f}",
        },
    ),
    "bursts": Table(
        study="multi_source",
        title="Noise bursts without a room, 500 steps of 8 clips: loss on other clips, missed "
        "sources and false alarms in percent, error of the hits in degrees",
        where={"part": "bursts", "steps": 500, "seed": 0},
        index={"system": "{system}"},
        cells={
            "loss before": "{loss before:.3f}",
            "loss after": "{loss after:.3f}",
            "missed": "{missed:.1f}",
            "false alarms": "{false alarms:.1f}",
            "error": "{error:.1f}",
        },
        names=_NAMES,
    ),
}

PICTURES = {"multi_source.png": draw}
