"""Rows of the table, those that stand, the aims, and the pictures of curves and maps."""

import json

import numpy as np
import pandas as pd

from benchmarks.accuracy._report import markdown_table, read_rows, write_results
from benchmarks.accuracy.audio_visual.systems import GUESSES, SYSTEMS
from sslearn.utils import import_optional

HIDDEN = ("name", "runs", "settings")  # in JSON alone
SCORES = ("cIoU", "AUC", "pointing")
_SHUFFLED = tuple(f"shuffled {score}" for score in SCORES)
# Part of the table for what is drawn.
_DRAWN = ("systems", "longer")
_EXTENT = (0, 1, 1, 0)  # of a picture in fractions


def make_row(name, title, table, runs, *, published=(), settings=None):
    """Row of a system: the mean of its runs, and each of them.

    Parameters
    ----------
    name, title, table : str
        Name in the command line, in the table, and its part of the table.
    runs : list of dict
        Figures of each seed.
    published : list of tuple, default=()
        Test set, cIoU and AUC.
    settings : dict, default=None
        What the runs were measured with.

    Returns
    -------
    row : dict
        Columns.
    """
    row = {"table": table, "system": title}
    row |= {score: _mean_and_each([r[score] for r in runs if score in r]) for score in SCORES}
    row |= {"shuffled": "-", "own - shuffled": "-", "CPU s": "-"}
    if "CPU s" in runs[0]:
        row["shuffled"] = " / ".join(f"{np.mean([r[s] for r in runs]):.2f}" for s in _SHUFFLED)
        row["own - shuffled"] = " ".join(f"{gap(run):+.2f}" for run in runs)
        row["CPU s"] = f"{np.mean([run['CPU s'] for run in runs]):.0f}"
    row["published"] = "; ".join(f"{t} {c:.3f} / {a:.3f}" for t, c, a in published) or "-"
    return row | {"name": name, "runs": runs, "settings": settings}


def gap(run):
    """What the own sound adds to the pointing with that of another scene."""
    return run["pointing"] - run["shuffled pointing"]


def _mean_and_each(values):
    if not values:
        return "-"
    each = f" ({' '.join(f'{x:.2f}' for x in values)})" if len(values) > 1 else ""
    return f"{np.mean(values):.2f}{each}"


def stored_runs(args, name, settings, shared):
    """Runs of a system by seed that were measured before with the same settings."""
    settings = json.loads(json.dumps(settings, default=str))
    for row in read_rows(args.name, settings=shared, folder=args.out):
        if row["name"] == name and row["settings"] == settings:
            return {run["seed"]: run for run in row["runs"]}
    return {}


def write(args, rows, *, settings, command, notes):
    """Write and return all rows that stand: the new ones, and older ones of other systems."""
    stored = read_rows(args.name, settings=settings, folder=args.out)
    table = {row["name"]: row for row in [*stored, *rows]}
    order = [*(name for name in table if name.startswith(GUESSES)), *SYSTEMS]
    ordered = [table[name] for name in order if name in table]
    verdicts = aims(table)
    if verdicts:
        notes += "\n" + markdown_table(verdicts, tuple(verdicts[0]))
    write_results(
        args.name,
        "Where in the picture is the sound: made scenes",
        ordered,
        settings=settings,
        command=command,
        notes=notes,
        folder=args.out,
        hidden=HIDDEN,
    )
    draw_curves(args.out / f"{args.name}.png", ordered)
    return ordered


def aims(table):
    """Compare the rows with our aims, and with the published order.

    Parameters
    ----------
    table : dict of str to dict
        Rows by name.

    Returns
    -------
    rows : list of dict
        ``aim`` and ``holds``, for the systems that were run.
    """
    runs = {name: pd.DataFrame(row["runs"]) for name, row in table.items() if name in SYSTEMS}
    verdicts = []
    for names, aim, holds in _AIMS:
        if all(name in runs for name in names):
            held = bool(holds(*(runs[name] for name in names)))
            verdicts.append({"aim": aim, "holds": str(held).lower()})
    return verdicts


