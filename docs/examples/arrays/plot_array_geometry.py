"""
What the shape of an array decides
==================================

The spatial spectrum of one source for five shapes of an array. A line cannot distinguish front from
back: it shows a second peak as high as the first. A ring has one peak, which is narrow on a large
ring and wide on a small one. Gaps of more than half a wavelength add false peaks to a narrow band.
"""

# %%
# Five arrays
# -----------
# The front is at the top, and the left at the left.

import matplotlib.pyplot as plt

from sslearn.geometry import circular_array, linear_array
from sslearn.plotting import MicArrayDisplay

arrays = {
    "pair, 8 cm": linear_array(2, 0.08),
    "line, 8 cm": linear_array(4, 0.08 / 3),
    "small ring": circular_array(4, 0.02),
    "ring": circular_array(4, 0.05),
    "wide ring": circular_array(4, 0.25),
}
figure, axes = plt.subplots(2, 3, figsize=(8, 5.6), layout="constrained")
for ax, (name, mics) in zip(axes.flat, arrays.items(), strict=False):
    MicArrayDisplay.from_positions(mics, ax=ax)
    ax.set(title=name, xlim=(30, -30), ylim=(-30, 30))
axes.flat[-1].remove()

# %%
# One source at 40 degrees
# ------------------------
# SRP-PHAT on a second of white noise, between 300 and 3500 Hz. The pair and the line have a second
# peak, at 140 degrees: the mirror image of the source in the line of the microphones. ``fit`` warns
# of them.

from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_grid
from sslearn.plotting import SpatialSpectrumDisplay

grid = circular_grid(2)


def spectrum(mics, freq_range):
    """Spatial spectrum of one source at 40 degrees, with noise in the microphones."""
    X = make_plane_waves(1, mic_positions=mics, directions=[40.0], snr=20, random_state=0).data
    localizer = recipes.srp_phat(mics, grid=grid, freq_range=freq_range).fit(X)
    return localizer.spatial_spectrum(X)[0]


figure, axes = plt.subplots(
    2, 3, figsize=(8, 6.6), subplot_kw={"projection": "polar"}, layout="constrained"
)
spectra = {name: spectrum(mics, (300, 3500)) for name, mics in arrays.items()}
for ax, (name, power) in zip(axes.flat, spectra.items(), strict=False):
    SpatialSpectrumDisplay.from_spectrum(power, grid, y_true=40, ax=ax)
    ax.set_title(name, pad=26)
    ax.legend().remove()
axes.flat[-1].remove()

# %%
# Width of a peak
# ---------------
# Degrees in which the power is above half of its maximum: the larger the array, the narrower the
# peak.

import pandas as pd

widths = {name: 2 * int((power > power.max() / 2).sum()) for name, power in spectra.items()}
pd.Series(widths, name="degrees above half power").loc[["small ring", "ring", "wide ring"]]

# %%
# A narrow band
# -------------
# A tone at 3 kHz has a wavelength of 11 cm. The distances in the wide ring, 35 cm or more, are
# several wavelengths, so that other directions have nearly the same phases: several false peaks are
# almost as high as the true one, of which ``fit`` warns. The false peaks of each frequency are at
# other directions, and average out over a wide band.

figure, axes = plt.subplots(
    1, 2, figsize=(8, 4.4), subplot_kw={"projection": "polar"}, layout="constrained"
)
for ax, band in zip(axes, ((2900, 3100), (300, 3500)), strict=True):
    power = spectrum(arrays["wide ring"], band)
    SpatialSpectrumDisplay.from_spectrum(power, grid, y_true=40, ax=ax)
    ax.set_title(f"wide ring, {band[0]} to {band[1]} Hz", pad=26)
    ax.legend().remove()

# sphinx_gallery_thumbnail_number = 2
