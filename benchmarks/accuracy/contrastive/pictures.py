"""Pictures: embeddings of three radii, and the nearest training clip of heads never seen."""

import numpy as np
from scipy.stats import spearmanr
from sklearn.decomposition import PCA

from benchmarks.accuracy._binaural_data import render_heads
from benchmarks.accuracy.contrastive.bench import embed
from benchmarks.accuracy.contrastive.tables import MEDIANS, people
from sslearn.geometry import great_circle_distance
from sslearn.plotting import EmbeddingDisplay
from sslearn.simulation import make_shoebox_rooms
from sslearn.utils import import_optional


def radii(bench):
    """Embeddings of three radii side by side (figure 5)."""
    plt = import_optional("matplotlib.pyplot", "radii")
    train, tests = bench.varying()
    shown = {"training": train, **tests}
    systems = ["WSCE_sim5", "WSCE_sim15", "WSCE_sim30"]
    figure, axes = plt.subplots(
        2, 3, figsize=(10, 6.6), subplot_kw={"projection": "3d"}, layout="constrained"
    )
    for system, column in zip(systems, axes.T, strict=True):
        model, _ = bench.fit(system, train)
        radius = system.removeprefix("WSCE_sim")
        # Along its principal axes, which keeps all distances.
        axes_of = PCA(3).fit(embed(model, train[0]))
        for name, ax in zip(("training", "test 2"), column, strict=True):
            X, y = (values[:1500] for values in shown[name])
            title = f"radius {radius}°, {name}"
            Z = axes_of.transform(embed(model, X))
            display = EmbeddingDisplay.from_embedding(Z, y, name=title, ax=ax, s=5)
            # One scale for all; components have no meaning of their own.
            ax.set(title=title, xlabel="", ylabel="", zlabel="")
            display.colorbar_.remove()
        smoothness = {name: rank_correlation(embed(model, X), y) for name, (X, y) in shown.items()}
        columns = {f"rank correlation, {name}": value for name, value in smoothness.items()}
        bench.add(system, model, tests, **columns)
    figure.colorbar(display.scatter_, ax=axes, shrink=0.6, label="true azimuth (°)")
    figure.savefig(bench.picture("radii"), dpi=80)
    bench.write(
        "radii",
        "Embeddings of three radii",
        f"{MEDIANS} Varying rooms. Rank correlation: of the distance in the embedding with the "
        "great-circle angle between the sources, over pairs of clips; 1 where the embedding orders "
        "all pairs as the sphere does. The picture shows 1,500 clips of the training (top) and of "
        "test 2, in rooms never seen (bottom), coloured by azimuth.",
    )


def rank_correlation(Z, y, n_pairs=20000, seed=0):
    """Spearman correlation of distances in an embedding with angles, over random pairs."""
    i, j = np.random.default_rng(seed).integers(len(Z), size=(2, n_pairs))
    distances = np.linalg.norm(Z[i] - Z[j], axis=1)
    return float(spearmanr(distances, great_circle_distance(y[i], y[j])).statistic)


def nearest(bench):
    """Nearest training clip against the true angle, per set of heads (figure 8)."""
    plt = import_optional("matplotlib.pyplot", "nearest")
    seen, new = people(bench)
    rooms = make_shoebox_rooms(16, random_state=bench.seed)
    tested = [bench.head(subject) for subject in new]
    X, y = render_heads(bench, bench.size(2000, 150), tested, 21, rooms)
    figure, axes = plt.subplots(2, 3, figsize=(9.6, 6.2), layout="constrained")
    for n_heads, column in zip((1, 6, len(seen)), axes.T, strict=True):
        heads = [bench.head(subject) for subject in seen[:n_heads]]
        train = render_heads(bench, bench.size(bench.args.train, 600), heads, 20, rooms)
        model, _ = bench.fit("WSCE_sim15", train)
        rows = model[2].kneighbors(embed(model, X), 1, return_distance=False)[:, 0]
        for k, (ax, angle) in enumerate(zip(column, ("azimuth", "elevation"), strict=True)):
            _scatter(ax, y[:, k], train[1][rows, k], angle, n_heads)
        columns = {
            f"nearest, {angle}": float(np.median(np.abs(train[1][rows, k] - y[:, k])))
            for k, angle in enumerate(("azimuth", "elevation"))
        }
        published = {1: "one training head", len(seen): "many training heads"}.get(n_heads)
        tests = {"heads never seen": (X, y)}
        bench.add(
            "WSCE_sim15",
            model,
            tests,
            published=published,
            heads=n_heads,
            clips=len(train[0]),
            **columns,
        )
    figure.savefig(bench.picture("nearest"), dpi=80)
    bench.write(
        "nearest",
        "Nearest training clip of heads never seen",
        f"{MEDIANS} WSCE_sim15, trained in 16 rooms on one head, six or all, as many clips; tested "
        "in the same rooms on people who are not among them. Nearest: median error of the angle of "
        "the single nearest training clip, which the picture shows against the true one.",
    )


def _scatter(ax, true, found, angle, n_heads):
    low, high = (-90, 90) if angle == "azimuth" else (-45, 45)
    ax.plot([low, high], [low, high], color="0.5", lw=0.8, zorder=0)
    ax.scatter(true, found, s=4, color="#0072b2", alpha=0.35, linewidths=0, rasterized=True)
    ax.set(
        xlim=(low - 3, high + 3),
        ylim=(low - 3, high + 3),
        aspect="equal",
        xlabel=f"true {angle} (°)",
        ylabel=f"{angle} of the nearest clip (°)",
    )
    if angle == "azimuth":
        ax.set_title(f"trained on {n_heads} head{'s' * (n_heads > 1)}")
