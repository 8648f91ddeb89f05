"""The tables of Tang, Taseska and van Waterschoot 2022, measured again with measured heads.

Run one protocol, or all of them::

    python -m benchmarks.accuracy.binaural varying
    python -m benchmarks.accuracy.binaural all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured heads, rooms and speech. Each protocol
writes JSON and Markdown into ``benchmarks/results``, with the paper's figures in columns of their
own. Rendered cues are cached in ``--cache``, so that a run killed half-way goes on where it was.
"""

import argparse
import os
import shlex
import sys
import time
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from benchmarks.accuracy._report import RESULTS, write_results
from sslearn import datasets, recipes
from sslearn.deep_learning import NeuralLocalizer
from sslearn.features import BinauralCues
from sslearn.metrics import median_angular_error
from sslearn.networks import MLP

FS = 16000

# system: (recipe, its parameters)
SYSTEMS = {
    "SCE_sim5": (recipes.siamese, {"radius": 5}),
    "SCE_sim15": (recipes.siamese, {"radius": 15}),
    "WSCE_sim5": (recipes.weakly_supervised_siamese, {"radius": 5}),
    "WSCE_sim15": (recipes.weakly_supervised_siamese, {"radius": 15}),
    "WSCE_sim30": (recipes.weakly_supervised_siamese, {"radius": 30}),
    "feed-forward": (recipes.feed_forward, {}),
    "LEM": (recipes.laplacian_eigenmaps, {}),
}

# What the benchmark sets apart from the defaults of the recipes where a network is trained: the
# paper holds 30 % out, drops 20 % and waits 20 epochs before it halves the learning rate. With
# these, more samples are trained on and 60 epochs suffice.
TRAINING = {"validation_fraction": 0.1, "patience": 10}
DROPOUT = 0.1

# Median absolute error of the paper, azimuth and elevation in degrees.
PAPER = {
    "fixed room": {
        "SCE_sim5": (0.0, 0.0),
        "feed-forward": (0.61, 0.29),
        "WSCE_sim5": (0.69, 0.58),
        "WSCE_sim15": (0.64, 0.58),
        "WSCE_sim30": (1.16, 0.82),
        "LEM": (0.72, 0.49),
    },
    "test 1": {
        "SCE_sim5": (1.96, 3.32),
        "feed-forward": (1.95, 3.24),
        "WSCE_sim5": (1.96, 3.69),
        "WSCE_sim15": (1.94, 3.64),
        "WSCE_sim30": (1.98, 3.69),
        "LEM": (3.28, 11.7),
    },
    "test 2": {
        "SCE_sim5": (2.10, 3.94),
        "feed-forward": (2.01, 3.99),
        "WSCE_sim5": (1.93, 3.99),
        "WSCE_sim15": (2.10, 4.34),
        "WSCE_sim30": (2.10, 4.44),
        "LEM": (3.09, 13.27),
    },
    # Only the azimuth is published.
    "10 % of the training set": {
        "SCE_sim5": (0.81, np.nan),
        "feed-forward": (1.08, np.nan),
        "LEM": (2.56, np.nan),
    },
    "one training head": {"WSCE_sim15": (24.3, 20.1)},
    "many training heads": {"WSCE_sim15": (1.1, 3.6)},
}


def _train_and_test(system, train, tests, parameters):
    """Rows of one system; the first step of its recipe made the cues already."""
    recipe, settings = SYSTEMS[system]
    model = recipe(FS, **settings, **parameters)[1:]
    for step in model:
        if hasattr(step, "network"):
            separate_outputs = isinstance(step, NeuralLocalizer)
            network = MLP(dropout=DROPOUT, separate_outputs=separate_outputs)
            step.set_params(network=network, **TRAINING)
    start = time.perf_counter()
    model.fit(*train)
    seconds = round(time.perf_counter() - start)
    rows = []
    for test, (X, y) in tests.items():
        predicted = model.predict(X)
        published = PAPER.get(test, {}).get(system, (np.nan, np.nan))
        row = {"system": system, "test": test}
        for component, figure in zip(("azimuth", "elevation"), published, strict=True):
            row[component] = float(median_angular_error(y, predicted, component=component))
            row[f"paper {component}"] = "-" if np.isnan(figure) else figure
        row["great circle"] = float(median_angular_error(y, predicted))
        rows.append({**row, "n_train": len(train[0]), "n_test": len(X), "fit s": seconds})
    return rows


