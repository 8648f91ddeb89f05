"""Tables of the study: the main methods on all sets, and all methods on each set."""

from benchmarks.tables import Table

_STUDY = {"study": "classical"}
_MAIN = ("SRPPHAT", "MUSIC, normalized", "MVDR, normalized", "TDOALocalizer")
_MEAN_MAX = "{mean:.2f} ({max:.1f})"
_ARRIVALS = {"part": "uwa", "sound": "first arrival"}
_NAMES = {
    "MUSIC, normalized": "MUSIC",
    "MVDR, normalized": "MVDR",
    "anechoic": "chamber",
    "direct sound": "direct sound",
    "stated": "as stated",
    "fitted": "fitted to these angles",
    "given": "as measured with the data",
}

TABLES = {
    "checks": Table(
        **_STUDY,
        title="Error in degrees, mean (largest), beside the checks that come with the data. MUSIC "
        "and MVDR in their default, normalized form",
        where=[
            {"part": "r3vival", "sound": "direct sound", "absorption": 0},
            {"part": "r3vival", "sound": "speech", "absorption": (0, 100)},
            _ARRIVALS | {"mount": ("stated", "fitted")},
            {"part": "mom", "band": "300 to 5000 Hz"},
            {"part": "polimi", "sound": "direct sound"},
            {"part": "sofia", "measurement": "A3", "radius": 1},
            {"part": "sofia", "measurement": "A4", "band": "900 to 1100 Hz"},
        ],
        index={
            "data": (
                "R3VIVAL, {sound}, absorption {absorption} %",
                "UWA, {room}, mount {mount}",
                "MOM, two at once, source {source}",
                "Milano, near field, {distance}",
                "SOFiA {measurement}, largest of the azimuths",
            ),
            "check": (
                "{paper mean} ({paper max})",
                "{paper mean}",
                "{paper error}",
                "{paper largest}",
            ),
        },
        columns="method",
        cells=(_MEAN_MAX, "{error:.1f}", "{largest:.1f}"),
        order={"method": _MAIN},
        names=_NAMES,
    ),
    "r3vival": Table(
        **_STUDY,
        title="R3VIVAL, six microphones: error of the azimuth in degrees, mean (largest), by the "
        "absorption of the panels in percent",
        where={"part": "r3vival", "sound": ("direct sound", "speech")},
        index={"sound": "{sound}", "method": "{method}"},
        columns="absorption",
        cells=_MEAN_MAX,
    ),
    "pyramic": Table(
        **_STUDY,
        title="Pyramic, time differences of 48 microphones: great-circle error of "
        "``directions_from_tdoas`` in degrees",
        where={"part": "pyramic"},
        index={
            "labels": "{labels}",
            "robust": "{robust}",
            "check: mean (largest)": "{paper mean:.2f} ({paper max:.2f})",
        },
        cells={"mean": "{mean:.2f}", "median": "{median:.2f}", "largest": "{max:.2f}"},
    ),
    "sofia": Table(
        **_STUDY,
        title="SOFiA, spherical arrays: sources found; largest error of the azimuths; their spread "
        "about the median, which is the rotation of the array; largest error of the elevations",
        where={"part": "sofia"},
        index={
            "measurement": "{measurement}",
            "radius": "x {radius}",
            "band": "{band}",
            "method": "{method}",
        },
        cells={
            "found": "{found}",
            "azimuth": "{largest:.1f}",
            "check": "{paper largest:.1f}",
            "spread": "{spread:.1f}",
            "elevation": "{elevation:.1f}",
        },
    ),
    "uwa": Table(
        **_STUDY,
        title="UWA, two microphones: error of the angle from broadside in degrees, mean (largest), "
        "for three assumptions of how the mount stands",
        where={"part": "uwa"},
        index={"room": "{room}", "sound": "{sound}", "method": "{method}"},
        columns="mount",
        cells=_MEAN_MAX,
        names={"anechoic": "chamber"},
    ),
    "mom": Table(
        **_STUDY,
        title="MOM, two sources at once: error in degrees on the great circle (of the azimuth "
        "alone for ESPRIT)",
        where={"part": "mom"},
        index={"band": "{band}", "method": "{method}"},
        columns="source",
        cells="{error:.1f}",
    ),
    "polimi": Table(
        **_STUDY,
        title="Milano, a line of 32 microphones: error of the bearing in degrees, mean (largest); "
        "mean error of the distance in cm",
        where={"part": "polimi"},
        index={"sound": "{sound}", "method": "{method}"},
        columns="distance",
        cells=(_MEAN_MAX + "; {distance cm:.1f}", _MEAN_MAX),
    ),
}
