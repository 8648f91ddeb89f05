"""How often faults of a set-up are found, and how often there is a false alarm.

Real recordings, measured responses with speech, and simulations, each described rightly and
falsified::

    python -m benchmarks.accuracy.diagnose measured
    python -m benchmarks.accuracy.diagnose all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Each part writes JSON and
Markdown into ``benchmarks/results``.
"""

import argparse
import shlex
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

from benchmarks.accuracy._data import add_data_option, check_data_option, read, skipping
from benchmarks.accuracy._report import RESULTS, write_results
from sslearn import datasets, recipes
from sslearn.doa import diagnose_recording
from sslearn.doa._diagnose_fit import ArrayFit
from sslearn.exceptions import ArrayMismatchWarning
from sslearn.geometry import (
    circular_array,
    circular_grid,
    linear_array,
    mic_pairs,
    propagation_delays,
    tetrahedral_array,
)
from sslearn.simulation import Noise

FS, N_CLIPS, DURATION = 16000, 6, 2.0
HELD_OUT = "test-other"
ROWS = (
    "units", "transposed", "sampling_rate", "order", "mono", "doubled", "dead", "polarity",
    "clipped", "offset", "common_noise", "bandwidth", "plane_wave",
)  # fmt: skip
NOTES = (
    "Percentage of the trials in which `diagnose_recording` has a warning or an error in the row "
    "of the fault (*found*), and in which `recipes.tdoa` gives an `ArrayMismatchWarning` "
    "(*warned*); of the right description, in any row. Six clips a trial, or all there are, in "
    "different directions. *Hidden* swaps leave the delays of horizontal sources as those of the "
    "array, mirrored: nobody can find them by delays. A pair has no others, and one channel of a "
    "pair that is doubled is mono. The offset of the recordings of UWA "
    "is real: their mean is about their level. Heads are no array of two "
    "microphones in free air: their delays are up to 1.5 times as long."
)


