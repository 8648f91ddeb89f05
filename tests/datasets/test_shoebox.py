import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sslearn.datasets import make_shoebox, make_shoebox_rooms, shoebox_preset
from sslearn.doa import SRPPHAT
from sslearn.exceptions import SilenceWarning
from sslearn.features import STFT
from sslearn.geometry import (
    circular_array,
    linear_array,
    propagation_delays,
    tetrahedral_array,
)
from sslearn.metrics import angular_error
from sslearn.simulation import Noise, Placement, ShoeboxRooms, Sounds, _chunks
from sslearn.simulation._responses import LEAD

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
    monkeypatch.setattr(_chunks, "CHUNK", 4)


@pytest.fixture
def n_rendered(monkeypatch):
    """List that grows by one with each clip rendered in this process."""
    clips, render = [], _chunks.render_clip

    def counted(scene, row, i):
        clips.append(i)
        return render(scene, row, i)

    monkeypatch.setattr(_chunks, "render_clip", counted)
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
        sounds=[burst],
        placement=Placement(directions=[direction], distances=[1.25], yaw=yaw),
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


@pytest.mark.parametrize("t60", [0.25, 0.5, 0.9])
def test_reverberation_time(t60):
    impulse = np.zeros(int(1.1 * FS))
    impulse[0] = 1.0
    X = make_shoebox(
        3,
        mic_positions=CIRCLE,
        rooms=ShoeboxRooms(3, t60=(t60, t60)),
        sounds=[impulse],
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
    X, y = make_shoebox(
        12,
        mic_positions=mics,
        rooms=rooms,
        placement=Placement(azimuth_range=azimuth_range, distances=[1.0]),
        noise=Noise(20.0, kind=noise),
        duration=0.5,
        random_state=0,
        return_X_y=True,
    )
    localizer = make_pipeline(STFT(512), SRPPHAT(mics, freq_range=(300, 2000)))
    errors = angular_error(y, localizer.fit(X, y).predict(X))
    assert np.median(errors) < 3.0
    assert errors.max() < 12.0


def test_elevation_is_found(rooms):
    X, y = make_shoebox(
        8,
        mic_positions=SPACE,
        rooms=rooms,
        placement=Placement(elevation_range=(-20, 40), distances=[1.0]),
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
    noise = Noise((0, 10), kind=noise, reference=reference)
    noisy = make_shoebox(4, noise=noise, **params)
    signal = make_shoebox(4, max_order=0, **params).data if reference == "direct" else clean
    ratio = 10 * np.log10(_power(signal) / _power(noisy.data - clean))
    np.testing.assert_allclose(ratio, noisy.metadata["snr"], atol=0.01)
    assert noisy.metadata["snr"].between(0, 10).all() and noisy.metadata["snr"].nunique() == 4


def test_coherent_noise_is_identical_and_recorded(rooms):
    hum = np.sin(2 * np.pi * 100 * np.arange(FS) / FS)
    params = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.25, "random_state": 0}
    clean = make_shoebox(2, **params).data
    noisy = make_shoebox(2, noise=Noise(0.0, kind="coherent", sounds=[hum]), **params).data
    added = noisy - clean
    np.testing.assert_allclose(added, np.repeat(added[:, :1], 4, axis=1), atol=1e-5)
    spectrum = np.abs(np.fft.rfft(added[:, 0]))
    assert (spectrum.argmax(axis=1) == 25).all()


def test_several_sources(rooms):
    tones = [
        gain * np.sin(2 * np.pi * freq * np.arange(8000) / FS)
        for freq, gain in ((500, 1.0), (2000, 0.01))
    ]
    wanted = [[[20.0], [-80.0]], [[190.0], [0.0]]]
    clips = make_shoebox(
        3,
        mic_positions=CIRCLE,
        rooms=rooms,
        sounds=Sounds(tones, speakers=["low", "high"]),
        n_sources=2,
        placement=Placement(directions=wanted),
        max_order=0,
        duration=0.5,
        random_state=0,
    )
    X, y, metadata = clips.data, clips.target, clips.metadata
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
    X, y = make_shoebox(6, mic_positions=SPACE, return_X_y=True, **params)
    np.testing.assert_array_equal(X, data.data)
    np.testing.assert_array_equal(y, data.target)
    params |= {"placement": Placement(elevation_range=(0, 30)), "max_order": 0}
    many = make_shoebox(2, mic_positions=SPACE, n_sources=2, **params)
    assert many.target.shape == (2, 2, 2)


def test_rooms_are_drawn_and_returned():
    data = make_shoebox(4, mic_positions=CIRCLE, rooms=2, duration=0.05, random_state=0)
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
    params = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.05}
    params |= {"noise": Noise(20.0, kind="diffuse"), "n_sources": 2, "random_state": 3}
    expected = make_shoebox(10, **params)
    monkeypatch.setattr(_chunks, "CHUNK", 3)
    for other in (make_shoebox(10, n_jobs=2, **params), make_shoebox(7, **params)):
        np.testing.assert_array_equal(other.data, expected.data[: len(other.data)])
        np.testing.assert_array_equal(other.target, expected.target[: len(other.data)])
    assert not np.array_equal(make_shoebox(10, **params | {"random_state": 4}).data, expected.data)


