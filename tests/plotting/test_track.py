import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.deep_learning import NeuralLocalizer
from sslearn.doa import SRPPHAT
from sslearn.encoding import PeakDecoder
from sslearn.features import IPD, STFT, FrameBlocks, PhaseMap
from sslearn.geometry import circular_array
from sslearn.networks import PNN, SNet
from sslearn.plotting import TrackDisplay
from sslearn.recipes import ipdnet2

plt = pytest.importorskip("matplotlib.pyplot")
MICS = circular_array(4, 0.05)
TIMES = np.arange(4) / 10


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def two_sources():
    y_true = np.array([[[170, 0], [10, 20]]] * 4, dtype=float)
    y_true[:, 0, 0] = [170, 178, -174, -166]
    y_true[2, 1] = np.nan
    return y_true


def lines(ax):
    return [line.get_xydata() for line in ax.lines]


def test_azimuth_and_elevation_over_time(tmp_path):
    y_true = two_sources()
    y_pred = y_true[:, ::-1] + 1
    display = TrackDisplay.from_predictions(y_true, y_pred, times=TIMES)
    azimuth, elevation = display.ax_
    assert (azimuth.get_ylabel(), elevation.get_ylabel()) == ("azimuth", "elevation")
    assert elevation.get_xlabel() == "time (s)"
    # Two true lines, then the points of two predicted sources.
    np.testing.assert_array_equal(lines(elevation)[1], np.c_[TIMES, y_true[:, 1, 1]])
    np.testing.assert_array_equal(lines(azimuth)[3], np.c_[TIMES, y_pred[:, 1, 0]])
    labels = [text.get_text() for text in azimuth.get_legend().get_texts()]
    assert labels == ["overlap", "true", "predicted"]
    display.figure_.savefig(tmp_path / "track.png")


def test_truth_breaks_at_the_wrap_and_where_a_source_is_absent():
    ax = TrackDisplay.from_predictions(two_sources(), two_sources(), component="azimuth").ax_
    moving, resting = lines(ax)[:2]
    np.testing.assert_array_equal(moving[:, 1], [170, 178, np.nan, -174, -166])
    np.testing.assert_array_equal(moving[:, 0], [0, 1, np.nan, 2, 3])
    np.testing.assert_array_equal(resting[:, 1], [10, 10, np.nan, 10])
    assert ax.get_xlabel() == "frame"
    assert ax.get_ylim()[0] < -180 and ax.get_ylim()[1] > 180


def spans(ax):
    return {
        bars.get_label(): [path.get_extents().intervalx.tolist() for path in bars.get_paths()]
        for bars in ax.collections
    }


def test_overlaps_and_silence_are_shaded():
    nan = np.nan
    y_true = np.array([[0, nan], [0, 90], [0, 90], [nan, nan], [nan, 90], [2, 90]])[..., None]
    ax = TrackDisplay.from_predictions(y_true, y_true, times=np.arange(6) / 10).ax_
    shaded = spans(ax)
    assert sorted(shaded) == ["overlap", "silence"]
    np.testing.assert_allclose(shaded["overlap"], [[0.05, 0.25], [0.45, 0.55]])
    np.testing.assert_allclose(shaded["silence"], [[0.25, 0.35]])
    # What never changes needs no shade.
    assert not spans(TrackDisplay.from_predictions(y_true[1:3], y_true[1:3]).ax_)
    assert spans(TrackDisplay.from_predictions(y_true[3:], y_true[3:]).ax_)["silence"] == [
        [-0.5, 0.5]
    ]
    assert not spans(TrackDisplay.from_predictions(None, y_true).ax_)


def test_several_localizers_without_truth_or_with_one_row():
    tracks = {"good": [1.0, 2.0, 3.0], "poor": np.array([9.0, np.nan, 8.0])[:, None, None]}
    ax = TrackDisplay.from_predictions(None, tracks).ax_
    colors = [line.get_color() for line in ax.lines]
    assert len(colors) == len(set(colors)) == 2
    display = TrackDisplay.from_predictions([2.0], tracks)
    assert display.y_true.ravel().tolist() == [2.0, 2.0, 2.0]
    assert len(display.ax_.lines) == 3


def test_absent_throughout_and_other_numbers_of_sources():
    silent = np.full((3, 2, 1), np.nan)
    display = TrackDisplay.from_predictions([[[5.0]]], {"net": silent})
    assert len(display.ax_.lines) == 3
    assert TrackDisplay.from_predictions(None, silent).ax_.get_title(loc="left") == "predicted"


def test_options_and_own_axes():
    _, axes = plt.subplots(2)
    y = two_sources()
    display = TrackDisplay.from_predictions(y, y, ax=axes, color="red", marker="x")
    assert display.ax_[1] is axes[1] and display.figure_ is axes[0].figure
    assert {line.get_color() for line in axes[0].lines[2:]} == {"red"}
    points = TrackDisplay.from_predictions(None, y, c="red", markersize=3).ax_[0].lines[0]
    assert (points.get_color(), points.get_markersize()) == ("red", 3)
    for name in ("y_pred", "y_true", "times"):
        assert hasattr(display, name)
    with pytest.raises(ValueError, match="ax must hold 2 axes; got 1"):
        TrackDisplay.from_predictions(y, y, ax=axes[0])


def waves(**params):
    return make_plane_waves(
        2, mic_positions=MICS, duration=0.3, random_state=0, return_X_y=True, **params
    )


