"""Colours, sizes and files of the pictures of the guide."""

from pathlib import Path

import matplotlib.pyplot as plt

FOLDER = Path(__file__).parent
# Okabe and Ito: distinguishable with any colour vision.
BLACK, BLUE, ORANGE, GREEN, PINK = "#222222", "#0072B2", "#D55E00", "#009E73", "#CC79A7"
GREY = "#888888"

plt.rcParams.update(
    {
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, PINK, BLACK]),
        # The same file from the same script, without date or random names.
        "svg.hashsalt": "sslearn",
    }
)


def save(figure, name):
    """Write a picture beside the scripts, as SVG."""
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)
