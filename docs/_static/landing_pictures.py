"""Draw the two pictures of the landing page: ``python docs/_static/landing_pictures.py``.

Both are computed from simulated sound alone, with seeds; it takes about a minute of one core.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.decomposition import PCA

mpl.use("agg")
import matplotlib.pyplot as plt

from sslearn import recipes
from sslearn.datasets import make_binaural, make_shoebox_rooms
from sslearn.geometry import circular_array, circular_grid
from sslearn.metrics import median_angular_error
from sslearn.plotting import EmbeddingDisplay, SpatialSpectrumDisplay
from sslearn.simulation import (
    ArrayReceiver,
    Noise,
    Placement,
    ShoeboxRooms,
    Sounds,
    simulate,
)

FOLDER = Path(__file__).parent
FS = 16000
mpl.rcParams.update({"font.size": 13, "axes.titlesize": 14, "savefig.dpi": 110})


def manifold():
    """Embedding of clips from rooms that the training did not use."""
    rooms = make_shoebox_rooms(12, t60=(0.15, 0.3), random_state=0)
    near = Placement(distances=(1.0,))
    train = make_binaural(2400, rooms=rooms[:10], placement=near, random_state=0)
    test = make_binaural(800, rooms=rooms[10:], placement=near, random_state=1)
    model = recipes.weakly_supervised_siamese(radius=30, max_epochs=40, random_state=0)
    model.fit(train.data, train.target)
    errors = [
        median_angular_error(test.target, model.predict(test.data), component=component)
        for component in ("azimuth", "elevation")
    ]
    print("manifold: median errors of azimuth and elevation", np.round(errors, 1))
    # A rotation, so that the sheet is seen from its side.
    Z = PCA(3).fit_transform(model[:-1].transform(test.data))
    figure = plt.figure(figsize=(6.4, 5.4))
    ax = figure.add_axes((0.03, -0.06, 0.82, 1.02), projection="3d")
    display = EmbeddingDisplay.from_embedding(Z, test.target, ax=ax, s=26)
    display.colorbar_.remove()
    bar = figure.colorbar(display.scatter_, cax=figure.add_axes((0.85, 0.2, 0.025, 0.55)))
    bar.set_ticks([-90, -45, 0, 45, 90], labels=["−90°", "−45°", "0°", "45°", "90°"])
    bar.set_label("true azimuth")
    ax.set(title="", xlabel="", ylabel="", zlabel="", xticks=[], yticks=[], zticks=[])
    ax.set_box_aspect((2.2, 1.4, 1.1), zoom=1.1)
    ax.view_init(elev=18, azim=-75)
    figure.suptitle("Two ears: clips of unseen rooms\non a learned manifold")
    figure.savefig(FOLDER / "landing_manifold.png")


def spectrum():
    """Spatial spectra of two sources in a room with diffuse noise."""
    rng = np.random.default_rng(0)
    bursts = [
        np.repeat(rng.uniform(size=40) ** 3, FS // 20) * rng.standard_normal(2 * FS)
        for _ in range(20)
    ]
    mics, grid = circular_array(6, 0.05), circular_grid(2.0)
    clips = simulate(
        ArrayReceiver(mics),
        1,
        rooms=ShoeboxRooms(1, t60=(0.4, 0.5)),
        sounds=Sounds(bursts),
        n_sources=2,
        placement=Placement(azimuth_range=(-180, 180), distance_range=(1.0, 2.0)),
        noise=Noise(10.0, kind="diffuse"),
        fs=FS,
        duration=2.0,
        random_state=0,
    )
    localizers = {
        "masked SRP-PHAT": recipes.masked_srp_phat(mics, n_sources=2, grid=grid),
        "SRP-PHAT": recipes.srp_phat(mics, n_sources=2, grid=grid),
    }
    spectra = {}
    for name, localizer in localizers.items():
        spectra[name] = localizer.fit(clips.data).spatial_spectrum(clips.data)[0]
        print(name, clips.target.ravel().round(), localizer.predict(clips.data).ravel().round())
    figure = plt.figure(figsize=(6.4, 5.4))
    ax = figure.add_axes((0.14, 0.14, 0.72, 0.66), projection="polar")
    SpatialSpectrumDisplay.from_spectrum(spectra, grid, y_true=clips.target[0].ravel(), ax=ax)
    ax.set_title("")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, fontsize=12)
    figure.suptitle("Six microphones: two sources in a noisy room,\nno training needed")
    figure.savefig(FOLDER / "landing_spectrum.png")


if __name__ == "__main__":
    spectrum()
    manifold()
