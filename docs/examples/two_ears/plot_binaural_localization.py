"""
Two ears, from audio to angles
==============================

A siamese embedding maps sounds from near directions to near points; nearest neighbours in the
embedding give azimuth and elevation. In the figure, clips of rooms that were not in the training
lie around the diagonals, closer in azimuth than in elevation.
"""

# %%
# Clips in rooms
# --------------
# Noise from the front, at the ears of the built-in head in simulated rooms.

from sslearn.datasets import make_binaural, make_shoebox_rooms
from sslearn.simulation import Placement

rooms = make_shoebox_rooms(12, t60=(0.15, 0.3), random_state=0)
near = Placement(distances=(1.0,))
scene = {"placement": near, "duration": 0.5}
clips = make_binaural(2000, rooms=rooms[:10], random_state=0, **scene)
test = make_binaural(300, rooms=rooms[10:], random_state=1, **scene)
X, y, X_test, y_test = clips.data, clips.target, test.data, test.target
print(X.shape, y.shape)

# %%
# Train
# -----
# The recipe is an ordinary pipeline of scikit-learn.

from sslearn import recipes

model = recipes.weakly_supervised_siamese(max_epochs=30, random_state=0)
model.fit(X, y)

# %%
# Test
# ----
# Errors in degrees, in each of the two test rooms and in both. This training takes seconds; the
# accuracy of the paper needs ten times as many clips, and more epochs.

from sslearn.metrics import localization_report

predicted = model.predict(X_test)
report = localization_report(y_test, predicted, groups=test.metadata["room"])
report[["n_samples", "mean", "median", "accuracy_10"]].round(2)

# %%
# The errors
# ----------
# One point per test clip. :doc:`/auto_examples/two_ears/plot_manifold` draws such an embedding.

from sslearn.plotting import LocalizationErrorDisplay

_ = LocalizationErrorDisplay.from_predictions(y_test, {"siamese": predicted}, kind="scatter")
