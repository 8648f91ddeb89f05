"""Draw the errors in four kinds of noise from the results of the study of noise.

``python docs/figures/noise.py``, after ``python -m benchmarks.accuracy.noise circle``.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
from style import BLACK, BLUE, GREEN, ORANGE, PINK, save

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
METHODS = {"SRP-PHAT": BLUE, "TDOA": GREEN, "MVDR": ORANGE, "MUSIC": BLACK, "ESPRIT": PINK}


def noise():
    [path] = RESULTS.rglob("noise_circle.json")
    rows = [
        row
        for row in json.loads(path.read_text())["rows"]
        if row["sound"] == "speech" and row["room"] == "rooms"
    ]
    figure, axes = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(6.0, 5.0))
    for ax, kind in zip(axes.flat, ("common", "diffuse", "independent", "interferer"), strict=True):
        own = [row for row in rows if row["noise"] == kind]
        for name, color in METHODS.items():
            ax.plot([row["dB"] for row in own], [row[name] for row in own], color=color, label=name)
        ax.set(title=kind, yscale="log", yticks=(1, 10, 100), yticklabels=("1", "10", "100"))
        ax.grid(axis="y", alpha=0.3)
    figure.supxlabel("level of the speech above the noise (dB)", fontsize=11)
    figure.supylabel("median error (degrees)", fontsize=11)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=5, fontsize=9, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 0.95))
    save(figure, "noise")


if __name__ == "__main__":
    noise()
