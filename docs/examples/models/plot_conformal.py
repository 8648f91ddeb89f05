"""
Sets that contain the source
============================

A predicted direction comes without an error bound. :class:`~sslearn.calibration.ConformalLocalizer`
derives one from held-out clips: it predicts sets that contain the source with a chosen probability.
In the figures, the sets are arcs around an array of four microphones: blue ones contain the source,
nine of ten, and they are narrow where the clip is clear.
"""

# %%
# Clips in noise
# --------------
# White noise from anywhere around the array, 64 ms each, with a signal-to-noise ratio between -20
# and 20 dB: some clips are easy, others hopeless.

import numpy as np

from sslearn.datasets import make_plane_waves
from sslearn.features import STFT
from sslearn.geometry import circular_array, circular_grid

mics = circular_array(4, 0.05)
X, y = make_plane_waves(
    4000,
    mic_positions=mics,
    azimuth_range=(-180, 180),
    snr=(-20, 20),
    duration=0.064,
    random_state=0,
    return_X_y=True,
)
X = STFT(256).transform(X.astype(np.float32))

# %%
# Calibration
# -----------
# SRP-PHAT needs no training, so it is frozen and all of the first 2000 clips are used for
# calibration. The sets of each method contain the source in about 90 percent of the other clips, as
# requested. One radius for all clips is wide, because it must cover the hopeless ones. Sets from
# the spectrum adapt to each clip.

import pandas as pd
from sklearn.frozen import FrozenEstimator

from sslearn.calibration import ConformalLocalizer
from sslearn.doa import SRPPHAT
from sslearn.metrics import coverage_score, mean_set_width, set_widths

srp = FrozenEstimator(SRPPHAT(mics, grid=circular_grid(5)).fit(X, y))
table, sets = {}, {}
for method in ("absolute", "normalized", "spectrum"):
    localizer = ConformalLocalizer(srp, coverage=0.9, method=method).fit(X[:2000], y[:2000])
    sets[method] = localizer.predict_set(X[2000:])
    table[method] = {
        "coverage": coverage_score(y[2000:], sets[method]),
        "mean width": mean_set_width(sets[method]),
        "median width": np.median(set_widths(sets[method])),
    }
pd.DataFrame(table).T.round(2)

# %%
# Eight clips
# -----------
# A ring for each of the first eight test clips, with its arcs around the array, from the narrowest
# set of the spectrum on the inside to the widest on the outside. On the right, clear clips have a
# narrow arc, and noise widens it. On the left, a single radius does not show this difference.

import matplotlib.pyplot as plt

from sslearn.plotting import PredictionSetDisplay

shown = np.argsort(set_widths(sets["spectrum"][:8]))
y_pred = srp.predict(X[2000:])
figure, axes = plt.subplots(
    1, 2, figsize=(10.5, 4.6), subplot_kw={"projection": "polar"}, layout="constrained"
)
for ax, method in zip(axes, ("absolute", "spectrum"), strict=True):
    PredictionSetDisplay.from_predictions(
        y[2000:][shown], sets[method][shown], y_pred=y_pred[shown], ax=ax
    )
    ax.set_title(method, pad=18)
axes[0].get_legend().remove()

# %%
# All azimuths
# ------------
# The sets of 150 clips over the true azimuth: those that contain the source touch the diagonal.
# Loud noise adds arcs elsewhere.

PredictionSetDisplay.from_predictions(y[2000:2150], sets["spectrum"][:150])
plt.show()
