"""Tables of the study."""

from benchmarks.tables import Table

_AZIMUTH = "{azimuth median:.1f}, {azimuth mean:.1f}, {azimuth within 5:.0f} %"
_LATERAL = "{lateral median:.1f}, {lateral mean:.1f}, {lateral within 5:.0f} %"
_LEGEND = "median and mean error in degrees, percent within 5 degrees"
_OPTIONS = {"study": "heads_weights", "index": {"test": "{test}", "system": "{system}"}}

TABLES = {
    "main": Table(
        title="Median errors in degrees of the azimuth, folded to the front / of the lateral angle "
        "/ of the elevation; sources whose front and back are confused",
        where={"snr": "all", "responses": 400},
        index={"test": "{test}"},
        columns="system",
        cells=(
            "{azimuth median:.1f} / {lateral median:.1f} / {elevation median:.1f}; "
            "{front for back:.0f} %",
            "{azimuth median:.1f} / {lateral median:.1f}",
        ),
        study="heads_weights",
    ),
    "errors": Table(
        title=f"Azimuth, folded to the front, as found, and lateral angle: {_LEGEND}; median error "
        "of the azimuth as labelled and of the elevation; front and back confused in percent",
        where={"snr": "all", "responses": 400},
        cells={
            "azimuth": _AZIMUTH,
            "azimuth as found": _AZIMUTH.replace("azimuth", "azimuth as found"),
            "lateral": _LATERAL,
            "as labelled": "{azimuth as labelled median:.1f}",
            "elevation": "{elevation median:.1f}",
            "front for back": "{front for back:.0f}",
        },
        **_OPTIONS,
    ),
    "levels": Table(
        title=f"Azimuth, folded to the front, by signal-to-noise ratio in dB: {_LEGEND}",
        where={"snr": (0, 10, 30), "responses": 400},
        columns="snr",
        cells=_AZIMUTH,
        **_OPTIONS,
    ),
}
