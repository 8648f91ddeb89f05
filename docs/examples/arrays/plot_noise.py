"""
Classical localizers in noise
=============================

No classical method is best in all kinds of noise. On the left of the figure, in noise that is the
same in all channels, such as hum or crosstalk, only MVDR stays near 0 at all levels. On the right,
in a diffuse field as from many distant sources, SRP-PHAT has the lowest errors in loud noise.
"""

# %%
# Noise of two kinds
# ------------------
# The same thirty clips of white noise in dry rooms, with different noise added.

import pandas as pd

from sslearn import recipes
from sslearn.datasets import make_shoebox
from sslearn.geometry import circular_array
from sslearn.metrics import median_angular_error
from sslearn.simulation import Noise, ShoeboxRooms

mics = circular_array(4, 0.05)
levels = [-20, -15, -10, -5, 0, 5, 10]


def record(kind, snr):
    """Thirty clips with noise of a kind, and their azimuths."""
    return make_shoebox(
        30,
        mic_positions=mics,
        rooms=ShoeboxRooms(5, t60=(0.2, 0.3)),
        noise=Noise(snr, kind=kind),
        duration=0.5,
        random_state=0,
        return_X_y=True,
    )


# %%
# Errors
# ------
# At 0 dB the source is as loud as the noise; at -20 dB it has a hundredth of the power of the
# noise. ``predict`` warns of noise that is common to all channels, which is intended here.

import warnings

from sslearn.exceptions import ArrayMismatchWarning

warnings.simplefilter("ignore", ArrayMismatchWarning)

localizers = {
    "SRP-PHAT": recipes.srp_phat(mics),
    "MUSIC": recipes.music(mics),
    "ESPRIT": recipes.esprit(mics),
    "MVDR": recipes.mvdr(mics),
}
errors = {}
for kind in ("coherent", "diffuse"):
    for snr in levels:
        X, y = record(kind, snr)
        for name, localizer in localizers.items():
            errors[kind, snr, name] = median_angular_error(y, localizer.fit(X).predict(X))
table = pd.Series(errors).rename_axis(["noise", "dB", "method"]).unstack()[list(localizers)]
table.round(1)

# %%
# Noise that is common to all channels is equivalent to a source straight above the array. It
# dominates the phases that SRP-PHAT uses, and is the strongest source, which MUSIC and ESPRIT
# localize. MVDR steers a zero at it and is hardly affected. A diffuse field has no single direction
# for a zero: there SRP-PHAT is the most robust.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True, layout="constrained")
for (kind, part), ax in zip(table.groupby("noise"), axes, strict=True):
    part.droplevel("noise").plot(ax=ax, marker="o", markersize=4, legend=kind == "diffuse")
    ax.set(title=kind, xlabel="signal-to-noise ratio (dB)", ylabel="median error (degrees)")
    ax.set_yscale("symlog", linthresh=1)
    ax.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    ax.grid(alpha=0.3)

# %%
# :doc:`/user_guide/choosing` has the figures for speech, reverberant rooms, independent noise and
# interferers.
