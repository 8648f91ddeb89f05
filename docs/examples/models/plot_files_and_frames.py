"""
A folder of files and a table of labels
=======================================

Recordings come as files of several lengths and rates, with a table of labels. Paths are the X of a
pipeline: the files are read, resampled and localized, and the errors come back as a column of the
table, room by room. No room is in both training and test.
"""

# %%
# Files and a table
# -----------------
# If the folder ``SSLEARN_DATA`` contains the data, the files are speech through measured responses
# of a dummy head in an office and without a room. Otherwise they are noise in simulated rooms.
# Lengths differ, and every second file is at 24 instead of 16 kHz.

import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from sslearn.datasets import (
    load_librispeech,
    load_surrey_brir,
    make_binaural,
    make_shoebox_rooms,
)
from sslearn.simulation import Placement, Sounds
from sslearn.utils import resample_audio

FS = 16000
data = Path(os.environ.get("SSLEARN_DATA", ""))
if all((data / name).is_dir() for name in ("surrey_brir", "speech_librispeech")):
    speech = load_librispeech(data / "speech_librispeech")
    scene = {
        "heads": [
            load_surrey_brir(data / "surrey_brir", room, fs=FS) for room in ("anechoic", "A")
        ],
        "sounds": Sounds(speech.audio, speakers=speech.speakers),
        "placement": Placement(directions="measured"),
    }
    print("speech through measured responses")
else:
    rooms = make_shoebox_rooms(3, t60=(0.15, 0.3), random_state=0)
    scene = {"rooms": rooms, "placement": Placement(elevation_range=None)}
    print("noise in simulated rooms")
clips = make_binaural(240, **scene, noise=30, random_state=0)

folder = Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
for i, clip in enumerate(clips.data):
    fs = (16000, 24000)[i % 2]
    audio = resample_audio(clip[:, : rng.integers(FS // 2, FS)], FS, fs)
    soundfile.write(folder / f"{i:03d}.wav", 0.5 * audio.T / np.abs(audio).max(), fs)
pd.DataFrame(
    {
        "path": [f"{i:03d}.wav" for i in range(len(clips.data))],
        "azimuth": clips.target.reshape(len(clips.data), -1)[:, 0].round(1),
        "room": clips.metadata["room"],
    }
).to_csv(folder / "labels.csv", index=False)

# %%
# From here on, everything is as with files of your own.

table = pd.read_csv(folder / "labels.csv")
table["path"] = [str(folder / name) for name in table["path"]]
table.assign(path=[Path(path).name for path in table["path"]]).head()

# %%
# What the files are
# ------------------
# :func:`~sslearn.utils.audio_info` reads only the headers.

from sslearn.utils import audio_info

info = pd.DataFrame([audio_info(path) for path in table["path"]])
info.assign(seconds=info["n_times"] / info["fs"]).groupby("fs")["seconds"].describe().round(2)

# %%
# Cross-validation over rooms
# ---------------------------
# The first step, :class:`~sslearn.features.BinauralCues`, reads the files at its own rate, clips of
# any length, one at a time. The groups are a column of the table.

from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn.features import BinauralCues
from sslearn.metrics import angular_error, localization_report
from sslearn.neighbors import KNeighborsLocalizer

model = make_pipeline(BinauralCues(fs=FS), StandardScaler(), KNeighborsLocalizer(5))
X, y, rooms = table["path"], table["azimuth"], table["room"]
table["predicted"] = cross_val_predict(model, X, y, groups=rooms, cv=LeaveOneGroupOut())
table["error"] = angular_error(y, table["predicted"])
columns = ["n_samples", "mean", "median", "accuracy_10"]
localization_report(y, table["predicted"], groups=rooms)[columns].round(2)

# %%
# Each point is a file; the diagonal is right. The worst files are rows of the table.

import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(5, 4.6), layout="constrained")
for (room, rows), marker in zip(table.groupby("room"), "osv", strict=False):
    ax.scatter(rows["azimuth"], rows["predicted"], s=18, marker=marker, alpha=0.7, label=room)
ax.plot([-90, 90], [-90, 90], color="black", lw=1, ls="--", zorder=0)
ax.set(xlabel="true azimuth (degrees)", ylabel="predicted azimuth (degrees)")
ax.set(xticks=range(-90, 91, 30), yticks=range(-90, 91, 30))
_ = ax.legend(title="room left out", frameon=False)

# %%

worst = table.nlargest(3, "error")
worst.assign(path=[Path(path).name for path in worst["path"]]).round(1)
