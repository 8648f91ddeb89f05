"""Draw the displays of the page on pictures: ``python docs/figures/displays.py``."""

import matplotlib.pyplot as plt
import numpy as np
from style import save

from sslearn import recipes
from sslearn.calibration import ConformalLocalizer
from sslearn.datasets import load_example_recording, make_binaural, make_plane_waves
from sslearn.geometry import circular_array
from sslearn.plotting import (
    EmbeddingDisplay,
    LocalizationErrorDisplay,
    PredictionSetDisplay,
    SpatialSpectrumDisplay,
    TrackDisplay,
)

MICS = circular_array(4, 0.05)


def _waves(n_samples, **params):
    params = {"azimuth_range": (-180, 180), "random_state": 0, **params}
    return make_plane_waves(n_samples, mic_positions=MICS, return_X_y=True, **params)


def spectrum():
    recording = load_example_recording()
    localizer = recipes.mvdr(recording.mic_positions, freq_range=(300, 5000)).fit(recording.data)
    SpatialSpectrumDisplay.from_estimator(localizer, recording.data, recording.target[:, :1, 0])
    save(plt.gcf(), "display_spectrum")


def errors():
    X, y = _waves(120, snr=(-15, 0))
    predicted = {
        name: getattr(recipes, name)(MICS).fit(X).predict(X) for name in ("srp_phat", "mvdr")
    }
    LocalizationErrorDisplay.from_predictions(y, predicted)
    save(plt.gcf(), "display_errors")


def embedding():
    X, y = make_binaural(300, duration=0.2, random_state=0, return_X_y=True)
    model = recipes.laplacian_eigenmaps().fit(X, y)
    EmbeddingDisplay.from_estimator(model, X, y[:, 0])
    save(plt.gcf(), "display_embedding")


def track():
    clips, _ = _waves(3, directions=[60.0, 60.0, -100.0], duration=0.6, snr=0)
    recording = np.concatenate(clips, axis=1)[None]
    truth = np.repeat([60.0, 60.0, -100.0], 6)[None, :, None, None]
    localizer = recipes.srp_phat(MICS, block_duration=0.1, hop_length=320).fit(recording)
    truth = truth[:, : localizer.predict(recording).shape[1]]
    TrackDisplay.from_estimator(localizer, recording, truth)
    save(plt.gcf(), "display_track")


def sets():
    X, y = _waves(220, snr=(-18, 0))
    localizer = ConformalLocalizer(recipes.srp_phat(MICS), method="spectrum", random_state=0)
    localizer.fit(X[:200], y[:200])
    PredictionSetDisplay.from_estimator(localizer, X[200:], y[200:])
    save(plt.gcf(), "display_sets")


if __name__ == "__main__":
    plt.rcParams["figure.figsize"] = (5.2, 4.0)
    for draw in (spectrum, errors, embedding, track, sets):
        draw()
