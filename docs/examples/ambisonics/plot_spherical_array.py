"""
From a spherical array to directions
====================================

A sphere of microphones is encoded into four channels of ambisonics, and the intensity of these
points to the source: each map has one peak, and the cross on it, the prediction, lies in or beside
the circle, the true direction. Nothing is trained.
"""

# %%
# Responses of a sphere
# ---------------------
# If the folder ``SSLEARN_DATA`` contains the data, the responses are measured: 110 microphones in a
# rigid sphere of 8.75 cm, and four loudspeakers without a room (SOFiA toolbox, 2011). Otherwise
# they are plane waves at 32 microphones on an open sphere of 4.2 cm.

import os
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

from sslearn.datasets import load_sofia_sphere, make_plane_waves
from sslearn.geometry import device_array

FS = 16000
rng = np.random.default_rng(0)
folder = Path(os.environ.get("SSLEARN_DATA", ""), "sofia_sphere")
if folder.is_dir():
    responses = load_sofia_sphere(folder, "A3", fs=FS)
    mics, y, baffle = responses.mic_positions, responses.target[:, :2], "rigid"
    sounds = rng.standard_normal((len(y), 1, FS))
    X = fftconvolve(responses.rirs, sounds, axes=-1)[..., :FS].astype(np.float32)
    print("measured responses of a rigid sphere")
else:
    mics, baffle = device_array("eigenmike_em32").mic_positions, "open"
    y = np.array([[0.0, 0.0], [90.0, 30.0], [180.0, -20.0], [-60.0, 50.0]])
    X = make_plane_waves(
        4, mic_positions=mics, directions=y, snr=20, fs=FS, duration=1.0, random_state=0
    ).data
    print("plane waves at an open sphere")
print(X.shape, y.shape)

# %%
# Encoder and localizer
# ---------------------
# The encoder needs the positions and what is inside the sphere. Above a frequency that depends on
# the radius and the number of microphones, higher orders leak into the four channels, so the
# localizer uses the band below it.

import pandas as pd
from sklearn.pipeline import make_pipeline

from sslearn.doa import IntensityLocalizer
from sslearn.features import STFT, AmbisonicEncoder
from sslearn.metrics import angular_error

encoder = AmbisonicEncoder(mics, fs=FS, baffle=baffle)
localizer = IntensityLocalizer(
    batch_transform=make_pipeline(encoder, STFT(512)), fs=FS, freq_range=(200, 3000)
)
found = localizer.fit(X, y).predict(X)
table = pd.DataFrame(np.hstack([y, found]), columns=["azimuth", "elevation", "found", "found el."])
table["error"] = angular_error(y, found)
table.round(1)

# %%
# The measured sphere stood 2 to 3 degrees to the right of its nominal orientation, so all four
# loudspeakers appear to the left of the nominal azimuth.

# %%
# Maps
# ----
# The histogram of the intensity over all bins, on the sphere.

import matplotlib.pyplot as plt

from sslearn.plotting import SpatialSpectrumDisplay

figure, axes = plt.subplots(2, 2, figsize=(9.5, 5.4))
for sample, ax in enumerate(axes.flat):
    SpatialSpectrumDisplay.from_estimator(localizer, X, y, sample=sample, ax=ax)
    ax.set_title("", loc="left")
    ax.set_xticks(range(-180, 181, 90))
figure.subplots_adjust(left=0.09, right=0.91, wspace=0.45, hspace=0.4)
