"""The main job, end to end: learn to localize with two ears, test in rooms never heard.

``make demo`` runs it. With ``SSLEARN_DATA`` set it takes a measured head and real speech,
without it the embedded head and white noise. Pictures go to ``demo-results``.
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
    load_librispeech,
    make_binaural,
    make_shoebox_rooms,
)
from sslearn.metrics import localization_report
from sslearn.plotting import EmbeddingDisplay, LocalizationErrorDisplay
from sslearn.simulation import Sounds

FS = 16000
OUT = Path("demo-results")
N_TRAIN, N_TEST, EPOCHS = 5000, 500, 50


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
    """Simulate, train, test, draw."""
    matplotlib.use("agg")
    OUT.mkdir(exist_ok=True)
    head, train_sounds, test_sounds, line = load()
    print(f"Sounds: {line}.")
    rooms = make_shoebox_rooms(24, random_state=0)
    print(f"Training clips in 16 rooms, test clips in 8 others ({N_TRAIN} and {N_TEST}):")
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
        print(f"\n{name}: training ...", flush=True)
        start = time.perf_counter()
        model.fit(X, y)
        predicted[name] = model.predict(X_test)
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
        reports[name] = localization_report(y_test, predicted[name])

    print("\nErrors in rooms never heard, in degrees:\n")
    print(pd.concat(reports, names=["method"]).round(2).to_string())
    draw(models["weakly supervised siamese"], X_test, y_test, predicted)


def draw(model, X_test, y_test, predicted):
    """Save the manifold and the errors."""
    pictures = {
        "embedding": EmbeddingDisplay.from_estimator(model, X_test, y_test),
        "errors": LocalizationErrorDisplay.from_predictions(y_test, predicted),
    }
    print()
    for name, display in pictures.items():
        path = OUT / f"{name}.png"
        display.figure_.savefig(path, dpi=120)
        print(f"Saved {path}")


if __name__ == "__main__":
    main()
