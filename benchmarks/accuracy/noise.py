"""The classical localizers in noise of four kinds, from 20 dB below the source to 20 dB above it.

Run one array, or all of them::

    python -m benchmarks.accuracy.noise circle
    python -m benchmarks.accuracy.noise all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data, whose speech is used; without
it white noise alone is localized. Each array writes JSON, Markdown and a picture into
``benchmarks/results``.
"""

import argparse
import shlex
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.accuracy._data import add_data_option, check_data_option, read, skipping
from benchmarks.accuracy._report import RESULTS, write_results
from sslearn import recipes
from sslearn.datasets import load_librispeech
from sslearn.decoding import AdjacentDecoder
from sslearn.doa import MUSIC, IntensityLocalizer
from sslearn.features import STFT
from sslearn.geometry import circular_array, linear_array
from sslearn.metrics import angular_error
from sslearn.simulation import (
    AmbisonicReceiver,
    ArrayReceiver,
    Interferer,
    Noise,
    Placement,
    ShoeboxRooms,
    Sounds,
    simulate,
)

LEVELS = (-20, -10, 0, 10, 20, 30)  # dB
ROOMS = {"no reverberation": 0, "rooms": None}  # name: highest number of reflections
# array: (title, positions, range of the azimuths)
ARRAYS = {
    "circle": ("a circle of 4 microphones, radius 5 cm", circular_array(4, 0.05), (-180, 180)),
    "line": ("a line of 4 microphones, 4 cm apart", linear_array(4, 0.04), (-75, 75)),
    "ambisonic": ("a first-order ambisonic microphone", None, (-180, 180)),
}
NOISE = {
    "common": {"noise": Noise(0, kind="coherent")},
    "diffuse": {"noise": Noise(0, kind="diffuse")},
    "independent": {"noise": Noise(0)},
    "interferer": {"interferer": Interferer(sir=0)},
}
NOTES = (
    "Errors of the azimuth over {} clips of 1 s: median in degrees; beside it mean, and percentage "
    "of the clips within 5 degrees. One source, 1 to 2 m away, on the horizontal plane, azimuths "
    "between {} and {} degrees. Rooms: 20, reverberation times of 0.2 to 0.6 s; no reverberation: "
    "the direct sound in the same places. All noise is white, up to 8 kHz. Common: the same signal "
    "in all channels, as hum or crosstalk of the electronics. Diffuse: from all directions alike. "
    "Independent: as the noise of the microphones themselves. Interferer: one more source in the "
    "same room, at least 30 degrees from the source, which alone counts as right. dB: ratio of the "
    "direct sound of the source to the noise, or to the direct sound of the interferer. All at "
    "16 kHz with the defaults of `sslearn.recipes`; `MUSIC, 2 sources` has `n_sources=2` and takes "
    "the highest peak."
)


def methods(mics):
    """Recipes for an array, or for ambisonics if ``mics`` is None."""
    stft = {"batch_transform": STFT(512)}
    if mics is None:
        peak = AdjacentDecoder(weights="parabola")
        return {
            "intensity, mean": IntensityLocalizer(**stft),
            "intensity, histogram": IntensityLocalizer(decoder=peak, **stft),
        }
    highest = AdjacentDecoder(weights="lorentzian")
    return {
        "SRP-PHAT": recipes.srp_phat(mics),
        "TDOA": recipes.tdoa(mics),
        "MVDR": recipes.mvdr(mics),
        "MUSIC": recipes.music(mics),
        "MUSIC, 2 sources": MUSIC(mics, n_sources=2, decoder=highest, **stft),
        "ESPRIT": recipes.esprit(mics),
    }


def conditions(name, sounds, n_clips, seed):
    """Clean clips, noise at 0 dB and true azimuths, by kind of noise and room."""
    _, mics, azimuths = ARRAYS[name]
    receiver = AmbisonicReceiver() if mics is None else ArrayReceiver(mics)
    placement = Placement(
        azimuth_range=azimuths, elevation_range=None, distances=(1.0, 1.5, 2.0), min_separation=30
    )
    for room, max_order in ROOMS.items():

        def render(max_order=max_order, **noise):
            # The same seed: the same rooms, places and sounds, whatever the noise.
            return simulate(
                receiver,
                n_clips,
                rooms=ShoeboxRooms(20, t60=(0.2, 0.6)),
                sounds=sounds,
                placement=placement,
                max_order=max_order,
                random_state=seed,
                **noise,
            )

        clean = render()
        for kind, noise in NOISE.items():
            if mics is not None or kind != "common":
                yield room, kind, clean.data, render(**noise).data - clean.data, clean.target


