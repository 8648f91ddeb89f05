"""
Two loudspeakers in a real recording
====================================

Six microphones on a ring recorded two loudspeakers that play at the same time. The map of the
steered response power shows both: one within 4 degrees of its true direction, the other, which is
quieter and nearly overhead, within 11 degrees. Nothing is trained.
"""

# %%
# The recording
# -------------
# It ships with the package: 0.8 s of a ReSpeaker array, cut from a data set of Gao et al. (2022).

from sslearn.datasets import load_example_recording

recording = load_example_recording()
X, y = recording.data, recording.target
print(X.shape, recording.fs, "Hz")
print(y[0])

# %%
# The array from above: the front is at the top, the left at the left.

from sslearn.plotting import MicArrayDisplay

mics = recording.mic_positions
MicArrayDisplay.from_positions(mics, directions=y[0])

# %%
# The directions
# --------------
# The microphones lie in a plane, and cannot distinguish above from below, so the grid is the upper
# half of the sphere. The recipe takes audio, as here, or the paths of files.

from sslearn import recipes
from sslearn.geometry import sphere_grid

grid = sphere_grid(3)
grid = grid[grid[:, 1] >= 0]
localizer = recipes.srp_phat(mics, n_sources=2, grid=grid, freq_range=(300, 5000))
localizer.fit(X).predict([recording.path]).round(1)

# %%
# A map
# -----
# The circles are the true directions, the crosses those that were found.

import matplotlib.pyplot as plt

from sslearn.plotting import SpatialSpectrumDisplay

figure, ax = plt.subplots(figsize=(9, 3.4))
SpatialSpectrumDisplay.from_estimator(localizer, X, y, ax=ax)
figure.subplots_adjust(left=0.08, right=0.88)
# sphinx_gallery_thumbnail_number = 2

# %%
# Four methods
# ------------
# Errors in degrees on the great circle. The two directions of a prediction have no order, so they
# are matched with the true ones first.

import pandas as pd

from sslearn.metrics import match_sources

options = {"n_sources": 2, "grid": grid, "freq_range": (300, 5000)}
localizers = {
    "SRP-PHAT": localizer,
    "MVDR": recipes.mvdr(mics, **options),
    "MUSIC": recipes.music(mics, **options),
    "masked SRP-PHAT": recipes.masked_srp_phat(mics, n_sources=2, grid=grid),
}
errors = {
    name: match_sources(y, method.fit(X).predict(X))[1][0] for name, method in localizers.items()
}
pd.DataFrame(errors, index=["first loudspeaker", "second loudspeaker"]).T.round(1)

# %%
# Masked SRP-PHAT, whose masks were trained on talkers in noise, has the largest error for the first
# loudspeaker and the smallest for the second: no method is best for all sounds, see
# :doc:`/user_guide/choosing`.
