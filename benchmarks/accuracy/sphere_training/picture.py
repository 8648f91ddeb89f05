"""Picture of the learning curve."""

from benchmarks.store import Store
from benchmarks.tables import published
from sslearn.utils import import_optional

_COLORS = {"median": "#3b6fb6", "mean": "#e08a2e"}
_STUDY_OF_THE_SPHERE = {"clips": 7500, "epochs": 3, "trunk_epochs": 16, "test_seed": 0}


def draw(rows, path):
    """Errors on the clips of validation against the clips that training has used.

    Parameters
    ----------
    rows : list of dict
        Rows of the store; the first one with a curve is drawn.
    path : Path
        Where the picture goes.
    """
    row = next(row for row in rows if "curve" in row["figures"])
    levels = {"published, (a)": published("sphere_training", row["settings"])["paper median"]}
    for other in Store("sphere").select(
        **_STUDY_OF_THE_SPHERE, **{name: row["settings"][name] for name in ("system", "condition")}
    ):
        levels["study of the sphere, its test clips"] = other["figures"]["median"]
    curve = row["figures"]["curve"]
    plt = import_optional("matplotlib.pyplot", "draw")
    figure, axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
    clips = [point["clips"] / 1000 for point in curve]
    for name, color in _COLORS.items():
        axes.plot(clips, [point[name] for point in curve], color=color, label=name)
    for name, level in levels.items():
        axes.axhline(level, color="#888888", ls="--", lw=1)
        axes.annotate(name, (clips[0], level), ha="left", va="bottom", fontsize=8)
    axes.set(xlabel="clips that training has used (thousands)", ylabel="error (degrees)")
    axes.set_yscale("log")
    axes.set_yticks([3, 4, 5, 7, 10, 15, 20, 30], labels=[3, 4, 5, 7, 10, 15, 20, 30], minor=False)
    axes.set_yticks([], minor=True)
    axes.set_title("Clips of validation, all conditions", loc="left")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)
