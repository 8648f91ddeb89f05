"""Tables of the study: one for each array."""

from benchmarks.tables import Table

_ARRAYS = {
    "line": "a line of 8 microphones, 4 cm apart",
    "circle": "a circle of 8 microphones, radius 10 cm",
    "small_circle": "a circle of 8 microphones, radius 5 cm",
}
_MAIN = ("ESPRIT", "MUSIC", "MVDR", "SRPPHAT")
_SIZE = {"clips": 200, "seed": 0}


def _table(part, array, where, **options):
    return Table(
        study="resolution",
        title=f"Two sources, {array}: percentage of 200 clips in which both are found within half "
        "the separation / root-mean-square error of these clips in degrees",
        where=[_SIZE | {"part": part} | each for each in where],
        index={"sound": "{sound}", "separation": "{separation}", "SNR in dB": "{snr}"},
        columns="method",
        cells=("{resolved:.0f} / {rms:.2f}", "{resolved:.0f}"),
        **options,
    )


TABLES = {part: _table(part, array, [{}]) for part, array in _ARRAYS.items()}
TABLES["main"] = _table(
    "line",
    _ARRAYS["line"],
    [{"sound": sound, "snr": 10} for sound in ("white noise", "speech")],
    order={"method": _MAIN},
)
