"""Tables of the study."""

from benchmarks.tables import Table

_NAMES = {
    "masked_srp_phat": "masked SRP-PHAT",
    "masked_srp_phat_all": "masked SRP-PHAT, no threshold",
    "masked_srp_phat_network": "masked SRP-PHAT, trained further",
    "phase_network": "PNN",
    "srp_phat": "SRP-PHAT",
    "srp_phat_wide": "SRP-PHAT, to 7 kHz",
    "music": "MUSIC",
    "music_wide": "MUSIC, to 7 kHz",
    "mvdr": "MVDR",
    "mvdr_wide": "MVDR, to 7 kHz",
    "tdoa": "TDOA",
    "tdoa_wide": "TDOA, to 7 kHz",
}
_ROOMS = {
    "r3vival": "R3VIVAL",
    "polimi_ula_rir": "Polimi",
    "uwa_two_mic": "UWA",
    "mom_respeaker": "MOM",
}
_SIMULATED = {"part": "simulated", "n_arrays": 60, "n_clips": 10, "seed": 0}
_MEASURED = {"part": "measured", "n_spoken": 60, "seed": 0}
_SHARED = {"study": "any_array", "order": {"system": tuple(_NAMES)}}
_UNIT = "median and mean error in degrees, share within 5 degrees"


def _rooms(title, systems, rooms=tuple(_ROOMS)):
    """Table of rooms by systems, of which masked SRP-PHAT has no threshold for two sources."""
    tests = (_SIMULATED, _MEASURED | {"room": rooms})
    return Table(
        **_SHARED,
        title=f"{title}: {_UNIT}",
        where=[
            test | {"sources": sources, "system": (masked, *systems)}
            for test in tests
            for sources, masked in ((1, "masked_srp_phat"), (2, "masked_srp_phat_all"))
        ],
        index={"room": "{room}", "sources": "{sources}", "SNR": "{snr} dB"},
        columns="system",
        cells="{median:.2f}, {mean:.1f}, {within 5:.0f} %",
        names=_NAMES | _ROOMS | {"masked_srp_phat_all": "masked SRP-PHAT"},
    )


def _strata(title, names):
    return Table(
        study="any_array",
        order={"sources": (1, 2), **_SHARED["order"]},
        title=f"Simulated arrays by {title}: median, mean error in degrees",
        where=_SIMULATED,
        index={"sources": "{sources}", "system": "{system}"},
        cells={name: f"{{{name} median:.1f}}, {{{name} mean:.1f}}" for name in names},
        names=_NAMES,
    )


TABLES = {
    "main": _rooms(
        "Up to 7 kHz, the band of masked SRP-PHAT",
        ("srp_phat_wide", "music_wide", "mvdr_wide"),
        ("r3vival", "polimi_ula_rir"),
    ),
    "wide": _rooms(
        "Up to 7 kHz, the band of masked SRP-PHAT",
        ("srp_phat_wide", "music_wide", "mvdr_wide", "tdoa_wide"),
    ),
    "recipes": _rooms(
        "In the band of the recipes, 200 to 4000 Hz", ("srp_phat", "music", "mvdr", "tdoa")
    ),
    "threshold": Table(
        **_SHARED,
        title="Masked SRP-PHAT on two sources: median and mean error in degrees, missed sources in "
        "percent",
        where=[
            test | {"sources": 2, "system": ("masked_srp_phat", "masked_srp_phat_all")}
            for test in (_SIMULATED, _MEASURED)
        ],
        index={"room": "{room}", "SNR": "{snr} dB"},
        columns="system",
        cells="{median:.2f}, {mean:.1f}, {missed:.1f} %",
        names=_NAMES | _ROOMS,
    ),
    "kinds": _strata(
        "kind and grid", ("line", "circle", "irregular", "upright", "spatial", "azimuth", "sphere")
    ),
    "sizes": _strata(
        "size",
        ("2-3 mics", "4-5 mics", "6-8 mics", "9-16 mics", "2-5 cm", "5-15 cm", "15-50 cm"),
    ),
    "scenes": _strata(
        "noise, level and reverberation time",
        (
            *("white", "diffuse", "interferer", "below 5 dB", "5-15 dB", "above 15 dB"),
            *("to 500 ms", "above 500 ms"),
        ),
    ),
    "ablations": Table(
        study="any_array",
        title="Variants of masked SRP-PHAT after 300 steps: median, mean error in degrees on 40 "
        "arrays that are in no training, one talker",
        where={"part": "ablations", "n_trained": 2000, "steps": 300, "seed": 0},
        index={"variant": "{variant}"},
        cells={
            "arrays": "{arrays}",
            "azimuth": "{azimuth median:.2f}, {azimuth mean:.1f}",
            "sphere": "{sphere median:.2f}, {sphere mean:.1f}",
        },
    ),
    "own_array": Table(
        **_SHARED,
        title=f"One circle of four microphones, 10 cm wide: {_UNIT}, and minutes of training",
        where={"part": "own_array", "n_own": 1200, "n_test": 300, "epochs": 4, "seed": 0},
        index={"system": "{system}"},
        cells={
            "median": "{median:.2f}",
            "mean": "{mean:.1f}",
            "within 5": "{within 5:.0f} %",
            "minutes": "{minutes:.0f}",
        },
        names=_NAMES,
    ),
}
