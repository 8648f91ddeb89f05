import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.signal import butter, csd, sosfilt, welch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from sslearn.datasets import (
    _shoebox,
    make_shoebox,
    make_shoebox_rooms,
    shoebox_preset,
)
from sslearn.doa import SRPPHAT
from sslearn.exceptions import SilenceWarning
from sslearn.features import STFT
from sslearn.geometry import (
    circular_array,
    great_circle_distance,
    linear_array,
    propagation_delays,
    tetrahedral_array,
)
from sslearn.metrics import angular_error
from sslearn.simulation import _scene
from sslearn.simulation._noise import array_noise
from sslearn.simulation._placement import (
    ShoeboxPlacement,
    check_places,
    draw_shoebox_plan,
)
from sslearn.simulation._responses import LEAD, direct_response, room_response
from sslearn.simulation._rooms import check_rooms
from sslearn.simulation._sounds import NoiseSources

FS = 16000
CIRCLE = circular_array(4, 0.05)
SPACE = tetrahedral_array(0.06)


@pytest.fixture(scope="module")
def rooms():
    return make_shoebox_rooms(
        3, dimensions=((4, 4, 2.6), (6, 5, 3)), t60=(0.15, 0.25), random_state=0
    )


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(_shoebox, "_CHUNK", 4)


@pytest.fixture
def n_rendered(monkeypatch):
    """List that grows by one with each clip rendered in this process."""
    clips, render = [], _scene._render_clip

    def counted(scene, row, i):
        clips.append(i)
        return render(scene, row, i)

    monkeypatch.setattr(_scene, "_render_clip", counted)
    return clips


