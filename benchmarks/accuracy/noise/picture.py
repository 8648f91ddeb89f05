"""Pictures of the study."""

import pandas as pd

from sslearn.utils import import_optional


def draw(rows, path):
    """Median errors over the level: a column for each kind of noise, a row for sound and room.

    Parameters
    ----------
    rows : list of dict
        Rows of the store.
    path : Path
        Where the picture goes: its name ends in that of the array.
    """
    plt = import_optional("matplotlib.pyplot", "draw")
    part = path.stem.removeprefix("noise_")
    rows = [row for row in rows if row["settings"]["part"] == part]
    table = pd.DataFrame([row["settings"] | row["figures"] for row in rows])
    names, kinds = table["method"].unique(), table["noise"].unique()
    lines = table[["sound", "room"]].drop_duplicates().to_numpy().tolist()
    size = {"figsize": (2.4 * len(kinds), 1.9 * len(lines) + 0.6), "layout": "constrained"}
    figure, axes = plt.subplots(len(lines), len(kinds), sharex=True, sharey=True, **size)
    for (sound, room), row_of_axes in zip(lines, axes, strict=True):
        for kind, ax in zip(kinds, row_of_axes, strict=True):
            cell = table[(table["sound"] == sound) & (table["room"] == room)]
            cell = cell[cell["noise"] == kind]
            curves = cell.pivot(index="dB", columns="method", values="median")
            curves.plot(y=names, ax=ax, marker="o", ms=3, legend=False, xlabel="dB")
            ax.set_title(f"{kind}\n{sound}, {room}", fontsize="small")
            ax.set_yscale("symlog", linthresh=1.0)
            ax.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
            ax.set_ylim(0, 180)
            ax.grid(alpha=0.3)
    figure.supylabel("median error (degrees)")
    figure.legend(names, loc="outside lower center", ncols=len(names))
    figure.savefig(path, dpi=120)
    plt.close(figure)
