"""The table of the study."""

from benchmarks.tables import Table

TABLES = {
    "tracks": Table(
        study="tracking",
        title="Two moving talkers, tolerance of 10 degrees: missed sources and false alarms in "
        "percent, mean error in degrees, of all pairs and of those within the tolerance; sum of "
        "the identity switches of three draws of six rooms",
        where={"sound": "speech", "clips": 6, "seed": (1, 2, 3)},
        index={"directions": "{directions}"},
        cells={
            "missed": "{missed:.0f}",
            "false alarms": "{false alarms:.0f}",
            "mean error": "{mean error:.1f}",
            "error within the tolerance": "{error of hits:.1f}",
            "identity switches": "{switches:.0f}",
        },
        pool={
            "missed": "mean",
            "false alarms": "mean",
            "mean error": "mean",
            "error of hits": "mean",
            "switches": "sum",
        },
    ),
}
