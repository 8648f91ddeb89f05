"""The classical localizers on measured arrays: recordings, impulse responses, time differences.

Run one set of data, or all of them::

    python -m benchmarks.accuracy.classical r3vival
    python -m benchmarks.accuracy.classical all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data; what it lacks is skipped with a
message. Each set writes JSON and Markdown into ``benchmarks/results``, with the check that comes
with the data beside our figures.
"""

import argparse
import shlex
import sys
from functools import partial
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

from benchmarks.accuracy._data import (
    add_data_option,
    check_data_option,
    read,
    read_present,
    skipping,
)
from benchmarks.accuracy._methods import (
    array_methods,
    errors_by_source,
    errors_near_and_far,
    errors_of_mount,
    errors_of_two,
    intensity_methods,
    located,
    one_frame,
    statistics,
)
from benchmarks.accuracy._notes import NOTES
from benchmarks.accuracy._prepare import compress_sweep, cut_arrivals, keep_arrivals
from benchmarks.accuracy._report import RESULTS, write_results
from sslearn import datasets
from sslearn.decoding import PeakDecoder
from sslearn.doa import ESPRIT, MUSIC, SRPPHAT, directions_from_tdoas
from sslearn.features import STFT
from sslearn.geometry import (
    azimuth_grid,
    circular_difference,
    circular_grid,
    great_circle_distance,
    near_field_grid,
    sphere_grid,
)

FS = 16000


