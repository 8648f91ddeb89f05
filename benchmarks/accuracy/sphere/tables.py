"""Tables of the study."""

from benchmarks.tables import Table

# Targets of the published systems, ours, and what needs no training.
SYSTEMS = {
    "spherical": "R1 spherical, squared error",
    "angular": "R2 spherical, angular loss",
    "cartesian": "R3 Cartesian, squared error",
    "one_hot": "K1 one-hot",
    "gibbs": "K2 Gibbs target",
    "gibbs_weighted": "K3 Gibbs loss",
    "unbiased": "unbiased labels, adjacent decoding (ours)",
    "masked_histogram": "the same, masked histograms for the CRNN (ours)",
    "intensity": "intensity, mean",
    "histogram": "intensity, top of its histogram",
}
SMALL = {"clips": 7500, "test": 1500, "test_seed": 0, "seed": 0}
SHARED = {**SMALL, "epochs": 3, "trunk_epochs": 16, "precision": "full"}
SHARES = {f"< {limit} (%)": f"{{below {limit}:.1f}}" for limit in (5, 10, 15)}
MEAN = {"mean": "{mean:.1f} ± {margin:.1f}"}


def _published(part):
    columns = [f"{{paper {part} below {limit}:g}}" for limit in (5, 10, 15)]
    columns += [f"{{paper {part} {name}:g}}" for name in ("mean", "median")]
    return " / ".join(columns)


def _table(title, cells, **options):
    index = {"system": "{system}"}
    order = {"system": tuple(SYSTEMS)}
    return Table(
        study="sphere", title=title, index=index, names=SYSTEMS, order=order, cells=cells, **options
    )


def _medians(title, where, **options):
    return _table(title, "{median:.1f}", where=where, columns="condition", **options)


TABLES = {
    "medians": _medians(
        "Median great-circle errors in degrees, of all clips and by condition; in brackets: "
        "published on measured responses (a), other clips",
        SHARED,
        extra=" ({paper a median:.1f})",
    ),
    "shares": _table(
        "Shares of the errors, their mean with its 95 % confidence interval, and their median in "
        "degrees; published: the same columns",
        SHARES
        | MEAN
        | {
            "median": "{median:.1f}",
            "published (a)": _published("a"),
            "published (b)": _published("b"),
        },
        where={**SHARED, "condition": "all"},
    ),
    "longer": _medians(
        "Median errors in degrees on 6,000 other clips, with 12 epochs after the shared ones",
        {"test": 6000, "test_seed": 1, "epochs": 12},
    ),
    "scratch": _medians(
        "Median errors in degrees, each system trained from the start for 9 epochs",
        {**SMALL, "epochs": 9, "trunk_epochs": 0},
    ),
    "training": _table(
        "Training after the shared epochs (masked histograms: from the start)",
        {"minutes": "{minutes:.1f}", "best epoch": "{best epoch}"},
        where={**SHARED, "condition": "all", "system": tuple(SYSTEMS)[:8]},
    ),
}
