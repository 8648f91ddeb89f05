"""The tables of Tang, Taseska and van Waterschoot 2022, measured again with measured heads.

Run one part, or see whether all of them run::

    python -m benchmarks.accuracy.binaural varying
    python -m benchmarks.accuracy.binaural all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured heads, rooms and speech. Rendered cues
are cached in ``--cache``, so that an interrupted run continues.
"""

from joblib import Parallel, delayed
from sklearn.model_selection import train_test_split

from benchmarks.accuracy._data import skipping
from benchmarks.accuracy.binaural.data import (
    FIXED_TRAININGS,
    HEAD_TRAININGS,
    Scenes,
    fixed_room,
    head_trainings,
    real_rooms,
    samples,
    varying_rooms,
)
from benchmarks.accuracy.binaural.systems import SYSTEMS, TRAINING, train_and_test
from benchmarks.study import Study
from sslearn.deep_learning import Training

# Parts of each training of the fixed room.
SHARES = {"strict": (10, 25, 50), "augmented": (10, 25)}


def fixed(run):
    """Speech in the room of the training (CAMIL)."""
    for training in _chosen(run, FIXED_TRAININGS):
        with skipping(f"training {training}"):
            X, y, tests = fixed_room(Scenes(run.args), training)
            systems = ["SCE_sim5", "feed-forward", "WSCE_sim15", "LEM"]
            epochs = 3 if training == "strict" else 1
            _train(run, systems, samples(X, y), tests, {"training": training}, epochs=epochs)


def reduced(run):
    """A part of the training set of the fixed room (CAMIL)."""
    for training in _chosen(run, FIXED_TRAININGS):
        with skipping(f"training {training}"):
            X, y, tests = fixed_room(Scenes(run.args), training)
            for share in SHARES.get(training, (10,)):
                part = {"train_size": share / 100, "random_state": run.args.seed}
                X_part, _, y_part, _ = train_test_split(X, y, **part)
                _train(
                    run,
                    ["SCE_sim5", "feed-forward", "LEM"],
                    samples(X_part, y_part),
                    tests,
                    {"training": training, "share": share},
                    epochs=1.5 if training == "augmented" else 3,
                )


def varying(run):
    """Other places in the rooms of the training, and other rooms (VAST)."""
    train_and_tests = varying_rooms(Scenes(run.args))
    _train(run, ["SCE_sim5", "WSCE_sim15", "feed-forward", "LEM"], *train_and_tests)


def radii(run):
    """Radius of the neighbourhood in varying rooms."""
    systems = ["SCE_sim5", "SCE_sim15", "WSCE_sim5", "WSCE_sim15", "WSCE_sim30"]
    train_and_tests = varying_rooms(Scenes(run.args), suffixes=("",))
    _train(run, systems, *train_and_tests, epochs=2 / 3)


def ablation(run):
    """Settings that the paper leaves open, in varying rooms."""
    systems = ["WSCE_sim15", *(name for name in SYSTEMS if name.startswith("SCE_sim5"))]
    systems += [name for name in SYSTEMS if name.startswith("WSCE_sim15-")]
    train_and_tests = varying_rooms(Scenes(run.args), suffixes=("",))
    _train(run, systems, *train_and_tests, epochs=2 / 3)


def heads(run):
    """Heads that are in no training (CIPIC)."""
    for training in _chosen(run, HEAD_TRAININGS):
        with skipping(f"training {training}"):
            for train, tests, counts in head_trainings(Scenes(run.args), training):
                _train(run, ["WSCE_sim15"], train, tests, {"training": training, **counts})


def real(run):
    """Speech in measured rooms, after training in simulated rooms only."""
    train, tests, n_heads = real_rooms(Scenes(run.args))
    _train(run, ["SCE_sim5", "WSCE_sim15", "LEM"], train, tests, {"heads": n_heads})


def _chosen(run, trainings):
    return [name for name in trainings if name in (run.args.trainings or trainings)]


def _train(run, systems, train, tests, settings=None, *, epochs=1):
    """Train the systems, several at a time, and add a row for each on each test.

    ``epochs`` multiplies the epochs of the command line: small sets need more of them.
    """
    args = run.args
    training = {**TRAINING, "training": Training(patience=args.patience)}
    jobs = []
    for system in args.systems or systems:
        parameters = {"random_state": args.seed}
        if system != "LEM":
            parameters["max_epochs"] = max(1, round(epochs * args.epochs))
        options = {"training": training, "neighbors": args.neighbors}
        jobs.append(delayed(train_and_test)(system, train, tests, parameters, **options))
    for rows in Parallel(args.n_jobs, return_as="generator")(jobs):
        for own, figures, seconds in rows:
            run.add((settings or {}) | own, figures, seconds=seconds)


def _options(parser):
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, help="only these systems")
    names = [*FIXED_TRAININGS, *HEAD_TRAININGS]
    parser.add_argument(
        "--trainings",
        nargs="+",
        choices=names,
        help=f"only these; fixed, reduced: {', '.join(FIXED_TRAININGS)}; "
        f"heads: {', '.join(HEAD_TRAININGS)}",
    )
    parser.add_argument("--neighbors", type=int, nargs="+", default=[5], help="K; may be several")
    parser.add_argument("--patience", type=int, default=10, help="epochs without a better error")
    parser.add_argument("--places", type=int, help="places of the head per room; any if not given")
    parser.add_argument("--yaw", type=float, help="where the head faces; drawn anew if not given")
    parser.add_argument(
        "--mirror", action="store_true", default=None, help="mirror images of several heads too"
    )


_PARTS = {f.__name__: f for f in (fixed, varying, reduced, radii, ablation, heads, real)}
_VARYING = ("varying", "radii", "ablation")
STUDY = Study(
    "binaural",
    "Do the systems of Tang, Taseska and van Waterschoot (2022) reach the published errors, with "
    "measured heads in simulated and in measured rooms?",
    _PARTS,
    sizes={
        "epochs": (4, 60),
        "step": (8, 2),
        "train": (
            dict.fromkeys((*_VARYING, "heads", "real"), 300),
            {"varying": 60480, "radii": 16800, "ablation": 16800, "real": 15120, "heads": None},
        ),
        "test_clips": (
            dict.fromkeys(_PARTS, 60),
            {**dict.fromkeys(_PARTS, 2000), "fixed": 1000, "reduced": 1000, "real": 500},
        ),
    },
    options=_options,
    selections=("systems", "trainings", "neighbors"),
    only={
        "step": ("fixed", "reduced"),
        "places": _VARYING,
        "yaw": (*_VARYING, "heads"),
        "mirror": ("heads",),
    },
)
main = STUDY.main


if __name__ == "__main__":
    main()
