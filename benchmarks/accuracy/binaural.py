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
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from benchmarks.accuracy._report import RESULTS, write_results
from benchmarks.accuracy._spoken import spoken_cues
from benchmarks.accuracy._systems import NETWORK, SYSTEMS, TRAINING, train_and_test
from sslearn import datasets
from sslearn.features import BinauralCues

FS = 16000


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
            memory=self.args.cache,
            n_jobs=self.args.n_jobs,
            random_state=1000 * self.seed + seed,
            verbose=1,
            return_X_y=True,
            **{"transformer": BinauralCues(FS), **kwargs},
        )
        return X, y, metadata

    def speak(self, recordings, n_copies):
        """Cues of copies of recordings, with the spectrograms of speech and noise at 15 dB."""
        return spoken_cues(
            recordings,
            FS,
            n_copies=n_copies,
            snr=15.0,
            seed=self.seed,
            cache=self.args.cache,
            n_jobs=self.args.n_jobs,
            **self.speech("test-other"),
        )

    def run(self, systems, train, tests, *, epochs=1, **columns):
        """Train the systems, several at a time, and add a row for each on each test.

        ``epochs`` multiplies the epochs of the command line: small sets need more of them.
        """
        jobs = (
            delayed(train_and_test)(
                system, train, tests, self._parameters(system, epochs), self.args.neighbors
            )
            for system in self.args.systems or systems
        )
        for rows in Parallel(self.args.n_jobs, return_as="generator")(jobs):
            for row in rows:
                self.rows.append({"system": row.pop("system"), **columns, **row})
                print(self.rows[-1], flush=True)

    def _parameters(self, system, epochs):
        parameters = {"random_state": self.seed}
        if system != "LEM":
            parameters["max_epochs"] = round(epochs * self.size(self.args.epochs, 20))
        return parameters

    def write(self, name, title, notes):
        """Write the rows that were gathered so far."""
        names = ("seed", "quick", "epochs", "train", "places", "yaw", "neighbors")
        settings = {name: getattr(self.args, name) for name in names}
        settings |= {**TRAINING, **NETWORK}
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


TRAININGS = ("strict", "augmented", "shaped", "speech")
MEDIANS = "Medians of the absolute error, in degrees."


def _shaped_noise(seed, n_sources=200, seconds=6):
    """Noise with spectra as varied as those of speech: random slopes above a random corner."""
    rng = np.random.default_rng([seed, 5])
    frequency = np.fft.rfftfreq(seconds * FS, 1 / FS)
    octaves = np.log2(np.maximum(frequency / rng.uniform(200, 1000, (n_sources, 1)), 1))
    gains = 10 ** (-rng.uniform(3, 15, (n_sources, 1)) * octaves / 20)
    spectra = gains * np.fft.rfft(rng.standard_normal((n_sources, seconds * FS)))
    return list(np.fft.irfft(spectra).astype(np.float32))


def _fixed_room_data(bench, *, clips=1, copies=0, **training):
    """One room, one place of the head, sources 2.7 m away on a 2-degree grid.

    The cues to train on have shape (n_clips, n_copies, n_features): a clip and its copies belong
    to the same second of recording, and stay together where a part is taken.
    """
    # Wide and high enough for all sources, since they move and not the head.
    rooms = datasets.make_shoebox_rooms(
        1, dimensions=((6, 7, 4.4), (6, 7, 4.4)), t60=(0.2, 0.2), random_state=bench.seed
    ).assign(receiver_x=1.5, receiver_y=3.5)
    step = bench.size(2, 6)
    azimuth, elevation = np.meshgrid(np.arange(-90, 91, step), np.arange(-44, 45, step))
    grid = np.column_stack([azimuth.ravel(), elevation.ravel()]).astype(float)
    shared = {"heads": bench.head(), "rooms": rooms, "distances": (2.7,)}
    shared |= {"receiver_height": 2.2, "yaw": 0.0, "max_order": 17}
    training = {"snr": (0.0, 40.0), "duration": 1.0, **training, **shared}
    if copies:
        training |= {"snr": None, "transformer": None}
    X, y, _ = bench.render(clips * len(grid), directions=grid, seed=0, **training)
    X = bench.speak(X, copies) if copies else X[:, None]
    rng = np.random.default_rng(bench.seed)
    tested = grid[rng.permutation(len(grid))[: bench.size(1000, 150)]]
    shared |= {"directions": tested, "seed": 1, **bench.speech("train-clean-100")}
    tests = {
        name: bench.render(len(tested), snr=snr, **shared)[:2]
        for name, snr in (("fixed room", 15.0), ("fixed room, no noise", None))
    }
    return X, y, tests


