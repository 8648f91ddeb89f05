"""Pictures of the learning curves and of the maps."""

import numpy as np

from sslearn.datasets import make_scenes
from sslearn.utils import import_optional

_PARTS = ("systems", "longer")
_EXTENT = (0, 1, 1, 0)  # of a picture in fractions
_TEST_SEED = 2026


def _drawn(rows):
    rows = [row for row in rows if row["settings"]["part"] in _PARTS]
    return {row["settings"]["system"]: row["figures"] for row in rows}


def draw_curves(rows, path):
    """Draw the area on validation scenes over the epochs, a line for each seed.

    Parameters
    ----------
    rows : list of dict
        Rows of the store.
    path : Path
        Where the picture goes.
    """
    plt = import_optional("matplotlib.pyplot", "draw_curves")
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    for i, (system, figures) in enumerate(_drawn(rows).items()):
        for j, curve in enumerate(figures["curves"]):
            if len(curve) > 1:
                label = system if j == 0 else None
                ax.plot(np.arange(1, len(curve) + 1), curve, color=f"C{i}", label=label)
    ax.set(xlabel="epoch", ylabel="AUC on validation scenes", xscale="log")
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_maps(rows, path):
    """Draw the first scenes with the map of each system over them, and the box of what sounds.

    Parameters
    ----------
    rows : list of dict
        Rows of the store.
    path : Path
        Where the picture goes.
    """
    plt = import_optional("matplotlib.pyplot", "draw_maps")
    columns = {"picture": None, **{name: each["maps"] for name, each in _drawn(rows).items()}}
    shape = len(list(columns.values())[-1]), len(columns)
    scenes = make_scenes(shape[0], random_state=_TEST_SEED)
    size = 1.5 * shape[1], 1.5 * shape[0] + 0.5
    figure, axes = plt.subplots(*shape, figsize=size, layout="constrained", squeeze=False)
    for (i, j), ax in np.ndenumerate(axes):
        title, maps = list(columns.items())[j]
        ax.imshow(scenes.data["image"].iloc[i], extent=_EXTENT)
        if maps is not None:
            ax.imshow(maps[i], extent=_EXTENT, cmap="jet", alpha=0.5, interpolation="bilinear")
        x_min, y_min, x_max, y_max = scenes.target[i]
        ax.plot([x_min, x_max, x_max, x_min, x_min], [y_min, y_min, y_max, y_max, y_min], "w")
        ax.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(1, 0))
        if i == 0:
            ax.set_title(title, fontsize=7)
    figure.savefig(path, dpi=120, pil_kwargs={"quality": 85})
    plt.close(figure)
