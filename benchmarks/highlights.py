"""The table of the README: the best figure for each kind of data, beside a reference."""

from dataclasses import dataclass

from benchmarks.figures import fill

# Data, recipe, then ours and the reference, with figures of :mod:`benchmarks.figures`.
ROWS = (
    (
        "any array, one talker, no labels",
        "``masked_srp_phat(mics)``",
        "mean :figure:`any_array.masked_srp_phat.mean`",
        "MVDR: :figure:`any_array.mvdr.mean`",
    ),
    (
        "ambisonics, one talker, no labels",
        '``ambisonic_histogram(weights="pretrained")``',
        "median :figure:`ambisonic_weights.masked`",
        "histogram of the intensity: :figure:`ambisonic_weights.intensity`",
    ),
    (
        "ambisonics, labels",
        "``ambisonic_histogram()``",
        "median :figure:`sphere.masked.median`",
        "histogram of the intensity: :figure:`sphere.intensity.median`",
    ),
    (
        "two ears of one head, labels",
        "``siamese()``",
        "azimuth and elevation: median :figure:`binaural.sce`",
        "paper: :figure:`binaural.sce.paper`",
    ),
    (
        "four microphones, labels",
        '``spectrogram_network("front")``',
        "mean :figure:`label_encodings.snet`",
        "paper: :figure:`label_encodings.snet.paper`",
    ),
    (
        "two moving talkers, labels",
        '``ipdnet2(mics, size="small")``',
        ":figure:`multi_source.ipdnet2_small.lost`",
        "SRP-PHAT: :figure:`multi_source.srp_phat`",
    ),
    (
        "pictures with sound, no labels",
        "``sspl(predictive_coding=False)``",
        ":figure:`audio_visual.sspl.share` of objects pointed at",
        "guess: :figure:`audio_visual.guess.share`",
    ),
)


@dataclass(frozen=True)
class Highlights:
    """Table of rows of several studies, laid out as :class:`benchmarks.tables.Table` is."""

    title: str
    rows: tuple

    def lay_out(self):
        """Header, body and commands; each row shows a figure and its reference."""
        body, commands = [], {}
        for number, (data, recipe, *entries) in enumerate(self.rows, 1):
            cells = []
            for text in entries:
                cell, rows = fill(text)
                cells.append(cell)
                for row in rows:
                    numbers = commands.setdefault(row["command"], [])
                    if number not in numbers:
                        numbers.append(number)
            body.append([data, recipe, *cells])
        return ["data", "recipe", "error", "reference in the same test"], body, commands


TABLES = {"best": Highlights("Errors in degrees in rooms that are not in the training", ROWS)}
