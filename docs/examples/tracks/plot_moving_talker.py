"""
A talker who walks, and a phone that turns
==========================================

Localizers that need no training predict a direction for each block of a recording, which makes a
track. The dots follow the black line, the true path of a talker who walks through a room; a few are
far off, mostly in pauses. The last figure shows a phone that is turned once around by hand: its
track is a smooth curve through all angles.
"""

# %%
# A walk
# ------
# Eight seconds in a simulated room with a reverberation time of 0.4 s and noise. The sound is
# speech if the folder ``SSLEARN_DATA`` contains it, and bursts of noise otherwise.

import os
from pathlib import Path

import numpy as np

from sslearn.datasets import load_librispeech, load_mom_respeaker, make_plane_waves, make_shoebox
from sslearn.geometry import circular_array, circular_grid, linear_array
from sslearn.simulation import Noise, ShoeboxRooms, Sounds, Trajectories

FS = 16000
data = Path(os.environ.get("SSLEARN_DATA", ""))
if (data / "speech_librispeech").is_dir():
    speech = load_librispeech(data / "speech_librispeech", "train-clean-100")
    sounds = Sounds([clip for clip in speech.audio if len(clip) > 9 * FS][:1])
    print("speech")
else:
    rng = np.random.default_rng(0)
    loudness = np.repeat(rng.uniform(size=90) ** 2, FS // 10)
    sounds = Sounds([loudness * rng.standard_normal(9 * FS)])
    print("bursts of noise")

mics = circular_array(6, 0.046)
walk = make_shoebox(
    1,
    mic_positions=mics,
    rooms=ShoeboxRooms(1, t60=(0.4, 0.4)),
    sounds=sounds,
    trajectories=Trajectories(speed=0.8),
    noise=Noise(10, kind="diffuse"),
    duration=8.0,
    random_state=5,
)
X, y = walk.data, walk.target
print(X.shape, y.shape)

# %%
# Tracks
# ------
# ``block_duration`` is the only difference from one direction per recording. ``predict_track``
# returns a table with times.

from sslearn import recipes

localizers = {
    "SRP-PHAT": recipes.srp_phat(mics, block_duration=0.2),
    "masked SRP-PHAT": recipes.masked_srp_phat(mics, block_duration=0.2),
}
tracks = {name: localizer.fit(X).predict_track(X) for name, localizer in localizers.items()}
tracks["SRP-PHAT"].head().round(2)

# %%
# Median errors in degrees, and the share of blocks within 10 degrees, while the talker is active
# (y is NaN otherwise). Masked SRP-PHAT weights the bins that the talker dominates by a network that
# ships with the package.

import pandas as pd

from sslearn.metrics import localization_report

reports = {}
for name, track in tracks.items():
    # The frames of y are tenths of a second.
    frame = (track["time"] * 10).astype(int).clip(upper=y.shape[1] - 1)
    track["true"] = y[0, frame, 0, 0]
    active = track.dropna()
    reports[name] = localization_report(active["true"], active["azimuth"])
pd.concat(reports, names=["method"])[["n_samples", "median", "accuracy_10"]].round(2)

# %%

import matplotlib.pyplot as plt

from sslearn.plotting import TrackDisplay

figure, axes = plt.subplots(2, 1, figsize=(8, 6), sharex=True, layout="constrained")
for ax, (name, track) in zip(axes, tracks.items(), strict=True):
    true, found, times = track[["true", "azimuth", "time"]].to_numpy().T
    TrackDisplay.from_predictions(true, {name: found}, times=times, ax=ax)
    ax.set(ylim=(-180, 180), yticks=range(-180, 181, 90))
_ = axes[0].set_xlabel("")

# %%
# A phone that turns
# ------------------
# With ``SSLEARN_DATA``, a real recording: two microphones of a phone, 15 cm apart, and a fixed
# source, while the phone is turned by hand. Otherwise, noise from a source that circles the same
# microphones once in the same way. Two microphones measure the angle from their line alone, from 0
# to 180 degrees.

if (data / "mom_respeaker").is_dir():
    recording = load_mom_respeaker(data / "mom_respeaker", "phone_turning", fs=FS)
    phone, mics = recording.data, recording.mic_positions
    print("real recording of a phone")
else:
    mics = linear_array(2, 0.152)[:, [1, 0, 2]]
    angles = np.interp(np.arange(0, 15, 0.1), [0, 5.5, 11.5, 15], [55, 180, 360, 450])
    pieces = make_plane_waves(
        150, mic_positions=mics, directions=angles, snr=10, duration=0.1, random_state=0
    )
    phone = np.concatenate(list(pieces.data), axis=-1)[None]
    print("simulated phone")

half = circular_grid(2)
half = half[half >= 0]
localizer = recipes.srp_phat(mics, grid=half, freq_range=(300, 5000), block_duration=0.25)
track = localizer.fit(phone).predict_track(phone)

# %%
# The authors describe the turn: the angle goes from about 55 degrees to 180, at 5.5 s, to 0, at
# 11.5 s, and to 90. Those three are the crosses.

_, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
ax.plot(track["time"], track["azimuth"], "o", ms=5, color="#3b6fb6", label="SRP-PHAT")
ax.plot([0, 5.5, 11.5, 15], [55, 180, 0, 90], "kx", ms=9, mew=2, label="described", clip_on=False)
ax.set(xlabel="time (s)", ylabel="angle from the line (degrees)", ylim=(-5, 185))
ax.set_yticks(range(0, 181, 45))
ax.grid(alpha=0.3)
_ = ax.legend(frameon=False)

# sphinx_gallery_thumbnail_number = 2
