"""
Microphone arrays of common devices
===================================

The presets of :func:`sslearn.geometry.device_array`, with the front (x) upwards: microphone m is
channel ``channels[m]`` of a recording. Each description names the direction of microphone 0.
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
fig, axes = plt.subplots(
    1, len(in_space), figsize=(3.3 * len(in_space), 4), subplot_kw={"projection": "3d"}
)
for name, ax in zip(in_space, axes, strict=True):
    MicArrayDisplay.from_positions(devices[name].mic_positions, ax=ax, view="3d")
    ax.set_title(name)

# %%
# Descriptions
# ------------

for name, device in devices.items():
    print(f"{name}: channels {device.channels[0]} to {device.channels[-1]}. {device.description}")
    print(f"    {device.source}")
