"""
What two ears measure
=====================

The cues of a head over the direction of the source: the time difference between the ears follows
azimuth and is nearly the same for all heads, the level difference grows with frequency, and notches
in the spectrum of one ear rise with elevation. Every localizer of two ears learns from these cues.
"""

# %%
# Heads
# -----
# If the folder ``SSLEARN_DATA`` contains the data, the heads are measured: KEMAR, a manikin, and
# two people of the CIPIC database. Otherwise they are models of three sizes.
# :func:`~sslearn.datasets.load_sofa` reads a head from a file of your own.

import os
from pathlib import Path

import numpy as np

from sslearn.datasets import interpolate_hrirs, load_cipic, structural_hrirs

folder = Path(os.environ.get("SSLEARN_DATA", ""), "cipic")
if folder.is_dir():
    subjects = {"KEMAR": "021", "person 003": "003", "person 044": "044"}
    heads = {name: load_cipic(folder, subject) for name, subject in subjects.items()}
    print("measured heads of the CIPIC database")
else:
    radii = {"8.0 cm": 0.080, "8.75 cm": 0.0875, "9.5 cm": 0.095}
    heads = {name: structural_hrirs(head_radius=radius) for name, radius in radii.items()}
    print("models of a head, by their radius")
for name, head in heads.items():
    print(f"{name}: {len(head.directions)} directions at {head.fs:g} Hz")

# %%
# Time and level differences
# --------------------------
# Responses on the horizontal plane, from right to left. :class:`~sslearn.features.ITD` and
# :class:`~sslearn.features.ILD` compute the cues of any spectrum.

from sslearn.features import ILD, ITD, STFT

azimuth = np.arange(-80.0, 81.0, 2.5)
plane = np.column_stack([azimuth, np.zeros_like(azimuth)])


def spectra(head, directions, n_fft=512):
    """Spectra of the responses in any directions: one frame for each."""
    hrirs = interpolate_hrirs(head, directions).hrirs
    padded = np.pad(hrirs, [(0, 0), (0, 0), (0, n_fft - hrirs.shape[2])])
    return STFT(n_fft, hop_length=n_fft, window="boxcar", padding=None).transform(padded)


itd, ild = {}, {}
for name, head in heads.items():
    X = spectra(head, plane)
    itd[name] = 1e3 * ITD(head.fs, pairs=[[1, 0]], freq_range=(200, 3000)).transform(X).ravel()
    ild[name] = -ILD().transform(X)[:, 0, :, 0]

# %%
# On the left, the lines nearly coincide. On the right, the difference is small below 1 kHz and up
# to 20 dB above 2 kHz: long waves bend around the head.

import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for name, line in zip(heads, ("-", "--", ":"), strict=True):
    left.plot(azimuth, itd[name], line, label=name)
left.set(xlabel="azimuth (degrees)", ylabel="right after left (ms)", title="time difference")
left.legend(frameon=False)
name, head = next(iter(heads.items()))
freqs = np.fft.rfftfreq(512, 1 / head.fs)
mesh = right.pcolormesh(azimuth, freqs / 1e3, ild[name].T, cmap="RdBu_r", vmin=-25, vmax=25)
right.set(xlabel="azimuth (degrees)", ylabel="frequency (kHz)", title=f"level difference: {name}")
right.set_ylim(0, 12)
figure.colorbar(mesh, label="left above right (dB)")
for ax in (left, right):
    ax.set_xticks([-80, -40, 0, 40, 80])
    ax.invert_xaxis()

# %%
# The time differences at 80 degrees, in milliseconds:

{name: round(float(values[-1]), 2) for name, values in itd.items()}

# %%
# Elevation
# ---------
# In front, both ears receive nearly the same sound, and time and level differences are close to 0
# at all elevations. The outer ear filters the sound: notches of its response, the dark bands, rise
# with elevation. Those of people differ, so elevation must be learned for each head.

elevation = np.arange(-45.0, 62.0, 5.625)  # those that were measured
ahead = np.column_stack([np.zeros_like(elevation), elevation])
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True, layout="constrained")
for ax, (name, head) in zip(axes, heads.items(), strict=True):
    level = 20 * np.log10(np.abs(spectra(head, ahead)[:, 0, :, 0]) + 1e-6)
    level -= level.max()
    freqs = np.fft.rfftfreq(512, 1 / head.fs)
    mesh = ax.pcolormesh(elevation, freqs / 1e3, level.T, cmap="magma", vmin=-35, vmax=0)
    ax.set(xlabel="elevation (degrees)", title=name, ylim=(3, 14))
axes[0].set_ylabel("frequency (kHz)")
_ = figure.colorbar(mesh, label="left ear, level (dB)")
