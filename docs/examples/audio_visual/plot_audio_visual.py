"""
Where in the picture is the sound?
==================================

A localizer is trained on pairs of a picture and a sound, without labels, to find the object that
makes the sound. On the left of the figure the bright area covers that object; on the right, with
the sound of another scene, it does not: the maps depend on the sound.
"""

# %%
# Scenes
# ------
# Each picture has two objects, and its sound is that of one of them. Only the texture determines
# the kind of sound of an object; colour, shape, size and place do not. The boxes are used for
# scores only.

from sslearn.datasets import make_scenes

X = make_scenes(1200, random_state=0).data
X_test, boxes = make_scenes(200, random_state=1, return_X_y=True)

# %%
# Training
# --------
# The features of the pictures come from the frozen first blocks of a network that was pretrained on
# photographs, and are computed once. Only the layers that turn a sound into a map are trained.

from sslearn.audiovisual import SemanticContrastiveLocalizer

model = SemanticContrastiveLocalizer(
    sound_duration=0.975, cached_views=1, max_epochs=12, random_state=0
)
model.fit(X)

# %%
# Maps
# ----
# Each picture has two objects. On the right, the sound is that of another scene: the map changes,
# so it depends on the sound.

from sslearn.plotting import SimilarityMapDisplay

display = SimilarityMapDisplay.from_estimator(model, X_test, boxes, sample=[0, 1, 2])

# %%
# Is the sound used?
# ------------------
# A localizer that finds both objects, but ignores the sound, is right in half of the scenes. With
# the sounds of other scenes, our localizer should be worse than that: it points at the other
# object, or at none.

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
# Two attributes show the same without boxes: embeddings are spread in all directions (near 1), and
# maps change with the sound (far from 0).

round(model.embedding_spread_, 2), round(model.sound_effect_, 2)
