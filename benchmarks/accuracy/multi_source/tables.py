"""Rows of the table, those that stand, and the picture of the learning curves."""

import time

import numpy as np

from benchmarks.accuracy._report import markdown_table, read_rows, write_results
from benchmarks.accuracy.multi_source.data import DURATION
from benchmarks.accuracy.multi_source.systems import CLASSICAL, PUBLISHED, SYSTEMS
from sslearn.utils import import_optional

HIDDEN = ("curve", "settings")  # in JSON alone
_RATES = ("missed (%)", "false alarms (%)")
_N_TIMED = 3


def published(system):
    """Published figures as text: missed / false alarms / error; operations; parameters."""
    key = SYSTEMS[system][1]
    if key is None:
        return "-"
    _, operations, parameters, *rates = PUBLISHED["rows"][key]
    return f"{' / '.join(f'{x:g}' for x in rates)}; {operations:g} G/s; {parameters:g} M"


def costs(system, localizer, X):
    """Operations and parameters of the network, and seconds per second of audio.

    Parameters
    ----------
    system : str
        Name of the system.
    localizer : estimator
        Fitted localizer.
    X : ndarray of shape (n_clips, n_mics, n_times)
        Clips of 4 s.

    Returns
    -------
    row : dict
        Columns.
    """
    clip, row, seconds = np.asarray(X[:1]), {}, []
    if system not in CLASSICAL:
        shapes = localizer.batch_transform_.transform(clip).shape[1:]
        shapes = shapes, localizer.encoding_.output_spec_.shape
        network = localizer.network_
        row["GFLOP/s"] = 2e-9 * network.count_macs(*shapes) / DURATION
        row["parameters (M)"] = 1e-6 * network.count_parameters(*shapes)
    for _ in range(_N_TIMED + 1):
        start = time.perf_counter()
        localizer.predict(clip)
        seconds.append(time.perf_counter() - start)
    return row | {"s per s": min(seconds[1:]) / DURATION}


def write(args, rows, *, settings, command, notes):
    """Write all rows that stand: those measured now instead of older ones of the same system."""
    stored = read_rows(args.name, settings=settings, folder=args.out)
    table = {(row["system"], row["test"]): row for row in [*stored, *rows]}
    names = [title for title, _ in SYSTEMS.values()]
    ordered = sorted(table.values(), key=lambda row: (row["test"], names.index(row["system"])))
    verdicts = aims(table)
    if verdicts:
        notes += "\n" + markdown_table(verdicts, tuple(verdicts[0]))
    write_results(
        args.name,
        f"Two moving talkers, array {settings['array']}",
        ordered,
        settings=settings,
        command=command,
        notes=notes,
        folder=args.out,
        hidden=HIDDEN,
    )
    draw_curves(args.out / f"{args.name}.png", ordered)


def aims(table):
    """Compare IPDnet2 tiny with the systems without training, in both rates.

    Parameters
    ----------
    table : dict of (str, str) to dict
        Rows by system and test.

    Returns
    -------
    rows : list of dict
        ``aim``, ``holds`` and the figures, for each test and system that were run.
    """
    ours, rows = SYSTEMS["ipdnet2_tiny"][0], []
    for name in CLASSICAL:
        other = SYSTEMS[name][0]
        for test in [test for system, test in table if system == other and (ours, test) in table]:
            pair = [[table[system, test][rate] for rate in _RATES] for system in (ours, other)]
            holds = all(mine < theirs for mine, theirs in zip(*pair, strict=True))
            figures = "; ".join(" / ".join(f"{x:.1f}" for x in rates) for rates in pair)
            aim = f"{ours} misses less than {other}, with fewer false alarms, {test}"
            rows.append({"aim": aim, "holds": str(holds).lower(), "missed / false (%)": figures})
    return rows


def draw_curves(path, rows):
    """Draw losses of all systems over the number of clips that they have seen."""
    curves = {row["system"]: row["curve"] for row in rows if row.get("curve")}
    if not curves:
        return
    import_optional("matplotlib", "the picture of learning curves").use("agg")
    plt = import_optional("matplotlib.pyplot", "the picture of learning curves")
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for system, curve in curves.items():
        clips = [row["clips"] for row in curve]
        [line] = axes[0].plot(clips, [row["train_loss"] for row in curve], lw=1, alpha=0.5)
        color = line.get_color()
        axes[0].plot(clips, [row["valid_loss"] for row in curve], color=color, label=system)
        axes[1].plot(clips, [row["valid_error"] for row in curve], color=color, label=system)
    axes[0].set(xlabel="training clips seen", ylabel="loss (faint: training)", yscale="log")
    axes[1].set(xlabel="training clips seen", ylabel="validation error (degrees)")
    axes[1].legend(frameon=False)
    for ax in axes:
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
