"""Picture of the learning curve."""

from sslearn.utils import import_optional

_COLORS = {"median": "#3b6fb6", "mean": "#e08a2e"}


def draw_curve(curve, levels, path):
    """Errors on the clips of validation against the clips that training has seen.

    Parameters
    ----------
    curve : list of dict
        Rows with ``clips``, ``median`` and ``mean``.
    levels : dict of str to float
        Medians of other systems by name, drawn as lines.
    path : Path
        Where the picture goes.
    """
    import_optional("matplotlib", "the learning curve").use("agg")
    plt = import_optional("matplotlib.pyplot", "the learning curve")
    figure, axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
    clips = [row["clips"] / 1000 for row in curve]
    for name, color in _COLORS.items():
        axes.plot(clips, [row[name] for row in curve], color=color, label=name)
    for name, level in levels.items():
        axes.axhline(level, color="#888888", ls="--", lw=1)
        axes.annotate(name, (clips[-1], level), ha="right", va="bottom", fontsize=8)
    axes.set(xlabel="clips that training has seen (thousands)", ylabel="error (degrees)")
    axes.set_yscale("log")
    axes.set_yticks([3, 4, 5, 7, 10, 15, 20, 30], labels=[3, 4, 5, 7, 10, 15, 20, 30], minor=False)
    axes.set_yticks([], minor=True)
    axes.set_title("Clips of validation, all conditions", loc="left")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)
