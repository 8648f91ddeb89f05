"""Accuracy of ``recipes.ambisonic_histogram(weights="pretrained")`` beside ``recipes.intensity``.

Measure all of it, or see whether it runs::

    python -m benchmarks.accuracy.ambisonic_weights
    python -m benchmarks.accuracy.ambisonic_weights --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Clips are simulated once and
stay in ``--cache``. JSON and Markdown are written into ``benchmarks/results``.
"""

import argparse
import shlex
import time
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.accuracy._data import add_data_option, check_data_option, skipping
from benchmarks.accuracy._report import RESULTS, write_results
from benchmarks.accuracy.ambisonic_weights import tests
from benchmarks.accuracy.ambisonic_weights.data import FS, SCENES
from benchmarks.accuracy.sphere import UNTRAINED
from sslearn import recipes
from sslearn.geometry import circular_difference, great_circle_distance

# Clips of each simulated condition, of the study of the sphere, of each measured one.
FULL, QUICK = (100, 1500, 60), (4, 6, 4)
PRETRAINED = "pretrained"
AZIMUTH = ("r3vival", "sofia")
NOTES = (
    "Median and mean of the errors in degrees, and share of the clips within 5 degrees, of "
    "`recipes.ambisonic_histogram(weights='pretrained')` and of `recipes.intensity`: the mean "
    "intensity, and the top of its histogram, which is its default. No speaker, room or recording "
    "of noise was in the training, but for the rows `sphere`, whose clips are those of "
    "`benchmarks.accuracy.sphere`: of its five recordings of noise training heard three. "
    "Simulated: {clips} clips a row, rooms of 3 to 10 x 3 to 8 x 2.5 to 4 m and 0.2 to 1 s, "
    "sources at 0.7 to 3 m in all directions; noise (white, independent in the four channels; "
    "diffuse, from recordings; a recording from one other direction) so many dB below the direct "
    "sound of the whole clip, of which a part that is no pause is heard. `tetrahedron`: four "
    "omnidirectional microphones 2 cm from the centre, encoded by `AmbisonicEncoder`. Measured: "
    "R3VIVAL (a room; six microphones 4.8 cm from the centre) and SOFiA (no room; A3: 110 "
    "microphones on a hard sphere, which stood 2 to 3 degrees off; A4: 86 cardioids at 25 cm), "
    "encoded; of these the errors are those of the azimuth, since the loudspeakers' heights are "
    "not known to a degree. Above 1.6 kHz the six microphones, and above 2 kHz the sphere of 25 "
    "cm, hear higher orders as directions."
)


def _tests(args):
    """Clips of all conditions."""
    data = Path(args.data)
    with skipping("simulated"):
        yield from tests.simulated(args.cache, data, args.clips, seed=args.seed)
    yield from tests.measured(data, args.measured)
    with skipping("sphere"):
        yield from tests.sphere(args.cache / "sphere", data, args.sphere)


@cache
def fitted(weights, top):
    """Localizers by name; those without weights are the baselines of the study of the sphere."""
    localizers = {PRETRAINED: recipes.ambisonic_histogram(weights=weights, freq_range=(50, top))}
    for name, decoder in UNTRAINED.items():
        intensity = recipes.intensity(fs=FS, freq_range=(200, top))
        localizers[name] = intensity.set_params(decoder=decoder)
    X = np.random.default_rng(0).standard_normal((1, 4, FS), dtype=np.float32)
    return {name: localizer.fit(X, np.zeros((1, 2))) for name, localizer in localizers.items()}


def figures(errors):
    """Median and mean in degrees, and share of the errors of at most 5 degrees, in percent."""
    errors = np.asarray(errors, dtype=float)
    values = (np.median(errors), errors.mean(), 100 * np.mean(errors <= 5.0))
    return dict(zip(("median", "mean", "within 5 (%)"), map(float, values), strict=True))


def row(test, localizers):
    """Figures of all systems on the clips of a test, and the milliseconds that a clip takes."""
    values, times = {}, {}
    for name, localizer in localizers.items():
        start = time.perf_counter()
        found = localizer.predict(test.X)
        times[f"{name}: ms"] = 1000 * (time.perf_counter() - start) / len(test.X)
        if test.name.startswith(AZIMUTH):
            errors = np.abs(circular_difference(found[:, 0], test.y[:, 0]))
        else:
            errors = great_circle_distance(found, test.y)
        values |= {f"{name}: {figure}": value for figure, value in figures(errors).items()}
    about = {"test": test.name, "to (Hz)": test.top, "seconds": test.seconds, "clips": len(test.X)}
    return about | values | times


def _parse(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.ambisonic_weights")
    add_data_option(parser)
    parser.add_argument("--quick", action="store_true", help="a few clips: does all of it run?")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", default="pretrained", help="of the package, or a file")
    parser.add_argument(
        "--cache", type=Path, default=Path(".cache/ambisonic_weights/tests"), help="of clips"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    args.clips, args.sphere, args.measured = QUICK if args.quick else FULL
    args.name = "ambisonic_weights" + ("_quick" if args.quick else "")
    return args


def main(argv=None):
    """Measure all conditions."""
    args = _parse(argv)
    rows = []
    for test in _tests(args):
        rows.append(row(test, fitted(args.weights, test.top)))
        print(rows[-1], flush=True)
    shared = {name: getattr(args, name) for name in ("clips", "sphere", "measured", "seed")}
    command = ["python", "-m", "benchmarks.accuracy.ambisonic_weights"]
    write_results(
        args.name,
        "Weights of masked histograms for ambisonics",
        rows,
        settings=shared | SCENES | {"weights": args.weights},
        command=shlex.join(command + ["--quick"] * args.quick),
        notes=NOTES.format(**shared),
        folder=args.out,
        hidden=[key for key in rows[0] if key.endswith(": ms")] if rows else (),
    )


if __name__ == "__main__":
    main()
