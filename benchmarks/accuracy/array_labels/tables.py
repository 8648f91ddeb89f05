"""Tables of the study: one for each part."""

from benchmarks.tables import Table

_STUDY = {"study": "array_labels"}
TABLES = {
    "open_sphere": Table(
        **_STUDY,
        title="SOFiA A4: direction in degrees from the time differences on the lit side",
        where={"part": "open_sphere"},
        index={"band": "{band}"},
        cells={"azimuth": "{azimuth:.1f}", "elevation": "{elevation:.1f}"},
    ),
    "open_sphere_by_order": Table(
        **_STUDY,
        title="SOFiA A4: azimuth / elevation in degrees by plane-wave decomposition, as the check, "
        "by its order",
        where={"part": "open_sphere_by_order"},
        index={"Hz": "{frequency}", "kr": "{kr:.1f}"},
        columns="order",
        cells="{azimuth:.1f} / {elevation:.1f}",
    ),
    "rigid_sphere": Table(
        **_STUDY,
        title="SOFiA A3: level of each loudspeaker at the microphones that face it, in dB",
        where={"part": "rigid_sphere"},
        index={"source at": "{source:.0f}"},
        cells={"lowest": "{lowest:.1f}", "highest": "{highest:.1f}"},
    ),
    "turntable": Table(
        **_STUDY,
        title="Pyramic: mean distance from the turntable in degrees, of all directions and of "
        "those in which labels and fit are furthest apart",
        where={"part": "turntable"},
        index={"directions": "{directions}"},
        cells={
            "all": "{all:.2f}",
            "furthest 8": "{furthest 8:.2f}",
            "furthest 16": "{furthest 16:.2f}",
            "furthest 32": "{furthest 32:.2f}",
        },
    ),
    "line": Table(
        **_STUDY,
        title="Milano: azimuth in degrees / distance in metres of the centre of each wave, by its "
        "label, its onsets and two bands",
        where={"part": "line"},
        index={"source": "{source}"},
        columns="by",
        cells="{azimuth:.1f} / {distance:.2f}",
    ),
}
