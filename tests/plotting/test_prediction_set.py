"""Pictures of sets of directions."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sslearn.calibration import ConformalLocalizer
from sslearn.datasets import make_plane_waves
from sslearn.doa import SRPPHAT
from sslearn.features import STFT
from sslearn.geometry import icosahedral_grid, tetrahedral_array
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.plotting import PredictionSetDisplay

plt = pytest.importorskip("matplotlib.pyplot")
NAN = float("nan")
Y = [178, 40, -20]
ARCS = [[[170, 190], [-5, 5]], [[20, 60], [NAN, NAN]], [[-50, -30], [NAN, NAN]]]
CAPS = [[178, 0, 10], [0, 85, 20], [-20, -30, 180]]
INSIDE, OUTSIDE = "#3b6fb6", "#e08a2e"


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_rings(tmp_path):
    display = PredictionSetDisplay.from_predictions(Y, ARCS, y_pred=[180, 40, -40])
    display.figure_.savefig(tmp_path / "rings.png")
    assert display.ax_.name == "polar"
    assert display.covered_.tolist() == [True, True, False]
    arcs = display.ax_.lines[:4]
    ends = [np.rad2deg(arc.get_xdata()[[0, -1]]).round(6).tolist() for arc in arcs]
    assert ends == [[170, 190], [-5, 5], [20, 60], [-50, -30]]
    assert [arc.get_ydata()[0] for arc in arcs] == [1, 1, 2, 3]
    assert [arc.get_color() for arc in arcs] == [INSIDE] * 3 + [OUTSIDE]
    truth = display.ax_.lines[-1]
    np.testing.assert_allclose(np.rad2deg(truth.get_xdata()), [178, 40, -20])
    assert legend(display) == ["holds the source", "misses it", "true", "predicted"]


def test_lines_over_true_azimuth_are_cut_at_the_back(tmp_path):
    display = PredictionSetDisplay.from_predictions(Y, ARCS, kind="line")
    display.figure_.savefig(tmp_path / "lines.png")
    segments = [line.get_xydata().tolist() for line in display.ax_.lines[:5]]
    assert segments[:2] == [[[178, 170], [178, 180]], [[178, -180], [178, -170]]]
    assert segments[2:4] == [[[178, -5], [178, 5]], [[40, 20], [40, 60]]]
    assert display.ax_.get_xlabel() == "true azimuth"
    assert "predicted" not in legend(display)


def test_sets_of_unknown_sources():
    display = PredictionSetDisplay.from_predictions(None, ARCS, kind="line")
    assert display.covered_ is None
    assert display.ax_.get_xlabel() == "sample"
    assert display.ax_.get_legend() is None
    assert display.ax_.lines[-1].get_xdata().tolist() == [2, 2]


def test_many_arcs_are_lines():
    arcs = np.tile(ARCS[:1], (13, 1, 1))
    assert PredictionSetDisplay.from_predictions(None, arcs).ax_.name == "rectilinear"
    assert PredictionSetDisplay.from_predictions(None, arcs[1:]).ax_.name == "polar"


def test_map_of_caps(tmp_path):
    y = [[178, 9], [180, 80], [0, 0]]
    display = PredictionSetDisplay.from_predictions(y, CAPS, y_pred=np.array(CAPS)[:, :2])
    display.figure_.savefig(tmp_path / "caps.png")
    assert display.covered_.tolist() == [True, True, True]
    filled = display.ax_.collections
    # The first cap crosses the back; its outline is 10 degrees from its middle.
    azimuth, elevation = np.concatenate(filled[1].get_paths()[0].to_polygons(closed_only=False)).T
    assert azimuth.min() < -171
    assert azimuth.max() > 167
    assert elevation.max() == pytest.approx(10, abs=0.3)
    # The whole sphere has no outline.
    assert len(filled) == 5
    assert display.ax_.get_xlim() == (180, -180)


def test_map_of_cells(tmp_path):
    grid = icosahedral_grid(1)
    cells = np.zeros((2, len(grid)), dtype=bool)
    cells[0, :5], cells[1, 5:] = True, True
    display = PredictionSetDisplay.from_predictions(grid[[0, 1]], cells, grid=grid)
    display.figure_.savefig(tmp_path / "cells.png")
    assert display.covered_.tolist() == [True, False]
    assert legend(display) == ["holds the source", "misses it", "true"]


@pytest.mark.parametrize("method", ["absolute", "spectrum"])
def test_from_estimator(method):
    mics = tetrahedral_array(0.05)
    X, y = make_plane_waves(
        30, mic_positions=mics, elevation_range=(-60, 60), random_state=0, return_X_y=True
    )
    spectra = STFT(256).transform(X)
    srp = SRPPHAT(mics, grid=icosahedral_grid(2)).fit(spectra, y)
    conformal = ConformalLocalizer(FrozenEstimator(srp), method=method).fit(spectra, y)
    pipeline = make_pipeline(STFT(256), conformal)
    display = PredictionSetDisplay.from_estimator(pipeline, X[:4], y[:4], coverage=0.5)
    expected = conformal.predict_set(spectra[:4], coverage=0.5)
    np.testing.assert_array_equal(display.sets, expected)
    np.testing.assert_array_equal(display.y_pred, srp.predict(spectra[:4]))


@pytest.mark.parametrize(
    ("y", "sets", "options", "message"),
    [
        (Y, ARCS, {"kind": "map"}, "kind must be one of .*polar.* for these sets; got 'map'"),
        (None, CAPS, {"kind": "polar"}, "kind must be one of"),
        (Y[:2], ARCS, {}, "y_true and sets must hold as many samples"),
        (Y, ARCS, {"y_pred": [1.0]}, "y_pred must hold 3 directions; got 1"),
        (Y, ARCS, {"y_pred": np.zeros((3, 2))}, "y_pred"),
        (None, np.ones((1, 4), bool), {}, "grid must be given"),
    ],
)
def test_errors(y, sets, options, message):
    with pytest.raises(ValueError, match=message):
        PredictionSetDisplay.from_predictions(y, sets, **options)


def test_wrong_axes_and_estimators():
    with pytest.raises(ValueError, match="ax must be polar axes"):
        PredictionSetDisplay.from_predictions(Y, ARCS, ax=plt.subplots()[1])
    plain = KNeighborsLocalizer(1).fit([[0.0], [1.0]], [0, 90])
    with pytest.raises(TypeError, match="must have predict_set; KNeighborsLocalizer has not"):
        PredictionSetDisplay.from_estimator(plain, [[0.0]])
    scaled = make_pipeline(FunctionTransformer(), plain)
    with pytest.raises(TypeError, match="Wrap it in ConformalLocalizer"):
        PredictionSetDisplay.from_estimator(scaled, [[0.0]])
