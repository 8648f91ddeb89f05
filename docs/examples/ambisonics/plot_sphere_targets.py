"""
Regression or classification on the sphere
==========================================

Perotin et al. compare three regressions and three classifications of the direction by one network.
A target is an encoding and a loss, so one search over both corresponds to their table, with a
seventh row: unbiased labels, decoded between the directions of the grid. With the few clips of this
example, the bar of the unit vector is the shortest.

To keep the run time below a minute, this example replaces their recurrent network by a perceptron
on the mean intensity; ``python -m benchmarks.accuracy.sphere`` trains
:func:`sslearn.recipes.ambisonic_crnn`.
"""

# %%
# Ambisonic clips in rooms
# ------------------------
# Directions all over the sphere. The intensity of each frequency is averaged over the frames during
# the simulation; the audio is never stored.

from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_ambisonic
from sslearn.features import STFT, Flatten, IntensityVector, TimePooling
from sslearn.simulation import Noise, ShoeboxRooms

intensity = make_pipeline(STFT(256), IntensityVector(), TimePooling(), Flatten())
clips = make_ambisonic(
    1000,
    rooms=ShoeboxRooms(40, t60=(0.2, 0.4)),
    noise=Noise((10, 30), kind="diffuse"),
    duration=0.5,
    batch_transform=intensity,
    random_state=0,
)
X, y, metadata = clips.data, clips.target, clips.metadata

# %%
# Encoding and loss
# -----------------
# Rooms are groups: no room is in both training and validation.

import pandas as pd
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold

from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.encoding import (
    AdjacentDecoder,
    AngleEncoding,
    ArgmaxDecoder,
    GaussianEncoding,
    GibbsWeightedEncoding,
    OneHotEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import quasi_uniform_grid
from sslearn.metrics import get_scorer, localization_accuracy_score
from sslearn.networks import MLP

grid, nearest = quasi_uniform_grid(10), ArgmaxDecoder()
targets = {
    "spherical, squared error": (AngleEncoding("sigmoid"), "mse"),
    "spherical, angular loss": (AngleEncoding("sigmoid"), "angular"),
    "Cartesian, squared error": (UnitVectorEncoding("sigmoid"), "mse"),
    "one-hot": (OneHotEncoding(grid, decoder=nearest), "cross_entropy"),
    "Gibbs target": (GaussianEncoding(grid, width=20, decoder=nearest), "mse"),
    "Gibbs loss": (GibbsWeightedEncoding(grid, width=20, decoder=nearest), "gibbs_weighted"),
    "unbiased, adjacent decoding": (
        UnbiasedEncoding(grid, decoder=AdjacentDecoder(3)),
        "cross_entropy",
    ),
}
network = MLP((128, 128), activation="relu", batch_norm="before", dropout=0.2)
search = GridSearchCV(
    NeuralLocalizer(network, training=Training("nadam"), max_epochs=16, random_state=0),
    [{"encoding": [encoding], "loss": [loss]} for encoding, loss in targets.values()],
    cv=GroupKFold(2),
    scoring={
        "median": get_scorer("neg_median_angular_error"),
        "mean": get_scorer("neg_mean_angular_error"),
        **{
            f"< {limit}": make_scorer(localization_accuracy_score, tolerance=limit)
            for limit in (5, 10, 15)
        },
    },
    refit="median",
    n_jobs=2,
)
search.fit(X, y, groups=metadata["room"])

# %%
# The table
# ---------
# Each class has one or two training clips here, and training of one class does not improve its
# neighbours: the unit vector needs the least data.

columns = ["< 5", "< 10", "< 15", "mean", "median"]
results = pd.DataFrame(search.cv_results_)[[f"mean_test_{column}" for column in columns]]
table = results.set_axis(columns, axis=1).set_axis(list(targets), axis=0)
table[["mean", "median"]] *= -1
table[columns[:3]] *= 100
table.round(1)

# %%

ax = table["median"].plot.barh(color=["#3b6fb6"] * 3 + ["#8a8a8a"] * 3 + ["#e08a2e"])
ax.set(xlabel="median error (degrees)")
ax.invert_yaxis()
ax.set_axisbelow(True)
ax.grid(axis="x", alpha=0.3)
ax.spines[["top", "right"]].set_visible(False)
ax.figure.tight_layout()
