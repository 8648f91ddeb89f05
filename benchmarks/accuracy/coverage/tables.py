"""Tables of the study, and the picture of both."""

from benchmarks.accuracy.coverage.picture import draw
from benchmarks.tables import Table

TABLES = {
    "nominal": Table(
        study="coverage",
        title="Sets for clips like those that calibrate: coverage in percent / mean width in "
        "degrees, for the coverage that was asked for",
        where={"part": "nominal", "seed": 0, "n_waves": 20000},
        index={"array": "{sources}", "sets": "{method}"},
        columns="aim",
        cells="{coverage:.1f} / {width:.0f}",
    ),
    "shift": Table(
        study="coverage",
        title="Sets for 90 % in other rooms and for other heads: coverage in percent / mean width "
        "in degrees",
        where={"part": "shift", "seed": 0, "n_groups": 40, "method": "absolute"},
        index={"calibration": "{calibration}"},
        columns="test",
        cells="{coverage:.1f} / {width:.1f}",
    ),
    "draws": Table(
        study="coverage",
        title="The same: lowest and highest coverage of a draw / coverage of the room or head that "
        "is covered least, mean of the draws",
        where={"part": "shift", "seed": 0, "n_groups": 40},
        index={"method": "{method}", "calibration": "{calibration}"},
        columns="test",
        cells="{lowest:.1f} to {highest:.1f} / {lowest group:.1f}",
    ),
}

PICTURES = {"coverage.png": draw}
