"""
Where in the picture is the sound?
==================================

A localizer learns from pairs of a picture and a sound, without labels, which object of a picture
makes the sound. We look at its maps, and check that it listens.
"""

# %%
# Scenes
# ------
# Each picture has two objects, and its sound is that of one of them. Only the texture tells which
# kind of sound belongs to an object; colour, shape, size and place do not. The boxes are for
# scores alone.

from sslearn.datasets import make_scenes

X = make_scenes(1200, random_state=0).data
X_test, boxes = make_scenes(200, random_state=1, return_X_y=True)

# %%
# Training
# --------
# The frozen first blocks of a network that was pretrained on photographs describe the pictures.
# Their features are computed once; what is trained is what turns a sound into a map.

from sslearn.audiovisual import SemanticContrastiveLocalizer

model = SemanticContrastiveLocalizer(
    sound_duration=0.975, cached_views=1, max_epochs=12, random_state=0
)
model.fit(X)

# %%
# Maps
# ----
# Two objects in each picture. On the right, the picture has the sound of another scene: the map
# moves, so it depends on the sound.

from sslearn.plotting import SimilarityMapDisplay

display = SimilarityMapDisplay.from_estimator(model, X_test, boxes, sample=[0, 1, 2])

# %%
# Does it listen?
# ---------------
# Whoever finds both objects and does not hear points at the right one in half of the scenes.
# With the sounds of other scenes, the same localizer should do worse than that: it points at the
# other object, or at none.

import numpy as np
import pandas as pd

from sslearn.metrics import consensus_iou_score, iou_auc_score, pointing_accuracy_score

rows = {}
shuffled = X_test.assign(audio=np.roll(X_test["audio"].to_numpy(), 1))
for name, pairs in {"own sound": X_test, "sound of another scene": shuffled}.items():
    maps = model.similarity_map(pairs)
    rows[name] = {
        "cIoU": consensus_iou_score(boxes, maps),
        "AUC": iou_auc_score(boxes, maps),
        "pointing": pointing_accuracy_score(boxes, model.predict(pairs)),
    }
pd.DataFrame(rows).T.round(2)

# %%
# The monitors of the training say the same without any box: embeddings that are spread in all
# directions (near 1), and maps that change with the sound (far from 0).

round(model.embedding_spread_, 2), round(model.sound_effect_, 2)
