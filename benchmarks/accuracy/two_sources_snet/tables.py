"""Tables of the study."""

from benchmarks.accuracy.label_encodings.tables import CELLS, DECODED, PAPER
from benchmarks.tables import Table

# Cells that are trained on their own.
OWN = ("1hot/CE", "1hot/MSEwo", "GLC/MSEwo", "SLD/MSEwo", "ULD/CE", "ULD/MSEwo", "mix/MSEwo")
_ERRORS = "mean absolute error in degrees by Top-1 / WAD-2 / WAD-3"


def _by_cell(title, where, *, columns="preset", cells=DECODED, shown=tuple(CELLS), extra=PAPER):
    return Table(
        study="two_sources_snet",
        title=title,
        where={"seed": 0, "rooms": 600} | where,
        index={"labels, loss": "{cell}"},
        columns=columns,
        cells=cells,
        extra=extra,
        names=CELLS,
        order={"preset": ("L2", "C2"), "cell": shown},
    )


TABLES = {
    "selected": _by_cell(
        "SNet-Split trained on mixtures, some of the cells: mean absolute error in degrees by "
        "WAD-3 (in parentheses: published, for other data)",
        {"part": "together"},
        cells="{WAD-3:.2f}",
        extra=" ({paper WAD-3:.2f})",
        shown=(
            *("1hot/CE", "1hot/WD", "1hot/MSEwo", "GLC/BCE", "GLC/MSEwo", "SLD/CE", "SLD/WD"),
            *("SLD/MSEwo", "ULD/CE", "ULD/WD", "ULD/MSEwo", "mix/MSEwo"),
        ),
    ),
    "together": _by_cell(
        f"SNet-Split, all cells together: {_ERRORS} (in parentheses: published, for other data)",
        {"part": "together"},
    ),
    "order": _by_cell(
        "SNet-Split, all cells together: percent of sources in their exact class; error by WAD-3 "
        "in the best order of the sources",
        {"part": "together"},
        cells="{accuracy:.1f} %; {best order:.2f}",
        extra="",
    ),
    "own": _by_cell(
        f"L2 before and after the training of each cell on its own: {_ERRORS}",
        {"preset": "L2", "cell": OWN},
        columns="part",
        extra="",
    ),
}
