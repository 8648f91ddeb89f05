import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn.encoding import AdjacentDecoder, ArgmaxDecoder, UnbiasedEncoding
from sslearn.geometry import azimuth_grid
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


def test_decoders_of_one_network_beside_each_other():
    y = np.random.default_rng(0).uniform(-90, 90, 50)
    encoding = UnbiasedEncoding(azimuth_grid(-90, 90, 5))
    scores = encoding.fit_transform(y)
    predicted = {
        name: encoding.set_params(decoder=decoder).inverse_transform(scores)
        for name, decoder in {"peak": ArgmaxDecoder(), "neighbours": AdjacentDecoder(3)}.items()
    }
    display = LocalizationErrorDisplay.from_predictions(y, predicted)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == list(predicted)
    peak, neighbours = (float(text[7:-1]) for text in texts(display.ax_))
    assert 0.8 < peak < 1.7
    assert neighbours == 0


def test_localizers_by_name(data):
    y = data[0]
    X = np.c_[np.cos(np.deg2rad(y)), np.sin(np.deg2rad(y))]
    named = {f"{k} neighbours": KNeighborsLocalizer(k).fit(X, y) for k in (1, 9)}
    display = LocalizationErrorDisplay.from_estimator(named, X, y)
    assert list(display.y_pred) == list(named)
    assert texts(display.ax_)[0] == "median 0.0°"


@pytest.mark.parametrize("kind", ["box", "scatter"])
@pytest.mark.parametrize("n_angles", [1, 2])
def test_several_sources_are_matched(kind, n_angles, data, tmp_path):
    first = np.round(data[0])
    y = np.stack([first, first + np.array([100, 0])], axis=1)[..., :n_angles]
    other_order = y[:, ::-1] + np.eye(2)[0, :n_angles]
    fewer, more = y.copy(), np.concatenate([y, np.full_like(y, np.nan)], axis=1)
    fewer[:7, 0], more[:3, 2] = np.nan, 0
    display = LocalizationErrorDisplay.from_predictions(
        y, {"order": other_order, "fewer": fewer, "more": more}, kind=kind, component="azimuth"
    )
    panels = np.atleast_1d(display.ax_).ravel()
    labels = [text for ax in panels for text in texts(ax)]
    word = "median" if kind == "box" else "median error"
    assert labels == [f"{word} 1.0°", f"{word} 0.0°, 7 missed", f"{word} 0.0°, 3 too many"]
    if kind == "box":
        assert display.ax_.get_title(loc="left") == "Errors of 100 sources"
    else:
        assert [len(ax.collections[0].get_offsets()) for ax in panels] == [100, 93, 100]
    display.figure_.savefig(tmp_path / "sources.png")


def test_sources_that_are_never_found():
    y = np.zeros((3, 2, 1))
    with pytest.raises(ValueError, match=r"y_pred\['deaf'\] must hold a source"):
        LocalizationErrorDisplay.from_predictions(y, {"deaf": np.full((3, 2, 1), np.nan)})
    with pytest.raises(ValueError, match="same shape except for the number of sources"):
        LocalizationErrorDisplay.from_predictions(y, np.zeros((2, 2, 1)))


def test_constant_points():
    display = LocalizationErrorDisplay.from_predictions([0, 0], [0, 0], kind="scatter")
    assert display.ax_.get_xlim() == (0, 15)


@pytest.mark.parametrize(
    ("pred", "options", "match"),
    [
        ([0, 1], {"kind": "violin"}, "'kind' parameter"),
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


def test_a_name_for_one_localizer(data):
    y = data[0]
    X = np.c_[y, y]
    model = make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), KNeighborsLocalizer(1)))
    model.fit(X, y)
    display = LocalizationErrorDisplay.from_estimator(model, X, y)
    assert list(display.y_pred) == ["KNeighborsLocalizer"]
    display = LocalizationErrorDisplay.from_estimator(model, X, y, name="mine")
    assert list(display.y_pred) == ["mine"]
    assert list(LocalizationErrorDisplay.from_predictions(y, y, name="mine").y_pred) == ["mine"]
    with pytest.raises(ValueError, match="name must be None"):
        LocalizationErrorDisplay.from_predictions(y, {"a": y}, name="mine")
    with pytest.raises(TypeError, match="estimator must have predict"):
        LocalizationErrorDisplay.from_estimator(None, X, y)


def test_rows_of_y_are_those_of_x(data):
    y = data[0]
    model = KNeighborsLocalizer(1).fit(np.c_[y, y], y)
    for wrong in (y[:-1], y[0], "x", None):
        with pytest.raises(ValueError, match=r"\by must"):
            LocalizationErrorDisplay.from_estimator(model, np.c_[y, y], wrong)
