"""How close two sources may be to each other, for each of the classical localizers.

Run one array, or all of them::

    python -m benchmarks.accuracy.resolution line
    python -m benchmarks.accuracy.resolution all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data, whose speech is used; without
it white noise alone is resolved.
"""

import numpy as np
from sklearn.utils import check_random_state

from benchmarks.accuracy._data import read, skipping
from benchmarks.study import Study
from sslearn.datasets import load_librispeech, make_plane_waves
from sslearn.decoding import PeakDecoder
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT
from sslearn.features import STFT
from sslearn.geometry import azimuth_grid, circular_array, circular_grid, linear_array, wrap_azimuth
from sslearn.metrics import angular_error

FS = 16000
SEPARATIONS = (5, 10, 15, 20, 30)


def line(run):
    """A line of 8 microphones, 4 cm apart."""
    measure(run, linear_array(8, 0.04), azimuth_grid(-90, 90, 1.0), (-45, 45))


def circle(run):
    """A circle of 8 microphones, radius 10 cm."""
    measure(run, circular_array(8, 0.1), circular_grid(1.0), (-180, 180))


def small_circle(run):
    """A circle of 8 microphones, radius 5 cm."""
    measure(run, circular_array(8, 0.05), circular_grid(1.0), (-180, 180))


def measure(run, mics, grid, centers):
    """Rows of one array; ``centers`` is the range of the centre between the sources."""
    corpus, n_clips = None, run.args.clips
    with skipping("speech"):
        folder = run.args.data / "speech_librispeech"
        corpus = read(load_librispeech, folder, "train-clean-100", fs=FS)
    conditions = [(separation, 10) for separation in run.args.separations]
    conditions += [(15, snr) for snr in (0, 5, 20) if 15 in run.args.separations]
    for sound in ("white noise", "speech") if corpus else ("white noise",):
        for separation, snr in conditions:
            rng = check_random_state(run.args.seed)
            offsets = np.array([-separation / 2, separation / 2])
            azimuths = wrap_azimuth(rng.uniform(*centers, size=(n_clips, 1)) + offsets)
            speech = sound == "speech"
            sounds = cut_speech(corpus, n_clips, rng) if speech else (None, None)
            X = simulate(mics, azimuths, sounds, snr, rng)
            for method, localizer in methods(mics, grid).items():
                predicted = localizer.fit(X[:1]).predict(X)
                settings = {"sound": sound, "separation": separation, "snr": snr, "method": method}
                run.add(settings, resolved(azimuths, predicted, separation))


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


def resolved(azimuths, predicted, separation):
    """Percentage of the clips with both errors below half the separation; their rms error."""
    errors = angular_error(azimuths[..., None], predicted)
    hits = (errors < separation / 2).all(axis=1)  # a source that is not found has NaN
    rms = np.sqrt(np.mean(errors[hits] ** 2)) if hits.any() else None
    return {"resolved": 100 * hits.mean(), "rms": rms}


def _options(parser):
    parser.add_argument("--separations", type=int, nargs="+", default=SEPARATIONS)


STUDY = Study(
    "resolution",
    "How close may two sources be for the classical localizers to find both?",
    {"line": line, "circle": circle, "small_circle": small_circle},
    sizes={"clips": (20, 200)},
    options=_options,
    selections=("separations",),
)
main = STUDY.main


if __name__ == "__main__":
    main()