class Power(TransformerMixin, BaseEstimator):
    """Stateless: mean power of each microphone."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.square(X).mean(axis=2)


def _power(X):
    return np.square(X, dtype=float).mean(axis=(1, 2))


def _burst(n_times=4000):
    """Noise below 7 kHz that begins and ends in a clip with silence around it."""
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(n_times))
    spectrum[int(7000 / FS * n_times) :] = 0
    return np.fft.irfft(spectrum, n_times) * np.hanning(n_times) * (np.arange(n_times) < 3400)


@pytest.mark.parametrize("yaw", [0.0, 77.0, -150.0])
@pytest.mark.parametrize("direction", [(0.0, 0.0), (90.0, 0.0), (-135.0, 20.0), (30.0, -35.0)])
def test_free_field_is_the_delayed_source(rooms, yaw, direction):
    burst = _burst()
    data = make_shoebox(
        2,
        mic_positions=SPACE,
        rooms=rooms,
        sources=[burst],
        directions=[direction],
        distances=[1.25],
        yaw=yaw,
        max_order=0,
        duration=0.25,
        random_state=0,
    )
    np.testing.assert_allclose(data.target, [direction, direction])
    # Whatever the yaw: the target is in the frame of the array, and so are the delays.
    delays = 1.25 / 343.0 + propagation_delays(SPACE, [(*direction, 1.25)])[0]
    phase = np.exp(-2j * np.pi * np.fft.rfftfreq(8000) * (delays[:, None] * FS + LEAD))
    late = np.fft.irfft(np.fft.rfft(burst, 8000) * phase)[:, :4000]
    expected = late / (delays[:, None] * 343.0)
    for clip in data.data:
        np.testing.assert_allclose(clip, expected, atol=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize("profile", ["flat", "octave"])
@pytest.mark.parametrize("max_order", [1, 10])
def test_responses_are_those_of_pyroomacoustics(profile, max_order):
    pra = pytest.importorskip("pyroomacoustics")
    table = make_shoebox_rooms(1, t60=(0.2, 0.3), profile=profile, random_state=1)
    [room] = check_rooms(table)
    source, mics = 0.3 * room["sizes"], 0.6 * room["sizes"] + CIRCLE
    filtered = pra.constants.get("rir_hpf_enable")
    pra.constants.set("rir_hpf_enable", False)
    try:
        materials = {wall: pra.Material(value) for wall, value in room["absorption"].items()}
        box = pra.ShoeBox(room["sizes"], fs=FS, materials=materials, max_order=max_order)
        box.add_source(source)
        box.add_microphone_array(mics.T)
        box.compute_rir()
    finally:
        pra.constants.set("rir_hpf_enable", filtered)
    response = room_response(room, source, mics, fs=FS, horizon=1.0, max_order=max_order)
    direct = direct_response(source, mics, FS)
    # Our filter, on reflections alone, in place of theirs.
    high_pass = butter(2, 10.0, "highpass", fs=FS, output="sos")
    for [theirs], first, ours in zip(box.rir, direct, response, strict=True):
        expected = np.pad(theirs, (0, len(ours) - len(theirs))).astype(float)
        expected[: len(first)] -= first
        expected = sosfilt(high_pass, expected)
        assert np.linalg.norm(ours - expected) < 0.05 * np.linalg.norm(expected)


@pytest.mark.parametrize("t60", [0.25, 0.5, 0.9])
def test_reverberation_time(t60):
    impulse = np.zeros(int(1.1 * FS))
    impulse[0] = 1.0
    X = make_shoebox(
        3,
        mic_positions=CIRCLE,
        n_rooms=3,
        t60=(t60, t60),
        sources=[impulse],
        duration=1.1,
        random_state=0,
    ).data
    decay = np.cumsum(np.square(X, dtype=float)[..., ::-1], axis=2)[..., ::-1].mean(axis=1)
    for level in 10 * np.log10(decay / decay[:, :1] + 1e-12):
        fitted = (level < -5) & (level > -25)
        slope = np.polyfit(np.flatnonzero(fitted) / FS, level[fitted], 1)[0]
        assert -60 / slope == pytest.approx(t60, rel=0.12)
        # Nothing is cut before the sound has decayed.
        assert level[int(0.75 * t60 * FS)] > -60


@pytest.mark.parametrize(
    ("mics", "azimuth_range", "noise"),
    [(CIRCLE, (-180, 180), "diffuse"), (linear_array(4, 0.08), (-60, 60), "white")],
)
def test_direction_is_found_in_mild_rooms(rooms, mics, azimuth_range, noise):
    X, y, _ = make_shoebox(
        12,
        mic_positions=mics,
        rooms=rooms,
        azimuth_range=azimuth_range,
        distances=[1.0],
        snr=20.0,
        noise=noise,
        duration=0.5,
        random_state=0,
        return_X_y=True,
    )
    localizer = make_pipeline(STFT(512), SRPPHAT(mics, freq_range=(300, 2000)))
    errors = angular_error(y, localizer.fit(X, y).predict(X))
    assert np.median(errors) < 3.0
    assert errors.max() < 12.0


def test_elevation_is_found(rooms):
    X, y, _ = make_shoebox(
        8,
        mic_positions=SPACE,
        rooms=rooms,
        elevation_range=(-20, 40),
        distances=[1.0],
        duration=0.5,
        random_state=0,
        return_X_y=True,
    )
    assert y.shape == (8, 2) and np.ptp(y[:, 1]) > 10
    localizer = make_pipeline(STFT(512), SRPPHAT(SPACE, freq_range=(300, 2500)))
    assert np.median(angular_error(y, localizer.fit(X, y).predict(X))) < 5.0


@pytest.mark.parametrize("noise", ["white", "diffuse", "coherent"])
@pytest.mark.parametrize("reference", ["direct", "reverberant"])
def test_snr_is_met(rooms, noise, reference):
    params = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.3, "random_state": 0}
    clean = make_shoebox(4, **params).data
    noisy = make_shoebox(4, snr=(0, 10), snr_reference=reference, noise=noise, **params)
    signal = make_shoebox(4, max_order=0, **params).data if reference == "direct" else clean
    ratio = 10 * np.log10(_power(signal) / _power(noisy.data - clean))
    np.testing.assert_allclose(ratio, noisy.metadata["snr"], atol=0.01)
    assert noisy.metadata["snr"].between(0, 10).all() and noisy.metadata["snr"].nunique() == 4


@pytest.mark.parametrize("kind", ["white", "diffuse", "coherent"])
def test_coherence_of_noise(kind):
    mics = np.array([[0.0, 0.0, 0.0], [0.0, 0.12, 0.0], [0.1, -0.2, 0.15]])
    noise = array_noise(kind, NoiseSources(40 * FS), mics, FS, np.random.default_rng(0))
    assert noise.dtype == np.float32
    np.testing.assert_allclose(np.square(noise).mean(axis=1), 1.0, atol=0.02)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        freqs, cross = csd(noise[i], noise[j], fs=FS, nperseg=1024)
        power = [welch(noise[m], fs=FS, nperseg=1024)[1] for m in (i, j)]
        coherence = cross / np.sqrt(power[0] * power[1])
        x = 2 * np.pi * freqs * np.linalg.norm(mics[i] - mics[j]) / 343.0
        expected = {"white": 0.0 * x, "coherent": 0.0 * x + 1.0}.get(kind)
        if expected is None:
            expected = np.divide(np.sin(x), x, out=np.ones_like(x), where=x > 0)
        inner = slice(1, -1)
        assert np.abs(coherence - expected)[inner].max() < 0.15
        assert np.sqrt(np.mean(np.abs(coherence - expected)[inner] ** 2)) < 0.05


def test_coherent_noise_is_identical_and_recorded(rooms):
    hum = np.sin(2 * np.pi * 100 * np.arange(FS) / FS)
    params = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.25, "random_state": 0}
    clean = make_shoebox(2, **params).data
    noisy = make_shoebox(2, snr=0.0, noise="coherent", noise_sources=[hum], **params).data
    added = noisy - clean
    np.testing.assert_allclose(added, np.repeat(added[:, :1], 4, axis=1), atol=1e-5)
    spectrum = np.abs(np.fft.rfft(added[:, 0]))
    assert (spectrum.argmax(axis=1) == 25).all()


def _plan(rooms, mics, n_sources=1, n_samples=200, **changes):
    places = {
        "directions": None,
        "azimuth_range": (-180, 180),
        "elevation_range": (-20, 30),
        "distances": (1.0, 1.5),
        "array_height": (1.0, 1.6),
    }
    where, _ = check_places(n_sources, **places | changes)
    where |= {"min_separation": 40.0, "wall_distance": 0.5, "yaw": None}
    placement = ShoeboxPlacement(rooms, mics, n_sources=n_sources, **where)
    return draw_shoebox_plan(n_samples, placement, NoiseSources(1), None, 0)


def test_array_and_sources_stay_off_the_walls(rooms):
    plan = _plan(rooms, SPACE)
    sizes = rooms[["length", "width", "height"]].to_numpy()[plan["room_row"]]
    turn = np.deg2rad(plan["yaw"].to_numpy())
    x = np.cos(turn)[:, None] * SPACE[:, 0] - np.sin(turn)[:, None] * SPACE[:, 1]
    y = np.sin(turn)[:, None] * SPACE[:, 0] + np.cos(turn)[:, None] * SPACE[:, 1]
    turned = np.stack([x, y, np.broadcast_to(SPACE[:, 2], x.shape)], axis=2)
    mics = plan[["array_x", "array_y", "array_z"]].to_numpy()[:, None] + turned
    assert (mics >= 0.5).all() and (mics <= sizes[:, None] - 0.5).all()
    sources = plan[["source_x_0", "source_y_0", "source_z_0"]].to_numpy()
    assert (sources > 0.1).all() and (sources < sizes - 0.1).all()
    assert plan["room_row"].nunique() == 3 and plan["yaw"].nunique() == 200
    distance = np.linalg.norm(sources - plan[["array_x", "array_y", "array_z"]], axis=1)
    np.testing.assert_allclose(distance, plan["distance_0"])


def test_sources_are_apart(rooms):
    plan = _plan(rooms, CIRCLE, n_sources=3, n_samples=100)
    doa = [plan[[f"azimuth_{s}", f"elevation_{s}"]].to_numpy() for s in range(3)]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert great_circle_distance(doa[i], doa[j]).min() >= 40.0
    with pytest.raises(ValueError, match=r"min_separation=40\.0 degrees leaves no place for 3"):
        _plan(rooms, CIRCLE, n_sources=3, azimuth_range=(0, 30))


def test_several_sources(rooms):
    tones = [
        gain * np.sin(2 * np.pi * freq * np.arange(8000) / FS)
        for freq, gain in ((500, 1.0), (2000, 0.01))
    ]
    wanted = [[[20.0], [-80.0]], [[190.0], [0.0]]]
    X, y, metadata = make_shoebox(
        3,
        mic_positions=CIRCLE,
        rooms=rooms,
        sources=tones,
        speakers=["low", "high"],
        n_sources=2,
        directions=wanted,
        max_order=0,
        duration=0.5,
        random_state=0,
        return_X_y=True,
    )
    np.testing.assert_allclose(y[..., 0], [[20, -80], [-170, 0], [20, -80]])
    assert y.shape == (3, 2, 1)
    names = [f"{name}_{s}" for s in (0, 1) for name in ("speaker", "source", "distance")]
    assert list(metadata.columns) == ["room", "t60", *names, "snr", "yaw"]
    assert (metadata["speaker_0"] != metadata["speaker_1"]).all()
    # Equally loud, however loud the recordings and near the talkers are.
    power = np.square(np.abs(np.fft.rfft(X[..., 1000:7000]))).mean(axis=1)
    freqs = np.fft.rfftfreq(6000, 1 / FS)
    low, high = (power[:, np.abs(freqs - freq) < 100].sum(axis=1) for freq in (500, 2000))
    np.testing.assert_allclose(10 * np.log10(low / high), 0.0, atol=0.3)


def test_layout(rooms):
    params = {"rooms": rooms, "duration": 0.1, "random_state": 0}
    data = make_shoebox(6, mic_positions=SPACE, **params)
    assert data.data.shape == (6, 4, 1600) and data.data.dtype == np.float32
    assert data.target.shape == (6,)
    columns = ["room", "t60", "speaker", "source", "distance", "snr", "yaw"]
    assert list(data.metadata.columns) == columns
    assert data.metadata["t60"].tolist() == rooms["t60"][data.metadata["room"]].tolist()
    assert data.fs == FS and data.rooms is rooms
    X, y, metadata = make_shoebox(6, mic_positions=SPACE, return_X_y=True, **params)
    np.testing.assert_array_equal(X, data.data)
    np.testing.assert_array_equal(y, data.target)
    pd.testing.assert_frame_equal(metadata, data.metadata)
    many = make_shoebox(
        2, mic_positions=SPACE, n_sources=2, elevation_range=(0, 30), max_order=0, **params
    )
    assert many.target.shape == (2, 2, 2)


def test_rooms_are_drawn_and_returned():
    data = make_shoebox(4, mic_positions=CIRCLE, n_rooms=2, duration=0.05, random_state=0)
    assert len(data.rooms) == 2 and data.rooms["t60"].between(0.2, 1.0).all()
    assert (data.rooms[["length", "width", "height"]] >= [4, 4, 2.5]).all(axis=None)
    again = make_shoebox(4, mic_positions=CIRCLE, rooms=data.rooms, duration=0.05, random_state=0)
    np.testing.assert_array_equal(again.data, data.data)


def test_rooms_without_t60_and_per_octave(rooms):
    params = {"mic_positions": CIRCLE, "duration": 0.3, "random_state": 0}
    expected = make_shoebox(2, rooms=rooms, **params).data
    estimated = make_shoebox(2, rooms=rooms.drop(columns="t60"), **params)
    error = np.linalg.norm(estimated.data - expected) / np.linalg.norm(expected)
    assert error < 0.01
    assert estimated.metadata["t60"].isna().all()
    pytest.importorskip("pyroomacoustics")
    octaves = make_shoebox_rooms(1, t60=(0.2, 0.2), profile="octave", random_state=0)
    assert np.isfinite(make_shoebox(2, rooms=octaves, **params).data).all()


def test_independent_of_workers_chunks_and_number(rooms, monkeypatch):
    params = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.05, "snr": 20.0}
    params |= {"noise": "diffuse", "n_sources": 2, "random_state": 3}
    expected = make_shoebox(10, **params)
    monkeypatch.setattr(_shoebox, "_CHUNK", 3)
    for other in (make_shoebox(10, n_jobs=2, **params), make_shoebox(7, **params)):
        np.testing.assert_array_equal(other.data, expected.data[: len(other.data)])
        np.testing.assert_array_equal(other.target, expected.target[: len(other.data)])
    assert not np.array_equal(make_shoebox(10, **params | {"random_state": 4}).data, expected.data)


def test_transformer_sees_small_chunks(rooms, monkeypatch, n_rendered):
    params = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.05, "random_state": 0}
    expected = Power().fit_transform(make_shoebox(10, **params).data)
    monkeypatch.setattr(_shoebox, "_CHUNK_BYTES", 3 * 4 * 800 * 4)
    seen = []

    class Counted(Power):
        def transform(self, X):
            seen.append(len(X))
            return super().transform(X)

    X = make_shoebox(10, transformer=Counted(), **params).data
    np.testing.assert_allclose(X, expected, rtol=1e-6)
    assert seen == [3, 3, 3, 1]


def test_recordings_files_and_speakers(tmp_path, rooms):
    rng = np.random.default_rng(0)
    speech = np.concatenate([np.zeros(30000), 0.1 * rng.standard_normal(10000)])
    soundfile.write(tmp_path / "b.flac", np.repeat(speech, 2), 2 * FS)
    data = make_shoebox(
        12,
        mic_positions=CIRCLE,
        rooms=rooms,
        sources=[speech, tmp_path / "b.flac"],
        speakers=["a", "b"],
        max_order=0,
        duration=0.25,
        random_state=0,
    )
    assert set(data.metadata["speaker"]) == {"a", "b"}
    assert (_power(data.data) > 0).all()


def test_silence_warns_and_names_the_clip(rooms):
    with pytest.warns(SilenceWarning, match="digital silence, first clip 0 \\(source 0\\)"):
        data = make_shoebox(
            2, mic_positions=CIRCLE, rooms=rooms, sources=[np.zeros(2000)], snr=0, duration=0.1
        )
    assert not data.data.any()


@pytest.mark.parametrize("name", ["C1", "C2", "L1", "L2"])
def test_presets(rooms, name):
    params = shoebox_preset(name)
    mics = params["mic_positions"]
    if name[0] == "C":
        np.testing.assert_allclose(np.linalg.norm(mics, axis=1), 0.05)
        np.testing.assert_allclose(np.linalg.norm(mics[0] - mics[2]), 0.1)
        assert params["azimuth_range"] == (-180.0, 180.0)
    else:
        np.testing.assert_allclose(np.linalg.norm(np.diff(mics, axis=0), axis=1), 0.08)
        assert params["azimuth_range"] == (-90.0, 90.0)
    data = make_shoebox(1, **params | {"rooms": rooms}, random_state=0)
    assert data.data.shape == (1, 4, 32000)
    assert data.target.shape == ((1,) if name[1] == "1" else (1, 2, 1))
    with pytest.raises(ValueError, match="name"):
        shoebox_preset("C3")


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"mic_positions": np.zeros((3, 4))}, "mic_positions.T"),
        ({"azimuth_range": (90, -90)}, "azimuth_range"),
        ({"elevation_range": (-100, 0)}, "elevation_range"),
        ({"distances": (1.0, 0.0)}, "distances must be positive numbers"),
        ({"distances": (1.0, 0.05)}, "distances must be larger than the array"),
        ({"directions": [[0.0, 95.0]]}, "elevations"),
        ({"directions": [[0.0, 5.0, 1.0]]}, "directions must have shape"),
        ({"directions": [0.0, 5.0], "n_sources": 2}, "directions must have shape"),
        ({"directions": [[[0.0], [np.nan]]], "n_sources": 2}, "directions contains NaN"),
        ({"directions": [[[0.0], [1.0]]], "n_sources": 3}, "n_sources=3"),
        ({"n_sources": 0}, "n_sources"),
        ({"min_separation": 200}, "min_separation"),
        ({"sources": "speech"}, "sources must be"),
        ({"sources": [np.ones(100)]}, r"sources\[0\] has 100 samples"),
        ({"sources": [np.ones(5000)], "speakers": ["a", "b"]}, "speakers must have"),
        ({"noise": "pink"}, "noise"),
        ({"noise_sources": [np.ones(5000)]}, 'noise_sources must be "noise"'),
        ({"noise": "diffuse", "noise_sources": [np.ones(9)]}, r"noise_sources\[0\] has 9"),
        ({"snr": (20, 10)}, "snr"),
        ({"snr_reference": "room"}, "snr_reference"),
        ({"rooms": "small"}, "rooms"),
        ({"max_order": -1}, "max_order"),
        ({"duration": 0}, "duration"),
        ({"array_height": (1.6, 1.0)}, "array_height"),
        ({"array_height": 0.2}, "array_height must leave"),
        ({"array_height": 2.4}, "array_height must leave"),
        ({"wall_distance": 3.0}, "too narrow"),
        ({"distances": [20.0]}, "No room of rooms holds sources"),
        ({"directions": [[0.0, 90.0]], "distances": [2.0]}, "No room of rooms holds sources"),
    ],
)
def test_refused_and_nothing_cached(rooms, tmp_path, params, match):
    cache = tmp_path / "cache"
    base = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.1, "memory": str(cache)}
    with pytest.raises((ValueError, TypeError), match=match):
        make_shoebox(2, **base | params)
    assert not cache.exists()


def test_t60_must_be_positive(rooms):
    with pytest.raises(ValueError, match="positive reverberation times"):
        make_shoebox(1, mic_positions=CIRCLE, rooms=rooms.assign(t60=0.0))


SLOW = {"n_samples": 48, "duration": 0.5, "n_rooms": 2, "t60": (0.5, 0.6), "random_state": 0}
SCRIPT = f"""
import sys
from sslearn.datasets import _shoebox, make_shoebox

