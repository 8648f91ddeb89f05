"""Tables of the study, and its pictures."""

from benchmarks.accuracy.noise.picture import draw
from benchmarks.tables import Table

_SHARED = {"study": "noise", "columns": "method", "cells": "{median:.1f}"}
_SHARED |= {"names": {"MUSIC, 2 sources": "MUSIC, ``n_sources=2``"}}
_SIZE = {"clips": 100, "seed": 0}
_ARRAYS = {
    "circle": "a circle of 4 microphones, radius 5 cm",
    "line": "a line of 4 microphones, 4 cm apart",
    "ambisonic": "a first-order ambisonic microphone",
}
_LEVELS = {"common": (-20, 0, 20), "diffuse": (-10, 0, 20), "independent": (-10, 0, 20)}
_LEVELS |= {"interferer": (0, 10, 20)}


def _by_noise(part, sound="speech"):
    # There is no common noise in ambisonics.
    kinds = list(_LEVELS)[part == "ambisonic" :]
    shared = _SIZE | {"part": part, "sound": sound, "room": "rooms"}
    return Table(
        **_SHARED,
        title=f"Median error of the azimuth in degrees: {_ARRAYS[part]}, 100 clips of {sound} in "
        "rooms; dB: source over noise",
        where=[shared | {"noise": kind, "dB": _LEVELS[kind]} for kind in kinds],
        index={"noise": "{noise}", "dB": "{dB}"},
    )


TABLES = {
    **{part: _by_noise(part) for part in _ARRAYS},
    "circle_white": _by_noise("circle", "white noise"),
    "common": Table(
        **_SHARED | {"cells": "{median:.2f}"},
        title="Median error of the azimuth in degrees, noise that is the same in all channels, "
        "20 dB above the source",
        where=[
            _SIZE | {"part": part, "noise": "common", "dB": -20, "sound": sound}
            for part in ("circle", "line")
            for sound in ("white noise", "speech")
        ],
        index={"array": "{part}", "sound": "{sound}", "room": "{room}"},
    ),
}
PICTURES = {f"noise_{part}.png": draw for part in _ARRAYS}
