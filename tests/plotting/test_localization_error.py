import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn.neighbors import KNeighborsLocalizer
from sslearn.plotting import LocalizationErrorDisplay

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture
def data():
    rng = np.random.RandomState(0)
    y = np.c_[rng.uniform(-180, 180, 50), rng.uniform(-45, 45, 50)]
    return y, {"good": y + 1, "poor": y + 10 * rng.randn(50, 2)}


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_boxes_show_the_medians(data, tmp_path):
    y, predictions = data
    display = LocalizationErrorDisplay.from_predictions(y, predictions)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["good", "poor"]
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["azimuth", "elevation", "great circle"]
    assert texts(display.ax_)[0] == "median 1.0°"
    assert len(display.ax_.patches) == 6
    display.figure_.savefig(tmp_path / "errors.png")


def test_boxes_are_right_at_the_wrap():
    display = LocalizationErrorDisplay.from_predictions([179.0] * 3, [-179.0] * 3)
    assert texts(display.ax_) == ["median 2.0°"]
    assert display.ax_.get_legend() is None


def test_points_against_the_diagonal(data, tmp_path):
    y, predictions = data
    display = LocalizationErrorDisplay.from_predictions(y, predictions, kind="scatter")
    assert display.ax_.shape == (2, 2)
    ax = display.ax_[0, 1]
    assert ax.get_xlim() == ax.get_ylim() and ax.get_aspect() == 1
    np.testing.assert_array_equal(*ax.lines[0].get_data())
    np.testing.assert_allclose(ax.collections[0].get_offsets()[:, 1], y[:, 1] + 1)
    assert texts(ax) == ["median error 1.0°"]
    display.figure_.savefig(tmp_path / "points.png")


@pytest.mark.parametrize("kind", ["box", "scatter"])
def test_one_component_in_own_axes(kind, data):
    y, predictions = data
    _, ax = plt.subplots()
    display = LocalizationErrorDisplay.from_predictions(
        y, predictions["good"], kind=kind, component="elevation", ax=ax
    )
    assert display.ax_ is ax and display.figure_ is ax.figure
    assert "elevation" in ax.get_xlabel()


@pytest.mark.parametrize("kind", ["box", "scatter"])
def test_from_estimator(kind, data):
    y = data[0]
    X = np.c_[np.cos(np.deg2rad(y)), np.sin(np.deg2rad(y))]
    model = make_pipeline(StandardScaler(), KNeighborsLocalizer()).fit(X, y)
    display = LocalizationErrorDisplay.from_estimator(model, X, y, kind=kind)
    np.testing.assert_array_equal(display.y_pred["KNeighborsLocalizer"], model.predict(X))


def test_constant_points():
    display = LocalizationErrorDisplay.from_predictions([0, 0], [0, 0], kind="scatter")
    assert display.ax_.get_xlim() == (0, 15)


@pytest.mark.parametrize(
    ("pred", "options", "match"),
    [
        ([0, 1], {"kind": "violin"}, "kind must be one of"),
        ([0, 1], {"component": "elevation"}, r"component must be one of \['azimuth'\]"),
        ([0], {}, "shape of y_true"),
        ({"a": [0, np.nan]}, {}, r"y_pred\['a'\] contains NaN"),
        ({}, {}, "at least one"),
        ([0, 1], {"ax": [None, None]}, "ax must hold 1 axes; got 2"),
    ],
)
def test_bad_input(pred, options, match):
    with pytest.raises(ValueError, match=match):
        LocalizationErrorDisplay.from_predictions([0, 1], pred, **options)
