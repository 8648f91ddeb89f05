"""Draw the pictures of the user guide: ``python docs/figures/guide.py``, a minute of one core."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from style import BLACK, BLUE, GREEN, GREY, ORANGE, PINK, save

from sslearn import recipes
from sslearn.calibration import ConformalLocalizer
from sslearn.datasets import load_example_recording, make_binaural, make_plane_waves
from sslearn.embedding import LaplacianEigenmaps
from sslearn.encoding import GaussianEncoding, OneHotEncoding, SoftEncoding, UnbiasedEncoding
from sslearn.features import GCCPHAT, ILD, ITD, STFT, BinauralCues
from sslearn.geometry import circular_array, circular_grid
from sslearn.plotting import MicArrayDisplay
from sslearn.simulation import Placement

RING = np.append(np.arange(-180, 180, 5), 180)


def own_array():
    """Four microphones and a source."""
    mics = np.array([[0.04, 0.03, 0], [-0.04, 0.03, 0], [-0.04, -0.03, 0], [0.04, -0.03, 0]])
    figure, ax = plt.subplots(figsize=(4.4, 4))
    MicArrayDisplay.from_positions(mics, directions=[30.0], ax=ax)
    save(figure, "own_array")


def cues():
    """Time and level differences of the structural head over the azimuth."""
    azimuths = np.arange(-180, 180, 5.0)
    ears = make_binaural(
        len(azimuths),
        placement=Placement(directions=np.column_stack([azimuths, 0 * azimuths])),
        duration=0.2,
        random_state=0,
    )
    order = np.argsort(ears.target[:, 0])
    spectra = STFT(1024).transform(ears.data[order])
    delays = 1e3 * ITD().fit_transform(spectra).mean(axis=(1, 2, 3))
    levels = ILD(reference=1).fit_transform(spectra)[:, 0]
    freqs = np.fft.rfftfreq(1024, 1 / 16000)
    figure, (top, bottom) = plt.subplots(2, sharex=True, figsize=(5.2, 5))
    y = ears.target[order, 0]
    top.plot(y, delays, color=BLUE)
    top.set_ylabel("ITD (ms), right $-$ left")
    for low, high, color in ((500, 1000, GREEN), (2000, 3000, ORANGE), (4000, 6000, PINK)):
        band = (freqs >= low) & (freqs < high)
        bottom.plot(y, levels[:, band].mean(axis=(1, 2)), color=color, label=f"{low} to {high} Hz")
    bottom.set(
        xlabel="azimuth (degrees)",
        ylabel="ILD (dB), left $-$ right",
        xticks=np.arange(-180, 181, 90),
    )
    bottom.legend(fontsize=9)
    for ax in (top, bottom):
        ax.axhline(0, color=GREY, lw=0.5)
        ax.axvline(0, color=GREY, lw=0.5)
    save(figure, "cues")


def gcc():
    """Correlation of two microphones with and without the phase transform."""
    data = make_plane_waves(
        1, mic_positions=[[0, 0.08, 0], [0, -0.08, 0]], directions=[40.0], snr=5, duration=0.3,
        random_state=0,
    )  # fmt: skip
    spectra = STFT(512).transform(data.data)
    lags = np.linspace(-0.6, 0.6, 121)
    correlator = GCCPHAT(max_tau=0.6e-3, n_lags=121, pairs=[(1, 0)])
    values = correlator.fit_transform(spectra)[0].mean(axis=-1).ravel()
    figure, ax = plt.subplots(figsize=(5.2, 2.8))
    ax.plot(lags, values, color=BLUE)
    delay = 1e3 * 0.16 * np.sin(np.deg2rad(40)) / 343
    ax.axvline(delay, color=ORANGE, ls="--", label="true delay")
    ax.set(xlabel="lag (ms), right $-$ left", ylabel="GCC-PHAT")
    ax.legend(fontsize=10)
    save(figure, "gcc")


def spectra():
    """Spatial spectra of the recording that ships with the package."""
    recording = load_example_recording()
    figure, ax = plt.subplots(figsize=(5.2, 3.4))
    for name, color in (("srp_phat", BLUE), ("mvdr", ORANGE), ("music", GREEN)):
        recipe = getattr(recipes, name)(
            recording.mic_positions, grid=circular_grid(2), freq_range=(300, 5000)
        )
        localizer = recipe.fit(recording.data)
        power = localizer.spatial_spectrum(recording.data)[0]
        order = np.argsort(localizer.grid_)
        label = name.replace("_", "-").upper()
        scaled = (power - power.min()) / np.ptp(power)
        ax.plot(localizer.grid_[order], scaled[order], color=color, label=label)
    ax.axvline(recording.target[0, 0, 0], color=BLACK, ls=":", label="loudspeaker")
    ax.set(xlabel="azimuth (degrees)", ylabel="scaled spectrum", xticks=np.arange(-180, 181, 90))
    ax.legend(fontsize=10, loc="upper left")
    save(figure, "spectra")


def labels():
    """Labels of a source at 12 degrees on a grid of 5 degrees."""
    grid = np.arange(-90, 91, 5.0)
    encodings = {
        "one-hot": OneHotEncoding(grid),
        "soft": SoftEncoding(grid),
        "Gaussian": GaussianEncoding(grid),
        "unbiased": UnbiasedEncoding(grid),
    }
    figure, axes = plt.subplots(4, sharex=True, figsize=(5.2, 5.4))
    for ax, (name, encoding) in zip(axes, encodings.items(), strict=True):
        ax.bar(grid, encoding.fit_transform([12.0])[0], width=3.5, color=BLUE)
        ax.axvline(12, color=ORANGE, ls="--")
        ax.set(xlim=(-12, 36), ylim=(0, 1.1), yticks=(0, 1))
        ax.text(-11, 0.8, name)
    axes[-1].set(xlabel="direction of the grid (degrees); the source is at 12")
    save(figure, "labels")


def contrastive():
    """Loss of a pair over its squared distance."""
    squared = np.linspace(0, 2, 201)
    figure, ax = plt.subplots(figsize=(5.2, 2.8))
    ax.plot(squared, squared, color=BLUE, label="similar pair")
    for margin, style in ((1.0, "-"), (0.6, "--")):
        ax.plot(
            squared, np.maximum(margin - squared, 0), style, color=ORANGE,
            label=rf"other pair, $\mu = {margin}$",
        )  # fmt: skip
    ax.set(xlabel=r"squared distance $D$", ylabel="loss", ylim=(0, 1.5))
    ax.legend(fontsize=10)
    save(figure, "contrastive")


def manifold():
    """Embedding of binaural cues, which were computed without any label."""
    level = Placement(elevation_range=None)
    clips = make_binaural(600, placement=level, duration=0.2, noise=20, random_state=0)
    cues = BinauralCues().fit_transform(clips.data)
    cues = (cues - cues.mean(axis=0)) / cues.std(axis=0)
    points = LaplacianEigenmaps(2, n_neighbors=10, random_state=0).fit_transform(cues)
    points /= np.abs(points).max(axis=0)
    figure, ax = plt.subplots(figsize=(5.0, 4.0))
    dots = ax.scatter(*points.T, c=clips.target, cmap="viridis", s=14)
    ax.set(xlabel="first component", ylabel="second component", xticks=[], yticks=[])
    figure.colorbar(dots, label="azimuth (degrees)", ticks=[-90, -45, 0, 45, 90])
    save(figure, "manifold")


def arcs():
    """Prediction sets of clear and of noisy clips."""
    mics = circular_array(4, 0.05)
    X, y = make_plane_waves(
        400, mic_positions=mics, azimuth_range=(-180, 180), snr=(-19, 0), random_state=0,
        return_X_y=True,
    )  # fmt: skip
    localizer = ConformalLocalizer(
        recipes.srp_phat(mics), coverage=0.9, method="spectrum", random_state=0
    )
    localizer.fit(X[:300], y[:300])
    sets = localizer.predict_set(X[300:324])
    figure, ax = plt.subplots(figsize=(5.2, 3.6))
    for row, (regions, truth) in enumerate(zip(sets, y[300:324].ravel(), strict=True)):
        for start, end in regions[~np.isnan(regions[:, 0])]:
            width = 360.0 if end - start >= 360 else (end - start) % 360
            for offset in (0, -360):
                ax.plot([start + offset, start + offset + width], [row, row], color=BLUE, lw=4)
        ax.plot(truth, row, "o", color=ORANGE, ms=5)
    ax.set(xlim=(-180, 180), xticks=np.arange(-180, 181, 90), xlabel="azimuth (degrees)")
    ax.set(ylabel="clip", yticks=[])
    ax.plot([], [], color=BLUE, lw=4, label="set")
    ax.plot([], [], "o", color=ORANGE, label="source")
    ax.legend(fontsize=10, loc="upper left", bbox_to_anchor=(0, 1.15), ncols=2, frameon=False)
    save(figure, "arcs")


def image_sources():
    """A room from above, its source and the images of first order."""
    width, depth = 5.0, 3.5
    source, receiver = np.array([3.9, 2.5]), np.array([2.0, 1.2])
    images = [(-source[0], source[1]), (2 * width - source[0], source[1])]
    images += [(source[0], -source[1]), (source[0], 2 * depth - source[1])]
    figure, ax = plt.subplots(figsize=(6.4, 3.8))
    ax.add_patch(Rectangle((0, 0), width, depth, fill=False, lw=2))
    for x, y in images:
        ax.plot(x, y, "o", mfc="white", color=ORANGE, ms=8)
        ax.plot([x, receiver[0]], [y, receiver[1]], color=GREY, lw=1, ls="--")
    ax.plot(*np.transpose([source, receiver]), color=ORANGE, lw=2)
    ax.plot(*source, "o", color=ORANGE, ms=8)
    ax.plot(*receiver, "s", color=BLUE, ms=9)
    ax.text(receiver[0] - 0.4, receiver[1] - 0.8, "receiver", color=BLUE, ha="center")
    ax.text(source[0] - 0.2, source[1] + 0.25, "source", color=ORANGE, ha="right")
    for (x, y), side in zip(images, ("right", "left", "left", "left"), strict=True):
        ax.text(x + (0.25 if side == "left" else -0.25), y, "image", color=ORANGE, ha=side)
    ax.set(aspect="equal", xlim=(-5.6, 7.8), ylim=(-2.9, 4.9))
    ax.axis("off")
    save(figure, "image_sources")


if __name__ == "__main__":
    for draw in (
        own_array, cues, gcc, spectra, labels, contrastive, manifold, arcs, image_sources,
    ):  # fmt: skip
        draw()
