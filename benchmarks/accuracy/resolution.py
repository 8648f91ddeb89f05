"""How close two sources may be to each other, for each of the classical localizers.

Run one array, or all of them::

    python -m benchmarks.accuracy.resolution line
    python -m benchmarks.accuracy.resolution all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data, whose speech is used; without
it white noise alone is resolved. Each array writes JSON and Markdown into ``benchmarks/results``.
"""

import argparse
import shlex
import sys
from pathlib import Path

import numpy as np
from sklearn.utils import check_random_state

from benchmarks.accuracy._data import add_data_option, check_data_option, read, skipping
from benchmarks.accuracy._report import RESULTS, write_results
from sslearn.datasets import load_librispeech, make_plane_waves
from sslearn.decoding import PeakDecoder
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT
from sslearn.features import STFT
from sslearn.geometry import azimuth_grid, circular_array, circular_grid, linear_array, wrap_azimuth
from sslearn.metrics import angular_error

FS = 16000

# array: (positions, directions of a grid of 1 degree, range of the centre between the sources)
ARRAYS = {
    "line": (linear_array(8, 0.04), azimuth_grid(-90, 90, 1.0), (-45, 45)),
    "circle": (circular_array(8, 0.1), circular_grid(1.0), (-180, 180)),
    "small_circle": (circular_array(8, 0.05), circular_grid(1.0), (-180, 180)),
}
TITLES = {
    "line": "a line of 8 microphones, 4 cm apart",
    "circle": "a circle of 8 microphones, radius 10 cm",
    "small_circle": "a circle of 8 microphones, radius 5 cm",
}
NOTES = (
    "Percentage of {} clips that are resolved: two sources are found and, after the best matching, "
    "both are less than half the separation off; beside it the root-mean-square error of these "
    "clips in degrees. Two independent plane waves of equal power, 1 s, the centre between them "
    "uniform between {} and {} degrees. The SNR in dB is that of both together (each 3 dB less) "
    "over noise that is uncorrelated over the microphones, up to 8 kHz. Speech: different "
    "speakers, any second of theirs. All: 16 kHz, `STFT(512)`, 200 to 4000 Hz, which are the "
    "defaults; `n_sources=2`, or a grid of 1 degree with `PeakDecoder(2, min_separation=3)`, which "
    "refines as the default decoder does."
)


def methods(mics, grid):
    """Localizers that look for two sources."""

    def peaks(refine):
        return {"grid": grid, "decoder": PeakDecoder(2, min_separation=3, refine=refine)}

    shared = {"fs": FS, "batch_transform": STFT(512)}
    return {
        "ESPRIT": ESPRIT(mics, n_sources=2, **shared),
        "ESPRIT, not refined": ESPRIT(mics, n_sources=2, n_refinements=0, **shared),
        "MUSIC": MUSIC(mics, n_sources=2, **peaks("lorentzian"), **shared),
        "MUSIC, not normalized": MUSIC(
            mics, n_sources=2, normalize=False, **peaks("lorentzian"), **shared
        ),
        "MVDR": MVDR(mics, **peaks("lorentzian"), **shared),
        "SRPPHAT": SRPPHAT(mics, **peaks("parabola"), **shared),
    }


def cut_speech(corpus, n_clips, rng):
    """One second of two speakers for each clip, of equal power: (2, n_clips, FS)."""
    clips = np.empty((2, n_clips, FS))
    for i in range(n_clips):
        first, second = rng.choice(len(corpus.audio), 2, replace=False)
        while corpus.speakers[second] == corpus.speakers[first]:
            second = rng.randint(len(corpus.audio))
        for clip, utterance in zip(clips[:, i], (first, second), strict=True):
            audio = corpus.audio[utterance]
            # Without the pauses at the beginning and at the end.
            start = rng.randint(FS // 2, len(audio) - 3 * FS // 2)
            clip[:] = audio[start : start + FS]
    return clips / np.sqrt(np.mean(clips**2, axis=-1, keepdims=True))


def simulate(mics, azimuths, sounds, snr, rng):
    """Two plane waves a clip, and noise that is uncorrelated over the microphones."""
    X = np.zeros((len(azimuths), len(mics), FS))
    for source in range(2):
        X += make_plane_waves(
            len(azimuths),
            mic_positions=mics,
            fs=FS,
            duration=1.0,
            directions=azimuths[:, source],
            sounds=sounds[source],
            random_state=rng,
        ).data
    power = np.mean(X**2, axis=2, keepdims=True)
    return (X + np.sqrt(power / 10 ** (snr / 10)) * rng.standard_normal(X.shape)).astype("float32")


def share_resolved(azimuths, predicted, separation):
    """Percentage of the clips with both errors below half the separation; their rms error."""
    errors = angular_error(azimuths[..., None], predicted)
    resolved = (errors < separation / 2).all(axis=1)  # a source that is not found has NaN
    rms = np.sqrt(np.mean(errors[resolved] ** 2)) if resolved.any() else np.nan
    return 100.0 * resolved.mean(), float(rms)


def run(name, args, corpus):
    """Rows of one array."""
    mics, grid, centers = ARRAYS[name]
    n_clips = 20 if args.quick else 200
    separations = (10, 15) if args.quick else (5, 10, 15, 20, 30)
    conditions = [(separation, 10) for separation in separations]
    if not args.quick:
        conditions += [(15, snr) for snr in (0, 5, 20)]
    rows = []
    for sound in ("white noise", "speech") if corpus else ("white noise",):
        for separation, snr in conditions:
            rng = check_random_state(args.seed)
            offsets = np.array([-separation / 2, separation / 2])
            azimuths = wrap_azimuth(rng.uniform(*centers, size=(n_clips, 1)) + offsets)
            speech = sound == "speech"
            sounds = cut_speech(corpus, n_clips, rng) if speech else (None, None)
            X = simulate(mics, azimuths, sounds, snr, rng)
            row = {"sound": sound, "separation": separation, "SNR": snr}
            for method, localizer in methods(mics, grid).items():
                predicted = localizer.fit(X[:1]).predict(X)
                row[method], row[f"{method}: rms"] = share_resolved(azimuths, predicted, separation)
            rows.append(row)
            print(row, flush=True)
    return rows


def report(name, rows, args):
    """Write the rows of one array."""
    write_results(
        f"resolution_{name}" + ("_quick" if args.quick else ""),
        f"Two sources: {TITLES[name]}",
        rows,
        settings={"quick": args.quick, "seed": args.seed},
        command=shlex.join(["python", "-m", "benchmarks.accuracy.resolution", name, *args.options]),
        notes=NOTES.format(20 if args.quick else 200, *ARRAYS[name][2]),
        folder=args.out,
    )


def main(argv=None):
    """Run the arrays that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.resolution")
    parser.add_argument("array", choices=[*ARRAYS, "all"])
    add_data_option(parser)
    parser.add_argument("--out", default=RESULTS, help="folder of the results")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="20 clips, two separations")
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    argv = sys.argv[1:] if argv is None else argv
    args.options = [argument for argument in argv if argument != args.array]
    corpus, folder = None, Path(args.data) / "speech_librispeech"
    with skipping("speech"):
        corpus = read(load_librispeech, folder, "train-clean-100", fs=FS)
    for name in ARRAYS if args.array == "all" else [args.array]:
        print(f"\n== {name}: {TITLES[name]}", flush=True)
        report(name, run(name, args, corpus), args)


if __name__ == "__main__":
    main()
