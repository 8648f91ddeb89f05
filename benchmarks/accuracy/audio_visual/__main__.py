"""Where in the picture the sound is: SSPL, SSPL with predictive coding and SACL on made scenes.

Run everything within 20 minutes of two cores, one system, or one longer training::

    python -m benchmarks.accuracy.audio_visual all --n-jobs 2
    python -m benchmarks.accuracy.audio_visual systems --systems sacl
    python -m benchmarks.accuracy.audio_visual longer --hours 2

Scenes are made from seeds; nothing has to be downloaded. What was trained with the same settings
stays in ``--cache``, with frozen features (1.5 GB in all), so that an interrupted call can be
repeated. ``python -m benchmarks.accuracy.audio_visual.photographs`` draws maps of photographs.
"""

import joblib
import torch
from sklearn.utils.parallel import Parallel, delayed

from benchmarks.accuracy.audio_visual import guesses
from benchmarks.accuracy.audio_visual.bench import measure, scenes, train_longer
from benchmarks.accuracy.audio_visual.systems import PARTS
from benchmarks.study import Study

_ROUND = 10  # epochs
_SCENES = {"n_validation": (8, 200), "n_test": (12, 500)}


def guess(run):
    """Guesses that ignore the sound."""
    args = run.args
    spread = guesses.choose_spread(scenes("validation", args.n_validation).target)
    found = guesses.score(scenes("test", args.n_test), spread, _seeds(args))
    for system, runs in found.items():
        run.add({"system": system}, _joined(runs))


def _part(part):
    def train(run):
        args = run.args
        chosen = [s for s in PARTS[part] if args.systems is None or s in args.systems]
        main = part == "systems"
        sizes = {
            "n_train": args.n_train if main else args.n_ablation,
            "n_validation": args.n_validation,
            "n_test": args.n_test,
            "pretext_epochs": args.pretext_epochs,
            "max_epochs": 1 if run.quick else None,
        }
        seeds = _seeds(args) if main else [args.seed]
        jobs = [(system, seed) for system in chosen for seed in seeds]
        kept = joblib.Memory(args.cache / "runs", verbose=0).cache(measure, ignore=["folder"])
        calls = (
            delayed(kept)(PARTS[part][system], seed, sizes, folder=args.cache)
            for system, seed in jobs
        )
        runs = {system: [] for system in chosen}
        for (system, _), figures in zip(
            jobs, Parallel(args.n_jobs, return_as="generator")(calls), strict=True
        ):
            runs[system].append(figures)
            if len(runs[system]) == len(seeds):
                figures = _joined(runs[system], maps=main)
                run.add({"system": system}, figures, torch=torch.__version__)

    train.__doc__ = f"Systems trained without labels: {', '.join(PARTS[part])}."
    return train


def longer(run):
    """SSPL with predictive coding of five cycles, trained for hours."""
    args = run.args
    sizes = (args.n_train, args.n_validation, args.n_test)
    n_epochs = 1 if run.quick else _ROUND
    figures = train_longer(sizes, args.seed, args.hours, n_epochs, args.cache)
    run.add({"system": "long"}, _joined([figures]), torch=torch.__version__)


def _seeds(args):
    return list(range(args.seed, args.seed + args.n_seeds))


def _joined(runs, maps=True):
    """Means of the figures of all seeds, each seed's own where there are several, and curves."""
    figures = {"curves": [each["curve"] for each in runs]} if "curve" in runs[0] else {}
    if maps and "maps" in runs[0]:
        figures["maps"] = runs[0]["maps"]  # those of the first seed are drawn
    for name in [name for name in runs[0] if name not in ("curve", "maps")]:
        values = [each[name] for each in runs]
        figures[name] = sum(values) / len(values)
        if len(values) > 1 and "seconds" not in name:
            figures[f"{name} each"] = [round(each, 3) for each in values]
    return figures


def _options(parser):
    names = [name for systems in PARTS.values() for name in systems]
    parser.add_argument("--systems", nargs="+", choices=names)


_ABLATIONS = tuple(part for part in PARTS if part != "systems")
STUDY = Study(
    "audio_visual",
    "Do SSPL and SACL learn, without labels, which of two objects in a picture sounds?",
    {"guesses": guess, **{part: _part(part) for part in PARTS}, "longer": longer},
    sizes={
        **{"n_train": (24, 2000), **_SCENES, "n_ablation": (24, 800)},
        **{"pretext_epochs": (1, 25), "n_seeds": (1, 3), "hours": (0.0, 0.1)},
    },
    options=_options,
    selections=("systems",),
    only={
        **{"n_train": ("systems", "longer"), "n_ablation": _ABLATIONS, "hours": ("longer",)},
        **{"pretext_epochs": ("systems",), "n_seeds": ("guesses", "systems")},
    },
    data=False,
)
main = STUDY.main


if __name__ == "__main__":
    main()