class Bench:
    """What all sets share: folders, rows of results.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        self.args = args
        self.quick = args.quick
        self.data = Path(args.data)
        self.rows = []

    def add(self, condition, method, **columns):
        """Add a row."""
        self.rows.append({"condition": condition, "method": method, **columns})
        print(self.rows[-1], flush=True)

    def speech_at(self, rirs, n_clips, *, duration=2.0):
        """Speech through each response: clips (n_positions * n_clips, n_mics, n_times)."""
        folder = self.data / "speech_librispeech"
        corpus = read(datasets.load_librispeech, folder, "train-clean-100")
        # One second in: behind the pause at the beginning.
        start, n_times = FS, round(duration * FS)
        clips = np.empty((len(rirs) * n_clips, rirs.shape[1], n_times), dtype=np.float32)
        for i, clip in enumerate(clips):
            speech = corpus.audio[i % len(corpus.audio)][start : start + n_times]
            clip[:] = fftconvolve(speech[None], rirs[i // n_clips], axes=-1)[:, :n_times]
        return clips

    def write(self, name, title, notes):
        """Write the rows that were gathered and forget them."""
        write_results(
            f"classical_{name}" + ("_quick" if self.quick else ""),
            title,
            self.rows,
            settings={"quick": self.quick},
            command=shlex.join(
                ["python", "-m", "benchmarks.accuracy.classical", name, *self.args.options]
            ),
            notes=notes,
            folder=self.args.out,
        )
        self.rows = []


def r3vival(bench):
    """Six microphones in a room with three settings of the absorption."""
    n_clips = 1 if bench.quick else 4
    grid, folder = circular_grid(1.0), bench.data / "r3vival"
    whole, low = (read(datasets.load_r3vival, folder, fs=fs) for fs in (None, FS))
    # The seventh microphone is of another make.
    mics = whole.mic_positions[:6]
    for absorption in whole.metadata["absorption"].unique():
        here = np.flatnonzero(whole.metadata["absorption"] == absorption)
        direct = cut_arrivals(whole.rirs[here, :6], whole.fs, n_times=512)
        tests = {"direct sound": (direct, one_frame(512), whole.fs, "1.1 (3.0)")}
        with skipping("speech through the responses"):
            speech = bench.speech_at(low.rirs[here, :6], n_clips)
            tests["speech"] = (speech, STFT(512), FS, "-")
        for sound, (X, stft, fs, check) in tests.items():
            shared = {"fs": fs, "batch_transform": stft}
            methods = array_methods(mics, grid, **shared)
            methods |= intensity_methods(mics, **shared)
            target = np.repeat(whole.target[here, 0], len(X) // len(here))
            for name, method in methods.items():
                error = circular_difference(located(method, X), target)
                bench.add(f"{sound}, {absorption} %", name, **statistics(error), check=check)
    bench.write(
        "r3vival",
        "Six microphones in a room with three settings of the absorption (R3VIVAL)",
        NOTES["r3vival"],
    )


def pyramic(bench):
    """Time differences of 48 microphones."""
    for kind, check in (("calibrated", "0.08 (0.40)"), ("nominal", "2.5 (4.9)")):
        folder = bench.data / "pyramic_tdoa"
        data = read(datasets.load_pyramic_tdoa, folder, calibrated=kind == "calibrated")
        for robust in ("tukey", "huber", False):
            directions = directions_from_tdoas(
                data.tdoas,
                data.mic_positions,
                pairs=data.pairs,
                speed_of_sound=data.speed_of_sound,
                robust=robust,
            )
            name = f"directions_from_tdoas(robust={robust!r})"
            error = great_circle_distance(directions, data.target)
            bench.add(f"{kind} labels", name, **statistics(error), check=check)
    bench.write(
        "pyramic",
        "Measured time differences of 48 microphones (Pyramic)",
        NOTES["pyramic"],
    )


# What is tested: measurement, factor of the radius, band, check of the data.
SOFIA = (
    ("A4", 1.0, (200, 4000), "0.5; 1.0"),
    ("A4", 1.0, (200, 1500), "0.5; 1.0"),
    ("A4", 1.0, (900, 1100), "0.5; 1.0"),
    ("A3", 1.0, (200, 4000), "6.5 2.5 3.0 2.5; 1.0"),
    ("A3", 1.5, (200, 4000), "6.5 2.5 3.0 2.5; 1.0"),
    ("A1", 1.0, (200, 4000), "outer two found"),
    ("A1", 1.0, (1000, 10000), "outer two found"),
)


def sofia(bench):
    """Spherical arrays, open and rigid."""
    load = partial(read, datasets.load_sofia_sphere, bench.data / "sofia_sphere")
    found = read_present({name: partial(load, name) for name in ("A4", "A3", "A1")})
    for measurement, radius, band, check in SOFIA:
        if measurement not in found:
            continue
        responses = found[measurement]
        target = responses.target.reshape(len(responses.rirs), -1, 3)[..., :2]
        n_fft = 512 if measurement == "A4" else 256
        X = responses.rirs[:, :, :n_fft]
        mics = radius * responses.mic_positions
        shared = {"fs": responses.fs, "batch_transform": one_frame(n_fft), "freq_range": band}
        shared["speed_of_sound"] = responses.speed_of_sound
        decoder = PeakDecoder(target.shape[1])
        grid = sphere_grid(12.0 if bench.quick else 6.0)
        if band[1] > 5000:
            # From pole to pole it would take minutes.
            grid = sphere_grid(4.0, elevation_range=(-20, 20))
        methods = array_methods(mics, grid, decoder=decoder, **shared)
        if target.shape[1] > 1:
            del methods["TDOALocalizer"]
        for name, method in methods.items():
            predicted = located(method, X, target[:1, 0]).reshape(len(X), -1, 2)
            bench.add(
                f"{measurement}, radius x {radius}, {band[0]} to {band[1]} Hz",
                name,
                **errors_by_source(predicted, target),
                check=check,
            )
    bench.write(
        "sofia",
        "Spherical arrays in an anechoic chamber (SOFiA)",
        NOTES["sofia"],
    )


# Room: mean error of the check as it is, and fitted; offset of the mount in degrees and largest
# delay in seconds that come with the data.
UWA = {"anechoic": ("8.5", "2.4 (8)", 8.2, 239e-6), "room": ("9.4", "2.7 (13)", 8.8, 236e-6)}


def uwa(bench):
    """Two microphones in an anechoic chamber and in a room."""
    for room, (nominal, fitted, offset, delay) in UWA.items():
        checks = {"check nominal": nominal, "check fitted": fitted}
        with skipping(room):
            _uwa_room(bench, room, (offset, delay * 343 / 0.08575), checks)
    bench.write(
        "uwa",
        "Two microphones, anechoic chamber and room (UWA)",
        NOTES["uwa"],
    )


def _uwa_room(bench, room, given, checks):
    band = (500, 3000)
    folder = bench.data / "uwa_two_mic"
    low, whole = (read(datasets.load_uwa_two_mic, folder, room, fs=fs) for fs in (FS, None))
    responses = compress_sweep(whole.data, whole.fs, freq_range=band, duration=5.0)
    arrivals = cut_arrivals(responses, whole.fs)
    tests = {
        "recording": (low.data, {"batch_transform": STFT(512)}),
        "first arrival": (arrivals, {"fs": whole.fs, "batch_transform": one_frame(1024)}),
    }
    angle = whole.metadata["array_angle"].to_numpy(dtype=float)
    for sound, (X, shared) in tests.items():
        shared |= {"freq_range": band}
        mics = whole.mic_positions
        methods = array_methods(mics, azimuth_grid(-90, 90, 1.0), **shared)
        methods["ESPRIT"] = ESPRIT(mics, **shared)
        for name, method in methods.items():
            columns = errors_of_mount(located(method, X), angle, given)
            bench.add(f"{room}, {sound}", name, **columns | checks)


def mom(bench):
    """Two sources at once, a ring of six microphones."""
    recording = read(datasets.load_mom_respeaker, bench.data / "mom_respeaker", fs=FS)
    # Next to silence before.
    X = recording.data[:, :, round(0.6 * FS) :]
    mics, target = recording.mic_positions, recording.target
    grid = sphere_grid(2.0, elevation_range=(0, 90))
    for band in ((200, 4000), (300, 5000)):
        shared = {"freq_range": band, "batch_transform": STFT(512)}
        methods = array_methods(mics, grid, n_sources=2, decoder=PeakDecoder(2), **shared)
        for name, method in methods.items():
            predicted = located(method, X, target[:, 0]).reshape(1, -1, 2)
            bench.add(f"{band[0]} to {band[1]} Hz", name, **errors_of_two(predicted, target))
        if band == (300, 5000):
            decoder = PeakDecoder(2, refine=None)
            predicted = located(SRPPHAT(mics, grid=grid, decoder=decoder, **shared), X)
            name = "SRPPHAT, points of the grid"
            bench.add("300 to 5000 Hz", name, **errors_of_two(predicted, target))
        predicted = located(ESPRIT(mics, n_sources=2, **shared), X)
        bench.add(f"{band[0]} to {band[1]} Hz", "ESPRIT", **errors_of_two(predicted, target))
    bench.write(
        "mom",
        "Two sources at once, a ring of six microphones (MOM)",
        NOTES["mom"],
    )


def polimi(bench):
    """A line of 32 microphones, sources in its near field."""
    folder = bench.data / "polimi_ula_rir"
    whole, low = (read(datasets.load_polimi_ula_rir, folder, fs=fs) for fs in (None, FS))
    mics = whole.mic_positions
    direct = keep_arrivals(whole.rirs[:, :, :1024], whole.fs)
    shared = {"fs": whole.fs, "batch_transform": one_frame(1024), "freq_range": (2000, 12000)}
    tests = {"direct sound": (direct, shared, 1.0)}
    with skipping("speech through the responses"):
        speech = bench.speech_at(low.rirs, 1 if bench.quick else 2)
        tests["speech"] = (speech, {"batch_transform": STFT(512)}, 2.5)
    for sound, (X, shared, step) in tests.items():
        grid = near_field_grid(azimuth_grid(-70, 70, step), np.arange(0.2, 1.1, 0.028))
        methods = array_methods(mics, grid, **shared)
        plane = {"grid": azimuth_grid(-90, 90, 1.0), **shared}
        methods["SRPPHAT, plane waves"] = SRPPHAT(mics, **plane)
        methods["MUSIC, normalized, plane waves"] = MUSIC(mics, **plane)
        methods["ESPRIT"] = ESPRIT(mics, **shared)
        target = np.repeat(whole.target, len(X) // len(whole.target), axis=0)
        for name, method in methods.items():
            predicted = located(method, X)
            for group, columns in errors_near_and_far(predicted, target):
                bench.add(f"{sound}, {group}", name, **columns)
    bench.write(
        "polimi",
        "A line of 32 microphones, sources in its near field (Milano)",
        NOTES["polimi"],
    )


SETS = {f.__name__: f for f in (r3vival, pyramic, sofia, uwa, mom, polimi)}


def main(argv=None):
    """Run the sets that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.classical")
    parser.add_argument("set", choices=[*SETS, "all"])
    add_data_option(parser)
    parser.add_argument("--out", default=RESULTS, help="folder of the results")
    parser.add_argument("--quick", action="store_true", help="fewer clips, coarser grids")
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    argv = sys.argv[1:] if argv is None else argv
    args.options = [argument for argument in argv if argument != args.set]
    bench = Bench(args)
    for name in SETS if args.set == "all" else [args.set]:
        print(f"\n== {name}: {SETS[name].__doc__}", flush=True)
        with skipping(name):
            SETS[name](bench)


if __name__ == "__main__":
    main()
