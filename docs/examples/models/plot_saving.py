"""
Save a model, load it elsewhere
===============================

A localizer is trained, written to one file and read again. The file describes itself, opening it
runs no code from it, and the loaded model returns the same spectrum, as the last figure shows: its
dots lie on the line of the model before it was saved.
"""

# %%
# A model
# -------
# A network for four microphones that estimates azimuths from cross-correlations; it is small, so
# that the training takes seconds.

import tempfile
from pathlib import Path

import numpy as np
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.deep_learning import NeuralLocalizer
from sslearn.encoding import UnbiasedEncoding
from sslearn.features import GCCPHAT, STFT, AudioReader, Flatten, TimePooling
from sslearn.geometry import circular_array, circular_grid
from sslearn.metrics import median_angular_error
from sslearn.networks import MLP

mics = circular_array(4, 0.05)
scene = {"mic_positions": mics, "azimuth_range": (-180, 180), "duration": 0.2, "return_X_y": True}
X, y = make_plane_waves(500, snr=(0, 20), random_state=0, **scene)
X_test, y_test = make_plane_waves(200, snr=(0, 20), random_state=1, **scene)
cues = make_pipeline(
    AudioReader(fs=16000), STFT(512), GCCPHAT(max_tau=3e-4, n_lags=21), TimePooling(), Flatten()
)
model = NeuralLocalizer(
    MLP((64,), activation="relu"),
    encoding=UnbiasedEncoding(circular_grid(10)),
    loss="cross_entropy",
    batch_transform=cues,
    lr=3e-3,
    batch_size=16,
    max_epochs=15,
    random_state=0,
)
model.fit(X, y)
error = median_angular_error(y_test, model.predict(X_test))
print(f"median error {error:.2f} degrees")

# %%
# Save
# ----
# The card is any dictionary: what a later user must know.

import sslearn

path = Path(tempfile.mkdtemp(), "four_microphones.sslearn")
card = {"data": "plane waves, 0 to 20 dB", "median_error": round(error, 2), "licence": "CC0"}
sslearn.save(model, path, card=card)
print(f"{path.stat().st_size / 1e3:.0f} kB")

# %%
# Look before loading
# -------------------
# :func:`~sslearn.persistence.describe` reads the description without building the model: what audio
# it needs, what it returns, and the versions that wrote it.

from sslearn.persistence import describe

info = describe(path)
print(info.card)
for name, value in info.contract.items():
    print(f"{name}: {value}")

# %%
# Load
# ----
# On another computer, this is all. A file that is damaged, or that names objects other than
# estimators, raises an error instead.

loaded = sslearn.load(path)
print("same predictions:", np.array_equal(loaded.predict(X_test), model.predict(X_test)))

# %%

import matplotlib.pyplot as plt

before, after = model.spatial_spectrum(X_test[:1])[0], loaded.spatial_spectrum(X_test[:1])[0]
figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
ax.plot(model.grid_, before, color="#3b6fb6", lw=2, label="before saving")
ax.plot(loaded.grid_, after, "o", color="#e08a2e", ms=5, label="after loading")
ax.axvline(y_test[0], color="black", ls="--", lw=1.2, label="true")
ax.set(xlabel="azimuth (degrees)", ylabel="score", xticks=range(-180, 181, 45))
ax.invert_xaxis()
_ = ax.legend(frameon=False)

# %%
# Damage
# ------
# One changed byte is enough:

data = bytearray(path.read_bytes())
data[1000] ^= 1
path.write_bytes(data)
try:
    sslearn.load(path)
except sslearn.exceptions.ModelFileError as damage:
    print(str(damage).replace(str(path.parent), "")[1:])
