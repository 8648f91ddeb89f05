"""Tables of the study: found faults, and false alarms."""

from benchmarks.accuracy.diagnose.faults import FAULTS
from benchmarks.tables import Table

_SHARED = {"study": "diagnose", "pool": {"found": "sum", "tried": "sum", "warned": "sum"}}
_WHERE = [
    {"part": "measured", "trials": 3, "seed": 1},
    {"part": "simulated", "trials": 2, "seed": 1},
]
_FOUND = "{found} of {tried}"


def _found(cases):
    return Table(
        **_SHARED,
        title="Trials in which ``diagnose_recording`` finds the fault",
        where=_WHERE,
        index={"fault": "{case}"},
        columns="part",
        cells=_FOUND,
        order={"case": cases},
    )


# For the overview: one or two of a kind.
_MAIN = ("millimetres", "8 kHz", "48 kHz", "two swapped channels", "two swapped channels, hidden")
_MAIN += (
    "transposed",
    "doubled channel",
    "silent channel",
    "inverted polarity",
    "common noise, 0 dB",
)

TABLES = {
    "found": _found(tuple(FAULTS)),
    "main": _found(_MAIN),
    "warned": Table(
        **_SHARED,
        title="Trials in which ``predict`` of ``recipes.tdoa`` gives an ``ArrayMismatchWarning``",
        where=_WHERE,
        index={"fault": "{case}"},
        columns="part",
        cells="{warned} of {tried}",
        order={"case": tuple(FAULTS)},
    ),
    "right": Table(
        **_SHARED,
        title="False alarms: trials of the right description with a warning or an error of "
        "``diagnose_recording``, and with an ``ArrayMismatchWarning`` of ``predict``",
        where=[each | {"case": "right"} for each in _WHERE],
        index={"sets": "{part}"},
        cells={"diagnose_recording": _FOUND, "predict": "{warned} of {tried}"},
    ),
}
