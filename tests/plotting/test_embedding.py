import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

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


def test_pipelines_in_pipelines_and_searches(data):
    X, y = data
    inner = make_pipeline(FunctionTransformer(), PCA(3), KNeighborsLocalizer())
    nested = make_pipeline(make_pipeline(StandardScaler()), "passthrough", inner).fit(X, y)
    expected = PCA(3).fit_transform(StandardScaler().fit_transform(X))
    search = GridSearchCV(nested, {"pipeline-2__pca__n_components": [3]}, cv=2).fit(X, y)
    for estimator in (nested, search):
        display = EmbeddingDisplay.from_estimator(estimator, X, y)
        np.testing.assert_allclose(np.abs(display.Z), np.abs(expected), atol=1e-9)
        assert display.name == "PCA"


def test_points_without_angles_have_one_colour(data):
    X, y = data
    display = EmbeddingDisplay.from_estimator(
        make_pipeline(PCA(2), KNeighborsLocalizer()).fit(X, y), X
    )
    assert display.colorbar_ is None and display.scatter_.get_array() is None
    assert len(display.scatter_.get_offsets()) == len(X)
    assert EmbeddingDisplay.from_embedding(X[:, :3], s=3).angle is None


def test_lengths_are_compared(data):
    X, y = data
    with pytest.raises(ValueError, match="y must have as many samples"):
        EmbeddingDisplay.from_estimator(PCA(2).fit(X), X, y[:-1])


@pytest.mark.parametrize("bad", [None, "x", [1.0, 2.0], [[1], [1, 2]], np.full((3, 2), np.nan)])
def test_embeddings_are_named(bad):
    with pytest.raises(ValueError, match=r"\bZ\b"):
        EmbeddingDisplay.from_embedding(bad)


@pytest.mark.parametrize("ax", [5, "x", [None], np.eye(2)])
def test_axes_are_named(data, ax):
    X, y = data
    with pytest.raises((ValueError, TypeError), match="'ax' parameter"):
        EmbeddingDisplay.from_embedding(X[:, :2], y, ax=ax)
