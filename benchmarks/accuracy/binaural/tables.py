"""Tables of the study."""

from benchmarks.tables import Table

_ERRORS = "median absolute error of azimuth / elevation in degrees"
_BESIDE = f"{_ERRORS} (the paper's)"
_CELLS = "{azimuth:.2f} / {elevation:.2f}"
_PAPER = " ({paper azimuth:.2f} / {paper elevation:.2f})"
_K5 = {"K": (5, None)}
_ANYWHERE = {"part": "varying", "yaw": None}
_ONE_WAY = {"part": "varying", "yaw": 0, "train": 90720}
_HEADS = {"part": "heads"} | _K5
_LARGE = {"training": "many", "train": 403200}


def _table(title, where, index, columns="test", cells=_CELLS, extra=_PAPER, **options):
    index = {name: f"{{{key}}}" for name, key in index.items()}
    return Table(
        study="binaural",
        title=title,
        where=where,
        index=index,
        columns=columns,
        cells=cells,
        extra=extra,
        **options,
    )


_SYSTEM = {"system": "system", "clips": "clips", "K": "K"}

TABLES = {
    "main": _table(
        f"Same and other rooms: {_BESIDE}",
        [_ANYWHERE | _K5 | {"train": n, "test": ("test 1", "test 2")} for n in (120960, 60480)],
        {"system": "system", "clips": "clips"},
    ),
    "varying": _table(
        f"Varying rooms, the head faces a new way in each clip: {_BESIDE}",
        [_ANYWHERE | {"train": 120960}, _ANYWHERE | {"train": 60480}],
        _SYSTEM,
    ),
    "one_way_mean": _table(
        "Varying rooms, the head faces the same way in all clips, averaged over draws of rooms, "
        f"five for SCE and four for WSCE: {_BESIDE}",
        _ONE_WAY,
        {"system": "system", "K": "K"},
        pool={"azimuth": "mean", "elevation": "mean"},
    ),
    "one_way": _table(
        f"The same, draw by draw, K = 5: {_ERRORS}",
        _ONE_WAY | {"K": 5},
        {"system": "system", "seed": "seed"},
        extra="",
        order={"system": ("SCE_sim5-margin1", "WSCE_sim15")},
    ),
    "radii": _table(
        f"Radius of the neighbourhood, 16,800 clips: {_BESIDE}",
        {"part": "radii", "seed": 1, "train": 16800},
        {"system": "system"},
    ),
    "fixed": _table(
        f"Fixed room, speech: {_BESIDE}",
        {"part": "fixed", "epochs": 60} | _K5,
        {"training": "training", "clips": "clips", "system": "system"},
        order={"training": ("strict", "augmented", "shaped", "speech")},
    ),
    "reduced": _table(
        f"Part of the training set of the fixed room: {_ERRORS} (the paper's azimuth)",
        {"part": "reduced", "epochs": 60} | _K5,
        {"training": "training", "percent": "share", "clips": "clips", "system": "system"},
        extra=" ({paper azimuth:.2f})",
        order={"training": ("strict", "augmented", "speech")},
    ),
    "heads": _table(
        f"Heads that are in no training, and those that are: {_BESIDE}",
        [
            _HEADS | {"training": ("one", "elsewhere"), "epochs": 30},
            _HEADS | {"training": "many", "train": None},
            _HEADS | _LARGE,
            _HEADS | {"training": "anechoic"},
        ],
        {"training": "training", "heads": "heads", "clips": "clips", "test": "test"},
        columns="system",
    ),
    "heads_angles": _table(
        "Median absolute errors in degrees; lateral and polar are the angles of CIPIC, from the "
        "median plane and around the axis of the ears",
        [_HEADS | _LARGE, _HEADS | {"training": "anechoic", "system": "WSCE_sim15"}],
        {"training": "training", "heads": "heads", "system": "system", "test": "test"},
        columns="",
        cells={name: f"{{{name}:.1f}}" for name in ("azimuth", "elevation", "lateral", "polar")},
        extra="",
    ),
    "real": _table(
        f"Speech in measured rooms after training in simulated rooms: {_ERRORS}",
        {"part": "real"} | _K5,
        {"system": "system"},
    ),
}