def run(name, args):
    """Rows of one array."""
    sounds = {"white noise": None}
    with skipping("speech"):
        folder = Path(args.data) / "speech_librispeech"
        corpus = read(load_librispeech, folder, "train-clean-100", return_paths=True)
        sounds["speech"] = Sounds(list(corpus.audio))
    localizers, rows = methods(ARRAYS[name][1]), []
    for sound, recordings in sounds.items():
        for room, kind, clean, noise, y in conditions(name, recordings, args.clips, args.seed):
            for localizer in localizers.values():
                localizer.fit(clean[:1], y[:1])
            for level in args.levels:
                X = clean + np.float32(10 ** (-level / 20)) * noise
                row = {"sound": sound, "room": room, "noise": kind, "dB": level}
                for method, localizer in localizers.items():
                    errors = angular_error(y, localizer.predict(X).ravel())
                    row[method] = float(np.median(errors))
                    row[f"{method}: mean"] = float(np.mean(errors))
                    row[f"{method}: within 5"] = round(100 * float(np.mean(errors < 5)))
                rows.append(row)
                print(row, flush=True)
    return rows


def report(name, rows, args):
    """Write the rows of one array, and draw them."""
    title, mics, azimuths = ARRAYS[name]
    stem = f"noise_{name}" + ("_quick" if args.quick else "")
    write_results(
        stem,
        f"Classical localizers in noise: {title}",
        rows,
        settings={"quick": args.quick, "seed": args.seed},
        command=shlex.join(["python", "-m", "benchmarks.accuracy.noise", name, *args.options]),
        notes=NOTES.format(args.clips, *azimuths),
        folder=args.out,
    )
    draw(rows, list(methods(mics)), Path(args.out) / f"{stem}.png")


def draw(rows, names, path):
    """Median errors over the level: a column for each kind of noise, a row for sound and room."""
    import matplotlib.pyplot as plt
    import pandas as pd

    table = pd.DataFrame(rows)
    kinds = table["noise"].unique()
    lines = table[["sound", "room"]].drop_duplicates().to_numpy().tolist()
    size = {"figsize": (2.4 * len(kinds), 1.9 * len(lines) + 0.6), "layout": "constrained"}
    figure, axes = plt.subplots(len(lines), len(kinds), sharex=True, sharey=True, **size)
    for (sound, room), row_of_axes in zip(lines, axes, strict=True):
        for kind, ax in zip(kinds, row_of_axes, strict=True):
            part = table[(table["sound"] == sound) & (table["room"] == room)]
            part[part["noise"] == kind].plot("dB", names, ax=ax, marker="o", ms=3, legend=False)
            ax.set_title(f"{kind}\n{sound}, {room}", fontsize="small")
            ax.set_yscale("symlog", linthresh=1.0)
            ax.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
            ax.set_ylim(0, 180)
            ax.grid(alpha=0.3)
    figure.supylabel("median error (degrees)")
    figure.legend(names, loc="outside lower center", ncols=len(names))
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main(argv=None):
    """Run the arrays that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.noise")
    parser.add_argument("array", choices=[*ARRAYS, "all"])
    add_data_option(parser)
    parser.add_argument("--out", default=RESULTS, help="folder of the results")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="10 clips, three levels")
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    args.clips, args.levels = (10, LEVELS[::2]) if args.quick else (100, LEVELS)
    argv = sys.argv[1:] if argv is None else argv
    args.options = [argument for argument in argv if argument != args.array]
    # Where noise wins, time differences contradict each other: that is what is studied.
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in ARRAYS if args.array == "all" else [args.array]:
        print(f"\n== {name}: {ARRAYS[name][0]}", flush=True)
        report(name, run(name, args), args)


if __name__ == "__main__":
    main()
