"""Pictures: embeddings of three radii, and the nearest training clip of heads never seen."""

import numpy as np
from scipy.stats import spearmanr
from sklearn.decomposition import PCA

from benchmarks.accuracy.contrastive.bench import Bench, embed
from sslearn.geometry import great_circle_distance
from sslearn.plotting import EmbeddingDisplay
from sslearn.simulation import make_shoebox_rooms
from sslearn.utils import import_optional


def radii(run):
    """Embeddings of three radii side by side (figure 5)."""
    plt, bench = import_optional("matplotlib.pyplot", "radii"), Bench(run)
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
        smooth = {name: rank_correlation(embed(model, X), y) for name, (X, y) in shown.items()}
        for name, test in tests.items():
            figures = {
                "rank correlation": smooth[name],
                "rank correlation in training": smooth["training"],
            }
            bench.add(system, model, {name: test}, {}, figures)
    figure.colorbar(display.scatter_, ax=axes, shrink=0.6, label="true azimuth (°)")
    figure.savefig(run.args.out / "contrastive_radii.png", dpi=80)
    plt.close(figure)


def rank_correlation(Z, y, n_pairs=20000, seed=0):
    """Spearman correlation of distances in an embedding with angles, over random pairs."""
    i, j = np.random.default_rng(seed).integers(len(Z), size=(2, n_pairs))
    distances = np.linalg.norm(Z[i] - Z[j], axis=1)
    return float(spearmanr(distances, great_circle_distance(y[i], y[j])).statistic)


def nearest(run):
    """Nearest training clip against the true angle, per set of heads (figure 8)."""
    plt, bench = import_optional("matplotlib.pyplot", "nearest"), Bench(run)
    seen, new = bench.people()
    rooms = make_shoebox_rooms(16, random_state=bench.seed)
    tested = [bench.head(subject) for subject in new]
    X, y = bench.render_heads(run.args.test_clips, tested, 21, rooms)
    figure, axes = plt.subplots(2, 3, figsize=(9.6, 6.2), layout="constrained")
    for n_heads, column in zip((1, 6, len(seen)), axes.T, strict=True):
        heads = [bench.head(subject) for subject in seen[:n_heads]]
        train = bench.render_heads(run.args.train, heads, 20, rooms)
        model, _ = bench.fit("WSCE_sim15", train)
        rows = model[2].kneighbors(embed(model, X), 1, return_distance=False)[:, 0]
        figures = {}
        for k, (ax, angle) in enumerate(zip(column, ("azimuth", "elevation"), strict=True)):
            _scatter(ax, y[:, k], train[1][rows, k], angle, n_heads)
            figures[f"nearest {angle}"] = np.median(np.abs(train[1][rows, k] - y[:, k]))
        bench.add("WSCE_sim15", model, {"other heads": (X, y)}, {"heads": n_heads}, figures)
    figure.savefig(run.args.out / "contrastive_nearest.png", dpi=80)
    plt.close(figure)


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
