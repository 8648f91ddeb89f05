"""
Heads that were not in the training
===================================

The package contains weights that were trained on many heads. On the heads of other people their
predictions, the blue points of the figure, lie on the diagonal, or on its mirror images, where
front and back are confused. A model of one head, trained on 400 clips, scatters more.
"""

# %%
# Clips of three heads
# --------------------
# If the folder ``SSLEARN_DATA`` contains the data, the heads are measured: KEMAR for training, and
# two people of other laboratories, who are not in the training of the packaged weights either; the
# sound is speech. Otherwise the heads are models of three sizes, and the sound is noise.

import os
from pathlib import Path

import numpy as np

from sslearn import datasets
from sslearn.datasets import make_binaural, structural_hrirs
from sslearn.simulation import Placement, ShoeboxRooms, Sounds

FS = 16000
data = Path(os.environ.get("SSLEARN_DATA", ""))
if all(
    (data / name).is_dir() for name in ("mit_kemar", "ari", "ircam_listen", "speech_librispeech")
):
    heads = {
        "KEMAR": datasets.load_mit_kemar(data / "mit_kemar", fs=FS),
        "person of ARI": datasets.load_ari(data / "ari", fs=FS),
        "person of LISTEN": datasets.load_ircam_listen(data / "ircam_listen", fs=FS),
    }
    sounds = Sounds(datasets.load_librispeech(data / "speech_librispeech").audio)
    print("measured heads and speech")
else:
    ears = {"average": (0.0875, 1.0), "larger": (0.098, 1.2), "smaller": (0.078, 0.8)}
    heads = {
        name: structural_hrirs(head_radius=radius, pinna_scale=scale)
        for name, (radius, scale) in ears.items()
    }
    sounds = None
    print("models of heads and noise")


def record(head, n_samples, seed):
    """Clips from all around, at ear level, in rooms that differ between seeds."""
    return make_binaural(
        n_samples,
        heads=head,
        rooms=ShoeboxRooms(6, t60=(0.15, 0.3)),
        sounds=sounds,
        placement=Placement(azimuth_range=(-180, 180), elevation_range=None),
        noise=20,
        fs=FS,
        random_state=seed,
        return_X_y=True,
    )


first = next(iter(heads))
X, y = record(heads[first], 400, seed=0)
tests = {name: record(head, 120, seed=1 + i) for i, (name, head) in enumerate(heads.items())}

# %%
# Two models
# ----------
# The packaged weights predict azimuth and elevation; the first of them is compared.

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn import recipes
from sslearn.features import BinauralCues
from sslearn.neighbors import KNeighborsLocalizer

trained = make_pipeline(BinauralCues(), StandardScaler(), KNeighborsLocalizer(5)).fit(X, y)
packaged = recipes.feed_forward(weights="heads").fit(X)
predicted = {
    (name, model): localizer.predict(X_test).reshape(len(X_test), -1)[:, 0]
    for name, (X_test, _) in tests.items()
    for model, localizer in ((f"trained on {first}", trained), ("packaged weights", packaged))
}

# %%
# Errors
# ------
# Median error of the azimuth in degrees with front and back folded together, and the share of clips
# whose front and back are confused.

import pandas as pd

from sslearn.geometry import circular_difference
from sslearn.metrics import front_back_confusion_rate


def folded(azimuth):
    """Azimuth in front with the same angle to the ears."""
    return np.rad2deg(np.arcsin(np.sin(np.deg2rad(azimuth))))


rows = {}
for (name, model), azimuth in predicted.items():
    y_test = tests[name][1].reshape(len(azimuth))
    rows[name, model] = {
        "folded median": np.median(np.abs(circular_difference(folded(y_test), folded(azimuth)))),
        "front-back confusions": front_back_confusion_rate(y_test, azimuth),
    }
table = pd.DataFrame(rows).T.rename_axis(["test head", "model"])
table.round(2)

# %%
# All clips
# ---------
# The diagonal is right. On the two lines that fall, the side is right, but the prediction is in
# front instead of behind, or the reverse.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(2, 3, figsize=(10, 6.8), sharex=True, sharey=True, layout="constrained")
for ax, ((name, model), azimuth) in zip(axes.T.flat, predicted.items(), strict=True):
    color = "#3b6fb6" if model == "packaged weights" else "#e08a2e"
    ax.plot([-180, 180], [-180, 180], color="0.6", lw=0.8)
    ax.plot([-180, 0], [0, -180], [0, 180], [180, 0], color="0.6", lw=0.8, ls="--")
    ax.scatter(tests[name][1], azimuth, s=10, color=color, alpha=0.7)
    ax.set(xticks=range(-180, 181, 90), yticks=range(-180, 181, 90), aspect="equal")
    ax.set_title(f"{name}:\n{model}", fontsize=10)
figure.supxlabel("true azimuth (degrees)")
_ = figure.supylabel("predicted azimuth (degrees)")
