import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sslearn.neighbors import KNeighborsLocalizer
from sslearn.plotting import EmbeddingDisplay

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture
def data():
    rng = np.random.RandomState(0)
    y = np.c_[rng.uniform(-90, 90, 40), rng.uniform(-45, 45, 40)]
    return rng.randn(40, 6), y


@pytest.mark.parametrize("n_columns", [2, 3])
@pytest.mark.parametrize("component", ["azimuth", "elevation"])
def test_points_and_colours(n_columns, component, data, tmp_path):
    X, y = data
    display = EmbeddingDisplay.from_embedding(X[:, :n_columns], y, component=component)
    angle = y[:, int(component == "elevation")]
    np.testing.assert_array_equal(display.scatter_.get_array(), angle)
    assert hasattr(display.ax_, "zaxis") == (n_columns == 3)
    assert display.colorbar_.ax.get_ylabel() == f"true {component}"
    limits = {"azimuth": (-90, 90), "elevation": (-45, 45)}
    assert display.scatter_.get_clim() == limits[component]
    display.figure_.savefig(tmp_path / "embedding.png")


def test_cyclic_colours_round_the_circle():
    azimuth, Z = np.arange(-180, 180, 10), np.zeros((36, 2))
    closed = EmbeddingDisplay.from_embedding(Z, azimuth)
    assert closed.scatter_.get_cmap().name == "twilight"
    assert closed.scatter_.get_clim() == (-180, 180)
    behind = EmbeddingDisplay.from_embedding(Z, azimuth / 4 + 180)
    assert behind.scatter_.get_cmap().name == "viridis"


@pytest.mark.parametrize("with_localizer", [True, False])
def test_from_pipeline(with_localizer, data):
    X, y = data
    steps = (PCA(3), KNeighborsLocalizer()) if with_localizer else (PCA(3),)
    model = make_pipeline(*steps).fit(X, y)
    display = EmbeddingDisplay.from_estimator(model, X, y, s=9)
    np.testing.assert_allclose(display.Z, model[0].transform(X))
    assert display.name == "PCA" and display.scatter_.get_sizes() == [9]


@pytest.mark.parametrize(("component", "block"), [("azimuth", 0), ("elevation", 1)])
def test_one_embedding_per_angle(component, block, data):
    X, y = data
    model = make_pipeline(FunctionTransformer(), KNeighborsLocalizer(per_angle=True)).fit(X, y)
    display = EmbeddingDisplay.from_estimator(model, X, y, component=component)
    np.testing.assert_array_equal(display.Z, X[:, 3 * block : 3 * block + 3])


def test_own_axes(data):
    X, y = data
    ax = plt.figure().add_subplot(projection="3d")
    assert EmbeddingDisplay.from_embedding(X[:, :3], y, ax=ax).ax_ is ax
    with pytest.raises(ValueError, match="as many dimensions"):
        EmbeddingDisplay.from_embedding(X[:, :2], y, ax=ax)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda X, y: EmbeddingDisplay.from_embedding(X, y), ValueError, "2 or 3 columns"),
        (lambda X, y: EmbeddingDisplay.from_embedding(X[:, :2], y[1:]), ValueError, "inconsistent"),
        (
            lambda X, y: EmbeddingDisplay.from_embedding(X[:, :2], y[:, 0], component="elevation"),
            ValueError,
            "elevation",
        ),
        (
            lambda X, y: EmbeddingDisplay.from_embedding(X[:, :2], y, component="roll"),
            ValueError,
            "component must be",
        ),
        (
            lambda X, y: EmbeddingDisplay.from_estimator(LinearRegression().fit(X, y), X, y),
            TypeError,
            "transformer",
        ),
        (
            lambda X, y: EmbeddingDisplay.from_estimator(
                make_pipeline(KNeighborsLocalizer()).fit(X, y), X, y
            ),
            TypeError,
            "transformer",
        ),
    ],
)
def test_bad_input(call, error, match, data):
    with pytest.raises(error, match=match):
        call(*data)