def _sacl_learns(runs):
    hears = (runs["pointing"] >= 0.70) & (runs["shuffled pointing"] <= 0.35)
    return (hears & (runs["AUC"] >= 0.34)).all() and runs["cIoU"].mean() >= 0.28


def _sspl_learns(runs):
    hears = (runs["pointing"] >= 0.60) & (runs["shuffled pointing"] <= 0.47)
    return hears.all() and runs["cIoU"].mean() >= 0.33 and runs["AUC"].mean() >= 0.40


def _better(runs, others):
    return runs["cIoU"].mean() > others["cIoU"].mean()


# Systems, what is asked of their runs, and whether it holds.
_AIMS = (
    (
        ["sacl"],
        "SACL, label-free network: every seed pointing >= 0.70, AUC >= 0.34, shuffled pointing "
        "<= 0.35; mean cIoU >= 0.28",
        _sacl_learns,
    ),
    (
        ["sspl"],
        "SSPL without PCM, Lite0: every seed pointing >= 0.60, shuffled pointing <= 0.47; mean "
        "cIoU >= 0.33, mean AUC >= 0.40",
        _sspl_learns,
    ),
    (
        ["sspl_small"],
        "SSPL without PCM, label-free network: own - shuffled >= 0.12 in every seed",
        lambda runs: (gap(runs) >= 0.12).all(),
    ),
    (
        ["sspl_pcm"],
        "SSPL with PCM: own - shuffled >= 0.15 on average, > 0.05 in every seed",
        lambda runs: gap(runs).mean() >= 0.15 and (gap(runs) > 0.05).all(),
    ),
    (["sspl_pcm", "sspl"], "published order: PCM improves cIoU", _better),
    (["sacl_lite0", "sspl"], "published order: SACL above SSPL in cIoU, same network", _better),
)


def _plt():
    import_optional("matplotlib", "the pictures of the study").use("agg")
    return import_optional("matplotlib.pyplot", "the pictures of the study")


def draw_curves(path, rows):
    """Draw the area on validation scenes over the epochs, a line for each seed."""
    rows = [row for row in rows if row["table"] in _DRAWN and len(row["runs"][0]["curve"]) > 1]
    if not rows:
        return
    plt = _plt()
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    for i, row in enumerate(rows):
        for j, run in enumerate(row["runs"]):
            epochs = np.arange(1, len(run["curve"]) + 1)
            ax.plot(epochs, run["curve"], color=f"C{i}", label=row["system"] if j == 0 else None)
    ax.set(xlabel="epoch", ylabel="AUC on validation scenes", xscale="log")
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_maps(path, scenes, rows):
    """Draw the first scenes with the map of each system over them, and the box of what sounds."""
    drawn = [row for row in rows if row["table"] in _DRAWN]
    maps = {row["system"]: next(r["maps"] for r in row["runs"] if "maps" in r) for row in drawn}
    if not maps:
        return
    plt = _plt()
    columns = {"picture": None, **maps}
    shape = len(next(iter(maps.values()))), len(columns)
    size = 1.5 * shape[1], 1.5 * shape[0] + 0.5
    figure, axes = plt.subplots(*shape, figsize=size, layout="constrained", squeeze=False)
    for (i, j), ax in np.ndenumerate(axes):
        title, of_system = list(columns.items())[j]
        ax.imshow(scenes.data["image"].iloc[i], extent=_EXTENT)
        if of_system is not None:
            ax.imshow(of_system[i], extent=_EXTENT, cmap="jet", alpha=0.5, interpolation="bilinear")
        x_min, y_min, x_max, y_max = scenes.target[i]
        ax.plot([x_min, x_max, x_max, x_min, x_min], [y_min, y_min, y_max, y_max, y_min], "w")
        ax.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(1, 0))
        if i == 0:
            ax.set_title(title.replace(", ", ",\n").replace(" (", "\n("), fontsize=7)
    figure.savefig(path, dpi=120, pil_kwargs={"quality": 85})
    plt.close(figure)