@pytest.mark.parametrize("padding", [None, "zeros"])
def test_from_estimator_knows_the_times(padding):
    X, y = waves()
    stft = STFT(256, hop_length=128, padding=padding)
    for model in (
        SRPPHAT(MICS, block_size=5, batch_transform=stft),
        make_pipeline(stft, SRPPHAT(MICS, block_size=5)),
    ):
        display = TrackDisplay.from_estimator(model.fit(X, y), X, y, sample=1)
        # Frames 0 to 4 are centred at frame 2: 256 samples, and half a frame if it is not padded.
        first = (256 + (0 if padding else 128)) / 16000
        np.testing.assert_allclose(display.times[:2], [first, first + 640 / 16000])
        np.testing.assert_array_equal(display.y_pred["SRPPHAT"], model.predict(X[1:])[0])
        assert np.unique(display.y_true).tolist() == [y[1]]


def test_from_estimator_of_a_network():
    X, y = waves()
    maps = make_pipeline(STFT(64, hop_length=32), PhaseMap())
    model = NeuralLocalizer(PNN(2, hidden_layer_sizes=(4,)), batch_transform=maps, max_epochs=1)
    display = TrackDisplay.from_estimator(model.fit(X, y), X, y)
    assert display.times is None  # the network does not know the sampling rate
    assert display.y_pred["NeuralLocalizer"].shape == (149, 1, 1)
    blocks = make_pipeline(
        STFT(64, hop_length=32), IPD(fs=8000), FrameBlocks(10, incomplete="drop")
    )
    model = NeuralLocalizer(SNet((4, 4), n_blocks=1, n_hidden=4), batch_transform=blocks)
    display = TrackDisplay.from_estimator(model.set_params(max_epochs=1).fit(X, y), X, y)
    # 4800 samples are divided into 14 parts, one for each block of 10 frames.
    np.testing.assert_allclose(display.times, (np.arange(14) + 0.5) * 4800 / 14 / 8000)


def test_from_estimator_of_a_network_that_pools_frames():
    X = np.random.default_rng(0).normal(size=(2, 2, 16000)).astype(np.float32)
    y = np.full((2, 10, 2, 1), [[20.0], [np.nan]])
    model = ipdnet2([[0, 0.02, 0], [0, -0.02, 0]], size="tiny", max_epochs=1)
    display = TrackDisplay.from_estimator(model.fit(X, y), X, y)
    # The middle of each 0.1 s, as predict_track returns it.
    np.testing.assert_allclose(display.times, 0.05 + np.arange(10) / 10)
    assert np.isin(model.predict_track(X)["time"], display.times).all()
    short = TrackDisplay.from_estimator(model, X[:, :, :2400])
    np.testing.assert_allclose(short.times, [0.075])


def test_from_estimator_without_times_and_with_tracks():
    X, _ = waves()
    spectra = STFT(256).transform(X)
    model = SRPPHAT(MICS, block_size=10, decoder=PeakDecoder(2)).fit(spectra)
    n_blocks = model.predict(spectra).shape[1]
    display = TrackDisplay.from_estimator(model, spectra)
    assert (display.times, display.y_true) == (None, None)
    tracks = np.zeros((2, n_blocks, 3, 1))
    times = np.arange(n_blocks)
    display = TrackDisplay.from_estimator(model, spectra, tracks, times=times)
    assert display.y_true.shape == (n_blocks, 3, 1)
    for y_true in (np.zeros((2, 3, 1)), np.zeros((2, 1)), np.zeros(2)):
        display = TrackDisplay.from_estimator(model, spectra, y_true)
        assert display.y_true.shape == (n_blocks, y_true.shape[1] if y_true.ndim == 3 else 1, 1)


def test_what_is_not_a_track_is_refused():
    X, y = waves()
    model = SRPPHAT(MICS, batch_transform=STFT(256)).fit(X, y)
    with pytest.raises(ValueError, match=r"must predict over time.*got \(1,\).*Set its block_size"):
        TrackDisplay.from_estimator(model, X, y)
    with pytest.raises(ValueError, match=r"sample must be the index of one of 2 rows of X; got 2"):
        TrackDisplay.from_estimator(model, X, y, sample=2)
    with pytest.raises(ValueError, match="y must have as many rows as X, 2; got shape"):
        TrackDisplay.from_estimator(model, X, y[:1])


@pytest.mark.parametrize(
    ("y_true", "y_pred", "params", "message"),
    [
        ([1, 2], [1, 2, 3], {}, "must have 3 frames of 1 values.*got .* in y_true"),
        (None, {"a": [1, 2], "b": [[1, 2], [3, 4]]}, {}, r"2 frames of 1 values.* in b"),
        (None, {}, {}, "at least one localizer"),
        (None, [1, 2], {"times": [1]}, r"times must have shape \(2,\); got \(1,\)"),
        (None, [1, 2], {"component": "elevation"}, "component must be one of"),
        (None, [[1, 95]], {}, r"y_pred\['predicted'\] must have elevations"),
        (None, 3.0, {}, r"y_pred\['predicted'\] must have shape"),
        (None, np.zeros((2, 3, 2, 1)), {}, r"one track .* \(2, 3, 2, 1\)\. Did you mean y_pred"),
        (None, [], {}, r"y_pred\['predicted'\] must hold at least one frame"),
        (["left"], [1], {}, "y_true must hold angles"),
    ],
)
def test_what_does_not_fit_is_named(y_true, y_pred, params, message):
    with pytest.raises(ValueError, match=message):
        TrackDisplay.from_predictions(y_true, y_pred, **params)