def _samples(X, y):
    """Clips and copies as samples of their own."""
    return X.reshape(-1, X.shape[2]), np.repeat(y, X.shape[1], axis=0)


def _fixed_room_trainings(bench):
    """Arguments of the data to train on: the paper's, and variants."""
    speech = bench.speech("test-other")
    return {
        "strict": {},
        "augmented": {"copies": bench.size(8, 2)},
        "shaped": {"clips": bench.size(4, 1), "sources": _shaped_noise(bench.seed)},
        "speech": {"clips": bench.size(8, 1), "duration": 2.0, "snr": 15.0, **speech},
    }


FIXED = (
    f"{MEDIANS} Strict: trained on 1 s of white noise from each direction of a 2-degree grid with "
    "uncorrelated noise at 0 to 40 dB. Augmented: trained on the same recordings, in eight copies "
    "each: their spectrograms are multiplied by those of speech, of other speakers than the "
    "test's, and uncorrelated noise at 15 dB is added. Shaped: a variant, trained on four clips of "
    "noise from each direction whose spectra fall by 3 to 15 dB per octave, like those of speech. "
    "Speech: a variant, trained on eight clips of 2 s of speech from each direction, of other "
    "speakers than the test's, with uncorrelated noise at 15 dB. Tested on 2 s of speech from "
    "directions of that grid with uncorrelated noise at 15 dB, and without noise. The paper turns "
    "the head; here the source moves around it."
)


def fixed(bench):
    """Fixed room (CAMIL)."""
    for training, kwargs in _fixed_room_trainings(bench).items():
        if training not in bench.args.trainings:
            continue
        X, y, tests = _fixed_room_data(bench, **kwargs)
        systems = ["SCE_sim5", "feed-forward", "WSCE_sim15", "LEM"]
        epochs = 3 if training == "strict" else 1
        bench.run(systems, _samples(X, y), tests, epochs=epochs, training=training)
        bench.write("fixed", "Fixed room (CAMIL protocol)", FIXED)


def reduced(bench):
    """A tenth of the training set (CAMIL)."""
    fractions = {"strict": (0.1, 0.25, 0.5), "augmented": (0.1, 0.25), "speech": (0.1,)}
    for training in bench.args.trainings:
        if training not in fractions:
            continue
        X, y, tests = _fixed_room_data(bench, **_fixed_room_trainings(bench)[training])
        noisy, clean = tests.values()
        epochs = 1.5 if training == "augmented" else 3
        for fraction in fractions[training]:
            X_part, _, y_part, _ = train_test_split(
                X, y, train_size=fraction, random_state=bench.seed
            )
            name = f"{100 * fraction:.0f} % of the training set"
            tests = {name: noisy, f"{name}, no noise": clean}
            systems = ["SCE_sim5", "feed-forward", "LEM"]
            train = _samples(X_part, y_part)
            bench.run(systems, train, tests, epochs=epochs, training=training)
            bench.write(
                "reduced",
                "Reduced training set (CAMIL protocol)",
                f"{MEDIANS} The room, the head, the trainings and the test of `fixed`.",
            )


