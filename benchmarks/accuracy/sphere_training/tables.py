"""Tables of the study, and the picture of its learning curve."""

from benchmarks.accuracy.sphere.tables import MEAN, SHARES, SYSTEMS
from benchmarks.accuracy.sphere_training.picture import draw
from benchmarks.tables import Table

NAMES = SYSTEMS | {
    "copies": "R3, mean of 8 turned and mirrored copies",
    "masked_histogram": "masked histograms, weights of the package",
}
WHERE = {"clips": 24_000, "steps": 17_500, "test": 1500, "seed": 0, "lr": 0.002}
_MEDIANS = {"cells": "{median:.1f}", "extra": " ({paper median:.1f})", "columns": "condition"}
_SHARES = {"cells": SHARES | MEAN | {"median": "{median:.1f}"}}


def _table(title, layout, **where):
    return Table(
        study="sphere_training",
        title=title,
        index={"system": "{system}"},
        names=NAMES,
        where=WHERE | where,
        **layout,
    )


TABLES = {
    "network": _table(
        "Median great-circle errors in degrees, of all clips and by condition; in brackets: "
        "published on measured responses (a), other clips",
        _MEDIANS,
        part="network",
    ),
    "shares": _table(
        "Shares of the errors, their mean with its 95 % confidence interval, and their median in "
        "degrees",
        _SHARES,
        part="network",
        condition="all",
    ),
    "heads": _table(
        "Median errors in degrees of heads that were trained on the convolutions and recurrent "
        "layers of that network; in brackets: published on measured responses (a)",
        _MEDIANS,
        part="heads",
    ),
    "heads_shares": _table(
        "Shares of the errors of these heads, their mean, and their median in degrees",
        _SHARES,
        part="heads",
        condition="all",
    ),
}

PICTURES = {"sphere_training.png": draw}
