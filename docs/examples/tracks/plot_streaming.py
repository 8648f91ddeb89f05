"""
Localization as the audio arrives
=================================

Two talkers walk through a room, and a recording of them is read in chunks of 20 ms, as a sound card
delivers them. :class:`~sslearn.streaming.StreamingLocalizer` returns directions as soon as they are
known, and they are those of the whole recording. In the last figure, each talker keeps the colour
of its track after the tracker, while raw directions change colours.
"""

# %%
# A recording
# -----------
# Six seconds of two sources of noise on curved paths. Each is silent for a while.

import tempfile
from pathlib import Path

import soundfile

from sslearn.datasets import make_shoebox
from sslearn.geometry import circular_array
from sslearn.simulation import Overlap, ShoeboxRooms, Trajectories

mics = circular_array(6, 0.05)
data = make_shoebox(
    1,
    mic_positions=mics,
    rooms=ShoeboxRooms(1, t60=(0.25, 0.25)),
    n_sources=2,
    trajectories=Trajectories(),
    overlap=Overlap(["head_tail"], single=0.0),
    noise=20,
    duration=6.0,
    random_state=3,
)
path = Path(tempfile.mkdtemp(), "walk.wav")
soundfile.write(path, data.data[0].T, data.fs, subtype="FLOAT")

# %%
# A stream
# --------
# MVDR needs no training: ``fit`` uses only the shape of the audio. It finds up to two sources in
# each tenth of a second; a peak below 0.4 of the highest one is ignored. A trained network is
# streamed in the same way: ``StreamingLocalizer(recipes.ipdnet2(mics).fit(X, y))``.

import numpy as np

from sslearn import recipes
from sslearn.decoding import PeakDecoder
from sslearn.streaming import StreamingLocalizer

localizer = recipes.mvdr(mics, n_sources=2, hop_length=160, block_duration=0.1)
localizer.set_params(decoder=PeakDecoder(2, threshold=0.4, min_separation=15))
stream = StreamingLocalizer(localizer.fit(data.data), fs=data.fs)
print(f"every {1e3 * stream.period:.0f} ms, {1e3 * stream.latency:.0f} ms after the middle")

# %%
# The azimuths as they become known
# ---------------------------------
# Every fifth chunk completes a tenth of a second. We print two lines per second.

times, directions = [], []
for chunk in soundfile.blocks(path, blocksize=320, dtype="float32", always_2d=True):
    new = stream.push(chunk.T)
    times.extend(new.times)
    directions.extend(new.directions)
    if len(new.times) and len(times) % 5 == 0:
        azimuths = ", ".join(f"{azimuth:4.0f}" for azimuth in new.directions[-1, :, 0])
        print(f"{times[-1]:.2f} s: {azimuths}")

# %%
# Chunks change nothing
# ---------------------
# The last block of the whole recording is incomplete; ``stream.flush()`` would return it.

whole = localizer.predict(data.data)[0]
float(np.nanmax(np.abs(np.array(directions) - whole[: len(directions)])))

# %%
# The tracks
# ----------
# The two directions of a block come in the order of their peaks.
# :class:`~sslearn.streaming.DirectionTracker` joins them into tracks with identities: a column for
# each. In the loop above, use ``tracker.update(time, directions)``. The true directions also have
# frames of a tenth of a second.

import matplotlib.pyplot as plt

from sslearn.metrics import identity_switches
from sslearn.plotting import TrackDisplay
from sslearn.streaming import DirectionTracker

n_frames = min(len(times), data.target.shape[1])
truth, found = data.target[0, :n_frames], np.array(directions[:n_frames])
tracks = DirectionTracker().track(times[:n_frames], found)
figure, axes = plt.subplots(2, 1, figsize=(8, 6.4), sharex=True, layout="constrained")
for ax, (name, y) in zip(axes, {"raw": found, "tracked": tracks}.items(), strict=True):
    columns = {f"{name}, column {i}": y[:, [i]] for i in range(y.shape[1])}
    TrackDisplay.from_predictions(truth, columns, times=times[:n_frames], ax=ax)
_ = axes[0].set_xlabel("")

# %%
# How often a talker changes columns, raw and tracked:

[identity_switches(truth, y, tolerance=10) for y in (found, tracks)]