class Bench:
    """What all protocols share: folders, sizes, rendering, training, rows of results.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        self.args = args
        self.quick = args.quick
        self.data = Path(args.data)
        self.seed = args.seed
        self.rows = []

    def size(self, full, quick):
        """Number of samples."""
        return quick if self.quick else full

    def head(self, subject="021"):
        """Head of the CIPIC database."""
        return datasets.load_cipic(self.data / "cipic", subject, fs=FS)

    def speech(self, subset):
        """Recordings and speakers of a subset of the speech corpus, as arguments."""
        corpus = datasets.load_librispeech(
            self.data / "speech_librispeech", subset, fs=FS, return_paths=True
        )
        return {"sources": corpus.audio, "speakers": corpus.speakers}

    def render(self, n_samples, *, seed, duration=2.0, **kwargs):
        """Cues and directions of rendered clips."""
        X, y, metadata = datasets.make_binaural(
            n_samples,
            fs=FS,
            duration=duration,
            transformer=BinauralCues(FS),
            memory=self.args.cache,
            n_jobs=self.args.n_jobs,
            random_state=1000 * self.seed + seed,
            verbose=1,
            return_X_y=True,
            **kwargs,
        )
        return X, y, metadata

    def run(self, systems, train, tests, *, epochs=1, **columns):
        """Train the systems, several at a time, and add a row for each on each test.

        ``epochs`` multiplies the epochs of the command line: small sets need more of them.
        """
        jobs = (
            delayed(_train_and_test)(system, train, tests, self._parameters(system, epochs))
            for system in self.args.systems or systems
        )
        for rows in Parallel(self.args.n_jobs, return_as="generator")(jobs):
            for row in rows:
                self.rows.append({"system": row.pop("system"), **columns, **row})
                print(self.rows[-1], flush=True)

    def _parameters(self, system, epochs):
        parameters = {"random_state": self.seed}
        if system != "LEM":
            parameters["max_epochs"] = epochs * self.size(self.args.epochs, 20)
        return parameters

    def write(self, name, title, notes):
        """Write the rows that were gathered and forget them."""
        names = ("seed", "quick", "epochs", "train", "places")
        settings = {name: getattr(self.args, name) for name in names}
        settings |= {**TRAINING, "dropout": DROPOUT}
        write_results(
            f"binaural_{name}" + ("_quick" if self.quick else ""),
            title,
            self.rows,
            settings=settings,
            command=shlex.join(
                ["python", "-m", "benchmarks.accuracy.binaural", name, *self.args.options]
            ),
            notes=notes,
            folder=self.args.out,
        )
        self.rows = []


MEDIANS = "Medians of the absolute error, in degrees."


def _fixed_room_data(bench):
    """One room, one place of the head, sources 2.7 m away on a 2-degree grid."""
    # Wide and high enough for all sources, since they move and not the head.
    rooms = datasets.make_shoebox_rooms(
        1, dimensions=((6, 7, 4.4), (6, 7, 4.4)), t60=(0.2, 0.2), random_state=bench.seed
    ).assign(receiver_x=1.5, receiver_y=3.5)
    step = bench.size(2, 6)
    azimuth, elevation = np.meshgrid(np.arange(-90, 91, step), np.arange(-44, 45, step))
    grid = np.column_stack([azimuth.ravel(), elevation.ravel()]).astype(float)
    shared = {"heads": bench.head(), "rooms": rooms, "distances": (2.7,)}
    shared |= {"receiver_height": 2.2, "yaw": 0.0, "max_order": 17}
    X, y, _ = bench.render(
        len(grid), directions=grid, duration=1.0, snr=(0.0, 40.0), seed=0, **shared
    )
    rng = np.random.default_rng(bench.seed)
    tested = grid[rng.permutation(len(grid))[: bench.size(1000, 150)]]
    shared |= {"directions": tested, "seed": 1, **bench.speech("train-clean-100")}
    tests = {
        name: bench.render(len(tested), snr=snr, **shared)[:2]
        for name, snr in (("fixed room", 15.0), ("fixed room, no noise", None))
    }
    return (X, y), tests


def fixed(bench):
    """Fixed room (CAMIL)."""
    train, tests = _fixed_room_data(bench)
    bench.run(["SCE_sim5", "feed-forward", "WSCE_sim15", "LEM"], train, tests, epochs=3)
    bench.write(
        "fixed",
        "Fixed room (CAMIL protocol)",
        f"{MEDIANS} Trained on 1 s of white noise from each direction of a 2-degree grid with "
        "uncorrelated noise at 0 to 40 dB, tested on 2 s of speech from directions of that grid "
        "with uncorrelated noise at 15 dB, and without noise. The paper turns the head; here the "
        "source moves around it.",
    )


def reduced(bench):
    """A tenth of the training set (CAMIL)."""
    (X, y), tests = _fixed_room_data(bench)
    noisy, clean = tests.values()
    for fraction in (0.5, 0.25, 0.1):
        X_part, _, y_part, _ = train_test_split(X, y, train_size=fraction, random_state=bench.seed)
        name = f"{100 * fraction:.0f} % of the training set"
        tests = {name: noisy, f"{name}, no noise": clean}
        bench.run(["SCE_sim5", "feed-forward", "LEM"], (X_part, y_part), tests, epochs=3)
    bench.write(
        "reduced",
        "Reduced training set (CAMIL protocol)",
        f"{MEDIANS} The room, the head and the test of `fixed`.",
    )


def _varying_rooms_data(bench):
    """Sixteen rooms to train in; the same rooms, and other rooms, to test in."""
    rooms = datasets.make_shoebox_rooms(16, random_state=bench.seed)
    others = datasets.make_shoebox_rooms(200, random_state=bench.seed + 1)
    shared = {"heads": bench.head(), "directions": "measured"}
    n_receivers = bench.args.places or None
    n_train = bench.size(bench.args.train, 2500)
    train = bench.render(n_train, rooms=rooms, seed=2, n_receivers=n_receivers, **shared)[:2]
    tests = {}
    for directions, suffix in (("measured", ""), (None, ", off the grid")):
        shared |= {"directions": directions, "n_receivers": None}
        for seed, (name, where) in enumerate({"test 1": rooms, "test 2": others}.items(), 3):
            n_test = bench.size(2000, 300)
            tests[name + suffix] = bench.render(n_test, rooms=where, seed=seed, **shared)[:2]
    return train, tests


VARYING = (
    f"{MEDIANS} Trained on 2 s of white noise in 16 rooms (T60 0.1-0.4 s), the head at a new place "
    "with a new orientation in each clip (the paper: 9 places in each room; `--places 9`), sources "
    "on the measured directions of CIPIC subject 021 at 1, 1.5 and 2 m. Test 1: other places in "
    "the same rooms; test 2: 200 other rooms; both on the same grid of directions. Off the grid: "
    "directions between the measured ones, with interpolated responses, never seen in training."
)


def varying(bench):
    """Varying rooms (VAST)."""
    train, tests = _varying_rooms_data(bench)
    bench.run(["SCE_sim5", "WSCE_sim15", "feed-forward", "LEM"], train, tests)
    bench.write("varying", "Varying rooms (VAST protocol)", VARYING)


def radii(bench):
    """Radius of the neighbourhood in varying rooms."""
    train, tests = _varying_rooms_data(bench)
    bench.run(["SCE_sim5", "SCE_sim15", "WSCE_sim5", "WSCE_sim15", "WSCE_sim30"], train, tests)
    bench.write("radii", "Radius of the neighbourhood (VAST protocol)", VARYING)


def heads(bench):
    """Heads never seen in training (CIPIC)."""
    subjects = datasets.list_cipic_subjects(bench.data / "cipic")
    subjects = [s for s in subjects if s not in ("021", "165")]
    unseen, seen = subjects[::4], [s for s in subjects if s not in subjects[::4]]
    rooms = datasets.make_shoebox_rooms(16, random_state=bench.seed)
    test_room = datasets.make_shoebox_rooms(
        1, dimensions=((3.5, 5, 2.8), (3.5, 5, 2.8)), t60=(0.3, 0.3), random_state=bench.seed
    )
    test = bench.render(
        bench.size(2000, 300),
        heads=[bench.head(s) for s in unseen],
        rooms=test_room,
        directions="measured",
        n_receivers=None,
        seed=5,
    )[:2]
    training = {"one training head": ["021"], "many training heads": ["021", "165", *seen]}
    for i, (name, group) in enumerate(training.items()):
        n_train = bench.size((10080, 30240)[i], 2500)
        train = bench.render(
            n_train,
            heads=[bench.head(s) for s in group],
            rooms=rooms,
            directions="measured",
            n_receivers=None,
            seed=6 + i,
        )
        columns = {"training heads": len(group), "test heads": len(unseen)}
        bench.run(["WSCE_sim15"], train[:2], {name: test}, **columns)
    bench.write("heads", "Heads never seen in training (CIPIC)", f"{MEDIANS} 2 s of white noise.")


def _front(head):
    azimuth, elevation = head.directions.T
    rows = np.flatnonzero((np.abs(azimuth) <= 90) & (np.abs(elevation) <= 45))
    head = Bunch(**head)
    for key in ("hrirs", "directions", "distance"):
        head[key] = head[key][rows]
    return head


def real(bench):
    """Speech in measured rooms, after training in simulated rooms only."""
    rooms = datasets.make_shoebox_rooms(
        100, dimensions=((3, 3, 2.4), (10, 8, 3.5)), t60=(0.1, 0.6), random_state=bench.seed
    )
    data = bench.data
    training = [
        bench.head("021"),
        bench.head("165"),
        datasets.load_mit_kemar(data / "mit_kemar", fs=FS),
        datasets.load_thk_ku100(data / "thk_ku100", fs=FS),
        datasets.load_sadie_ku100(data / "sadie_ku100", fs=FS),
        *(bench.head(s) for s in datasets.list_cipic_subjects(data / "cipic")[:6]),
    ]
    train = bench.render(
        bench.size(15120, 2500),
        heads=training,
        rooms=rooms,
        n_receivers=None,
        snr=(10, 40),
        seed=8,
        **bench.speech("train-clean-100"),
    )[:2]
    measured = {
        "Surrey room A": datasets.load_surrey_brir(data / "surrey_brir", room="A", fs=FS),
        "BBC listening room": datasets.load_bbc_brir(data / "bbc_brir", fs=FS),
        "Rostock seminar room": datasets.load_rostock_kemar_brir(
            data / "rostock_kemar_brir", correct_orientation=True, fs=FS
        ),
    }
    tests = {
        name: bench.render(
            bench.size(500, 100),
            heads=_front(head),
            directions="measured",
            seed=9,
            **bench.speech("test-other"),
        )[:2]
        for name, head in measured.items()
    }
    bench.run(["SCE_sim5", "WSCE_sim15", "LEM"], train, tests)
    bench.write(
        "real",
        "Speech in measured rooms",
        f"{MEDIANS} Trained on speech in 100 simulated rooms with {len(training)} measured heads; "
        "tested on other speakers through the responses of three real rooms. The head of Surrey "
        "(Cortex) is never seen; those of the BBC (KU100) and Rostock (KEMAR) are models that are. "
        "The angles of Rostock are corrected by the 7 degrees that its manikin stood off.",
    )


PROTOCOLS = {f.__name__: f for f in (fixed, varying, reduced, radii, heads, real)}


def main(argv=None):
    """Run the protocols that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.binaural")
    parser.add_argument("protocol", choices=[*PROTOCOLS, "all"])
    parser.add_argument("--data", default=os.environ.get("SSLEARN_DATA"), help="measured data")
    parser.add_argument("--out", default=RESULTS, help="folder of the results")
    parser.add_argument("--cache", default=".cache/binaural", help="folder of rendered cues")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, help="only these systems")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--train", type=int, default=60480, help="clips to train on, varying rooms")
    parser.add_argument("--places", type=int, default=0, help="places of the head per room; 0: any")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="small sizes, under 5 minutes")
    args = parser.parse_args(argv)
    if not args.data or not Path(args.data).is_dir():
        parser.error(f"--data (or SSLEARN_DATA) must name the measured data; got {args.data!r}")
    argv = sys.argv[1:] if argv is None else argv
    args.options = [argument for argument in argv if argument != args.protocol]
    bench = Bench(args)
    for name in PROTOCOLS if args.protocol == "all" else [args.protocol]:
        print(f"\n== {name}: {PROTOCOLS[name].__doc__}", flush=True)
        PROTOCOLS[name](bench)


if __name__ == "__main__":
    main()