def test_batch_transform_sees_small_chunks(rooms, monkeypatch, n_rendered):
    params = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.05, "random_state": 0}
    expected = Power().fit_transform(make_shoebox(10, **params).data)
    monkeypatch.setattr(_chunks, "CHUNK_BYTES", 3 * 4 * 800 * 4)
    seen = []

    class Counted(Power):
        def transform(self, X):
            seen.append(len(X))
            return super().transform(X)

    X = make_shoebox(10, batch_transform=Counted(), **params).data
    np.testing.assert_allclose(X, expected, rtol=1e-6)
    assert seen == [3, 3, 3, 1]


def test_batch_transform_is_a_clone_that_learns_from_the_first_clips(
    rooms, tmp_path, small_chunks, n_rendered
):
    params = {"mic_positions": CIRCLE, "rooms": rooms, "duration": 0.05, "random_state": 0}
    level = make_shoebox(10, **params).data.std(axis=2)
    n_rendered.clear()
    level_of = FunctionTransformer(np.std, kw_args={"axis": 2})
    transform = make_pipeline(level_of, StandardScaler(with_std=False))
    params |= {"batch_transform": transform, "memory": str(tmp_path)}
    X = make_shoebox(10, **params).data
    np.testing.assert_allclose(X, level - level[:4].mean(axis=0), atol=1e-6)
    assert not hasattr(transform[-1], "mean_") and n_rendered == list(range(10))
    np.testing.assert_array_equal(make_shoebox(10, n_jobs=2, **params).data, X)
    assert n_rendered == list(range(10))
    # More clips after the same first ones; and other first ones, which teach another mean.
    np.testing.assert_array_equal(make_shoebox(12, **params).data[:8], X[:8])
    assert n_rendered == [*range(10), *range(8, 12)]
    few = make_shoebox(3, **params).data
    np.testing.assert_allclose(few, level[:3] - level[:3].mean(axis=0), atol=1e-6)
    params["memory"] = None
    np.testing.assert_array_equal(make_shoebox(10, n_jobs=2, **params).data, X)


def test_recordings_files_and_speakers(tmp_path, rooms):
    rng = np.random.default_rng(0)
    speech = np.concatenate([np.zeros(30000), 0.1 * rng.standard_normal(10000)])
    soundfile.write(tmp_path / "b.flac", np.repeat(speech, 2), 2 * FS)
    data = make_shoebox(
        12,
        mic_positions=CIRCLE,
        rooms=rooms,
        sounds=Sounds([speech, tmp_path / "b.flac"], speakers=["a", "b"]),
        max_order=0,
        duration=0.25,
        random_state=0,
    )
    assert set(data.metadata["speaker"]) == {"a", "b"}
    assert (_power(data.data) > 0).all()


def test_silence_warns_and_names_the_clip(rooms):
    with pytest.warns(SilenceWarning, match="digital silence, first clip 0 \\(source 0\\)"):
        data = make_shoebox(
            2, mic_positions=CIRCLE, rooms=rooms, sounds=[np.zeros(2000)], noise=0, duration=0.1
        )
    assert not data.data.any()


@pytest.mark.parametrize("name", ["C1", "C2", "L1", "L2"])
def test_presets(rooms, name):
    params = shoebox_preset(name)
    mics = params["mic_positions"]
    if name[0] == "C":
        np.testing.assert_allclose(np.linalg.norm(mics, axis=1), 0.05)
        np.testing.assert_allclose(np.linalg.norm(mics[0] - mics[2]), 0.1)
        assert params["placement"].azimuth_range == (-180.0, 180.0)
    else:
        np.testing.assert_allclose(np.linalg.norm(np.diff(mics, axis=0), axis=1), 0.08)
        assert params["placement"].azimuth_range == (-90.0, 90.0)
    data = make_shoebox(1, **params | {"rooms": rooms}, random_state=0)
    assert data.data.shape == (1, 4, 32000)
    assert data.target.shape == ((1,) if name[1] == "1" else (1, 2, 1))
    with pytest.raises(ValueError, match="name"):
        shoebox_preset("C3")


