"""The classical localizers in noise of four kinds, from 20 dB above the source to 30 dB below it.

Run one array, or all of them::

    python -m benchmarks.accuracy.noise circle
    python -m benchmarks.accuracy.noise all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data, whose speech is used; without
it white noise alone is localized.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.accuracy._data import read, skipping
from benchmarks.study import Study
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
NOISE = {
    "common": {"noise": Noise(0, kind="coherent")},
    "diffuse": {"noise": Noise(0, kind="diffuse")},
    "independent": {"noise": Noise(0)},
    "interferer": {"interferer": Interferer(sir=0)},
}


def circle(run):
    """A circle of 4 microphones, radius 5 cm."""
    measure(run, circular_array(4, 0.05), (-180, 180))


def line(run):
    """A line of 4 microphones, 4 cm apart."""
    measure(run, linear_array(4, 0.04), (-75, 75))


def ambisonic(run):
    """A first-order ambisonic microphone."""
    measure(run, None, (-180, 180))


def measure(run, mics, azimuths):
    """Rows of one array, or of ambisonics if ``mics`` is None."""
    # Where noise wins, time differences contradict each other: that is what is studied.
    warnings.simplefilter("ignore", ConvergenceWarning)
    args, sounds = run.args, {"white noise": None}
    with skipping("speech"):
        folder = args.data / "speech_librispeech"
        corpus = read(load_librispeech, folder, "train-clean-100", return_paths=True)
        sounds["speech"] = Sounds(list(corpus.audio))
    localizers = methods(mics)
    for sound, recordings in sounds.items():
        clips = conditions(mics, azimuths, recordings, args.clips, args.seed)
        for room, kind, clean, noise, y in clips:
            for localizer in localizers.values():
                localizer.fit(clean[:1], y[:1])
            for level in args.levels:
                X = clean + np.float32(10 ** (-level / 20)) * noise
                settings = {"sound": sound, "room": room, "noise": kind, "dB": level}
                for method, localizer in localizers.items():
                    errors = angular_error(y, localizer.predict(X).ravel())
                    figures = {"median": np.median(errors), "mean": np.mean(errors)}
                    figures["within 5"] = 100 * np.mean(errors < 5)
                    run.add({**settings, "method": method}, figures)


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


def conditions(mics, azimuths, sounds, n_clips, seed):
    """Clean clips, noise at 0 dB and true azimuths, by kind of noise and room."""
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


def _options(parser):
    parser.add_argument("--levels", type=int, nargs="+", default=LEVELS, help="in dB")


STUDY = Study(
    "noise",
    "Which classical localizer withstands which noise?",
    {"circle": circle, "line": line, "ambisonic": ambisonic},
    sizes={"clips": (10, 100)},
    options=_options,
    selections=("levels",),
)
main = STUDY.main


if __name__ == "__main__":
    main()
