"""Accuracy of the weights for any head, on heads and in rooms that are in no training.

Measure all, or see whether it runs::

    python -m benchmarks.accuracy.heads_weights
    python -m benchmarks.accuracy.heads_weights --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Cues are simulated once and stay
in ``--cache``.
"""

from benchmarks.accuracy._data import skipping
from benchmarks.accuracy.any_array.data import read_sounds
from benchmarks.accuracy.heads_weights import data
from benchmarks.accuracy.heads_weights.clips import Cues
from benchmarks.accuracy.heads_weights.systems import SYSTEMS, figures, predict
from benchmarks.study import Study
from sslearn.simulation import Sounds


def measure(run):
    """Errors of all systems, at each level of the noise and at all of them together."""
    for test, clips in _tests(run.args):
        for system in SYSTEMS:
            found = predict(system, clips.X)
            for level in ("all", *data.LEVELS):
                at = slice(None) if level == "all" else clips.snr == level
                row = figures(clips.y[at], found[at])
                labelled = figures(clips.labels[at], found[at])["azimuth median"]
                row["azimuth as labelled median"] = labelled
                run.add({"test": test, "system": system, "snr": level}, row)


def _tests(args):
    """Name and cues of each test, without those whose data are missing."""
    speech, recordings = read_sounds(args.data)
    noises, tests = Sounds(recordings), {}
    for i, (name, heads) in enumerate(data.tested_heads(args.data).items()):
        heads = heads[:2] if args.quick else heads
        n_responses = max(1, args.responses // len(heads))
        tests[name] = (data.simulated_test, heads, n_responses, i)
    for i, (name, load) in enumerate(data.measured_rooms(args.data).items()):
        tests[name] = (data.measured_test, load, args.responses, 100 + i)
    for name, (render, source, n_responses, seed) in tests.items():
        file = f"{name.replace(' ', '_')}_{args.responses}_{args.seed}.npz"
        path = args.cache / "tests" / file
        with skipping(name):
            if not path.exists():
                seed = [seed + 1000 * args.seed]
                render(source, n_responses, speech, noises, seed=seed).save(path)
            yield name, Cues.load(path)


STUDY = Study(
    "heads_weights",
    'How well does recipes.feed_forward(weights="heads") localize with heads that it was not '
    "trained on?",
    measure,
    # Responses of each test, played at each level of the noise.
    sizes={"responses": (6, 400)},
)
main = STUDY.main


if __name__ == "__main__":
    main()
