"""
Cues and columns of a table in one model
========================================

A table has a column of recordings and a column with the size of the head that recorded them. A
``ColumnTransformer`` turns the recordings into cues and joins the size, because the same time
difference is another angle on a larger head. In the figure, the line of the model with the column
is much lower for the smallest head, which none of the training heads resembles.
"""

# %%
# A table of recordings
# ---------------------
# Noise at the ears of seven heads, from a small one to a large one, in a DataFrame: one clip, one
# head radius and one azimuth in a row. Paths of files work in the same way as clips, see
# :doc:`/auto_examples/models/plot_files_and_frames`.

import numpy as np
import pandas as pd

from sslearn.datasets import make_binaural, structural_hrirs
from sslearn.simulation import Noise, Placement

radii = np.linspace(0.07, 0.105, 7)
clips = make_binaural(
    1050,
    heads=[structural_hrirs(head_radius=radius, name=f"{100 * radius:.2f}") for radius in radii],
    placement=Placement(elevation_range=(0, 0)),
    noise=Noise(10),
    duration=0.2,
    random_state=0,
)
table = pd.DataFrame(
    {
        "clip": list(clips.data),
        "radius_cm": clips.metadata["head"].astype(float),
        "azimuth": clips.target[:, 0],
    }
)
table.drop(columns="clip").head()

# %%
# Columns to features
# -------------------
# The cues come from one column, the radius from another. The rest is an ordinary pipeline.

from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sslearn.base import EncodedLocalizer
from sslearn.features import BinauralCues


def make_model(*columns):
    """Pipeline from columns of the table to azimuths."""
    return make_pipeline(
        ColumnTransformer(list(columns)),
        StandardScaler(),
        PolynomialFeatures(2, interaction_only=True),
        EncodedLocalizer(Ridge(30.0)),
    )


cues = ("cues", make_pipeline(BinauralCues(), StandardScaler(), PCA(20)), ["clip"])
models = {
    "cues alone": make_model(cues),
    "cues and head size": make_model(cues, ("radius", "passthrough", ["radius_cm"])),
}
models["cues and head size"]

# %%
# Heads that were not in the training
# -----------------------------------
# Cross-validation leaves out one head at a time, so the model must use the radius, not recognize
# the head.

from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from sslearn.metrics import angular_error

X, y, heads = table[["clip", "radius_cm"]], table["azimuth"], table["radius_cm"]
for name, model in models.items():
    predicted = cross_val_predict(model, X, y, groups=heads, cv=LeaveOneGroupOut())
    table[name] = angular_error(y, predicted)
errors = table.groupby("radius_cm")[list(models)].median()
errors.loc["all heads"] = table[list(models)].median()
errors.round(2)

# %%
# Median errors in degrees. The column helps most for the smallest and the largest heads, where the
# relation between time difference and angle differs most from the average; in between it makes
# little difference.

import matplotlib.pyplot as plt

ax = errors.iloc[:-1].plot(marker="o", color=["#e08a2e", "#3b6fb6"], figsize=(6.4, 3.8))
ax.set(xlabel="radius of the head left out (cm)", ylabel="median error (degrees)", ylim=(0, None))
ax.grid(alpha=0.3)
plt.tight_layout()
