"""First a localizer that needs no training, then four that are trained and tested in other rooms.

``make demo`` runs it. The first part uses a recording that ships with the package. The second part
uses a measured head and real speech if ``SSLEARN_DATA`` is set, and the embedded head and white
noise otherwise. Pictures go to ``demo-results``.
"""

import os
import time
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from sslearn import recipes
from sslearn.datasets import (
    load_cipic,
    load_example_recording,
    load_librispeech,
    make_binaural,
    make_shoebox_rooms,
)
from sslearn.geometry import sphere_grid
from sslearn.metrics import localization_report, match_sources
from sslearn.plotting import EmbeddingDisplay, LocalizationErrorDisplay, SpatialSpectrumDisplay
from sslearn.simulation import Sounds

FS = 16000
OUT = Path("demo-results")
N_TRAIN, N_TEST, EPOCHS = 5000, 500, 50
# Seconds on two cores that other programs used as well; printed before each step starts.
SECONDS = {
    "simulation": 60,
    "siamese": 120,
    "weakly supervised siamese": 70,
    "feed-forward": 40,
    "Laplacian eigenmaps": 10,
}


def locate_recording():
    """Find two loudspeakers in a recording by a method that needs no training."""
    print("Part 1. A recording of two loudspeakers on six microphones, without training (5 s).")
    recording = load_example_recording()
    mics, (truth,) = recording.mic_positions, recording.target
    grid = sphere_grid(3)
    # A flat array cannot tell above from below: search the upper half.
    grid = grid[grid[:, 1] >= 0]
    localizer = recipes.srp_phat(mics, n_sources=2, grid=grid, freq_range=(300, 5000))
    found = localizer.fit(recording.data).predict(recording.data)
    (order,), (errors,) = match_sources([truth], found)
    table = pd.DataFrame(
        {
            "true azimuth": truth[:, 0],
            "true elevation": truth[:, 1],
            "predicted azimuth": found[0, order, 0],
            "predicted elevation": found[0, order, 1],
            "error": errors,
        },
        index=pd.Index(["loudspeaker 1", "loudspeaker 2"]),
    )
    print(
        f"\n{table.round(1).to_string()}\n\nAll in degrees; the error is the angle on the sphere."
    )
    display = SpatialSpectrumDisplay.from_estimator(localizer, recording.data, [truth], sample=0)
    save(display, "spectrum")


def load():
    """Head, training sounds and test sounds, with a line that says which they are."""
    folder = Path(os.environ.get("SSLEARN_DATA", ""))
    if not all((folder / name).is_dir() for name in ("cipic", "speech_librispeech")):
        line = (
            "embedded structural head and white noise (set SSLEARN_DATA to a folder with cipic and "
            "speech_librispeech for measured data)"
        )
        return None, None, None, line
    head = load_cipic(folder / "cipic", "021", fs=FS)
    speech = load_librispeech(folder / "speech_librispeech", fs=FS)
    speakers = np.asarray(speech.speakers)
    test = np.isin(speakers, np.unique(speakers)[::4])
    train, test = (
        Sounds([speech.audio[i] for i in np.flatnonzero(rows)], speakers=speakers[rows])
        for rows in (~test, test)
    )
    line = (
        f"measured head {head.name} and speech of {len(np.unique(train.speakers))} speakers, "
        f"{len(np.unique(test.speakers))} others to test"
    )
    return head, train, test, line


def simulate(n_samples, rooms, head, sounds, seed):
    """Clips of 1 s in the rooms, from the front."""
    return make_binaural(
        n_samples,
        heads=head,
        rooms=rooms,
        sounds=sounds,
        fs=FS,
        random_state=seed,
        n_jobs=2,
        verbose=1,
        return_X_y=True,
    )


def main():
    """Locate without training, then simulate, train, test and draw."""
    matplotlib.use("agg")
    OUT.mkdir(exist_ok=True)
    locate_recording()

    minutes = sum(SECONDS.values()) / 60
    print(f"\nPart 2. Two ears: four methods are trained (about {minutes:.0f} minutes on 2 cores).")
    head, train_sounds, test_sounds, line = load()
    print(f"Sounds: {line}.")
    rooms = make_shoebox_rooms(24, random_state=0)
    print(
        f"Simulating {N_TRAIN} training clips in 16 rooms and {N_TEST} test clips in 8 other rooms "
        f"(about {SECONDS['simulation']} s):"
    )
    X, y = simulate(N_TRAIN, rooms.iloc[:16], head, train_sounds, 0)
    X_test, y_test = simulate(N_TEST, rooms.iloc[16:], head, test_sounds, 1)

    options = {"max_epochs": EPOCHS, "verbose": 1}
    models = {
        "siamese": recipes.siamese(fs=FS, random_state=0, **options),
        "weakly supervised siamese": recipes.weakly_supervised_siamese(
            fs=FS, random_state=0, **options
        ),
        "feed-forward": recipes.feed_forward(fs=FS, random_state=0, **options),
        "Laplacian eigenmaps": recipes.laplacian_eigenmaps(fs=FS, random_state=0),
    }
    predicted, reports = {}, {}
    for name, model in models.items():
        print(f"\n{name}: training and prediction (about {SECONDS[name]} s) ...", flush=True)
        start = time.perf_counter()
        model.fit(X, y)
        predicted[name] = model.predict(X_test)
        print(f"{name}: took {time.perf_counter() - start:.0f} s", flush=True)
        reports[name] = localization_report(y_test, predicted[name])

    print("\nErrors in rooms that were not in the training, in degrees:\n")
    print(pd.concat(reports, names=["method"]).round(2).to_string())
    print()
    model = models["weakly supervised siamese"]
    save(EmbeddingDisplay.from_estimator(model, X_test, y_test), "embedding")
    save(LocalizationErrorDisplay.from_predictions(y_test, predicted), "errors")


def save(display, name):
    """Save a picture and print its path."""
    path = OUT / f"{name}.png"
    display.figure_.savefig(path, dpi=120)
    print(f"Saved {path}")


if __name__ == "__main__":
    main()
