"""
Cues for any regressor of scikit-learn
======================================

The cues of this package are features like all others, so that any regressor can localize. Azimuths
need care: on the left of the figure, a regressor of raw degrees fails where 179 and -179 meet,
behind the array. On the right, the points of the same regressor on encoded directions are all on
the diagonal. A table compares five regressors.
"""

# %%
# Cues of an array
# ----------------
# Noise from all around four microphones, as loud as the noise of the microphones. The cues of a
# clip are the cross-correlations of the six pairs at 21 lags, averaged over time.

from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.features import GCCPHAT, STFT, Flatten, TimePooling
from sslearn.geometry import circular_array

X, y = make_plane_waves(
    1200,
    mic_positions=circular_array(4, 0.05),
    azimuth_range=(-180, 180),
    snr=0,
    duration=0.1,
    random_state=0,
    return_X_y=True,
)
cues = make_pipeline(STFT(512), GCCPHAT(max_tau=3e-4, n_lags=21), TimePooling(), Flatten())
X = cues.fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=400, random_state=0)
print(X_train.shape, X_test.shape)

# %%
# The wrap
# --------
# :class:`~sslearn.base.EncodedLocalizer` trains a regressor on points of the unit circle instead of
# degrees, and decodes its predictions. On the left, predictions must jump from 180 to -180 behind
# the array, which no smooth function does: errors are largest there. On the right there is no gap.

import matplotlib.pyplot as plt
from sklearn.kernel_ridge import KernelRidge

from sslearn.base import EncodedLocalizer
from sslearn.metrics import mean_angular_error

ridge = KernelRidge(alpha=0.1, kernel="rbf", gamma=0.3)
predicted = {
    "degrees": ridge.fit(X_train, y_train).predict(X_test),
    "encoded directions": EncodedLocalizer(ridge).fit(X_train, y_train).predict(X_test),
}
figure, axes = plt.subplots(1, 2, figsize=(9, 4.4), sharey=True, layout="constrained")
for ax, (name, azimuth), color in zip(axes, predicted.items(), ("#e08a2e", "#3b6fb6"), strict=True):
    error = mean_angular_error(y_test, azimuth)
    ax.scatter(y_test, azimuth, s=10, color=color, alpha=0.7)
    ax.set(title=f"{name}: mean error {error:.1f}°", xlabel="true azimuth (degrees)")
    ax.set(xticks=range(-180, 181, 90), yticks=range(-180, 181, 90), aspect="equal")
    ax.grid(alpha=0.3)
_ = axes[0].set_ylabel("predicted azimuth (degrees)")

# %%
# Five regressors
# ---------------
# Mean and median errors in degrees on the same clips. Each of them is fitted within seconds, and
# none needs a GPU.

import time

import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor

from sslearn.metrics import median_angular_error

regressors = {
    "ridge": Ridge(1.0),
    "nearest neighbours": KNeighborsRegressor(5, weights="distance"),
    "forest": RandomForestRegressor(60, min_samples_leaf=2, random_state=0),
    "kernel ridge": ridge,
    "perceptron": MLPRegressor(hidden_layer_sizes=(64,), max_iter=400, random_state=0),
}
rows = {}
for name, regressor in regressors.items():
    start = time.perf_counter()
    azimuth = EncodedLocalizer(regressor).fit(X_train, y_train).predict(X_test)
    rows[name] = {
        "mean": mean_angular_error(y_test, azimuth),
        "median": median_angular_error(y_test, azimuth),
        "seconds": time.perf_counter() - start,
    }
pd.DataFrame(rows).T.round(2)
