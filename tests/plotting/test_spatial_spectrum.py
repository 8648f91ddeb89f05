import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.doa import ESPRIT, SRPPHAT, TDOALocalizer
from sslearn.encoding import PeakDecoder
from sslearn.features import STFT
from sslearn.geometry import (
    azimuth_grid,
    circular_array,
    circular_difference,
    circular_grid,
    fibonacci_grid,
    great_circle_distance,
    near_field_grid,
    sphere_grid,
)
from sslearn.plotting import SpatialSpectrumDisplay

plt = pytest.importorskip("matplotlib.pyplot")
NAN = np.nan


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def lobe(grid, direction):
    """Power 1 at the direction, 0.1 at its opposite."""
    grid = np.asarray(grid, dtype=float)
    grid = grid[:, None] if grid.ndim == 1 else grid
    angle = np.deg2rad(great_circle_distance(grid, np.atleast_1d(direction)[None]))
    return 0.55 + 0.45 * np.cos(angle)


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_polar_line_peaks_at_the_source_and_closes(tmp_path):
    grid = circular_grid(5)
    order = np.random.RandomState(0).permutation(len(grid))
    display = SpatialSpectrumDisplay.from_spectrum(
        lobe(grid, 40)[order], grid[order], y_true=40, y_pred=[41.0]
    )
    angle, power = display.lines_["Spatial spectrum"].get_data()
    assert np.rad2deg(angle[np.argmax(power)]) == pytest.approx(40)
    assert power.max() == pytest.approx(1) and power[0] == power[-1]
    assert angle[-1] - angle[0] == pytest.approx(2 * np.pi)
    # Front at the top, left at the left of the picture.
    front, left = display.ax_.transData.transform([[0, 1], [np.pi / 2, 1]])
    centre = display.ax_.transAxes.transform([0.5, 0.5])
    assert front == pytest.approx([centre[0], front[1]]) and front[1] > centre[1]
    assert left[0] < centre[0]
    assert legend(display) == ["true", "predicted"]
    display.figure_.savefig(tmp_path / "polar.png")


def test_decibels():
    grid = circular_grid(10)
    spectrum = np.full(36, 1e-9)
    spectrum[[3, 4]] = 8.0, 0.8
    display = SpatialSpectrumDisplay.from_spectrum(spectrum, grid, scale="db", dynamic_range=30)
    power = display.lines_["Spatial spectrum"].get_ydata()
    assert power[3:6] == pytest.approx([0, -10, -30])
    assert display.ax_.get_ylim() == (-30, 0)


def test_negative_values_start_below_zero():
    grid = circular_grid(10)
    display = SpatialSpectrumDisplay.from_spectrum(lobe(grid, 0) - 0.5, grid)
    assert display.ax_.get_ylim() == pytest.approx((-0.8, 1))


def test_several_methods_over_one_another():
    grid = circular_grid(5)
    spectra = {"SRP": lobe(grid, 0), "MUSIC": lobe(grid, 0) ** 9}
    display = SpatialSpectrumDisplay.from_spectrum(spectra, grid, y_pred={"MUSIC": 1.0})
    assert list(display.lines_) == ["SRP", "MUSIC"] and legend(display) == ["SRP", "MUSIC"]
    colors = {line.get_color() for line in display.lines_.values()}
    assert len(colors) == 2


def test_sector_of_an_open_grid(tmp_path):
    grid = azimuth_grid(-90, 90, 5)
    display = SpatialSpectrumDisplay.from_spectrum(lobe(grid, 30), grid, y_true=30)
    assert (display.ax_.get_thetamin(), display.ax_.get_thetamax()) == pytest.approx((-90, 90))
    assert len(display.lines_["Spatial spectrum"].get_xdata()) == len(grid)
    display.figure_.savefig(tmp_path / "sector.png")


def test_line_breaks_where_the_grid_is_open():
    behind = np.r_[azimuth_grid(-180, -90, 5), np.arange(90, 180, 5)]
    display = SpatialSpectrumDisplay.from_spectrum(lobe(behind, 180), behind)
    power = display.lines_["Spatial spectrum"].get_ydata()
    assert np.isnan(power).sum() == 1


def test_straight_axes(tmp_path):
    grid = circular_grid(5)
    display = SpatialSpectrumDisplay.from_spectrum(
        lobe(grid, 40), grid, y_true=40, kind="line", lw=3
    )
    assert display.ax_.get_xlim() == (180, -180)
    assert display.lines_["Spatial spectrum"].get_linewidth() == 3
    display.figure_.savefig(tmp_path / "line.png")


