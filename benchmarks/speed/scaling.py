"""Time of the classical localizers over the numbers of microphones and of directions."""

from functools import partial

import numpy as np

from benchmarks.speed.doa import GRID, HOP, N_FFT, make_clips
from benchmarks.timing import timed
from sslearn.doa import MUSIC, MVDR, SRPPHAT
from sslearn.features import STFT
from sslearn.geometry import fibonacci_grid, spherical_array

SIZES = [(n, 360) for n in (4, 8, 16, 32)] + [(8, n) for n in (1000, 3000, 10000)]


def measure(run):
    """Processor time of one thread for fit and for a clip, STFT included."""
    for n_mics, n_directions in SIZES[::3] if run.quick else SIZES:
        mics = spherical_array(n_mics, 0.1)
        grid = GRID if n_directions == 360 else fibonacci_grid(n_directions)
        X = make_clips(n_mics, 8)
        for cls in (SRPPHAT, MUSIC, MVDR):
            localizer = cls(mics, grid=grid, batch_transform=STFT(N_FFT, hop_length=HOP))
            fit = timed([partial(localizer.fit, X)], 1)[0, 0]
            predict = np.median(timed([partial(localizer.predict, X)], 3)) / len(X)
            settings = {"what": cls.__name__, "microphones": n_mics, "directions": n_directions}
            run.add(settings, {"fit": 1e3 * fit, "ours": 1e3 * predict})


def draw(rows, path):
    """Draw the times of a clip.

    Parameters
    ----------
    rows : list of dict
        Rows of the store.
    path : Path
        Where the picture goes.
    """
    import matplotlib.pyplot as plt

    rows = [row["settings"] | row["figures"] for row in rows]
    rows = [row for row in rows if row["part"] == "scaling"]

    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
    for ax, axis, fixed, value in zip(
        axes, ("microphones", "directions"), ("directions", "microphones"), (360, 8), strict=True
    ):
        for name in ("SRPPHAT", "MUSIC", "MVDR"):
            points = [r for r in rows if r["what"] == name and r[fixed] == value]
            ax.loglog([r[axis] for r in points], [r["ours"] for r in points], "o-", label=name)
        ticks = sorted({r[axis] for r in rows if r[fixed] == value})
        ax.set_xticks(ticks, ticks)
        ax.minorticks_off()
        ax.set(xlabel=f"{axis} ({value} {fixed})", title=f"Over the number of {axis}")
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("ms for a clip of 1 s, one thread")
    axes[0].legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)
