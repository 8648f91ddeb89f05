"""Tables of the study."""

from benchmarks.tables import Table

NAMES = {
    "masked_histogram": "masked histograms",
    "histogram": "intensity, histogram",
    "intensity": "intensity, mean",
}
WHERE = {"weights": "pretrained", "seed": 0}
SIMULATED = WHERE | {"part": "simulated", "clips": 100}
MEASURED = WHERE | {"part": "measured", "measured_clips": 60}
SPHERE = WHERE | {"part": "sphere", "sphere_clips": 1500}
_FIGURES = "{median:.1f} / {mean:.1f} / {within 5:.0f}"
_TITLE = "median / mean error in degrees / share within 5 degrees in percent"
_INDEX = {"test": "{test}", "noise": "{noise}", "dB": "{snr}"}


def _table(title, where, index, cells=_FIGURES, **order):
    return Table(
        study="ambisonic_weights",
        title=title,
        where=where,
        index=index,
        columns="system",
        cells=cells,
        names=NAMES,
        order=order | {"system": tuple(NAMES)},
    )


TABLES = {
    "summary": _table(
        "Median errors in degrees of clips of 1 s, up to 4 kHz",
        [
            SIMULATED | {"test": "speech", "seconds": 1, "snr": (None, 0)},
            SIMULATED | {"test": ("music", "speech, tetrahedron"), "noise": "diffuse"},
            MEASURED | {"test": ("R3VIVAL", "SOFiA A3", "SOFiA A4"), "snr": 0, "top": 4000},
        ],
        _INDEX,
        "{median:.1f}",
    ),
    "levels": _table(
        f"Speech in rooms and noise, clips of 1 s: {_TITLE}",
        SIMULATED | {"test": "speech", "seconds": 1},
        {name: _INDEX[name] for name in ("noise", "dB")},
    ),
    "durations": _table(
        f"Speech in rooms, no noise or noise of 10 dB: {_TITLE}",
        SIMULATED | {"test": "speech", "snr": (None, 10)},
        {"noise": "{noise}", "seconds": "{seconds:g}"},
        noise=("none", "white", "diffuse", "interferer"),
    ),
    "sounds": _table(
        f"Other sounds, and speech received by a tetrahedron, clips of 1 s: {_TITLE}",
        SIMULATED | {"test": ("white noise", "music", "speech, tetrahedron")},
        _INDEX,
    ),
    "measured": _table(
        f"Speech through measured responses, clips of 1 s, errors of the azimuth: {_TITLE}",
        MEASURED,
        {**_INDEX, "up to (Hz)": "{top}"},
    ),
    "sphere": _table(
        f"Clips of the study of the sphere, 0.83 s: {_TITLE}", SPHERE, {"noise": "{noise}"}
    ),
}
