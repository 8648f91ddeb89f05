"""
Search over the radius, room by room
====================================

The radius of the neighbourhood is searched with rooms as groups: no room is in both the training
and the validation part. The bars become higher with the radius: a small one is best here.
"""

# %%
# Cues of clips in four rooms
# ---------------------------
# The cues are computed once, before the search.

from sslearn.datasets import make_binaural, make_shoebox_rooms
from sslearn.features import BinauralCues

clips = make_binaural(
    700,
    rooms=make_shoebox_rooms(4, random_state=0),
    duration=0.5,
    batch_transform=BinauralCues(),
    random_state=0,
)
X, y, metadata = clips.data, clips.target, clips.metadata

# %%
# Search
# ------
# The recipe without its first step starts at the cues.

import pandas as pd
from sklearn.model_selection import GridSearchCV, GroupKFold

from sslearn import recipes
from sslearn.metrics import get_scorer

search = GridSearchCV(
    recipes.siamese(max_epochs=18, random_state=0)[1:],
    {"siameseembedding__radius": [5, 15, 30]},
    cv=GroupKFold(2),
    scoring={name: get_scorer(f"neg_median_{name}_error") for name in ("azimuth", "elevation")},
    refit="azimuth",
)
search.fit(X, y, groups=metadata["room"])

# %%
# Median errors in validation rooms, in degrees. A wide neighbourhood reduces the resolution, most
# of all in elevation.

columns = {"param_siameseembedding__radius": "radius"}
columns |= {f"mean_test_{name}": name for name in ("azimuth", "elevation")}
table = pd.DataFrame(search.cv_results_)[list(columns)].rename(columns=columns)
table = -table.set_index("radius")
table.round(1)

# %%

ax = table.plot.bar(rot=0, color=["#3b6fb6", "#e08a2e"])
ax.set(xlabel="radius (degrees)", ylabel="median error (degrees)")
ax.set_axisbelow(True)
ax.grid(axis="y", alpha=0.3)
ax.spines[["top", "right"]].set_visible(False)
