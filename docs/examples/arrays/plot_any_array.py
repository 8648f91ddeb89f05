"""
A trained localizer for any array
=================================

Masked SRP-PHAT takes the positions of the microphones, as the classical localizers do, and weights
the bins of a spectrogram by a network that was trained on many other arrays. In the boxes, its
errors are the smallest of three methods, although nothing is trained here.
"""

# %%
# An array, rooms and noise
# -------------------------
# Five microphones at irregular positions on a device of 20 cm, bursts of noise in simulated rooms,
# and diffuse noise of the same level.

import numpy as np

from sslearn.plotting import MicArrayDisplay
from sslearn.simulation import (
    ArrayReceiver,
    Noise,
    Placement,
    ShoeboxRooms,
    Sounds,
    simulate,
)

FS = 16000
mics = [[0.09, 0.03, 0], [0.02, -0.08, 0], [-0.07, -0.06, 0], [-0.05, 0.08, 0.01], [0.0, 0.0, 0.02]]
rng = np.random.default_rng(0)
bursts = []
for _ in range(20):
    loudness = np.repeat(rng.uniform(size=40) ** 3, FS // 20)
    bursts.append(loudness * rng.standard_normal(2 * FS))
clips = simulate(
    ArrayReceiver(mics),
    40,
    rooms=ShoeboxRooms(10, t60=(0.3, 0.8)),
    sounds=Sounds(bursts),
    placement=Placement(azimuth_range=(-180, 180), distance_range=(1.0, 2.0)),
    noise=Noise(0.0, kind="diffuse"),
    fs=FS,
    duration=1.0,
    random_state=0,
)
X, y = clips.data, clips.target
MicArrayDisplay.from_positions(np.array(mics), directions=y[:1])

# %%
# Errors
# ------
# The recipes take the same arguments. Masked SRP-PHAT has the lowest errors.

from sslearn import recipes
from sslearn.plotting import LocalizationErrorDisplay

localizers = {
    "masked SRP-PHAT": recipes.masked_srp_phat(mics),
    "SRP-PHAT": recipes.srp_phat(mics),
    "MVDR": recipes.mvdr(mics),
}
predicted = {name: localizer.fit(X).predict(X) for name, localizer in localizers.items()}
LocalizationErrorDisplay.from_predictions(y, predicted)

# %%
# Weights of the bins
# -------------------
# The spectrogram of a clip in grey, and the bins with high weights in colour: the start of a burst,
# before the reflections arrive.

from sslearn.plotting import MaskDisplay

MaskDisplay.from_estimator(localizers["masked SRP-PHAT"], X, sample=0)

# %%
# Reliability
# -----------
# The spatial spectrum is a distribution over the directions: it sums to 1, and a narrow peak means
# a reliable prediction.

from sslearn.plotting import SpatialSpectrumDisplay

SpatialSpectrumDisplay.from_estimator(localizers["masked SRP-PHAT"], X, y, sample=0)

# sphinx_gallery_thumbnail_number = 2
