"""Draw the map of getting_started.rst: ``python docs/_static/getting_started_picture.py``."""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

from sslearn import recipes
from sslearn.datasets import load_example_recording
from sslearn.plotting import SpatialSpectrumDisplay

if __name__ == "__main__":
    plt.rcParams.update({"font.size": 14})
    recording = load_example_recording()
    localizer = recipes.srp_phat(recording.mic_positions, n_sources=2, freq_range=(300, 5000))
    localizer.fit(recording.data, recording.target)
    figure, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
    SpatialSpectrumDisplay.from_estimator(localizer, recording.data, recording.target, ax=ax)
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=100)