@pytest.mark.parametrize("grid", [sphere_grid(10), fibonacci_grid(500)], ids=["regular", "spiral"])
@pytest.mark.parametrize("direction", [(40, 30), (179, -20), (0, 88)])
def test_map_peaks_at_the_source(grid, direction, tmp_path):
    display = SpatialSpectrumDisplay.from_spectrum(
        lobe(grid, direction), grid, y_true=direction, y_pred=[direction]
    )
    corners, values = np.asarray(display.mesh_.get_coordinates()), display.mesh_.get_array()
    middles = (corners[1:, 1:] + corners[:-1, :-1]) / 2
    brightest = middles.reshape(-1, 2)[np.argmax(values)]
    assert great_circle_distance(brightest[None], [direction]).item() < 12
    ax = display.ax_
    assert ax.get_xlim() == (180, -180) and ax.get_ylim() == (-90, 90)
    assert ax.lines[0].get_xydata().tolist() == [list(direction)]
    assert legend(display) == ["true", "predicted"]
    assert display.colorbar_.ax.get_ylabel() == "power / maximum"
    display.figure_.savefig(tmp_path / "map.png")


def test_map_shows_only_what_the_grid_covers():
    azimuth, elevation = np.arange(-80, 81, 8.0), np.arange(-45, 46, 9.0)
    grid = np.stack(np.meshgrid(azimuth, elevation), axis=-1).reshape(-1, 2)
    display = SpatialSpectrumDisplay.from_spectrum(lobe(grid, (0, 0)), grid)
    left, right = display.ax_.get_xlim()
    assert 80 < left < 90 and -90 < right < -80
    assert display.ax_.get_ylim() == pytest.approx((-49, 49), abs=1.5)


def test_distances_are_reduced_to_the_largest():
    grid = near_field_grid(circular_grid(10), [0.5, 1.0])
    spectrum = np.r_[lobe(circular_grid(10), 40), np.zeros(36)]
    display = SpatialSpectrumDisplay.from_spectrum(spectrum, grid, y_true=[[40, 0, 0.5]])
    assert display.grid.tolist() == circular_grid(10).tolist()
    assert display.spectrum["Spatial spectrum"] == pytest.approx(spectrum[:36])
    assert display.y_true == [40]


@pytest.mark.parametrize(
    ("grid", "y", "marks"),
    [
        (circular_grid(10), 370.0, [10]),
        (circular_grid(10), [10.0, NAN, 30.0], [10, 30]),
        (circular_grid(10), [[10.0, 5.0], [NAN, NAN]], [10]),
        (circular_grid(10), [[[10.0], [20.0]], [[NAN], [21.0]]], [10, 20, 21]),
        (sphere_grid(30), (10.0, 20.0), [[10, 20]]),
        (sphere_grid(30), [[10.0, 20.0, 2.0], [NAN, NAN, NAN]], [[10, 20]]),
    ],
)
def test_layouts_of_directions(grid, y, marks):
    display = SpatialSpectrumDisplay.from_spectrum(np.ones(len(grid)), grid, y_true=y)
    assert display.y_true.tolist() == marks


@pytest.fixture
def clips():
    mics = circular_array(6, 0.05)
    X, y = make_plane_waves(
        3, mic_positions=mics, azimuth_range=(-180, 180), random_state=0, return_X_y=True
    )
    return mics, X, y


@pytest.mark.parametrize("sample", [0, -1])
def test_from_pipeline(sample, clips):
    mics, X, y = clips
    model = make_pipeline(STFT(512), SRPPHAT(mics)).fit(X)
    display = SpatialSpectrumDisplay.from_estimator(model, X, y, sample=sample)
    assert display.ax_.get_title().startswith("SRPPHAT")
    assert display.y_pred["SRPPHAT"] == pytest.approx(model.predict(X)[[sample]], abs=0.01)
    assert display.y_true == pytest.approx(y[[sample]])


@pytest.mark.parametrize("cls", [ESPRIT, TDOALocalizer])
@pytest.mark.parametrize("block_size", [None, 8])
def test_from_localizers_that_search_no_grid(cls, block_size, clips):
    mics, X, y = clips
    model = make_pipeline(STFT(512), cls(mics, block_size=block_size)).fit(X)
    display = SpatialSpectrumDisplay.from_estimator(model, X, sample=1)
    peak = display.grid[display.spectrum[cls.__name__].argmax()]
    assert np.abs(circular_difference(peak, y[1])) <= 1
    assert display.y_pred[cls.__name__] == pytest.approx(y[1], abs=0.5)