_shoebox._CHUNK = 4
make_shoebox(mic_positions={CIRCLE.tolist()}, memory=sys.argv[1], **{SLOW})
"""


def test_killed_half_way_goes_on(tmp_path, small_chunks, n_rendered):
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], env=os.environ)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.rglob("output.pkl"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    n_done = len(list(tmp_path.rglob("output.pkl")))
    assert 3 <= n_done < 12, "the process was not killed half-way"
    slow = {"mic_positions": CIRCLE.tolist(), **SLOW}
    resumed = make_shoebox(memory=str(tmp_path), **slow)
    assert len(n_rendered) == 48 - 4 * n_done
    again = make_shoebox(memory=str(tmp_path), **slow)
    assert len(n_rendered) == 48 - 4 * n_done
    np.testing.assert_array_equal(again.data, resumed.data)
    np.testing.assert_array_equal(make_shoebox(**slow).data, resumed.data)


def test_damaged_cache_entry_is_rendered_again(tmp_path, rooms, small_chunks, n_rendered):
    params = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.05, "random_state": 0}
    params["memory"] = str(tmp_path)
    expected = make_shoebox(12, **params).data
    first, second, _ = sorted(tmp_path.rglob("output.pkl"))
    first.write_bytes(first.read_bytes()[:100])
    second.unlink()
    np.testing.assert_array_equal(make_shoebox(12, **params).data, expected)
    assert len(n_rendered) == 12 + 8


def test_cache_knows_what_matters(tmp_path, rooms, small_chunks, n_rendered):
    params = {"n_samples": 4, "mic_positions": CIRCLE, "rooms": rooms, "duration": 0.05}
    params |= {"memory": str(tmp_path), "random_state": 0, "snr": 5.0}
    source = np.random.default_rng(0).standard_normal(2000)
    changes = [
        {},
        {"random_state": 1},
        {"snr": 10.0},
        {"snr_reference": "reverberant"},
        {"noise": "diffuse"},
        {"noise": "diffuse", "noise_sources": [source]},
        {"transformer": Power()},
        {"sources": [source]},
        {"sources": [2 * source]},
        {"n_sources": 2},
        {"mic_positions": 1.1 * CIRCLE},
        {"rooms": rooms.assign(absorption_floor=0.5)},
        {"max_order": 2},
        {"fs": 8000},
    ]
    for k, change in enumerate(changes):
        for _ in range(2):
            make_shoebox(**params | change)
        assert len(n_rendered) == 4 * (k + 1)