def _varying_rooms_data(bench, n_train, suffixes=("", ", off the grid")):
    """Sixteen rooms to train in; the same rooms, and other rooms, to test in."""
    rooms = datasets.make_shoebox_rooms(16, random_state=bench.seed)
    others = datasets.make_shoebox_rooms(200, random_state=bench.seed + 1)
    shared = {"heads": bench.head(), "directions": "measured", "yaw": bench.args.yaw}
    n_receivers = bench.args.places or None
    train = bench.render(n_train, rooms=rooms, seed=2, n_receivers=n_receivers, **shared)[:2]
    tests = {}
    for suffix in suffixes:
        shared |= {"directions": None if suffix else "measured", "n_receivers": None}
        for seed, (name, where) in enumerate({"test 1": rooms, "test 2": others}.items(), 3):
            n_test = bench.size(2000, 300)
            tests[name + suffix] = bench.render(n_test, rooms=where, seed=seed, **shared)[:2]
    return train, tests


VARYING = (
    f"{MEDIANS} Trained on 2 s of white noise in 16 rooms (T60 0.1-0.4 s), the head at a new place "
    "in each clip (the paper: 9 places in each room; `--places 9`), facing a new way unless "
    "`--yaw` gives one for all clips. Sources stand on the measured directions of CIPIC subject "
    "021 at 1, 1.5 and 2 m. Test 1: other places in the same rooms; test 2: 200 other rooms; both "
    "on the same grid of directions. Off the grid: "
    "directions between the measured ones, with interpolated responses, never seen in training."
)


def varying(bench):
    """Varying rooms (VAST)."""
    train, tests = _varying_rooms_data(bench, bench.size(bench.args.train or 60480, 2500))
    bench.run(["SCE_sim5", "WSCE_sim15", "feed-forward", "LEM"], train, tests)
    bench.write("varying", "Varying rooms (VAST protocol)", VARYING)


def radii(bench):
    """Radius of the neighbourhood in varying rooms."""
    train, tests = _varying_rooms_data(bench, bench.size(16800, 2500), suffixes=("",))
    systems = ["SCE_sim5", "SCE_sim15", "WSCE_sim5", "WSCE_sim15", "WSCE_sim30"]
    bench.run(systems, train, tests, epochs=2 / 3)
    bench.write("radii", "Radius of the neighbourhood (VAST protocol)", VARYING)


def ablation(bench):
    """Settings that the paper leaves open, in varying rooms."""
    train, tests = _varying_rooms_data(bench, bench.size(16800, 2500), suffixes=("",))
    systems = ["SCE_sim5", "WSCE_sim15", *(name for name in SYSTEMS if "-" in name)]
    systems.remove("feed-forward")
    bench.run(systems, train, tests, epochs=2 / 3)
    bench.write(
        "ablation",
        "Settings that the paper leaves open (VAST protocol)",
        f"{VARYING} SCE_sim5 has a margin of 1; `adaptive`: the sigmoid of the difference of the "
        "angles in radians; `d8`: embeddings of 8 dimensions, not 3; `paper`: 30 % held out, "
        "patience 20, dropout 0.2, batch norm before the sigmoid. K: neighbours in the regression.",
    )


def _with_mirror_images(X, y):
    """Cues and directions, and those that a mirror between left and right would make of them."""
    names = BinauralCues(FS).get_feature_names_out().astype(str)
    odd = np.char.startswith(names, "ild") | np.char.startswith(names, "ipd_sin")
    return np.concatenate([X, np.where(odd, -X, X)]), np.concatenate([y, y * (-1, 1)])


HEADS = (
    f"{MEDIANS} 2 s of white noise, sources at 1, 1.5 and 2 m, or at 1 m alone. No room: trained "
    "and tested without one, so that nothing but the heads is new. `--mirror`: the mirror images "
    "of the clips of many heads are trained on too, which makes them twice as many."
)


