"""
The manifold of binaural sound
==============================

The cues of a clip are hundreds of numbers, but for one head and no room only two angles make them
differ. In the first figure, an embedding that is trained on which clips are near each other turns
them into a curved surface, along which azimuth and elevation change smoothly. In the second,
Laplacian eigenmaps, without any supervision, find a line: azimuth, but not elevation.
"""

# %%
# Clips and cues
# --------------
# Noise from directions in front. If the folder ``SSLEARN_DATA`` contains the data, the head is
# KEMAR as measured, and the model of a head otherwise.

import os
from pathlib import Path

from sslearn.datasets import load_mit_kemar, make_binaural
from sslearn.features import BinauralCues
from sslearn.simulation import Placement

folder = Path(os.environ.get("SSLEARN_DATA", ""), "mit_kemar")
head = load_mit_kemar(folder, fs=16000) if folder.is_dir() else None
print("model of a head" if head is None else f"measured head {head.name}")
X, y = make_binaural(
    1500,
    heads=head,
    placement=Placement(azimuth_range=(-80, 80), elevation_range=(-40, 60)),
    noise=30,
    duration=0.25,
    batch_transform=BinauralCues(),
    random_state=0,
    return_X_y=True,
)
print(X.shape)

# %%
# The surface
# -----------
# The recipe without its first step, which computes the cues, and without its last one, the
# regression. Training uses the positions of the sources only to decide which clips are near each
# other. A point is a clip; its colour is the true angle.

import matplotlib.pyplot as plt
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn import recipes
from sslearn.plotting import EmbeddingDisplay


def draw(manifold):
    """Two pictures of the same points, with the colours of azimuth and of elevation."""
    figure = plt.figure(figsize=(11, 5), layout="constrained")
    for column, component in enumerate(["azimuth", "elevation"], start=1):
        ax = figure.add_subplot(1, 2, column, projection="3d")
        EmbeddingDisplay.from_estimator(manifold, X, y, component=component, ax=ax)
        ax.set_title(f"coloured by {component}")
        ax.view_init(25, -50)


surface = recipes.weakly_supervised_siamese(max_epochs=25, random_state=0)[1:-1]
draw(surface.fit(X, y))

# %%
# Without supervision
# -------------------
# The time difference between the ears dominates the cues, so the slowest modes of the graph of
# neighbours, which are the coordinates of Laplacian eigenmaps, all depend on azimuth: the colours
# of azimuth are in order along the curve, those of elevation are mixed.

from sslearn.embedding import LaplacianEigenmaps

draw(make_pipeline(StandardScaler(), LaplacianEigenmaps(3, random_state=0)).fit(X))
