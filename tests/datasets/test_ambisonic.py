import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_ambisonic, make_shoebox_rooms
from sslearn.doa import IntensityLocalizer
from sslearn.exceptions import SilenceWarning
from sslearn.features import STFT, IntensityVector
from sslearn.geometry import angles_to_unit_vectors, great_circle_distance
from sslearn.metrics import angular_error
from sslearn.simulation import Interferer, Noise, Placement, ShoeboxRooms, _chunks
from sslearn.simulation._responses import LEAD

FS = 16000
SHORT = {"duration": 0.1, "random_state": 0}
# Channels of W, X, Y, Z, and the gains of W and of the others for a plane wave.
FORMATS = {
    "sn3d": ([0, 3, 1, 2], 1.0, 1.0),
    "n3d": ([0, 3, 1, 2], 1.0, 3**0.5),
    "fuma": ([0, 1, 2, 3], 0.5**0.5, 1.0),
}


@pytest.fixture(scope="module")
def rooms():
    return make_shoebox_rooms(
        3, dimensions=((4, 4, 2.6), (6, 5, 3)), t60=(0.15, 0.25), random_state=0
    )


def _level(X):
    """Power of W in dB."""
    return 10 * np.log10(np.square(X[:, 0], dtype=float).mean(axis=1))


@pytest.mark.parametrize("convention", list(FORMATS))
@pytest.mark.parametrize("yaw", [0.0, 77.0])
def test_anechoic_clip_is_a_plane_wave(rooms, convention, yaw):
    directions = [[0.0, 0.0], [90.0, 0.0], [-135.0, 20.0], [30.0, -35.0], [12.0, 90.0]]
    X, y = make_ambisonic(
        5,
        rooms=rooms,
        placement=Placement(directions=directions, yaw=yaw),
        max_order=0,
        convention=convention,
        **SHORT,
        return_X_y=True,
    )
    np.testing.assert_allclose(y, directions)
    channels, pressure, velocity = FORMATS[convention]
    gains = np.insert(velocity * angles_to_unit_vectors(directions), 0, pressure, axis=1)
    expected = gains[:, :, None] * X[:, :1] / pressure
    np.testing.assert_allclose(X[:, channels], expected, atol=1e-6 * np.abs(X).max())
    # The exact delay and 1 at 1 m, below the edge of the interpolation filter.
    impulse = np.eye(1, 1600)[0]
    one = make_ambisonic(
        1, rooms=rooms, sounds=[impulse], max_order=0, convention=convention, **SHORT
    )
    distance = one.metadata["distance"][0]
    freqs = np.arange(1600 // 2 + 1) / 1600
    phase = np.exp(-2j * np.pi * freqs * (distance / 343 * FS + LEAD))
    heard = np.fft.rfft(one.data[0, 0])
    np.testing.assert_allclose(heard[:700] * distance / pressure, phase[:700], atol=2e-3)


def test_intensity_vector_is_that_of_the_direction(rooms):
    data = make_ambisonic(4, rooms=rooms, max_order=0, **SHORT)
    maps = make_pipeline(STFT(256), IntensityVector()).fit_transform(data.data)
    expected = 3**0.5 / 2 * angles_to_unit_vectors(data.target)[:, :, None, None]
    # Before the sound arrives there is silence.
    np.testing.assert_allclose(maps[:, :3, :, 1:] - expected, 0.0, atol=1e-4)
    np.testing.assert_allclose(maps[:, 3:, :, 1:], 0.0, atol=1e-4)
    localizer = make_pipeline(STFT(256), IntensityLocalizer()).fit(data.data, data.target)
    assert angular_error(data.target, localizer.predict(data.data)).max() < 1e-3


@pytest.mark.parametrize("t60", [0.3, 0.7])
def test_reverberation_time(t60):
    impulse = np.eye(1, FS)[0]
    X = make_ambisonic(
        3, rooms=ShoeboxRooms(3, t60=(t60, t60)), sounds=[impulse], duration=1.0, random_state=0
    ).data[:, 0]
    decay = np.cumsum(np.square(X, dtype=float)[:, ::-1], axis=1)[:, ::-1]
    for level in 10 * np.log10(decay / decay[:, :1] + 1e-12):
        fitted = (level < -5) & (level > -25)
        slope = np.polyfit(np.flatnonzero(fitted) / FS, level[fitted], 1)[0]
        assert -60 / slope == pytest.approx(t60, rel=0.15)


@pytest.mark.parametrize("noise", ["white", "diffuse"])
@pytest.mark.parametrize("reference", ["direct", "reverberant"])
def test_snr_is_met(rooms, noise, reference):
    params = {"rooms": rooms, "duration": 0.3, "random_state": 0}
    clean = make_ambisonic(4, **params).data
    noise = Noise((0, 10), kind=noise, reference=reference)
    noisy = make_ambisonic(4, noise=noise, **params)
    signal = make_ambisonic(4, max_order=0, **params).data if reference == "direct" else clean
    ratio = _level(signal) - _level(noisy.data - clean)
    np.testing.assert_allclose(ratio, noisy.metadata["snr"], atol=0.01)
    assert noisy.metadata["snr"].between(0, 10).all() and noisy.metadata["snr"].nunique() == 4


@pytest.mark.parametrize(("reference", "max_order"), [("direct", 0), ("reverberant", None)])
def test_sir_is_met_and_noise_does_not_change_it(rooms, reference, max_order):
    params = {"rooms": rooms, "duration": 0.3, "max_order": max_order, "random_state": 0}
    noise = Noise(5, reference=reference)
    interferer = Interferer(sir=(0, 10), reference=reference)
    clean = make_ambisonic(4, **params)
    noisy = make_ambisonic(4, noise=noise, **params)
    data = make_ambisonic(4, interferer=interferer, **params)
    ratio = _level(clean.data) - _level(data.data - clean.data)
    np.testing.assert_allclose(ratio, data.metadata["sir"], atol=0.01)
    assert data.metadata["sir"].between(0, 10).all() and data.metadata["sir"].nunique() == 4
    np.testing.assert_array_equal(data.target, clean.target)
    both = make_ambisonic(4, noise=noise, interferer=interferer, **params)
    expected = noisy.data + data.data - clean.data
    np.testing.assert_allclose(both.data, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("convention", list(FORMATS))
def test_diffuse_noise(rooms, convention, recorded):
    speech = np.random.default_rng(1).laplace(size=(6, 30000))
    params = {"rooms": rooms, "max_order": 0, "convention": convention, "duration": 1.0}
    params |= {"placement": Placement(directions=[[0.0, 0.0]]), "random_state": 0}
    clean = make_ambisonic(6, **params).data
    noise = Noise(0, kind="diffuse", sounds=list(speech) if recorded else None)
    noisy = make_ambisonic(6, noise=noise, **params).data
    channels, pressure, velocity = FORMATS[convention]
    noise = (noisy - clean)[:, channels].swapaxes(0, 1).reshape(4, -1)
    power = np.square(noise).mean(axis=1)
    expected = velocity**2 / pressure**2 / 3
    np.testing.assert_allclose(power[1:] / power[0], expected, rtol=0.1)
    correlation = np.corrcoef(noise)
    assert np.abs(correlation - np.eye(4)).max() < 0.06


def test_white_noise_has_equal_power_in_sn3d(rooms):
    params = {"rooms": rooms, "max_order": 0, "duration": 0.5, "random_state": 0}
    noise = make_ambisonic(4, noise=0, **params).data - make_ambisonic(4, **params).data
    power = np.square(noise).mean(axis=(0, 2))
    np.testing.assert_allclose(power, power[0], rtol=0.05)


def test_direction_and_room_are_kept_and_the_distance_shortened(rooms):
    low, high = rooms[:1], rooms[:1].assign(height=6.0)
    directions = [[0.0, 90.0], [0.0, -90.0]]
    places = Placement(height=(1.0, 1.4), distance_range=(2.4, 2.5), directions=directions)
    params = {"rooms": pd.concat([low, high], ignore_index=True), "placement": places}
    params["max_order"] = 0
    data = make_ambisonic(60, **params, **SHORT)
    np.testing.assert_array_equal(data.target, 30 * directions)
    distance, is_up = data.metadata["distance"], data.target[:, 1] > 0
    is_low = data.metadata["room"] == 0
    assert 0.2 < is_low[is_up].mean() < 0.8 and distance[is_up & ~is_low].between(2.4, 2.5).all()
    # As far as the best of 50 heights allows.
    longest = low["height"][0] - 0.1 - 1.0
    assert distance[is_up & is_low].between(longest - 0.1, longest).all()
    assert distance[~is_up].between(1.2, 1.3).all()


def test_interferer_is_elsewhere_and_heard(rooms):
    hum = np.sin(2 * np.pi * 500 * np.arange(FS) / FS)
    params = {"rooms": rooms, "max_order": 0, "duration": 0.3, "random_state": 0}
    clean = make_ambisonic(12, **params)
    data = make_ambisonic(12, interferer=Interferer([hum, hum], sir=3.0), **params)
    names = ["interferer_azimuth", "interferer_elevation"]
    there = data.metadata[names].to_numpy()
    assert great_circle_distance(there, data.target).min() > 20.0
    assert data.metadata["interferer_distance"].between(0.4, 3.0).all()
    assert set(data.metadata["interferer_source"]) == {0, 1}
    np.testing.assert_array_equal(data.target, clean.target)
    localizer = make_pipeline(STFT(512), IntensityLocalizer(normalize=False))
    found = localizer.fit(clean.data, there).predict(data.data - clean.data)
    assert angular_error(there, found).max() < 0.5


def test_several_sources(rooms):
    params = {"rooms": rooms, "n_sources": 2, "max_order": 0, **SHORT}
    data = make_ambisonic(5, interferer=Interferer(sir=20), **params)
    assert data.target.shape == (5, 2, 2)
    first, second = data.target[:, 0], data.target[:, 1]
    there = data.metadata[["interferer_azimuth", "interferer_elevation"]].to_numpy()
    for one, other in ((first, second), (first, there), (second, there)):
        assert great_circle_distance(one, other).min() > 20.0
    assert {"source_0", "source_1", "interferer_source"} <= set(data.metadata)


def test_layout(rooms):
    data = make_ambisonic(3, rooms=rooms, random_state=0)
    assert data.data.shape == (3, 4, 13312) and data.data.dtype == np.float32
    assert (data.target.shape, data.fs, data.convention) == ((3, 2), FS, "sn3d")
    assert list(data.metadata) == ["room", "t60", "speaker", "source", "distance", "snr", "yaw"]
    X, y = make_ambisonic(3, rooms=rooms, random_state=0, return_X_y=True)
    np.testing.assert_array_equal(X, data.data)
    np.testing.assert_array_equal(y, data.target)
    flat = Placement(elevation_range=None)
    assert make_ambisonic(2, rooms=rooms, placement=flat, **SHORT).target.shape == (2,)


@pytest.mark.parametrize("convention", ["n3d", "fuma"])
def test_conventions_differ_by_order_and_gains(rooms, convention):
    params = {"rooms": rooms, "noise": Noise(0, kind="diffuse"), "interferer": Interferer()}
    params |= SHORT
    expected = make_ambisonic(3, **params).data
    other = make_ambisonic(3, convention=convention, **params).data
    channels, pressure, velocity = FORMATS[convention]
    gains = np.array([pressure, *3 * [velocity]])[:, None]
    np.testing.assert_allclose(
        other[:, channels] / gains, expected[:, [0, 3, 1, 2]], atol=1e-6 * np.abs(expected).max()
    )


def test_independent_of_workers_chunks_and_number(rooms, monkeypatch):
    params = {"rooms": rooms, "noise": Noise((0, 20), kind="diffuse"), "interferer": Interferer()}
    params |= {"duration": 0.05, "random_state": 3}
    expected = make_ambisonic(8, **params)
    monkeypatch.setattr(_chunks, "CHUNK", 3)
    for other in (make_ambisonic(8, n_jobs=2, **params), make_ambisonic(5, **params)):
        np.testing.assert_array_equal(other.data, expected.data[: len(other.data)])
        np.testing.assert_array_equal(other.target, expected.target[: len(other.data)])
    params["random_state"] = 4
    assert not np.array_equal(make_ambisonic(8, **params).data, expected.data)


def test_cache_knows_what_matters(tmp_path, rooms, monkeypatch):
    clips, render = [], _chunks.render_clip

    def counted(scene, row, i):
        clips.append(i)
        return render(scene, row, i)

    monkeypatch.setattr(_chunks, "render_clip", counted)
    recording = np.random.default_rng(0).standard_normal(2000)
    params = {"rooms": rooms, "duration": 0.05, "memory": str(tmp_path), "random_state": 0}
    changes = [
        {},
        {"convention": "fuma"},
        {"interferer": Interferer()},
        {"interferer": Interferer(sir=10)},
        {"interferer": Interferer(reference="reverberant")},
        {"interferer": Interferer([recording])},
        {"interferer": Interferer([2 * recording])},
        {"noise": 5.0},
        {"noise": Noise(5.0, kind="diffuse")},
    ]
    for k, change in enumerate(changes):
        kept = [make_ambisonic(2, **params | change).data for _ in range(2)]
        np.testing.assert_array_equal(*kept)
        assert len(clips) == 2 * (k + 1)


def test_batch_transform(rooms):
    transform = make_pipeline(STFT(256), IntensityVector())
    data = make_ambisonic(3, rooms=rooms, batch_transform=transform, **SHORT)
    expected = transform.fit_transform(make_ambisonic(3, rooms=rooms, **SHORT).data)
    np.testing.assert_array_equal(data.data, expected)


@pytest.mark.parametrize("silent", ["sounds", "interferer"])
def test_silence_warns(rooms, silent):
    pause = [np.zeros(2000)]
    sounds = {"sounds": pause} if silent == "sounds" else {"interferer": Interferer(pause)}
    params = {"interferer": Interferer(), "noise": 10, "max_order": 0, **sounds}
    with pytest.warns(SilenceWarning, match="digital silence, first clip 0"):
        X = make_ambisonic(2, rooms=rooms, **params, **SHORT).data
    assert np.isfinite(X).all()


def _places(elevation_range=(-20, 20), **params):
    return {"placement": Placement(elevation_range=elevation_range, **params)}


@pytest.mark.parametrize(
    ("params", "match"),
    [
        (_places(azimuth_range=(90, -90)), "azimuth_range"),
        (_places(elevation_range=(-100, 0)), "elevation_range"),
        (_places(distance_range=(3.0, 1.0)), "distance_range must be a pair"),
        (_places(distance_range=(0.0, 1.0)), "distance_range must be a pair"),
        (_places(directions=[[0.0, 95.0]]), "elevations"),
        (_places(directions=[[0.0, 5.0, 1.0]]), "directions must have shape"),
        (
            _places(min_separation=120, azimuth_range=(0, 9)) | {"interferer": Interferer()},
            "leaves no",
        ),
        ({"sounds": "speech"}, "sounds must be"),
        ({"interferer": "tv"}, "interferer must be"),
        ({"interferer": Interferer("tv")}, "interferer.sounds must be"),
        ({"interferer": Interferer([np.ones(100)])}, r"interferer.sounds\[0\] has 100 samples"),
        ({"interferer": Interferer(sir=(20, 10))}, "sir"),
        ({"noise": (20, 10)}, "snr"),
        ({"noise": Noise(0, kind="coherent")}, "noise"),
        ({"noise": Noise(0, sounds=[np.ones(5000)])}, "sounds must be None where"),
        ({"convention": "acn"}, "convention"),
        (_places(wall_distance=0.1), "wall_distance"),
        (_places(wall_distance=1.6), "wall_distance=1.6 m to the floor"),
        (_places(wall_distance=3.0), "too narrow"),
        (_places(height=2.4), "height must leave"),
        ({"rooms": "small"}, "rooms"),
    ],
)
def test_refused_and_nothing_cached(rooms, tmp_path, params, match):
    cache = tmp_path / "cache"
    base = {"rooms": rooms, **_places(), "memory": str(cache), **SHORT}
    with pytest.raises((ValueError, TypeError), match=match):
        make_ambisonic(2, **base | params)
    assert not cache.exists()
