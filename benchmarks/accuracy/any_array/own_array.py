"""Networks that are trained for one array: ``python -m benchmarks.accuracy.any_array.own_array``.

A circle of four microphones, 10 cm wide, in the scenes of the study: masked SRP-PHAT as it is, the
same trained further on clips of this array, and PNN, which is trained on them from the start.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy._data import add_data_option, check_data_option
from benchmarks.accuracy._report import RESULTS, write_results
from benchmarks.accuracy.any_array import data
from benchmarks.accuracy.any_array.tables import figures
from sslearn import recipes
from sslearn.geometry import circular_array, circular_difference, circular_grid

MICS = circular_array(4, 0.05)
_NOTES = (
    "Errors in degrees. A circle of four microphones, 10 cm wide; speech at 0.7 to 3 m in rooms of "
    "0.2 to 1 s, white or diffuse noise or one interferer at -5 to 30 dB. {clips} clips of 1 s to "
    "train on, {tests} to test, with other rooms, talkers and noises. PNN has {epochs} epochs "
    "(published: 30, of more clips), masked SRP-PHAT {further} after the weights of the package."
)
_FURTHER = 4


def read_clips(args):
    """Audio and azimuths to train on and to test."""
    parts = []
    for part, n_clips, seed in (("train", args.clips, 0), ("test", args.tests, 1)):
        sounds = data.read_sounds(Path(args.data), training=part == "train")
        path = args.folder / f"own_{part}_{n_clips}.npz"
        args.folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _render(n_clips, seed, sounds).save(path)
        clips = data.Clips.load(path)
        parts.append((clips.X, clips.directions[:, 0, 0]))
    return parts


def _render(n_clips, seed, sounds):
    """Clips of the array, a third in each kind of noise, in random order."""
    rng = np.random.default_rng([seed, 4])
    speech, recordings = sounds
    thirds = [
        data.render_array(
            rng,
            "circle",
            MICS,
            n_clips=n_clips // len(data.NOISES),
            noise=noise,
            n_sources=1,
            on_sphere=False,
            sounds=speech,
            recordings=recordings,
        )
        for noise in data.NOISES
    ]
    order = rng.permutation(sum(len(clips.audio) for clips in thirds))
    joined = {
        name: np.concatenate([getattr(clips, name) for clips in thirds])[order]
        for name in ("audio", "sources", "snr", "t60")
    }
    return data.Clips(**joined, mic_positions=MICS, n_angles=1, kind="circle", noise="each a third")


def systems(args):
    """Localizers by name."""
    pnn = recipes.phase_network(circular_grid(5), max_epochs=args.epochs, random_state=0)
    further = recipes.masked_srp_phat_network(MICS, max_epochs=_FURTHER, random_state=0)
    return {
        "masked SRP-PHAT": recipes.masked_srp_phat(MICS),
        "masked SRP-PHAT, trained further": further,
        "PNN": pnn,
        "MVDR, to 7 kHz": recipes.mvdr(MICS, freq_range=(200, 7000)),
        "SRP-PHAT, to 7 kHz": recipes.srp_phat(MICS, freq_range=(200, 7000)),
    }


def main(argv=None):
    """Train and measure all systems."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.any_array.own_array")
    add_data_option(parser)
    parser.add_argument("--folder", type=Path, default=Path(".cache/any_array"))
    parser.add_argument("--clips", type=int, default=1200)
    parser.add_argument("--tests", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=4, help="of PNN")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    torch.set_num_threads(1)
    (X, y), (X_test, y_test) = read_clips(args)
    rows = []
    for name, localizer in systems(args).items():
        start = time.process_time()
        localizer.fit(X, y)
        minutes = (time.process_time() - start) / 60
        errors = np.abs(circular_difference(y_test, localizer.predict(X_test)))
        rows.append({"system": name} | figures(errors) | {"minutes of training": minutes})
        sizes = {key: getattr(args, key) for key in ("clips", "tests", "epochs")}
        write_results(
            "any_array_own",
            "Networks that are trained for one array",
            rows,
            settings=sizes | {"further": _FURTHER},
            command="python -m benchmarks.accuracy.any_array.own_array",
            notes=_NOTES.format(**sizes, further=_FURTHER),
            folder=args.out,
        )


if __name__ == "__main__":
    main()
