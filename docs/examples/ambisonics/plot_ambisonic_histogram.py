"""
Histograms of ambisonic intensity under masks
=============================================

The intensity of ambisonic sound points to the source in the bins that the direct sound dominates,
and elsewhere in the others. In the first figure, the errors fall from the mean of all bins over the
peak of their histogram to histograms under masks, which are trained on three minutes of sound, or
ship with the package.
"""

# %%
# Ambisonic clips in rooms
# ------------------------
# Bursts of noise in reverberant rooms, with diffuse noise. Rooms and directions of the test differ
# from those of training, whose sources are all in front.

import numpy as np

from sslearn.datasets import make_ambisonic
from sslearn.simulation import Noise, Placement

FS = 16000
rng = np.random.default_rng(0)
loudness = np.repeat(rng.uniform(size=(20, 20)) ** 2, FS // 10, axis=1)
bursts = list(loudness * rng.standard_normal(loudness.shape))
scene = {"sounds": bursts, "noise": Noise((0, 20), kind="diffuse"), "fs": FS, "return_X_y": True}
front = Placement(azimuth_range=(-90, 90))
X, y = make_ambisonic(180, rooms=30, placement=front, random_state=0, **scene)
X_test, y_test = make_ambisonic(80, rooms=16, random_state=1, **scene)

# %%
# Four localizers
# ---------------
# The masks depend on how close a bin is to a single plane wave and how well it agrees with its
# surroundings, but not on its direction: training in front applies behind as well. The network has
# 19,643 weights.

from sslearn import recipes

localizers = {
    "mean intensity": recipes.intensity(fs=FS).set_params(decoder=None),
    "histogram": recipes.intensity(fs=FS),
    "masked histograms": recipes.ambisonic_histogram(max_epochs=6, random_state=0),
    "packaged masks": recipes.ambisonic_histogram(weights="pretrained"),
}
y_pred = {name: model.fit(X, y).predict(X_test) for name, model in localizers.items()}

# %%

import pandas as pd

from sslearn.metrics import localization_report

reports = pd.concat({name: localization_report(y_test, y) for name, y in y_pred.items()})
reports[["n_samples", "mean", "median", "accuracy_5", "accuracy_10"]].round(2)

# %%

from sslearn.plotting import LocalizationErrorDisplay

LocalizationErrorDisplay.from_predictions(y_test, y_pred, kind="box")

# %%
# Spatial spectra
# ---------------
# The clip with the median error: the histogram of all bins, and the scores of the network.

import matplotlib.pyplot as plt

from sslearn.metrics import angular_error
from sslearn.plotting import SpatialSpectrumDisplay

errors = angular_error(y_test, y_pred["masked histograms"])
clip = int(np.argsort(errors)[len(errors) // 2])
figure, axes = plt.subplots(2, 1, figsize=(7, 7.5))
for ax, name in zip(axes, ("histogram", "masked histograms"), strict=True):
    spectrum = localizers[name].spatial_spectrum(X_test[clip : clip + 1])[0]
    SpatialSpectrumDisplay.from_spectrum(
        {name: spectrum}, localizers[name].grid_, y_true=y_test[clip], ax=ax
    )
figure.tight_layout()

# sphinx_gallery_thumbnail_number = 2
