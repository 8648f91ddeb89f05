"""Item by item: which property of the fixed room keeps the strict training from 0 / 0."""

import numpy as np
from sklearn.pipeline import make_pipeline

from benchmarks.accuracy.binaural.systems import errors
from benchmarks.accuracy.contrastive.bench import FIXED_EPOCHS, Bench, nearest
from sslearn.deep_learning import Training
from sslearn.embedding import LaplacianEigenmaps
from sslearn.neighbors import KNeighborsLocalizer

# One change each of the strict training, two in the last ones; "t60" and "moves" change the test
# too. Every direction is there once, so that clips that are held out take theirs away.
TRAININGS = {
    "strict": {},
    "sensor noise at 15 dB": {"snr": 15.0},
    "no sensor noise": {"snr": None},
    "no clips held out": {"held_out": False},
    "speech": {"sound": "speech to train on"},
    "4 s of noise": {"duration": 4.0},
    "4 clips of 1 s": {"n_clips": 4},
    "sensor noise at -20 to 40 dB": {"snr": (-20.0, 40.0)},
    "head turned": {"moves": "head"},
    "no room": {"t60": None},
    "settings of the paper": {},
    "head turned, no sensor noise": {"moves": "head", "snr": None},
    "head turned, no clips held out": {"moves": "head", "held_out": False},
}
# One change each of the test.
CHANGED_TESTS = {
    "speech, 15 dB": {},
    "speech, no noise": {"snr": None},
    "speech, 20 dB": {"snr": 20.0},
    "speech, 25 dB": {"snr": 25.0},
    "speech, 30 dB": {"snr": 30.0},
    "1 to 5 s of speech": {"duration": (1.0, 5.0)},
    "5 s of speech": {"duration": 5.0},
    "white noise, 15 dB": {"sound": "white"},
    "noise with the spectrum of speech, 15 dB": {"shaped": True},
}
# Trainings with all of these tests; the others have the first two.
ALL_TESTS = ("strict", "head turned, no sensor noise")


def strict(run):
    """One change at a time of the strict fixed room."""
    bench = Bench(run)
    fixed = bench.room(run.args.test_clips)
    for name in run.args.trainings or list(TRAININGS)[: bench.size(len(TRAININGS), 2)]:
        settings, fitted = dict(TRAININGS[name]), {}
        if not settings.pop("held_out", True):
            fitted = {"validation_fraction": None, "training": Training(schedule="cosine")}
        train = fixed.train(**settings)
        system = "SCE_sim5-paper" if name == "settings of the paper" else "SCE_sim5"
        # As many steps for all: four clips are seen a quarter as often.
        epochs = FIXED_EPOCHS / settings.get("n_clips", 1)
        model, seconds = bench.fit(system, train, epochs=epochs, **fitted)
        # Of the cues as they are, as published.
        eigenmaps = LaplacianEigenmaps(random_state=bench.seed)
        eigenmaps = make_pipeline(eigenmaps, KNeighborsLocalizer()).fit(*train)
        room = {key: settings[key] for key in ("t60", "moves") if key in settings}
        n_tests = len(CHANGED_TESTS) if name in ALL_TESTS else 2
        for test in list(CHANGED_TESTS)[:n_tests]:
            X, y = fixed.test(**room, **CHANGED_TESTS[test])
            found = {
                "SCE_sim5": model.predict(X),
                "LEM, raw cues": eigenmaps.predict(X),
                "nearest cues": train[1][nearest(train[0], X)],
                "nearest raw cues": train[1][nearest(train[0], X, scaled=False)],
            }
            for system, predicted in found.items():
                row = {"training": name, "test": test, "system": system}
                measured = {"seconds": round(seconds)} if system == "SCE_sim5" else {}
                run.add(row, errors(y, predicted) | _within(y, predicted), **measured)


def _within(y, predicted):
    """Shares of the clips whose azimuth, and whose elevation, is found within a degree."""
    close = 100 * np.mean(np.abs(predicted - y) <= 1, axis=0)
    return {"azimuth within 1": close[0], "elevation within 1": close[1]}
