"""
Two ears, from audio to angles
==============================

A siamese embedding learns which sounds come from near directions; nearest neighbours in it give
azimuth and elevation. Training and test clips sound in different rooms.
"""

# %%
# Clips in rooms
# --------------
# Noise from the front, heard by the embedded head in simulated rooms.

from sslearn.datasets import make_binaural, make_shoebox_rooms

rooms = make_shoebox_rooms(6, random_state=0)
X, y, _ = make_binaural(1200, rooms=rooms.iloc[:4], duration=0.5, random_state=0, return_X_y=True)
X_test, y_test, metadata = make_binaural(
    200, rooms=rooms.iloc[4:], duration=0.5, random_state=1, return_X_y=True
)
print(X.shape, y.shape)

# %%
# Train
# -----
# The recipe is an ordinary pipeline of scikit-learn.

from sslearn import recipes

model = recipes.weakly_supervised_siamese(fs=16000, max_epochs=40, random_state=0)
model.fit(X, y)

# %%
# Test
# ----

from sslearn.metrics import localization_report

print(localization_report(y_test, model.predict(X_test)).round(1))

# %%
# The manifold
# ------------
# One point per test clip, coloured by its azimuth.

from sslearn.plotting import EmbeddingDisplay, LocalizationErrorDisplay

EmbeddingDisplay.from_estimator(model, X_test, y_test)

# %%
# The errors
# ----------

LocalizationErrorDisplay.from_estimator(model, X_test, y_test, kind="scatter")
