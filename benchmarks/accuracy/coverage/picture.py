"""Picture of both tables."""

import pandas as pd

from sslearn.utils import import_optional

_COLORS = {"split": "#e08a2e", "grouped": "#3b6fb6"}


def draw(rows, path):
    """Coverage against what was asked for; and coverage and width in other rooms and heads.

    Parameters
    ----------
    rows : list of dict
        Rows of the store.
    path : Path
        Where the picture goes.
    """
    table = pd.DataFrame([row["settings"] | row["figures"] for row in rows])
    nominal, shift = table[table["part"] == "nominal"], table[table["part"] == "shift"]
    plt = import_optional("matplotlib.pyplot", "draw")
    size = {"figsize": (10.0, 4.2), "layout": "constrained", "width_ratios": (1, 1.6)}
    figure, (left, right) = plt.subplots(1, 2, **size)
    for (shape, method), rows in nominal.groupby(["sources", "method"]):
        error = rows["coverage"] - rows["aim"]
        marker = "o" if shape == "circle" else "^"
        left.plot(rows["aim"], error, marker=marker, ms=5, label=f"{shape}, {method}")
    left.axhspan(-1, 1, color="#dddddd", zorder=0)
    left.set(xlabel="coverage asked for (%)", ylabel="coverage reached, minus that (%)")
    left.set(xticks=sorted(set(nominal["aim"])))
    left.set_title("Clips like those that calibrate", loc="left")
    left.legend(fontsize=7, frameon=False, ncols=2)
    table = shift[shift["method"] == "absolute"]
    tests = list(dict.fromkeys(table["test"]))
    for side, (way, color) in zip((-0.2, 0.2), _COLORS.items(), strict=True):
        rows = table[table["calibration"] == way].set_index("test").loc[tests]
        places = [i + side for i in range(len(tests))]
        right.bar(places, rows["coverage"], 0.38, color=color, label=way)
        for place, (_, row) in zip(places, rows.iterrows(), strict=True):
            text = f"{row['width']:.0f}°"
            right.annotate(text, (place, row["coverage"]), ha="center", va="bottom", fontsize=8)
    right.axhline(90, color="black", lw=1, ls="--")
    low = min(table["coverage"].min() - 8, 80)
    right.set(ylim=(low, 106), xticks=range(len(tests)), ylabel="coverage")
    right.set_xticklabels([test.replace(" ", "\n", 1) for test in tests])
    right.set_title("Other rooms and heads, 90 % asked for (width above)", loc="left")
    right.legend(loc="upper left", ncols=2, frameon=False)
    for ax in (left, right):
        ax.grid(axis="y", alpha=0.3)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
