"""
IPDnet2: tracks of two sources
==============================

A small IPDnet2 is trained for half a minute on bursts of noise from fixed directions, and then
follows two sources that move and pause. In the last figure most orange dots lie on the black lines;
others are missing, and a few are false. The published network is larger and trained for much longer
(:doc:`/user_guide/multi_source`).
"""

# %%
# Bursts of noise
# ---------------
# Two sources at random directions around four microphones, each of them on in about 70 percent of
# the time, in steps of a fifth of a second. y has a direction for each source in each frame of a
# tenth of a second, and NaN while the source is silent. A rate of 8 kHz halves the computation.

import numpy as np

from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array

FS = 8000
mics = circular_array(4, 0.05)


def bursts(n_clips, seed, n_frames=10):
    """Clips of a second, and the azimuths of the sources in each frame."""
    rng = np.random.default_rng(seed)
    X, tracks = 0, []
    for source in range(2):
        audio, azimuth = make_plane_waves(
            n_clips,
            mic_positions=mics,
            azimuth_range=(-180, 180),
            fs=FS,
            duration=n_frames / 10,
            random_state=10 * seed + source,
            return_X_y=True,
        )
        on = np.repeat(rng.random((n_clips, n_frames // 2)) < 0.7, 2, axis=1)
        X = X + audio * np.repeat(on, FS // 10, axis=1)[:, None]
        tracks.append(np.where(on, azimuth[:, None], np.nan))
    X += 0.1 * rng.standard_normal(X.shape)  # noise of the microphones
    return X.astype(np.float32), np.stack(tracks, axis=-1)[..., None]


X, y = bursts(550, seed=0)
print(X.shape, y.shape)

# %%
# Training
# --------
# The recipe is the whole published system. Here the network is narrower and has two layers instead
# of eight; the learning rate is higher, and batches are smaller, for the short training.

from sslearn import recipes
from sslearn.networks import IPDNet2

model = recipes.ipdnet2(mics, fs=FS, n_sources=2, max_epochs=3, random_state=0)
model.set_params(network=IPDNet2(24, n_layers=2), lr=3e-3, batch_size=4)
model.fit(X, y)
print("loss of each epoch:", np.round(model.history_["train_loss"], 3))

# %%
# Detection
# ---------
# A source is reported if its match is better than a threshold, which is chosen on other clips.

from sslearn.metrics import localization_report

model.tune_threshold(*bursts(60, seed=1))
X_test, y_test = bursts(60, seed=2)
report = localization_report(y_test, model.predict(X_test), tolerances=[10], active_only=True)
print(f"threshold {model.encoding_.threshold:.2f}")
report[["missed_10", "false_alarms_10", "hit_error_10"]].round(2)

# %%
# Two sources that move
# ---------------------
# Six seconds without a room: paths that the training did not contain. The outputs have no fixed
# order, so that a source may change from one output to the other.

from sslearn.datasets import make_shoebox
from sslearn.plotting import TrackDisplay
from sslearn.simulation import Overlap, Trajectories

walk = make_shoebox(
    1,
    mic_positions=mics,
    rooms=1,
    max_order=0,
    n_sources=2,
    trajectories=Trajectories(speed=1.0),
    overlap=Overlap(["head_tail"], single=0.0),
    noise=20,
    fs=FS,
    duration=6.0,
    random_state=3,
)
found = model.predict(walk.data)
times = (np.arange(found.shape[1]) + 0.5) / 10
TrackDisplay.from_predictions(
    walk.target[0], {"IPDnet2": found[0]}, times=times, color="#e08a2e", ms=5
)
