"""Picture of the learning curves."""

from sslearn.utils import import_optional


def draw(rows, path):
    """Draw losses and validation errors of all systems over the clips of their training.

    Parameters
    ----------
    rows : list of dict
        Rows of the store.
    path : Path
        Where the picture goes.
    """
    curves = [
        (row["settings"], row["figures"]["curve"]) for row in rows if "curve" in row["figures"]
    ]
    plt = import_optional("matplotlib.pyplot", "draw")
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for settings, curve in curves:
        label = f"{settings['system']}, {settings['hours']:g} h"
        [line] = axes[0].plot(curve["clips"], curve["train_loss"], lw=1, alpha=0.5)
        options = {"color": line.get_color(), "label": label}
        axes[0].plot(curve["clips"], curve["valid_loss"], **options)
        axes[1].plot(curve["clips"], curve["valid_error"], **options)
    axes[0].set(xlabel="training clips", ylabel="loss (faint: training)", yscale="log")
    axes[1].set(xlabel="training clips", ylabel="validation error (degrees)")
    axes[1].legend(frameon=False)
    for ax in axes:
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