def swapped(X, mics, fs, rng, *, hidden):
    """Two channels changed over."""
    fit, delays = ArrayFit(mics, 343.0), propagation_delays(mics, circular_grid(15.0))
    delays -= delays.mean(axis=1, keepdims=True)
    orders = np.repeat(np.arange(len(mics))[None], len(mics) * (len(mics) - 1) // 2, axis=0)
    for order, pair in zip(orders, mic_pairs(len(mics)), strict=True):
        order[pair] = pair[::-1]
    misfits = [np.sqrt(np.mean(np.square(fit.misfit(delays[:, order])))) for order in orders]
    orders = orders[(np.array(misfits) < 0.06) == hidden]
    if len(orders) == 0:
        return None
    return X[:, orders[rng.integers(len(orders))]], mics, fs


def with_channel(X, mics, fs, rng, *, change):
    """One channel of three or more changed."""
    if len(mics) < 3 and change is not negated and change is not silenced:
        return None
    i, j = rng.choice(len(mics), 2, replace=False)
    X = X.copy()
    X[:, i] = change(X[:, i], X[:, j], rng)
    return X, mics, fs


def noisy_copy(own, other, rng, *, level=10**-1.5):
    """Another channel and a little noise."""
    return other + level * other.std() * rng.standard_normal(own.shape)


def own_noise(own, other, rng):
    """Noise alone, at a hundredth of the level."""
    return 0.01 * own.std() * rng.standard_normal(own.shape)


def negated(own, other, rng):
    """The same with opposite sign."""
    return -own


def silenced(own, other, rng):
    """Silence."""
    return 0 * own


def transposed(X, mics, fs, rng):
    """Positions of three microphones as (3, n_mics)."""
    for _ in range(100):
        some = rng.choice(len(mics), min(3, len(mics)), replace=False)
        if np.linalg.matrix_rank(mics[some] - mics[some].mean(axis=0), tol=1e-3) == 2:
            turned = mics[some].T
            apart = np.linalg.norm(turned[:, None] - turned, axis=2)[np.triu_indices(3, 1)]
            return (X[:, some], turned, fs) if apart.min() > 1e-3 else None
    return None


def common_noise(X, mics, fs, rng):
    """The same noise in all channels, as loud as the sound."""
    return X + X.std() * rng.standard_normal((len(X), 1, X.shape[2])), mics, fs


def clipped(X, mics, fs, rng):
    """Clipped at a third of the highest value."""
    return np.clip(X, -np.abs(X).max() / 3, np.abs(X).max() / 3), mics, fs


def copied(X, mics, fs, rng):
    """One channel in place of all, with a little noise."""
    return np.repeat(X[:, :1], len(mics), axis=1), mics, fs


# case: (row in which it must be found, what falsifies)
FAULTS = {
    "millimetres": ("units", lambda X, mics, fs, rng: (X, 1000 * mics, fs)),
    "centimetres": ("units", lambda X, mics, fs, rng: (X, 100 * mics, fs)),
    "8 kHz": ("sampling_rate", lambda X, mics, fs, rng: (X, mics, 8000)),
    "44.1 kHz": ("sampling_rate", lambda X, mics, fs, rng: (X, mics, 44100)),
    "48 kHz": ("sampling_rate", lambda X, mics, fs, rng: (X, mics, 48000)),
    "two swapped channels": ("order", partial(swapped, hidden=False)),
    "two swapped channels, hidden": ("order", partial(swapped, hidden=True)),
    "transposed": ("transposed", transposed),
    "doubled channel": ("doubled", partial(with_channel, change=lambda own, other, rng: other)),
    "doubled, noise at -30 dB": ("doubled", partial(with_channel, change=noisy_copy)),
    "silent channel": ("dead", partial(with_channel, change=silenced)),
    "channel of own noise": ("dead", partial(with_channel, change=own_noise)),
    "inverted polarity": ("polarity", partial(with_channel, change=negated)),
    "one channel in all": ("mono", copied),
    "clipped": ("clipped", clipped),
    "offset": ("offset", lambda X, mics, fs, rng: (X + X.std(), mics, fs)),
    "common noise, 0 dB": ("common_noise", common_noise),
}


def alarms(X, mics, fs):
    """Rows with a warning or an error; whether a localizer warns."""
    verdicts = diagnose_recording(X, mics, fs=fs)["verdict"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        localizer = recipes.tdoa(mics, fs=fs).fit(X[:1])
        localizer.predict(X)
    warned = any(issubclass(warning.category, ArrayMismatchWarning) for warning in caught)
    return set(verdicts.index[verdicts.isin(["warning", "error"])]), warned


def rows_of(name, trials, rng):
    """Rows of one set: the right description and every fault."""
    trials = [(np.asarray(X, dtype=float), mics, FS) for X, mics in trials]
    right = [alarms(X.astype(np.float32), mics, fs) for X, mics, fs in trials]
    by_row = {row: 100 * np.mean([row in found for found, _ in right]) for row in ROWS}
    false = ", ".join(f"{row} {share:.0f}" for row, share in by_row.items() if share)
    yield {
        "set": name,
        "case": "right",
        "trials": len(trials),
        "found": float(100 * np.mean([bool(found) for found, _ in right])),
        "warned": float(100 * np.mean([warned for _, warned in right])),
        "rows": false,
    }
    for case, (row, falsify) in FAULTS.items():
        wrong = [falsify(*trial, rng) for trial in trials]
        wrong = [trial for trial in wrong if trial is not None]
        if not wrong:
            continue
        results = [alarms(X.astype(np.float32), mics, fs) for X, mics, fs in wrong]
        yield {
            "set": name,
            "case": case,
            "trials": len(wrong),
            "found": float(100 * np.mean([row in found for found, _ in results])),
            "warned": float(100 * np.mean([warned for _, warned in results])),
            "rows": row,
        }


def speak(rirs, corpus, rng):
    """Speech through responses (n_clips, n_mics, n_times)."""
    n_times = round(DURATION * FS)
    clips = np.empty((len(rirs), rirs.shape[1], n_times), dtype=np.float32)
    for clip, rir in zip(clips, rirs, strict=True):
        # One second in: behind the pause at the beginning.
        speech = corpus[rng.integers(len(corpus))][FS : FS + n_times]
        clip[:] = fftconvolve(speech[None], rir, axes=-1)[:, :n_times]
    return clips


def draw(n, rng):
    """Some of n clips, in order."""
    return np.sort(rng.choice(n, min(n, N_CLIPS), replace=False))


def read_speech(data):
    """Dry speech of speakers on whom no bound was tuned."""
    corpus = read(datasets.load_librispeech, data / "speech_librispeech", HELD_OUT).audio
    # As many as `speak` takes.
    return [clip for clip in corpus if len(clip) >= (DURATION + 1.0) * FS]


def measured(data, rng, n_trials):
    """Sets of recordings, and of responses with speech: name, trials."""
    corpus = read_speech(data)

    def spoken(responses, n_mics=None, mics=None):
        for _ in range(n_trials):
            rows = draw(len(responses.rirs), rng)
            some = rng.permutation(responses.rirs.shape[1])[:n_mics] if n_mics else slice(None)
            rirs = responses.rirs[rows][:, some]
            if len(rirs) < N_CLIPS:
                rirs = np.concatenate([rirs] * (N_CLIPS // len(rirs)))
            places = responses.mic_positions[some] if mics is None else mics
            yield speak(rirs, corpus, rng), places

    for absorption in (0, 50, 100):
        name = f"R3VIVAL, {absorption} %, speech"
        with skipping(name):
            responses = read(datasets.load_r3vival, data / "r3vival", absorption, fs=FS)
            yield name, list(spoken(responses))
    with skipping("Polimi"):
        responses = read(datasets.load_polimi_ula_rir, data / "polimi_ula_rir", fs=FS)
        yield "Polimi, 32 microphones, speech", list(spoken(responses))[: max(2, n_trials // 2)]
    for name in ("A4", "A3"):
        with skipping(f"SOFiA {name}"):
            responses = read(datasets.load_sofia_sphere, data / "sofia_sphere", name, fs=FS)
            yield f"SOFiA {name}, 12 microphones, speech", list(spoken(responses, 12))
    for name in ("anechoic", "room"):
        with skipping(f"UWA, {name}"):
            recordings = read(datasets.load_uwa_two_mic, data / "uwa_two_mic", name, fs=FS)
            rows = [draw(len(recordings.data), rng) for _ in range(n_trials)]
            trials = [(recordings.data[r], recordings.mic_positions) for r in rows]
            yield f"UWA, {name}", trials
    for name in ("two_sources", "phone_turning"):
        with skipping(f"MOM, {name}"):
            recordings = read(datasets.load_mom_respeaker, data / "mom_respeaker", name, fs=FS)
            # One recording each: trials differ by the channels that are falsified.
            clip = recordings.data[:, :, FS // 2 :]
            yield f"MOM, {name}", [(clip, recordings.mic_positions)] * n_trials


ARRAYS = {
    "circle of 4, 5 cm": circular_array(4, 0.05),
    "circle of 6, 5 cm": circular_array(6, 0.05),
    "line of 8, 4 cm apart": linear_array(8, 0.04),
    "tetrahedron, 5 cm": tetrahedral_array(0.05),
    "pair, 15 cm": linear_array(2, 0.15),
}


def simulated(data, rng, n_trials):
    """Sets of simulated arrays: name, trials."""
    corpus = read_speech(data)
    n_clips = n_trials * N_CLIPS
    for array, mics in ARRAYS.items():
        for snr in (0, 10, 30):
            shared = {"mic_positions": mics, "duration": 1.0, "random_state": int(rng.integers(99))}
            waves = datasets.make_plane_waves(n_clips, azimuth_range=(-180, 180), snr=snr, **shared)
            yield (
                f"{array}: plane waves, {snr} dB",
                [(X, mics) for X in np.split(waves.data, n_trials)],
            )
            noise = Noise(snr, kind="diffuse")
            rooms = datasets.make_shoebox(
                n_clips, rooms=n_trials, sounds=corpus, noise=noise, **shared
            )
            yield (
                f"{array}: rooms, speech, diffuse {snr} dB",
                [(X, mics) for X in np.split(rooms.data, n_trials)],
            )


PARTS = {
    "measured": (measured, "Faults of a set-up: real recordings and measured responses", (3, 12)),
    "simulated": (simulated, "Faults of a set-up: simulated arrays", (2, 6)),
}


def main(argv=None):
    """Run the parts that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.diagnose")
    parser.add_argument("name", choices=[*PARTS, "all"])
    add_data_option(parser)
    parser.add_argument("--quick", action="store_true", help="few trials")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    argv = sys.argv[1:] if argv is None else argv
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    for name in PARTS if args.name == "all" else (args.name,):
        make, title, (few, many) = PARTS[name]
        rng = np.random.default_rng(args.seed)
        rows = []
        with skipping(name):
            for label, trials in make(Path(args.data), rng, few if args.quick else many):
                for row in rows_of(label, trials, rng):
                    rows.append(row)
                    print(row, flush=True)
        write_results(
            f"diagnose_{name}" + ("_quick" if args.quick else ""),
            title,
            rows,
            settings={"quick": args.quick, "seed": args.seed},
            command=shlex.join(["python", "-m", "benchmarks.accuracy.diagnose", *argv]),
            notes=NOTES,
            folder=args.out,
        )


if __name__ == "__main__":
    main()