def test_from_raw_audio_in_a_list_and_in_blocks(clips):
    mics, X, y = clips
    model = SRPPHAT(
        mics, grid=circular_grid(10), decoder=PeakDecoder(2), block_size=8, batch_transform=STFT()
    ).fit(X)
    tracks = np.tile(y[:, None, None, None], (1, 2, 1, 1))
    spectra = model.spatial_spectrum(X)
    everything = SpatialSpectrumDisplay.from_estimator(model, list(X), tracks, sample=1)
    assert everything.spectrum["SRPPHAT"] == pytest.approx(spectra[1].mean(axis=0), abs=1e-5)
    assert everything.y_true == pytest.approx(y[[1, 1]])
    one = SpatialSpectrumDisplay.from_estimator(model, X, tracks, sample=1, block=1)
    assert one.spectrum["SRPPHAT"] == pytest.approx(spectra[1, 1], abs=1e-5)
    assert len(one.y_true) == 1
    with pytest.raises(ValueError, match="block must be the index of one of 2"):
        SpatialSpectrumDisplay.from_estimator(model, X, block=2)
    with pytest.raises(ValueError, match="sample must be"):
        SpatialSpectrumDisplay.from_estimator(model, X, sample=3)


def test_estimator_without_spectrum():
    model = LinearRegression().fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(TypeError, match="LinearRegression has not"):
        SpatialSpectrumDisplay.from_estimator(model, [[0.0]])


def test_own_axes():
    grid = circular_grid(10)
    polar, plain = plt.figure().add_subplot(projection="polar"), plt.figure().add_subplot()
    display = SpatialSpectrumDisplay.from_spectrum(lobe(grid, 0), grid, ax=polar)
    assert display.ax_ is polar
    assert display.plot(plain, kind="line").ax_ is plain
    with pytest.raises(ValueError, match="ax must be polar"):
        display.plot(plain)
    with pytest.raises(ValueError, match="ax must be plain"):
        display.plot(polar, kind="line")


CIRCLE, SPHERE = circular_grid(90), sphere_grid(90)


@pytest.mark.parametrize(
    ("spectrum", "grid", "options", "match"),
    [
        (np.ones((1, 4)), CIRCLE, {}, r"must have shape \(4,\).*\(1, 4\).*Choose one sample"),
        ([1, 2, 3, NAN], CIRCLE, {}, "spectrum must be finite"),
        ({}, CIRCLE, {}, "at least one spectrum"),
        (-np.ones(4), CIRCLE, {"scale": "db"}, "positive maximum"),
        (np.ones(4), CIRCLE, {"scale": "log"}, "'scale' parameter"),
        (np.ones(4), CIRCLE, {"dynamic_range": 0}, "dynamic_range"),
        (np.ones(4), CIRCLE, {"kind": "map"}, "kind must be one of"),
        (np.ones(6), SPHERE, {"kind": "polar"}, "kind must be one of"),
        (np.ones(6), SPHERE, {"y_true": 3.0}, "y_true must have azimuth and elevation"),
        ({"a": np.ones(6), "b": np.ones(6)}, SPHERE, {}, "one spectrum for a map"),
        ({"a": np.ones(4)}, CIRCLE, {"y_pred": {"b": 3.0}}, r"got also \['b'\]"),
        (np.ones(4), CIRCLE, {"y_pred": np.inf}, "y_pred contains NaN or inf"),
    ],
)
def test_bad_input(spectrum, grid, options, match):
    with pytest.raises(ValueError, match=match):
        SpatialSpectrumDisplay.from_spectrum(spectrum, grid, **options)


def test_rows_of_y_are_those_of_x(clips):
    """F18: a y of another length drew no truth, and no error."""
    mics, X, y = clips
    model = SRPPHAT(mics, batch_transform=STFT(256)).fit(X)
    for wrong in (y[:1], y[0]):
        with pytest.raises(ValueError, match="y must have as many rows as X"):
            SpatialSpectrumDisplay.from_estimator(model, X, wrong)
    for sample in (len(X), "x", 0.5, None):
        with pytest.raises(ValueError, match="sample must be the index"):
            SpatialSpectrumDisplay.from_estimator(model, X, y, sample=sample)
    display = SpatialSpectrumDisplay.from_estimator(model, X, y, sample=-1)
    assert display.y_true == pytest.approx(y[[-1]])


def test_directions_are_named():
    for name in ("y_true", "y_pred"):
        for bad in ("x", [], [[1.0], [1.0, 2.0]], {1}):
            with pytest.raises(ValueError, match=name):
                SpatialSpectrumDisplay.from_spectrum(np.ones(4), CIRCLE, **{name: bad})