def test_realman_preset(rooms):
    params = shoebox_preset("realman")
    mics = params["mic_positions"]
    np.testing.assert_allclose(mics[0], 0)
    np.testing.assert_allclose(np.linalg.norm(mics[1:], axis=1), 0.03)
    data = make_shoebox(1, **params | {"rooms": rooms}, random_state=0)
    assert data.data.shape == (1, 5, 64000)
    assert data.target.shape == (1, 40, 2, 1)


def _places(n_sources=1, **params):
    return {"placement": Placement(**params), "n_sources": n_sources}


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"mic_positions": np.zeros((3, 4))}, "mic_positions.T"),
        (_places(azimuth_range=(90, -90)), "azimuth_range"),
        (_places(elevation_range=(-100, 0)), "elevation_range"),
        (_places(distances=(1.0, 0.0)), "distances must be positive numbers"),
        (_places(distances=None), "distances"),
        (_places(distances=(1.0, 0.05)), "distances must be larger than the array"),
        (_places(distances=(1.0,), distance_range=(1.0, 2.0)), "exclude each other"),
        (_places(distance_range=(2.0, 1.0)), "distance_range must be a pair"),
        (_places(directions=[[0.0, 95.0]]), "elevations"),
        (_places(directions=[[0.0, 5.0, 1.0]]), "directions must have shape"),
        (_places(2, directions=[0.0, 5.0]), "directions must have shape"),
        (_places(2, directions=[[[0.0], [np.nan]]]), "directions contains NaN"),
        (_places(3, directions=[[[0.0], [1.0]]]), "n_sources=3"),
        (_places(directions="measured"), "only heads have"),
        (_places(min_separation=200), "min_separation"),
        (_places(n_receivers=0), "n_receivers"),
        (_places(height=(1.6, 1.0)), "height"),
        (_places(height=0.2), "height must leave"),
        (_places(height=2.4), "height must leave"),
        (_places(wall_distance=3.0), "too narrow"),
        (_places(distances=[20.0]), "No room of rooms holds sources"),
        (_places(directions=[[0.0, 90.0]], distances=[2.0]), "No room of rooms holds sources"),
        ({"placement": "left"}, "placement must be a Placement"),
        ({"n_sources": 0}, "n_sources"),
        ({"sounds": "speech"}, "sounds must be"),
        ({"sounds": [np.ones(100)]}, r"sounds\[0\] has 100 samples"),
        ({"sounds": Sounds([np.ones(5000)], speakers=["a", "b"])}, "speakers must have"),
        ({"noise": "pink"}, "snr"),
        ({"noise": Noise(0, kind="pink")}, "kind"),
        ({"noise": Noise(0, sounds=[np.ones(5000)])}, "sounds must be None where"),
        ({"noise": Noise(0, kind="diffuse", sounds=[np.ones(9)])}, r"noise.sounds\[0\] has 9"),
        ({"noise": (20, 10)}, "snr"),
        ({"noise": Noise(0, reference="room")}, "reference"),
        ({"rooms": "small"}, "rooms"),
        ({"rooms": None}, "rooms"),
        ({"rooms": 0}, "rooms"),
        ({"max_order": -1}, "max_order"),
        ({"duration": 0}, "duration"),
        ({"batch_transform": "stft"}, "batch_transform"),
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


SLOW = {"n_samples": 48, "duration": 0.5, "random_state": 0}
ROOMS = ShoeboxRooms(2, t60=(0.5, 0.6))
SCRIPT = f"""
import sys
from sslearn.datasets import make_shoebox
from sslearn.simulation import ShoeboxRooms, _chunks

_chunks.CHUNK = 4
make_shoebox(mic_positions={CIRCLE.tolist()}, rooms={ROOMS}, memory=sys.argv[1], **{SLOW})
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
    slow = {"mic_positions": CIRCLE.tolist(), "rooms": ROOMS, **SLOW}
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
    params |= {"memory": str(tmp_path), "random_state": 0, "noise": 5.0}
    source = np.random.default_rng(0).standard_normal(2000)
    changes = [
        {},
        {"random_state": 1},
        {"noise": 10.0},
        {"noise": Noise(5.0, reference="reverberant")},
        {"noise": Noise(5.0, kind="diffuse")},
        {"noise": Noise(5.0, kind="diffuse", sounds=[source])},
        {"batch_transform": Power()},
        {"sounds": [source]},
        {"sounds": [2 * source]},
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