def heads(bench):
    """Heads never seen in training (CIPIC)."""
    subjects = datasets.list_cipic_subjects(bench.data / "cipic")
    subjects = [s for s in subjects if s not in ("021", "165")]
    unseen, seen = subjects[::4], [s for s in subjects if s not in subjects[::4]]
    new, many = ([bench.head(s) for s in group] for group in (unseen, ("021", "165", *seen)))
    kemar = datasets.load_mit_kemar(bench.data / "mit_kemar", fs=FS)
    rooms = datasets.make_shoebox_rooms(16, random_state=bench.seed)
    test_room = datasets.make_shoebox_rooms(
        1, dimensions=((3.5, 5, 2.8), (3.5, 5, 2.8)), t60=(0.3, 0.3), random_state=bench.seed
    )

    def render(n, group, seed, rooms, **kwargs):
        shared = {"directions": "measured", "n_receivers": None, **kwargs}
        return bench.render(n, heads=group, seed=seed, rooms=rooms, **shared)[:2]

    n_test, near = bench.size(2000, 300), {"distances": (1.0,)}
    n_many, n_one = bench.size(bench.args.train or 100800, 2500), bench.size(10080, 2500)
    trainings = {
        "many training heads": (n_many, many, 7, rooms),
        "one training head": (n_one, [bench.head()], 6, rooms),
        "one training head, another laboratory": (n_one, [kemar], 8, rooms),
        "many training heads, no room": (bench.size(30000, 2500), many, 13, None),
    }
    for name, (n_train, group, seed, where) in trainings.items():
        train = render(n_train, group, seed, where)
        if bench.args.mirror and group is many:
            train = _with_mirror_images(*train)
        if where is None:
            tests = {name: render(n_test, new, 14, None)}
        else:
            tests = {
                name: render(n_test, new, 5, test_room),
                f"{name}, at 1 m": render(n_test, new, 11, test_room, **near),
            }
            # Whether the heads that are new limit the error, or all heads do.
            known = f"{name}, tested on them"
            tests[known] = render(n_test, group, 10, test_room)
            tests[f"{known}, at 1 m"] = render(n_test, group, 12, test_room, **near)
        columns = {"training heads": len(group), "other heads": len(new)}
        bench.run(["WSCE_sim15"], train, tests, **columns)
        # After each, so that a run that is killed half-way leaves what it has.
        bench.write("heads", "Heads never seen in training (CIPIC)", HEADS)


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


PROTOCOLS = {f.__name__: f for f in (fixed, varying, reduced, radii, ablation, heads, real)}


def main(argv=None):
    """Run the protocols that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.binaural")
    parser.add_argument("protocol", choices=[*PROTOCOLS, "all"])
    parser.add_argument("--data", default=os.environ.get("SSLEARN_DATA"), help="measured data")
    parser.add_argument("--out", default=RESULTS, help="folder of the results")
    parser.add_argument("--cache", default=".cache/binaural", help="folder of rendered cues")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, help="only these systems")
    parser.add_argument("--trainings", nargs="+", choices=TRAININGS, default=TRAININGS)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--train", type=int, help="clips to train on, varying rooms and many heads")
    parser.add_argument("--places", type=int, default=0, help="places of the head per room; 0: any")
    parser.add_argument(
        "--yaw", type=float, help="where the head faces; drawn for each clip if not"
    )
    parser.add_argument("--mirror", action="store_true", help="mirror images of many heads too")
    parser.add_argument("--neighbors", type=int, nargs="+", default=[5], help="K; may be several")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="small sizes, under 5 minutes")
    args = parser.parse_args(argv)
    if not args.data or not Path(args.data).is_dir():
        parser.error(f"--data (or SSLEARN_DATA) must name the measured data; got {args.data!r}")
    argv = sys.argv[1:] if argv is None else argv
    args.options = [argument for argument in argv if argument != args.protocol]
    for name in PROTOCOLS if args.protocol == "all" else [args.protocol]:
        print(f"\n== {name}: {PROTOCOLS[name].__doc__}", flush=True)
        PROTOCOLS[name](Bench(args))


if __name__ == "__main__":
    main()
