"""Label encodings, losses and decoders of Feng, Zhang and Li (2025) on four networks.

Run all of it, some systems and cells, or see whether it runs::

    python -m benchmarks.accuracy.label_encodings
    python -m benchmarks.accuracy.label_encodings --systems L1/SNet --cells 1hot/CE ULD/MSEwo
    python -m benchmarks.accuracy.label_encodings --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Clips are rendered once from
speech, with rooms and speakers of their own for training, validation and test. A cell is a pair of
encoding and loss: it is trained once and decoded in three ways. With ``--shared-clips`` all cells
of a network are trained together first, with an output layer each. Clips and finished trainings
stay in ``--cache``.
"""

from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from benchmarks.accuracy._data import skipping
from benchmarks.accuracy._maps import precompute, to_single_precision
from benchmarks.accuracy._speech import split_speech
from benchmarks.accuracy._torch import PRECISIONS, set_up_torch
from benchmarks.accuracy.label_encodings.clips import RESPONSES, Clips, measured, render
from benchmarks.accuracy.label_encodings.shared import train_together, weights_of_cell
from benchmarks.accuracy.label_encodings.training import (
    CELLS,
    SCHEDULES,
    add_row,
    kept,
    make_localizer,
    train_cell,
)
from benchmarks.study import Study

SYSTEMS = tuple(
    f"{preset}/{network}" + ("-Split" if preset in ("C2", "L2") else "")
    for preset in ("C1", "C2", "L1", "L2", "R3VIVAL")
    for network in ("PNN", "SNet")
)
SIZES = {
    "shared_clips": (16, 36_000, 0),
    "clips": (24, 1500, 10_000),
    "validation": (8, 50, 1000),
    "test": (12, 500, 1000),
    "epochs": (2, 1, 30),
    "batch_size": (8, 8, 32),
    # Pieces that training keeps of a clip, seconds of a piece, seconds of a clip.
    "pieces": (2, 1, 1),
    "duration": (0.25, 0.208, 2.0),
    "test_duration": (0.5, 2.0, 2.0),
    "precision": ("full", "full", "tf32"),
    "schedule": ("cosine", "cosine", "published"),
}
# Rate after the shared clips: from 1e-4 on, the few clips of a cell's own increase the error.
OWN_LR = 3e-5


