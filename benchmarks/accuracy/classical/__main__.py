"""The classical localizers on measured arrays: recordings, impulse responses, time differences.

Run one set of data, or all of them::

    python -m benchmarks.accuracy.classical r3vival
    python -m benchmarks.accuracy.classical all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data; what it lacks is skipped with a
message. ``--quick`` uses fewer clips and coarser grids.
"""

from functools import partial

import numpy as np
from scipy.signal import fftconvolve

from benchmarks.accuracy._data import read, read_present, skipping
from benchmarks.accuracy.classical.methods import (
    array_methods,
    errors_by_source,
    errors_near_and_far,
    errors_of_mount,
    errors_of_two,
    hertz,
    intensity_methods,
    located,
    one_frame,
    statistics,
)
from benchmarks.accuracy.classical.prepare import compress_sweep, cut_arrivals, keep_arrivals
from benchmarks.study import Study
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


def speech_at(data, rirs, n_clips, *, duration=2.0):
    """Speech through each response: clips (n_positions * n_clips, n_mics, n_times)."""
    corpus = read(datasets.load_librispeech, data / "speech_librispeech", "train-clean-100")
    # One second in: behind the pause at the beginning.
    start, n_times = FS, round(duration * FS)
    clips = np.empty((len(rirs) * n_clips, rirs.shape[1], n_times), dtype=np.float32)
    for i, clip in enumerate(clips):
        speech = corpus.audio[i % len(corpus.audio)][start : start + n_times]
        clip[:] = fftconvolve(speech[None], rirs[i // n_clips], axes=-1)[:, :n_times]
    return clips


def r3vival(run):
    """Six microphones in a room with three settings of the absorption."""
    n_clips = 1 if run.quick else 4
    data, grid = run.args.data, circular_grid(1.0)
    whole, low = (read(datasets.load_r3vival, data / "r3vival", fs=fs) for fs in (None, FS))
    # The seventh microphone is of another make.
    mics = whole.mic_positions[:6]
    for absorption in whole.metadata["absorption"].unique():
        here = np.flatnonzero(whole.metadata["absorption"] == absorption)
        direct = cut_arrivals(whole.rirs[here, :6], whole.fs, n_times=512)
        tests = [({"sound": "direct sound"}, direct, one_frame(512), whole.fs)]
        with skipping("speech through the responses"):
            speech = speech_at(data, low.rirs[here, :6], n_clips)
            tests += [({"sound": "speech", "clips": n_clips}, speech, STFT(512), FS)]
        for test, X, stft, fs in tests:
            shared = {"fs": fs, "batch_transform": stft}
            methods = array_methods(mics, grid, **shared)
            methods |= intensity_methods(mics, **shared)
            target = np.repeat(whole.target[here, 0], len(X) // len(here))
            for name, method in methods.items():
                error = circular_difference(located(method, X), target)
                settings = {**test, "absorption": absorption, "method": name}
                run.add(settings, statistics(error))


def pyramic(run):
    """Time differences of 48 microphones."""
    for labels in ("calibrated", "nominal"):
        folder = run.args.data / "pyramic_tdoa"
        data = read(datasets.load_pyramic_tdoa, folder, calibrated=labels == "calibrated")
        for robust in ("tukey", "huber", False):
            directions = directions_from_tdoas(
                data.tdoas,
                data.mic_positions,
                pairs=data.pairs,
                speed_of_sound=data.speed_of_sound,
                robust=robust,
            )
            error = great_circle_distance(directions, data.target)
            run.add({"labels": labels, "robust": robust}, statistics(error))


# What is tested: measurement, factor of the radius, band.
SOFIA = (
    ("A4", 1.0, (200, 4000)),
    ("A4", 1.0, (200, 1500)),
    ("A4", 1.0, (900, 1100)),
    ("A3", 1.0, (200, 4000)),
    ("A3", 1.5, (200, 4000)),
    ("A1", 1.0, (200, 4000)),
    ("A1", 1.0, (1000, 10000)),
)


def sofia(run):
    """Spherical arrays, open and rigid."""
    load = partial(read, datasets.load_sofia_sphere, run.args.data / "sofia_sphere")
    found = read_present({name: partial(load, name) for name in ("A4", "A3", "A1")})
    for measurement, radius, band in SOFIA:
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
        step = 12.0 if run.quick else 6.0
        grid = sphere_grid(step)
        if band[1] > 5000:
            # From pole to pole it would take minutes.
            step, grid = 4.0, sphere_grid(4.0, elevation_range=(-20, 20))
        methods = array_methods(mics, grid, decoder=decoder, **shared)
        if target.shape[1] > 1:
            del methods["TDOALocalizer"]
        settings = {"measurement": measurement, "radius": radius, "band": hertz(band), "grid": step}
        for name, method in methods.items():
            predicted = located(method, X, target[:1, 0]).reshape(len(X), -1, 2)
            run.add({**settings, "method": name}, errors_by_source(predicted, target))


# Room: offset of the mount in degrees and largest delay in seconds, which come with the data.
UWA = {"anechoic": (8.2, 239e-6), "room": (8.8, 236e-6)}


def uwa(run):
    """Two microphones in an anechoic chamber and in a room."""
    for room, (offset, delay) in UWA.items():
        with skipping(room):
            _uwa_room(run, room, (offset, delay * 343 / 0.08575))


def _uwa_room(run, room, given):
    band = (500, 3000)
    folder = run.args.data / "uwa_two_mic"
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
            for mount, figures in errors_of_mount(located(method, X), angle, given).items():
                run.add({"room": room, "sound": sound, "method": name, "mount": mount}, figures)


def mom(run):
    """Two sources at once, a ring of six microphones."""
    recording = read(datasets.load_mom_respeaker, run.args.data / "mom_respeaker", fs=FS)
    # Next to silence before.
    X = recording.data[:, :, round(0.6 * FS) :]
    mics, target = recording.mic_positions, recording.target
    grid = sphere_grid(2.0, elevation_range=(0, 90))
    for band in ((200, 4000), (300, 5000)):
        shared = {"freq_range": band, "batch_transform": STFT(512)}
        methods = array_methods(mics, grid, n_sources=2, decoder=PeakDecoder(2), **shared)
        if band == (300, 5000):
            decoder = PeakDecoder(2, refine=None)
            methods["SRPPHAT, points of the grid"] = SRPPHAT(
                mics, grid=grid, decoder=decoder, **shared
            )
        methods["ESPRIT"] = ESPRIT(mics, n_sources=2, **shared)
        for name, method in methods.items():
            # ESPRIT returns azimuths alone.
            n_angles = 1 if name == "ESPRIT" else 2
            y = target[:, 0] if n_angles == 2 else None
            predicted = located(method, X, y).reshape(1, -1, n_angles)
            for source, figures in errors_of_two(predicted, target).items():
                run.add({"band": hertz(band), "method": name, "source": source}, figures)


def polimi(run):
    """A line of 32 microphones, sources in its near field."""
    data, n_clips = run.args.data, 1 if run.quick else 2
    folder = data / "polimi_ula_rir"
    whole, low = (read(datasets.load_polimi_ula_rir, folder, fs=fs) for fs in (None, FS))
    mics = whole.mic_positions
    direct = keep_arrivals(whole.rirs[:, :, :1024], whole.fs)
    shared = {"fs": whole.fs, "batch_transform": one_frame(1024), "freq_range": (2000, 12000)}
    tests = [({"sound": "direct sound"}, direct, shared, 1.0)]
    with skipping("speech through the responses"):
        speech = speech_at(data, low.rirs, n_clips)
        test = {"sound": "speech", "clips": n_clips}
        tests += [(test, speech, {"batch_transform": STFT(512)}, 2.5)]
    for test, X, shared, step in tests:
        grid = near_field_grid(azimuth_grid(-70, 70, step), np.arange(0.2, 1.1, 0.028))
        methods = array_methods(mics, grid, **shared)
        plane = {"grid": azimuth_grid(-90, 90, 1.0), **shared}
        methods["SRPPHAT, plane waves"] = SRPPHAT(mics, **plane)
        methods["MUSIC, normalized, plane waves"] = MUSIC(mics, **plane)
        methods["ESPRIT"] = ESPRIT(mics, **shared)
        target = np.repeat(whole.target, len(X) // len(whole.target), axis=0)
        for name, method in methods.items():
            for distance, figures in errors_near_and_far(located(method, X), target).items():
                run.add({**test, "distance": distance, "method": name}, figures)


STUDY = Study(
    "classical",
    "How near do the classical localizers come to the directions of measured arrays, and to the "
    "checks that come with the data?",
    {part.__name__: part for part in (r3vival, pyramic, sofia, uwa, mom, polimi)},
)
main = STUDY.main


if __name__ == "__main__":
    main()
