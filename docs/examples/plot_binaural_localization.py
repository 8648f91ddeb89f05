"""
Two ears, from audio to angles
==============================

A siamese embedding maps sounds from near directions to near points; nearest neighbours in the
embedding give azimuth and elevation. Training and test clips are from different rooms.
"""

# %%
# Clips in rooms
# --------------
# Noise from the front, at the ears of the built-in head in simulated rooms.

from sslearn.datasets import make_binaural, make_shoebox_rooms
from sslearn.simulation import Placement

rooms = make_shoebox_rooms(12, t60=(0.15, 0.3), random_state=0)
near = Placement(distances=(1.0,))
clips = make_binaural(2400, rooms=rooms[:10], placement=near, random_state=0)
test = make_binaural(400, rooms=rooms[10:], placement=near, random_state=1)
X, y, X_test, y_test = clips.data, clips.target, test.data, test.target
print(X.shape, y.shape)

# %%
# Train
# -----
# The recipe is an ordinary pipeline of scikit-learn.

from sslearn import recipes

model = recipes.weakly_supervised_siamese(max_epochs=40, random_state=0)
model.fit(X, y)

# %%
# Test
# ----
# Errors in degrees, in each of the two test rooms and in both. This training takes seconds; the
# accuracy of the paper needs ten times as many clips, and more epochs.

from sslearn.metrics import localization_report

predicted = model.predict(X_test)
localization_report(y_test, predicted, groups=test.metadata["room"]).round(2)

# %%
# The manifold
# ------------
# One point per test clip. Training used only which clips are near each other; still, azimuth
# changes along the embedding, and elevation across it where the cues depend on it.

import matplotlib.pyplot as plt

from sslearn.plotting import EmbeddingDisplay

figure = plt.figure(figsize=(11, 4.8), layout="constrained")
for column, component in enumerate(["azimuth", "elevation"], start=1):
    ax = figure.add_subplot(1, 2, column, projection="3d")
    EmbeddingDisplay.from_estimator(model, X_test, y_test, component=component, ax=ax)
    ax.set_title(f"{len(X_test)} test clips, coloured by {component}")

# %%
# The errors
# ----------

from sslearn.plotting import LocalizationErrorDisplay

_ = LocalizationErrorDisplay.from_predictions(y_test, {"siamese": predicted}, kind="scatter")
