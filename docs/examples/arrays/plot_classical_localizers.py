"""
Classical localizers in a room
==============================

Two talkers in a simulated room, eight microphones, and four localizers that need no training. Each
spatial spectrum has its peaks on the dashed lines, the true directions; the valleys between them
differ. A table compares their errors over many rooms.
"""

# %%
# A room
# ------
# pyroomacoustics simulates a room with two intermittent sources of noise, as a stand-in for
# talkers.

import numpy as np
import pyroomacoustics as pra

from sslearn.geometry import angles_to_unit_vectors, circular_array
from sslearn.plotting import MicArrayDisplay

FS = 16000
mics = circular_array(8, 0.1)


def record(azimuths, t60, rng):
    """One second of sources around the array, in a room of random size."""
    size = rng.uniform([5, 4, 2.5], [8, 7, 3.5])
    absorption, max_order = pra.inverse_sabine(t60, size)
    walls = pra.Material(absorption)
    room = pra.ShoeBox(size, fs=FS, materials=walls, max_order=min(max_order, 20))
    center = size * [0.5, 0.5, 0.45]
    room.add_microphone_array((center + mics).T)
    for place in center + 1.5 * angles_to_unit_vectors(azimuths):
        # Bursts of a tenth of a second.
        loudness = np.repeat(rng.uniform(size=10) ** 2, FS // 10)
        room.add_source(place, signal=loudness * rng.standard_normal(FS))
    room.simulate(snr=20)
    return room.mic_array.signals[:, :FS].astype(np.float32)


truth = np.array([-40.0, 35.0])
X = record(truth, t60=0.3, rng=np.random.default_rng(0))[None]
MicArrayDisplay.from_positions(mics, directions=truth)

# %%
# Spatial spectra
# ---------------
# ESPRIT does not search its spectrum: the value at a direction is the share of the log-likelihood
# that a talker there retains.

from sslearn import recipes
from sslearn.plotting import SpatialSpectrumDisplay

localizers = {
    "SRP-PHAT": recipes.srp_phat(mics, n_sources=2),
    "MVDR": recipes.mvdr(mics, n_sources=2),
    "MUSIC": recipes.music(mics, n_sources=2),
    "ESPRIT": recipes.esprit(mics, n_sources=2),
}
spectra = {name: localizer.fit(X).spatial_spectrum(X)[0] for name, localizer in localizers.items()}
grid = localizers["MUSIC"].grid_
SpatialSpectrumDisplay.from_spectrum(spectra, grid, y_true=truth)

# %%
# Errors
# ------
# Forty rooms each with short and with long reverberation. Predictions are matched with the true
# directions.

import pandas as pd

from sslearn.metrics import localization_report

rng = np.random.default_rng(1)
first = rng.uniform(-180, 180, 40)
y = np.column_stack([first, first + rng.uniform(30, 180, 40)])[..., None]
reports = {}
for t60 in (0.15, 0.5):
    X = np.stack([record(azimuths[:, 0], t60, rng) for azimuths in y])
    for name, localizer in localizers.items():
        predicted = localizer.fit(X).predict(X)
        reports[f"T60 {t60} s", name] = localization_report(y, predicted).iloc[0]
columns = ["n_samples", "mean", "median", "missed_10", "false_alarms_10"]
pd.DataFrame(reports).T[columns].round(2)

# sphinx_gallery_thumbnail_number = 2
