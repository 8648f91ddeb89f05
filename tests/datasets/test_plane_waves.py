import numpy as np
import pytest

from sslearn.datasets import make_plane_waves

PAIR = [[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]]


@pytest.mark.parametrize("azimuth", [-90.0, -30.0, 0.0, 45.0, 90.0])
def test_delay_is_that_of_the_plane_wave(azimuth):
    n_times = 8000
    time = np.arange(n_times) / 16000
    source = np.cos(2 * np.pi * 400 * time)[None]
    X, y = make_plane_waves(
        1, directions=[azimuth], sounds=source, duration=0.5, mic_positions=PAIR, return_X_y=True
    )
    # The ear at +y hears a source at +90 degrees first: tau = -p.u/c.
    tau = -0.09 * np.sin(np.deg2rad(azimuth)) / 343.0
    inner = slice(100, -100)
    for channel, delay in zip(X[0], (tau, -tau), strict=True):
        expected = np.cos(2 * np.pi * 400 * (time - delay))
        np.testing.assert_allclose(channel[inner], expected[inner], atol=5e-3)
    assert y.tolist() == [azimuth]


def test_left_source_reaches_the_left_ear_first():
    X, _ = make_plane_waves(1, directions=[90.0], duration=0.5, random_state=0, return_X_y=True)
    lags = np.correlate(X[0, 1], X[0, 0], mode="full")
    # 0.18 m at 343 m/s and 16 kHz are 8.4 samples.
    assert np.argmax(lags) - (X.shape[2] - 1) == 8


@pytest.mark.parametrize("duration", [0.1, 0.1001])
def test_noise_is_white_at_every_microphone(duration):
    X, _ = make_plane_waves(50, duration=duration, random_state=0, return_X_y=True)
    assert X.dtype == np.float32
    np.testing.assert_allclose(X.std(axis=(0, 2)), 1.0, atol=0.02)


def test_snr_is_met():
    clean = make_plane_waves(20, random_state=0).data
    noisy = make_plane_waves(20, random_state=0, snr=10.0).data
    noise = noisy - clean
    assert 10 * np.log10((clean**2).mean() / (noise**2).mean()) == pytest.approx(10.0, abs=0.2)
    assert abs(np.corrcoef(noise[:, 0].ravel(), noise[:, 1].ravel())[0, 1]) < 0.03


def test_layout_and_ranges():
    bunch = make_plane_waves(
        200, azimuth_range=(-30, 60), elevation_range=(-10, 45), duration=0.01, random_state=1
    )
    assert bunch.target.shape == (200, 2)
    low, high = bunch.target.min(axis=0), bunch.target.max(axis=0)
    assert low[0] >= -30 and high[0] <= 60 and low[1] >= -10 and high[1] <= 45
    again = make_plane_waves(
        200, azimuth_range=(-30, 60), elevation_range=(-10, 45), duration=0.01, random_state=1
    )
    np.testing.assert_array_equal(bunch.data, again.data)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"azimuth_range": (90, -90)}, "azimuth_range"),
        ({"elevation_range": (-100, 0)}, "elevation_range"),
        ({"mic_positions": np.zeros((3, 4))}, "mic_positions.T"),
        ({"directions": [0.0, 1.0]}, "directions must have n_samples=3 rows"),
        ({"sounds": "speech"}, "sounds must be an array"),
        ({"sounds": np.zeros((3, 7))}, "sounds must have shape"),
        ({"sounds": np.full((3, 1600), np.nan)}, "sounds contains NaN"),
        ({"duration": 0}, "duration"),
    ],
)
def test_refused(params, match):
    with pytest.raises(ValueError, match=match):
        make_plane_waves(3, **params)


def test_directions_cover_the_sphere_evenly():
    _, y = make_plane_waves(
        10_000, mic_positions=PAIR, azimuth_range=(-180, 180), elevation_range=(-90, 90),
        duration=0.002, random_state=0, return_X_y=True,
    )  # fmt: skip
    height = np.sin(np.deg2rad(y[:, 1]))
    # By area, the sine of the elevation is uniform in [-1, 1]; four standard errors.
    assert abs(height.mean()) < 4 * np.sqrt(1 / 3 / 10_000)
    assert abs(height.var() - 1 / 3) < 4 * np.sqrt(4 / 45 / 10_000)


@pytest.mark.parametrize("elevation_range", [None, (-20, 50)])
def test_several_sources_are_the_sum_of_single_ones(elevation_range):
    ranges = {"azimuth_range": (-180, 180), "elevation_range": elevation_range}
    both = make_plane_waves(4, n_sources=2, random_state=0, mic_positions=PAIR, **ranges)
    assert both.target.shape == (4, 2, 1 if elevation_range is None else 2)
    sounds = np.random.default_rng(0).standard_normal((4, 2, 1600))
    settings = {"mic_positions": PAIR, "return_X_y": True}
    X, y = make_plane_waves(4, n_sources=2, directions=both.target, sounds=sounds, **settings)
    np.testing.assert_array_equal(y, both.target)
    single = [
        make_plane_waves(4, directions=np.squeeze(y[:, s]), sounds=sounds[:, s], **settings)[0]
        for s in range(2)
    ]
    np.testing.assert_allclose(X, single[0] + single[1], atol=1e-5)


def test_snr_can_be_a_range():
    settings = {"n_samples": 300, "random_state": 0}
    clean = make_plane_waves(**settings).data
    noisy = make_plane_waves(snr=(0, 20), **settings)
    noise = noisy.data - clean
    snr = 10 * np.log10((clean**2).mean(axis=(1, 2)) / (noise**2).mean(axis=(1, 2)))
    np.testing.assert_allclose(snr, noisy.metadata["snr"], atol=0.5)
    assert noisy.metadata["snr"].between(0, 20).all()
    assert noisy.metadata["snr"].std() > 5


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"directions": [10.0, 20.0]}, r"\(n_samples, n_sources, k\) = \(2, 2, 1 or 2\)"),
        ({"directions": np.zeros((2, 3, 1))}, "directions must have shape"),
        ({"sounds": np.zeros((2, 1600))}, "n_samples, n_sources, n_times"),
        ({"snr": (20, 0)}, "snr"),
    ],
)
def test_what_several_sources_cannot_use(params, message):
    with pytest.raises(ValueError, match=message):
        make_plane_waves(2, n_sources=2, **params)
