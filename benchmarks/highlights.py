"""The table of the README: the best figure for each kind of data, beside a reference."""

from dataclasses import dataclass

from benchmarks.store import Store
from benchmarks.tables import published

_ARRAYS = {"part": "simulated", "n_arrays": 60, "n_clips": 10, "seed": 0, "sources": 1}
_SPOKEN = {"part": "simulated", "test": "speech", "noise": "none", "seconds": 1, "seed": 0}
_HEAD = {"part": "varying", "train": 120960, "yaw": None, "seed": 0, "test": "test 2", "K": 5}
_LABELS = {"cell": "ULD/MSEwo", "responses": "simulated", "clips": 10000}
_SPHERE = {"test": 1500, "trunk_epochs": 16, "epochs": 3, "condition": "all", "test_seed": 0}
_TALKERS = {"test": "simulated", "array": "r3vival", "seed": 0}
_SCENES = {"n_seeds": 3, "seed": 0}

# Data, recipe, then ours and the reference: a study, settings of its one row, and a format.
ROWS = (
    (
        "any array, one talker, no labels",
        "``masked_srp_phat(mics)``",
        ("any_array", {**_ARRAYS, "system": "masked_srp_phat"}, "mean {mean:.1f}"),
        ("any_array", {**_ARRAYS, "system": "mvdr"}, "MVDR: {mean:.1f}"),
    ),
    (
        "ambisonics, one talker, no labels",
        '``ambisonic_histogram(weights="pretrained")``',
        ("ambisonic_weights", {**_SPOKEN, "system": "masked_histogram"}, "mean {mean:.1f}"),
        (
            "ambisonic_weights",
            {**_SPOKEN, "system": "histogram"},
            "histogram of the intensity: {mean:.1f}",
        ),
    ),
    (
        "ambisonics, labels",
        "``ambisonic_histogram()``",
        ("sphere", {**_SPHERE, "system": "masked_histogram"}, "median {median:.1f}"),
        ("sphere", {**_SPHERE, "system": "intensity"}, "intensity: {median:.1f}"),
    ),
    (
        "two ears of one head, labels",
        "``siamese()``",
        (
            "binaural",
            {**_HEAD, "system": "SCE_sim5-margin1"},
            "median {azimuth:.1f} azimuth, {elevation:.1f} elevation",
        ),
        (
            "binaural",
            {**_HEAD, "system": "SCE_sim5-margin1"},
            "paper: {paper azimuth:.1f}, {paper elevation:.1f}",
        ),
    ),
    (
        "four microphones, labels",
        '``spectrogram_network("front")``',
        ("label_encodings", {**_LABELS, "system": "L1/SNet"}, "mean {WAD-3:.2f}"),
        ("label_encodings", {**_LABELS, "system": "L1/SNet"}, "paper: {paper WAD-3:.2f}"),
    ),
    (
        "two moving talkers, labels",
        '``ipdnet2(mics, size="small")``',
        (
            "multi_source",
            {**_TALKERS, "system": "ipdnet2_small"},
            "{missed:.0f} % missed, {false alarms:.0f} % false",
        ),
        (
            "multi_source",
            {**_TALKERS, "system": "srp_phat"},
            "SRP-PHAT: {missed:.0f} %, {false alarms:.0f} %",
        ),
    ),
    (
        "pictures with sound, no labels",
        "``sspl()``",
        (
            "audio_visual",
            {**_SCENES, "part": "systems", "system": "sspl"},
            "{share:.0f} % of objects pointed at",
        ),
        (
            "audio_visual",
            {**_SCENES, "part": "guesses", "system": "box of a random object"},
            "guess: {share:.0f} %",
        ),
    ),
)


@dataclass(frozen=True)
class Highlights:
    """Table of rows of several studies, laid out as :class:`benchmarks.tables.Table` is."""

    title: str
    rows: tuple

    def lay_out(self):
        """Header, body and commands; each row shows one row of a store, and its reference."""
        body, commands = [], {}
        for number, (data, recipe, *entries) in enumerate(self.rows, 1):
            cells = []
            for study, where, text in entries:
                [row] = Store(study).select(**where)
                values = {**row["settings"], **published(study, row["settings"]), **row["figures"]}
                if "pointing" in values:
                    values["share"] = 100 * values["pointing"]
                cells.append(text.format(**values))
                numbers = commands.setdefault(row["command"], [])
                if number not in numbers:
                    numbers.append(number)
            body.append([data, recipe, *cells])
        return ["data", "recipe", "error", "reference in the same test"], body, commands


TABLES = {"best": Highlights("Errors in degrees in rooms that are not in the training", ROWS)}
