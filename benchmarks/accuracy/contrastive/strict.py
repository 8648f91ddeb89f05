"""Item by item: which property of the fixed room keeps the strict training from 0 / 0."""

from sklearn.pipeline import make_pipeline

from benchmarks.accuracy.contrastive.bench import FIXED_EPOCHS, nearest
from sslearn.deep_learning import Training
from sslearn.embedding import LaplacianEigenmaps
from sslearn.metrics import median_angular_error
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
NOTES = (
    "Medians of the absolute error of azimuth and elevation, in degrees; the paper has about 0 / 0 "
    "for SCE_sim5 and 0.72 / 0.49 for LEM. Strict: 1 s of white noise from each of {n} directions, "
    "sensor noise at 0 to 40 dB, T60 of 0.2 s, the source moves; tested on 2 s of speech from "
    "1,000 of these directions with sensor noise at 15 dB. Each row changes one thing in the "
    "training or in the test; of the room, in both. LEM: eigenmaps of the cues as they are, as "
    "published. Cues: the direction of the nearest training clip in the standardised cues; raw "
    "cues: without standardisation. Within 1: share of the test clips whose azimuth, and whose "
    "elevation, SCE_sim5 finds within one degree."
)


def strict(bench):
    """One change at a time of the strict fixed room."""
    names = bench.args.trainings or list(TRAININGS)[: bench.size(len(TRAININGS), 2)]
    for name in names:
        settings, fitted = dict(TRAININGS[name]), {}
        if not settings.pop("held_out", True):
            fitted = {"validation_fraction": None, "training": Training(schedule="cosine")}
        train = bench.fixed.train(**settings)
        system = "SCE_sim5-paper" if name == "settings of the paper" else "SCE_sim5"
        # As many steps for all: four clips are seen a quarter as often.
        epochs = FIXED_EPOCHS / settings.get("n_clips", 1)
        model, seconds = bench.fit(system, train, epochs=epochs, **fitted)
        room = {key: settings[key] for key in ("t60", "moves") if key in settings}
        n_tests = len(CHANGED_TESTS) if name in ALL_TESTS else 2
        # As published: of the cues as they are.
        eigenmaps = LaplacianEigenmaps(random_state=bench.seed)
        models = {
            "SCE_sim5": model,
            "LEM": make_pipeline(eigenmaps, KNeighborsLocalizer()).fit(*train),
        }
        for test in list(CHANGED_TESTS)[:n_tests]:
            clips = bench.fixed.test(**room, **CHANGED_TESTS[test])
            row = {"training": name, "test": test, **_errors(models, train, clips)}
            bench.add_row(row | {"fit s": round(seconds)})
        bench.write(
            "strict", "Fixed room, one change at a time", NOTES.format(n=len(bench.fixed.grid))
        )


def _errors(models, train, test):
    (X, y), (X_test, y_test) = train, test
    found = {
        **{name: model.predict(X_test) for name, model in models.items()},
        "cues": y[nearest(X, X_test)],
        "raw cues": y[nearest(X, X_test, scaled=False)],
    }
    row = {
        f"{system} {component}": float(median_angular_error(y_test, angles, component=component))
        for system, angles in found.items()
        for component in ("azimuth", "elevation")
    }
    for i, component in enumerate(("azimuth", "elevation")):
        close = abs(found["SCE_sim5"][:, i] - y_test[:, i]) <= 1
        row[f"{component} within 1 (%)"] = round(100 * close.mean())
    return row
