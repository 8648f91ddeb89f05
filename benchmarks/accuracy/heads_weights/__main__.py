"""Accuracy of the weights for any head, on heads and in rooms that are in no training.

Measure all, or see whether it runs::

    python -m benchmarks.accuracy.heads_weights
    python -m benchmarks.accuracy.heads_weights --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Cues are simulated once and stay
in ``--cache``; JSON and Markdown are written into ``benchmarks/results``.
"""

import argparse
from pathlib import Path

from benchmarks.accuracy._data import add_data_option, check_data_option, skipping
from benchmarks.accuracy._report import RESULTS, markdown_table, write_results
from benchmarks.accuracy.any_array.data import read_sounds
from benchmarks.accuracy.heads_weights import data
from benchmarks.accuracy.heads_weights.clips import Cues
from benchmarks.accuracy.heads_weights.systems import SYSTEMS, figures, predict
from sslearn.simulation import Sounds

# Responses of each test, heard at each level.
FULL, QUICK = 400, 6
_SHOWN = ("azimuth, median", "azimuth, mean", "azimuth, within 5 (%)")
NOTES = (
    "Errors in degrees for 1 s of speech of unseen talkers, all around the head, "
    "at elevations of -45 to 45 degrees, in white or diffuse noise {levels} dB below the speech. A "
    "sixth of the simulated clips is without a room, the others are in rooms of 0.15 to 0.8 s, at "
    "0.7 to 3 m; no room is in training. Surrey has sources in front alone. Azimuth: with front "
    "and back folded together; as found: not folded. Lateral: the angle from the plane between the "
    "ears. Front for back: share of the sources at least 15 degrees from the plane of the ears. "
    "The baseline is the azimuth in front of a sphere with a radius of 8.75 cm at the time "
    "difference of the clip; where sources are not at ear level, it can only be right about the "
    "lateral angle. Directions are relative to the axis of the ears, which time differences tell: "
    "people sat askew by up to 11 degrees when they were measured. As labelled: without that. Of "
    "measured rooms, both are as labelled. KU100 and KEMAR (Rostock) are models that training has, "
    "measured elsewhere; the Surrey head and the people of LISTEN and ARI are new to it."
)


def tests(args):
    """Cues of each test, by name; those whose data are missing are skipped."""
    measured, n = Path(args.data), QUICK if args.quick else FULL
    speech, recordings = read_sounds(measured)
    noises, cues = Sounds(recordings), {}
    for i, (name, heads) in enumerate(data.tested_heads(measured).items()):
        heads = heads[:2] if args.quick else heads
        cues[name] = (data.simulated_test, heads, max(1, n // len(heads)), [i])
    for i, (name, load) in enumerate(data.measured_rooms(measured).items()):
        cues[name] = (data.measured_test, load, n, [100 + i])
    found = {}
    for name, (render, source, n_responses, seed) in cues.items():
        path = args.cache / f"{name.replace(' ', '_')}_{n}.npz"
        with skipping(name):
            if not path.exists():
                render(source, n_responses, speech, noises, seed=seed).save(path)
            found[name] = Cues.load(path)
    return found


def rows_of(cues):
    """Rows of each test and system, each with the figures at every level."""
    rows = []
    for name, clips in cues.items():
        for system in SYSTEMS:
            found = predict(system, clips.X)
            levels = {
                f"{level} dB": figures(clips.y[at], found[at])
                for level in data.LEVELS
                for at in [clips.snr == level]
            }
            rows.append({"test": name, "system": system} | figures(clips.y, found))
            as_labelled = figures(clips.labels, found)["azimuth, median"]
            rows[-1]["azimuth as labelled, median"] = as_labelled
            rows[-1]["levels"] = levels
    return rows


def levels_table(rows):
    """Azimuths at each level as Markdown."""
    lines = []
    for row in rows:
        line = {"test": row["test"], "system": row["system"]}
        for level, figures_of in row["levels"].items():
            median, mean, share = (figures_of[name] for name in _SHOWN)
            line[level] = f"{median:.2f}, {mean:.2f}, {share:.0f} %"
        lines.append(line)
    levels = (f"{level} dB" for level in data.LEVELS)
    return markdown_table(lines, ("test", "system", *levels))


def main(argv=None):
    """Measure all systems on all tests."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.heads_weights")
    add_data_option(parser)
    parser.add_argument("--quick", action="store_true", help="a few clips: does all of it run?")
    parser.add_argument("--cache", type=Path, default=Path(".cache/heads_weights/tests"))
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    with skipping("heads_weights"):
        rows = rows_of(tests(args))
        notes = NOTES.format(levels=", ".join(map(str, data.LEVELS)))
        write_results(
            "heads_weights" + ("_quick" if args.quick else ""),
            "Heads never seen, with the weights of the package",
            rows,
            settings=data.SCENES | {"responses": QUICK if args.quick else FULL},
            command="python -m benchmarks.accuracy.heads_weights"
            + (" --quick" if args.quick else ""),
            notes=f"{notes}\n\nAzimuth by level: median, mean, within 5.\n\n{levels_table(rows)}",
            folder=args.out,
            hidden=("levels",),
        )


if __name__ == "__main__":
    main()
