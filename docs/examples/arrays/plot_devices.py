"""
Microphone arrays of common devices
===================================

The figures show where the microphones of each preset of :func:`sslearn.geometry.device_array` are,
and their numbers: microphone m is channel ``channels[m]`` of a recording. The front (x) is upwards.
Compare the number of a microphone that you tap with the one whose level rises.
"""

# %%
# Flat devices, from above
# ------------------------

import matplotlib.pyplot as plt

from sslearn.geometry import array_dimension, device_array, get_device_names
from sslearn.plotting import MicArrayDisplay

devices = {name: device_array(name) for name in get_device_names()}
flat = [name for name in devices if array_dimension(devices[name].mic_positions) < 3]
fig, axes = plt.subplots(3, 3, figsize=(9, 9), layout="constrained")
for name, ax in zip(flat, axes.flat, strict=True):
    MicArrayDisplay.from_positions(devices[name].mic_positions, ax=ax, view="top")
    ax.set_title(name)

# %%
# Devices in space
# ----------------

in_space = [name for name in devices if name not in flat]
fig, axes = plt.subplots(2, 2, figsize=(10, 9.5), subplot_kw={"projection": "3d"})
for name, ax in zip(in_space, axes.flat, strict=True):
    MicArrayDisplay.from_positions(devices[name].mic_positions, ax=ax, view="3d")
    ax.set_title(name)

# %%
# Descriptions
# ------------

for name, device in devices.items():
    print(f"{name}: channels {device.channels[0]} to {device.channels[-1]}. {device.description}")
    print(f"    {device.source}")
