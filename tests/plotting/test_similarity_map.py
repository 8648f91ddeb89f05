import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sslearn.metrics import consensus_iou
from sslearn.plotting import SimilarityMapDisplay
from sslearn.utils import resize_maps

plt = pytest.importorskip("matplotlib.pyplot")

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 32, 48, 3), dtype=np.uint8)
SOUNDS = [np.full(800, level, dtype=np.float32) * RNG.uniform(-1, 1, 800) for level in (1, 2, 3)]
X = pd.DataFrame({"image": list(IMAGES), "audio": [s.astype(np.float32) for s in SOUNDS]})
BOXES = np.array([[0.0, 0.0, 0.5, 0.5], [0.5, 0.0, 1.0, 0.5], [0.0, 0.5, 0.5, 1.0]])


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def quarter(row, column, size=8):
    """A map of one in a quarter of the picture and zero elsewhere."""
    values = np.zeros((2, 2))
    values[row, column] = 1.0
    return np.kron(values, np.ones((size // 2, size // 2)))


MAPS = np.stack([quarter(0, 0), quarter(0, 1), quarter(1, 1)])


class Loudness(BaseEstimator):
    """Localizer that points at the quarter of the number of the loudness."""

    fs = 16000

    def __init__(self, *, level=1):
        self.level = level

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def similarity_map(self, X):
        sounds = list(X["audio"]) if hasattr(X, "columns") else [sound for _, sound in X]
        n = [round(float(np.abs(sound).max())) - 1 for sound in sounds]
        return np.stack([quarter(k // 2, k % 2) for k in n])

    def predict_boxes(self, X, *, threshold=0.5):
        maps = self.similarity_map(X)
        return np.stack([(m.argmax() % 8 / 8, m.argmax() // 8 / 8, 1, 1) for m in maps])

    def score(self, X, y):
        return 0.0


def lines(ax, label):
    return [line for line in ax.get_lines() if line.get_label() == label]


def titles(display):
    return [ax.get_title(loc="left") for ax in np.ravel(display.ax_)]


def test_marks_are_where_the_map_and_the_boxes_say():
    display = SimilarityMapDisplay.from_predictions(
        IMAGES[:1], MAPS[:1], BOXES[:1], boxes=[[0.1, 0.2, 0.3, 0.4]]
    )
    ax = display.ax_
    true, predicted = lines(ax, "true box")[0], lines(ax, "predicted box")[0]
    assert (min(true.get_xdata()), max(true.get_ydata())) == (0.0, 0.5)
    assert (max(predicted.get_xdata()), min(predicted.get_ydata())) == (0.3, 0.2)
    x, y = (d[0] for d in lines(ax, "predicted point")[0].get_data())
    assert x < 0.5 and y < 0.5
    # The upper left corner is at the top left, the picture keeps its proportions.
    assert ax.get_xlim() == (0, 1) and ax.get_ylim() == (1, 0)
    assert ax.get_aspect() == pytest.approx(32 / 48)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert set(legend) == {"predicted point", "predicted region", "true box", "predicted box"}


def test_score_is_that_of_the_metric(tmp_path):
    display = SimilarityMapDisplay.from_predictions(IMAGES, {"a": MAPS, "b": MAPS[::-1]}, BOXES)
    assert display.ax_.shape == (3, 2)
    for j, (name, maps) in enumerate({"a": MAPS, "b": MAPS[::-1]}.items()):
        expected = consensus_iou(BOXES, maps)
        assert titles(display)[j::2] == [f"{name}: IoU {value:.2f}" for value in expected]
    display.figure_.savefig(tmp_path / "maps.png")
    median = SimilarityMapDisplay.from_predictions(IMAGES, MAPS, BOXES, threshold="median")
    expected = consensus_iou(BOXES, MAPS, threshold="median")
    assert titles(median) == [f"IoU {value:.2f}" for value in expected]
    assert titles(SimilarityMapDisplay.from_predictions(IMAGES, {"a": MAPS})) == ["a"] * 3


def test_heat_is_the_resized_map():
    display = SimilarityMapDisplay.from_predictions(IMAGES[:1], MAPS[:1])
    heat = display.heat_[0, 0]
    np.testing.assert_allclose(heat.get_array(), resize_maps(MAPS[0], (224, 224)))
    assert heat.get_alpha()[0, 0] == pytest.approx(0.8) and heat.get_alpha()[-1, -1] == 0


def test_scale_is_shared_or_own():
    maps = {"own": MAPS, "other": MAPS / 4}
    shared = SimilarityMapDisplay.from_predictions(IMAGES, maps)
    assert {heat.get_clim() for heat in shared.heat_.flat} == {(0.0, 1.0)}
    assert shared.colorbar_ is not None
    own = SimilarityMapDisplay.from_predictions(IMAGES, maps, scale="own", cmap="viridis")
    assert [heat.get_clim()[1] for heat in own.heat_[0]] == [1.0, 0.25]
    assert own.colorbar_ is None and own.heat_[0, 0].get_cmap().name == "viridis"


def test_several_or_no_boxes_of_a_picture():
    boxes = [BOXES[:2], BOXES[:1], np.empty((0, 4))]
    display = SimilarityMapDisplay.from_predictions(IMAGES, MAPS, boxes)
    n_drawn = [
        sum(np.isfinite(line.get_xdata()).all() for line in lines(ax, "true box"))
        for ax in display.ax_.ravel()
    ]
    assert n_drawn == [2, 1, 0]


@pytest.mark.filterwarnings("ignore:.*constant")
def test_constant_map_has_no_region():
    display = SimilarityMapDisplay.from_predictions(IMAGES[:1], np.ones((1, 4, 4)), BOXES[:1])
    assert titles(display) == ["IoU 0.00"]
    assert not display.ax_.collections
    display.figure_.canvas.draw()


@pytest.mark.parametrize("as_rows", [False, True])
def test_from_estimator_shows_own_and_other_sound(as_rows):
    pairs = list(zip(X["image"], X["audio"], strict=True)) if as_rows else X
    localizer = Loudness().fit(pairs)
    display = SimilarityMapDisplay.from_estimator(localizer, pairs, BOXES, sample=[0, 2])
    assert list(display.maps) == ["own sound", "other sound"]
    np.testing.assert_array_equal(
        display.maps["own sound"], localizer.similarity_map(X.iloc[[0, 2]])
    )
    np.testing.assert_array_equal(
        display.maps["other sound"], localizer.similarity_map(X.iloc[[1, 0]])
    )
    np.testing.assert_array_equal(display.images[1], IMAGES[2])
    np.testing.assert_array_equal(display.y_true[:, 0], BOXES[[0, 2]])
    assert display.ax_.shape == (2, 2)


def test_from_estimator_goes_through_pipelines_and_searches():
    pipeline = make_pipeline(FunctionTransformer(lambda X: X[["audio", "image"]]), Loudness())
    search = GridSearchCV(pipeline, {"loudness__level": [1, 2]}, cv=2).fit(X, BOXES)
    for estimator in (pipeline.fit(X), search):
        display = SimilarityMapDisplay.from_estimator(estimator, X, shuffled=False, sample=-1)
        assert list(display.maps) == ["own sound"]
        np.testing.assert_array_equal(display.images[0], IMAGES[2])


def test_in_axes_of_the_user():
    axes = plt.subplots(3, 2)[1]
    display = SimilarityMapDisplay.from_predictions(IMAGES, {"a": MAPS, "b": MAPS}, ax=axes)
    assert display.ax_[2, 1] is axes[2, 1] and display.figure_ is axes[0, 0].figure
    with pytest.raises(ValueError, match="ax must hold 3 axes"):
        display = SimilarityMapDisplay.from_predictions(IMAGES, MAPS, ax=axes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": IMAGES / 255.0}, r"images\[0\] must be uint8"),
        ({"images": IMAGES[:2]}, r"maps must have shape \(2, height, width\)"),
        ({"maps": {}}, "maps must hold"),
        ({"maps": MAPS[0]}, "maps must have shape"),
        ({"maps": {"a": MAPS * np.nan}}, r"maps\['a'\].*NaN"),
        ({"y": BOXES[:2]}, "y must have one row per image, 3; got 2"),
        ({"y": BOXES * 224}, "pixels"),
        ({"boxes": {"other": BOXES}}, r"names of maps; got also \['other'\]"),
        ({"scale": "rows"}, "scale"),
        ({"threshold": 1.5}, "threshold"),
    ],
)
def test_bad_input(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        SimilarityMapDisplay.from_predictions(**{"images": IMAGES, "maps": MAPS} | change)


def test_bad_input_of_an_estimator():
    localizer = Loudness().fit(X)
    with pytest.raises(TypeError, match="DummyRegressor has not"):
        SimilarityMapDisplay.from_estimator(DummyRegressor().fit([[0]], [0]), X)
    with pytest.raises(ValueError, match="sample must be the index of one of 3 rows"):
        SimilarityMapDisplay.from_estimator(localizer, X, sample=3)
    with pytest.raises(ValueError, match="at least two pairs"):
        SimilarityMapDisplay.from_estimator(localizer, X[:1])
    with pytest.raises(ValueError, match="y must have as many rows"):
        SimilarityMapDisplay.from_estimator(localizer, X, BOXES[:2])