class Bench:
    """Clips and trainings of one run.

    Parameters
    ----------
    run : Run
        The run.
    """

    def __init__(self, run):
        self.args = run.args
        self.folder = self.args.cache / "_".join(map(str, run.settings.values()))
        self.speech = split_speech(self.args.data / "speech_librispeech", self.args.seed)
        self.n_shared = self.args.shared_clips * self.args.pieces

    def clips(self, system, part):
        """Clips as input of a system; training uses the shared ones first, then each cell's own."""
        args, train = self.args, part == "train"
        clips = render(
            args.cache / "clips",
            system.partition("/")[0],
            part,
            args.shared_clips + args.clips if train else getattr(args, part),
            speech=self.speech,
            duration=args.test_duration,
            kept=args.duration if train else args.test_duration,
            n_pieces=args.pieces if train else 1,
            seed=args.seed,
            n_jobs=args.n_jobs,
        )
        return self._maps(system, clips, Path(clips.X.filename).name)

    def tests(self, system):
        """Clips of each test as input of a system."""
        tests = {"simulated": self.clips(system, "test")}
        preset = system.partition("/")[0]
        if preset in RESPONSES:
            n_repeats, duration = 1 if self.args.quick else 4, self.args.test_duration
            shared = {"duration": duration, "n_repeats": n_repeats}
            with skipping("measured responses"):
                clips = measured(self.args.data, preset, self.speech, **shared)
                name = f"{preset}_measured_{n_repeats}x{duration:g}s.npy"
                tests["measured"] = self._maps(system, clips, name)
        return tests

    def _maps(self, system, clips, name):
        if not self.args.maps:
            return clips
        network, params = self._network(system)
        localizer = make_localizer(network, CELLS[0], params["grid"], split=params["split"])
        path = self.args.cache / "maps" / f"{network}_{name}"
        n_jobs = self.args.n_jobs
        return Clips(
            precompute(clips.X, localizer.batch_transform, path, dtype=np.float32, n_jobs=n_jobs),
            clips.y,
        )

    def prepare(self, system):
        """Render the clips of a system and train its cells together, unless that is done."""
        if all(self._path(system, cell).exists() for cell in self.args.cells):
            return
        for part in ("train", "validation"):
            self.clips(system, part)
        self.tests(system)
        path = self._shared_path(system)
        if not self.n_shared or path.exists():
            return
        print(f"== {system}, all cells together", flush=True)
        set_up_torch(self.args.threads, self.args.precision)
        network, params = self._network(system)
        train = self.clips(system, "train")
        shared = Clips(train.X[: self.n_shared], train.y[: self.n_shared])
        weights = train_together(network, train=shared, **params)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **weights)

    def results(self, system, cell):
        """Name of a cell and its figures by test; it is trained unless that is done."""
        return cell, kept(self._path(system, cell), lambda: self._train(system, cell))

    def _train(self, system, cell):
        print(f"\n== {system}, {cell}", flush=True)
        set_up_torch(self.args.threads, self.args.precision)
        network, params = self._network(system)
        if self.n_shared:
            with np.load(self._shared_path(system)) as shared:
                params |= {"start": weights_of_cell(dict(shared), cell), "lr": OWN_LR}
        train = self.clips(system, "train")
        own = Clips(train.X[self.n_shared :], train.y[self.n_shared :])
        return train_cell(
            network,
            cell,
            clips=(own, self.clips(system, "validation")),
            tests=self.tests(system),
            schedule=self.args.schedule,
            **params,
        )

    def _path(self, system, cell):
        return self.folder / system.replace("/", "_") / f"{cell.replace('/', '_')}.json"

    def _shared_path(self, system):
        return self._path(system, "shared").with_suffix(".npz")

    def _network(self, system):
        """Network of a system and parameters of its training."""
        preset, _, network = system.partition("/")
        params = {
            "grid": "front" if preset in ("L1", "L2") else "circle",
            "split": network.endswith("-Split"),
            "max_epochs": self.args.epochs,
            "batch_size": self.args.batch_size,
            "training__precision": PRECISIONS[self.args.precision],
            "device": self.args.device,
            "random_state": self.args.seed,
        }
        if self.args.maps:
            params["batch_transform"] = to_single_precision()
        return network.removesuffix("-Split"), params


def measure(run):
    """Mean absolute errors in degrees by decoder, and percent of sources in their exact class."""
    _check(run.args)
    bench = Bench(run)
    for system in run.args.systems:
        bench.prepare(system)
        jobs = (delayed(bench.results)(system, cell) for cell in run.args.cells)
        for cell, results in Parallel(run.args.n_jobs, return_as="generator_unordered")(jobs):
            for responses, figures in results.items():
                add_row(run, {"system": system, "cell": cell, "responses": responses}, figures)


def _check(args):
    for name, choices in {"precision": PRECISIONS, "schedule": SCHEDULES}.items():
        if getattr(args, name) not in choices:
            raise ValueError(
                f"--{name} must be one of {', '.join(choices)}; got {getattr(args, name)}"
            )
    if args.pieces * args.duration > args.test_duration:
        raise ValueError(
            f"{args.pieces} pieces of {args.duration:g} s do not fit into a clip of "
            f"{args.test_duration:g} s: reduce --pieces or --duration"
        )


def _options(parser):
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS, help="encoding/loss")
    parser.add_argument("--maps", action="store_true", help="make the input of networks once")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")


STUDY = Study(
    "label_encodings",
    "Which label encoding, loss and decoder localizes best with the same network?",
    measure,
    sizes=SIZES,
    options=_options,
    selections=("systems", "cells", "maps"),
)
main = STUDY.main


if __name__ == "__main__":
    main()
