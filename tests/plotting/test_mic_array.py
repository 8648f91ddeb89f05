import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sslearn.doa import SRPPHAT
from sslearn.geometry import circular_array, linear_array, spherical_array
from sslearn.plotting import MicArrayDisplay

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_front_is_up_and_left_is_left(tmp_path):
    mics = circular_array(4, 0.05)  # front, left, back, right
    display = MicArrayDisplay.from_positions(mics)
    assert display.ax_.get_xlabel() == "y, left (cm)"
    assert display.ax_.get_ylabel() == "x, front (cm)"
    pixels = display.ax_.transData.transform(display.mics_.get_offsets())
    front, left, back, right = pixels
    assert front[1] > left[1] > back[1] and left[0] < front[0] < right[0]
    np.testing.assert_allclose(display.mics_.get_offsets(), 100 * mics[:, 1::-1])
    assert texts(display.ax_) == ["0", "1", "2", "3"] and display.sources_ is None
    display.figure_.savefig(tmp_path / "array.png")


@pytest.mark.parametrize("directions", [[30.0, -120.0], [[30.0, 0.0, 2.0], [-120.0, 0.0, 9.0]]])
def test_sources_lie_in_their_directions(directions):
    display = MicArrayDisplay.from_positions(circular_array(6, 0.05), directions=directions)
    y, x = np.asarray(display.sources_.get_offsets()).T
    assert np.rad2deg(np.arctan2(y, x)) == pytest.approx([30, -120])
    assert texts(display.ax_)[6].startswith("30°")


def test_space(tmp_path):
    mics = spherical_array(32, 0.042)
    display = MicArrayDisplay.from_positions(mics, directions=[[30, 20]])
    assert hasattr(display.ax_, "zaxis")
    assert display.ax_.get_zlabel() == "z, up (cm)"
    limits = [getattr(display.ax_, f"get_{axis}lim")() for axis in "xyz"]
    assert np.ptp(limits, axis=1) == pytest.approx(np.ptp(limits[0]) * np.ones(3))
    assert texts(display.ax_)[-1] == "30°, 20°"
    display.figure_.savefig(tmp_path / "array.png")


@pytest.mark.parametrize("view", ["top", "3d"])
def test_own_axes_and_options(view):
    ax = plt.figure().add_subplot(projection="3d" if view == "3d" else None)
    mics = spherical_array(8, 0.1)
    display = MicArrayDisplay.from_positions(mics, view=view, ax=ax, s=7)
    assert display.ax_ is ax and display.mics_.get_sizes() == [7]
    other = {"top": "3d", "3d": "top"}[view]
    with pytest.raises(ValueError, match="3-D axes"):
        display.plot(ax, view=other)


@pytest.mark.parametrize("view", ["top", "3d"])
@pytest.mark.parametrize(
    "mics", [linear_array(4, 2.0), [[0, 0, 0]], [[0, 0, 0], [0, 0, 0.1]], [[0, 0, 0], [1, 0, 0]]]
)
def test_odd_arrays(mics, view, tmp_path):
    display = MicArrayDisplay.from_positions(mics, view=view, directions=[0])
    assert display.ax_.get_title().startswith(f"{len(mics)} microphone")
    unit = "m" if np.ptp(mics) >= 1 else "cm"
    assert display.ax_.get_xlabel().endswith(f"({unit})")
    display.figure_.savefig(tmp_path / "array.png")


def test_from_estimator():
    mics = circular_array(4, 0.1)
    for estimator in (SRPPHAT(mics), make_pipeline(FunctionTransformer(), SRPPHAT(mics))):
        display = MicArrayDisplay.from_estimator(estimator, directions=[10])
        np.testing.assert_array_equal(display.mic_positions, mics)
    with pytest.raises(TypeError, match="LinearRegression has none"):
        MicArrayDisplay.from_estimator(LinearRegression())


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"mic_positions": np.zeros((3, 2))}, r"\(n_mics, 3\)"),
        ({"directions": [np.nan]}, "directions contains NaN"),
        ({"view": "side"}, "'view' parameter"),
    ],
)
def test_bad_input(options, match):
    with pytest.raises(ValueError, match=match):
        MicArrayDisplay.from_positions(**{"mic_positions": circular_array(4, 0.1)} | options)
