"""Draw the pictures of the page on conventions."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Arc, Circle, Rectangle
from style import BLACK, BLUE, GREEN, GREY, ORANGE, save

from sslearn.geometry import circular_array

SIZE = (4.4, 4.4)


def _axes(size=SIZE, limit=1.35):
    figure, ax = plt.subplots(figsize=size)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    ax.axis("off")
    return figure, ax


def _arrow(ax, end, color, start=(0, 0)):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2})


def azimuth():
    """The array from above, drawn with the front up: x points up, y to the left."""
    figure, ax = _axes()
    ax.add_patch(Circle((0, 0), 1, fill=False, color=GREY, lw=1))
    _arrow(ax, (0, 0.75), BLUE)
    _arrow(ax, (-0.75, 0), BLUE)
    ax.text(0.05, 0.66, "x, front", color=BLUE)
    ax.text(-0.72, -0.15, "y, left", color=BLUE)
    for angle, text in ((0, "0"), (90, "90"), (180, "$-180$"), (-90, "$-90$")):
        u = np.deg2rad(angle)
        ax.plot(*np.outer([-np.sin(u), np.cos(u)], [0.96, 1.04]), color=BLACK)
        ax.text(-1.24 * np.sin(u), 1.15 * np.cos(u), text, ha="center", va="center")
    u = np.deg2rad(50)
    ax.plot([0, -np.sin(u)], [0, np.cos(u)], color=ORANGE, ls="--")
    ax.plot(-np.sin(u), np.cos(u), "o", color=ORANGE, ms=10)
    ax.text(-0.84, 0.86, "source at\nazimuth 50", color=ORANGE, ha="right", va="center")
    ax.add_patch(Arc((0, 0), 0.9, 0.9, theta1=90, theta2=140, color=ORANGE, lw=2))
    # Microphones of a circular array: number 0 in front, then counter-clockwise.
    for m, (x, y, _) in enumerate(circular_array(4, 0.2)):
        ax.plot(-y, x, "o", color=BLACK, ms=13, zorder=5)
        ax.text(
            -y, x, str(m), color="white", ha="center", va="center_baseline", fontsize=9, zorder=6
        )
    ax.text(0, -1.33, "179 and $-179$ are 2 degrees apart", ha="center", color=GREY)
    save(figure, "azimuth")


def elevation():
    """The array from its right side: x points to the right, z up."""
    figure, ax = _axes()
    ax.add_patch(Arc((0, 0), 2, 2, theta1=-90, theta2=90, color=GREY))
    _arrow(ax, (0.75, 0), BLUE)
    _arrow(ax, (0, 0.75), BLUE)
    ax.text(0.5, -0.15, "x, front", color=BLUE)
    ax.text(-0.07, 0.6, "z, up", color=BLUE, ha="right")
    for angle, text in ((90, "90"), (0, "0"), (-90, "$-90$")):
        u = np.deg2rad(angle)
        ax.plot(*np.outer([np.cos(u), np.sin(u)], [0.96, 1.04]), color=BLACK)
        ax.text(1.14 * np.cos(u), 1.14 * np.sin(u), text, ha="center", va="center")
    u = np.deg2rad(35)
    ax.plot([0, np.cos(u)], [0, np.sin(u)], color=ORANGE, ls="--")
    ax.plot(np.cos(u), np.sin(u), "o", color=ORANGE, ms=10)
    ax.text(0.9, 0.75, "source at\nelevation 35", color=ORANGE, va="center")
    ax.add_patch(Arc((0, 0), 1.0, 1.0, theta1=0, theta2=35, color=ORANGE, lw=2))
    for x in (-0.2, 0, 0.2):
        ax.plot(x, 0, "o", color=BLACK, ms=10)
    save(figure, "elevation")


def track():
    """Two sources over ten frames, one of which is silent for a while and crosses the wrap."""
    figure, ax = plt.subplots(figsize=(5.2, 3.4))
    time = 0.05 + 0.1 * np.arange(10)
    first = np.linspace(40, 70, 10)
    second = (np.linspace(150, 215, 10) + 180) % 360 - 180
    second[5:7] = np.nan
    for s, (azimuths, color) in enumerate(((first, BLUE), (second, GREEN))):
        ax.plot(time, azimuths, "o", color=color, label=f"source {s}")
    ax.axvspan(0.5, 0.7, color=GREY, alpha=0.25, lw=0)
    ax.text(0.6, -95, "NaN:\nsource 1\nis silent", ha="center", va="center", fontsize=10)
    for edge in np.arange(0, 1.05, 0.1):
        ax.axvline(edge, color=GREY, lw=0.5)
    ax.set(xlim=(0, 1), ylim=(-185, 185), yticks=(-180, -90, 0, 90, 180))
    ax.set(xlabel="time (s), frames of 0.1 s", ylabel="azimuth (degrees)")
    ax.legend(loc="lower left", fontsize=10)
    save(figure, "track")


def shapes():
    """Axes of audio and of targets."""
    figure, ax = plt.subplots(figsize=(5.2, 3.2))
    t = np.linspace(0, 1, 160)
    rng = np.random.default_rng(0)
    for sample in (2, 1, 0):
        x, y = 0.16 * sample, 0.2 * sample
        box = Rectangle((x, y), 2.2, 1.1, fc="white", ec=BLACK, zorder=4 - sample)
        ax.add_patch(box)
    for m in range(3):
        wave = 0.1 * np.convolve(rng.standard_normal(164), np.ones(5) / 3, mode="valid")
        ax.plot(0.1 + 2 * t, 0.9 - 0.35 * m + wave, color=BLUE, lw=1, zorder=5)
        ax.text(-0.08, 0.9 - 0.35 * m, str(m), ha="right", va="center", color=BLUE, fontsize=10)
    ax.text(-0.38, 0.55, "n_channels", rotation=90, va="center", ha="center", color=BLUE)
    ax.text(1.1, -0.16, "n_times", ha="center", color=BLUE)
    ax.text(2.62, 0.12, "n_samples", rotation=51, color=BLUE, ha="center", va="center")
    for sample in range(3):
        ax.add_patch(Rectangle((3.2, 1.05 - 0.32 * sample), 0.8, 0.3, fc="white", ec=BLACK))
        text = ("50.0", "$-120.0$", "7.5")[sample]
        ax.text(3.6, 1.2 - 0.32 * sample, text, ha="center", va="center", color=ORANGE)
    ax.text(1.1, 1.75, "X: audio", ha="center", weight="bold")
    ax.text(3.6, 1.75, "y: azimuth", ha="center", weight="bold")
    ax.set(xlim=(-0.5, 4.2), ylim=(-0.3, 2), aspect="equal")
    ax.axis("off")
    save(figure, "shapes")


if __name__ == "__main__":
    for draw in (azimuth, elevation, track, shapes):
        draw()
