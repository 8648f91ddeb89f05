"""Tables of the study."""

from benchmarks.tables import Table

LABELS = {
    "1hot": "one-hot",
    "GLC": "Gaussian",
    "SLD": "soft",
    "ULD": "unbiased",
    "mix": "unbiased and Gaussian",
}
LOSSES = {
    "CE": "cross-entropy",
    "BCE": "binary cross-entropy",
    "MSE": "squared error",
    "WD": "Wasserstein",
    "NLAE": "log of absolute error",
    "MSEwo": "squared error, no activation",
}
CELLS = {
    f"{label}/{loss}": f"{labels}, {losses}"
    for label, labels in LABELS.items()
    for loss, losses in LOSSES.items()
}
DECODED = "{Top-1:.2f} / {WAD-2:.2f} / {WAD-3:.2f}"
PAPER = " ({paper Top-1:.2f} / {paper WAD-2:.2f} / {paper WAD-3:.2f})"
_ERRORS = "mean absolute error in degrees by Top-1 / WAD-2 / WAD-3"
_SHARED = {"shared_clips": 36_000, "responses": "simulated"}
_APART = {"shared_clips": 0, "responses": "simulated"}


def _by_cell(title, where, *, columns="system", cells=DECODED, **params):
    return Table(
        study="label_encodings",
        title=title,
        where={"seed": 0} | where,
        index={"labels, loss": "{cell}"},
        columns=columns,
        cells=cells,
        names=CELLS,
        order={"cell": tuple(CELLS)} | params.pop("order", {}),
        **params,
    )


TABLES = {
    "trainings": Table(
        study="label_encodings",
        title="One source in front of a line of four microphones, network L1/SNet: mean absolute "
        "error in degrees by WAD-3",
        where={"system": "L1/SNet", "responses": "simulated", "seed": 0},
        index={
            "clips, shared + own": "{shared_clips} + {clips}",
            "kept of each": "{pieces} × {duration} s",
            "epochs": "{epochs}",
        },
        columns="cell",
        cells="{WAD-3:.2f}",
        names=CELLS,
        order={
            "clips": (4000, 36_000, 1500, 32_000, 45_000, 10_000),
            "cell": ("1hot/CE", "ULD/CE", "ULD/MSEwo"),
        },
    ),
    "one_source": _by_cell(
        f"One source, cells that begin together: {_ERRORS} (in parentheses: published, for other "
        "data)",
        _SHARED,
        extra=PAPER,
        order={"system": ("C1/PNN", "C1/SNet", "L1/PNN", "L1/SNet")},
    ),
    "two_sources": _by_cell(
        f"Two sources, cells that begin together: {_ERRORS} (in parentheses: published, for other "
        "data)",
        _SHARED,
        extra=PAPER,
        order={"system": ("C2/PNN-Split", "C2/SNet-Split", "L2/PNN-Split", "L2/SNet-Split")},
    ),
    "accuracy": _by_cell(
        "Cells that begin together: percent of sources in their exact class",
        _SHARED,
        cells="{accuracy:.1f}",
    ),
    "measured": _by_cell(
        f"Speech through measured responses, networks trained in simulated rooms: {_ERRORS}",
        {"responses": "measured"},
    ),
    "apart": _by_cell(
        f"Cells trained apart on 32,000 clips, three pieces of each: {_ERRORS}",
        _APART | {"clips": 32_000},
    ),
    "pieces": _by_cell(
        f"L1/PNN trained apart, by number of clips: {_ERRORS}",
        _APART | {"system": "L1/PNN"},
        columns="clips",
        order={"clips": (4000, 36_000, 45_000)},
    ),
    "longer": _by_cell(
        f"L1/SNet trained apart, by number of clips: {_ERRORS}",
        _APART | {"system": "L1/SNet"},
        columns="clips",
        order={"clips": (4000, 36_000, 45_000, 10_000)},
    ),
}
