"""Chunks, silence and states of streams at their limits."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.decoding import ArgmaxDecoder
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT, TDOALocalizer
from sslearn.features import STFT, AudioReader, BinauralCues
from sslearn.geometry import circular_array, circular_grid
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.streaming import StreamingLocalizer

MICS, GRID, FS = circular_array(4, 0.05), circular_grid(5.0), 16000
METHODS = {
    "srp_phat": SRPPHAT(MICS, grid=GRID),
    "mvdr": MVDR(MICS, grid=GRID),
    "music": MUSIC(MICS, grid=GRID),
    "esprit": ESPRIT(MICS, grid=GRID),
    "tdoa": TDOALocalizer(MICS, grid=GRID),
}
SILENCE = np.zeros((4, FS // 2))


def talker(azimuth, duration=0.5):
    waves = make_plane_waves(
        1, mic_positions=MICS, directions=[azimuth], duration=duration, snr=20, random_state=0
    )
    return waves.data[0].astype(float)


def fitted(name="srp_phat", reader=None, **params):
    steps = make_pipeline(reader or AudioReader(), STFT(256, hop_length=64))
    localizer = clone(METHODS[name]).set_params(batch_transform=steps, **params)
    n_channels = 4 if reader is None else 6
    return localizer.fit(np.random.default_rng(0).standard_normal((1, n_channels, 3200)))


def window(**params):
    X = np.random.default_rng(0).standard_normal((4, 6, 3200))
    localizer = make_pipeline(AudioReader(**params), BinauralCues(), KNeighborsLocalizer(1))
    return localizer.fit(X, [-60.0, -20.0, 20.0, 60.0])


def streams():
    """A stream of each mode for classical localizers."""
    return {
        "recursive": StreamingLocalizer(fitted()),
        "blocks": StreamingLocalizer(fitted(block_size=10)),
        "window": StreamingLocalizer(fitted(), window=0.15, hop=0.07),
    }


def pushed(stream, signal, size):
    cuts = range(size, signal.shape[1], size)
    found = [stream.push(chunk) for chunk in np.split(signal, cuts, axis=1)]
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


class TestTimes:
    def test_hop_is_rounded_to_frames(self):
        # 0.01 s are 2.5 frames of 64 samples, and 0.011 s are 2.75.
        for hop, n_frames in ((0.01, 2), (0.011, 3), (1e-6, 1)):
            stream = StreamingLocalizer(fitted(), hop=hop)
            assert stream.period == n_frames * 64 / FS
            times = stream.push(SILENCE).times
            np.testing.assert_allclose(times[0], ((n_frames - 1) * 32 + 128) / FS)
            np.testing.assert_allclose(np.diff(times), stream.period)

    @pytest.mark.parametrize("mode", streams())
    def test_first_output_comes_with_its_last_sample(self, mode):
        stream, signal = streams()[mode], talker(30.0)
        last = round((stream.push(signal).times[0] + stream.latency) * FS)
        stream.reset()
        assert stream.push(signal[:, : last - 1]).times.size == 0
        assert stream.push(signal[:, last - 1 : last]).times.size == 1

    def test_windows_of_hand(self):
        stream = streams()["window"]
        times = stream.push(SILENCE).times
        # Six windows of 2400 samples every 1120 within 8000; the middle of the first is at 1200.
        np.testing.assert_allclose(times, 0.075 + 0.07 * np.arange(6))


class TestChunks:
    @pytest.mark.parametrize("mode", streams())
    @pytest.mark.parametrize("size", [1, 61, 5 * FS])
    def test_size_changes_nothing(self, mode, size):
        signal = talker(30.0, 0.25 if size == 1 else 1.0)
        stream = streams()[mode]
        assert_same(pushed(stream, signal, size), pushed(stream.reset(), signal, 1000))

    @pytest.mark.parametrize("mode", streams())
    def test_seconds_at_once(self, mode):
        signal = np.tile(talker(30.0), 5)
        stream = streams()[mode]
        whole = stream.push(signal)
        assert len(whole.times) > 20
        assert_same(pushed(stream.reset(), signal, 3001), whole)

    @pytest.mark.parametrize("mode", streams())
    def test_no_sample(self, mode):
        stream, signal, empty = streams()[mode], talker(30.0), np.empty((4, 0))
        expected = stream.push(signal)
        stream.reset()
        new = stream.push(empty)
        assert (new.times.shape, new.directions.shape, new.scores.shape) == (
            (0,),
            (0, 1, 1),
            (0, 1),
        )
        parts = [stream.push(signal[:, :4001]), stream.push(empty), stream.push(signal[:, 4001:])]
        assert_same([np.concatenate(part) for part in zip(*parts, strict=True)], expected)
        assert stream.reset().flush().directions.shape == (0, 1, 1)

    @pytest.mark.parametrize("mode", streams())
    def test_a_refused_chunk_leaves_the_state(self, mode):
        stream, signal = streams()[mode], talker(30.0)
        expected = stream.push(signal)
        stream.reset()
        first = stream.push(signal[:, :3333])
        for value in (np.nan, np.inf):
            wrong = signal[:, :100].copy()
            wrong[2, 50] = value
            with pytest.raises(ValueError, match="chunk contains NaN or infinity"):
                stream.push(wrong)
        with pytest.raises(TypeError, match=r"got int16\. For 16-bit integers, divide by 32768"):
            stream.push(np.zeros((4, 100), np.int16))
        with pytest.raises(ValueError, match=r"\(4, n_times\); got \(3, 100\)"):
            stream.push(signal[:3, :100])
        parts = zip(first, stream.push(signal[:, 3333:]), strict=True)
        assert_same([np.concatenate(part) for part in parts], expected)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: StreamingLocalizer(fitted(reader=AudioReader(channels=[5, 1, 2, 3]))),
            lambda: StreamingLocalizer(window(channels=[3, 0]), window=0.2),
        ],
    )
    def test_number_of_channels_stays_where_some_are_selected(self, make):
        stream, signal = make(), np.random.default_rng(0).standard_normal((7, 4000))
        stream.push(signal[:6])
        with pytest.raises(ValueError, match=r"\(6, n_times\); got \(7, 4000\)"):
            stream.push(signal)
        assert stream.push(signal[:6]).times.size
        assert stream.reset().push(signal).times.size


class TestStates:
    @pytest.mark.parametrize("mode", streams())
    def test_reset_equals_a_fresh_stream(self, mode):
        stream, signal = streams()[mode], talker(30.0)
        stream.push(talker(-120.0)[:, :7001])
        stream.reset()
        assert_same(stream.push(signal), streams()[mode].push(signal))

    @pytest.mark.parametrize("params", [{}, {"block_size": 10}, {"window": 0.2}])
    def test_streams_share_no_state_and_leave_the_localizer(self, params):
        signals = talker(30.0), talker(-120.0)
        localizer = fitted(**{k: v for k, v in params.items() if k != "window"})
        params = {k: v for k, v in params.items() if k == "window"}
        before = localizer.predict(signals[0][None])
        stored, settings = pickle.dumps(localizer), str(localizer.get_params())
        alone = [StreamingLocalizer(localizer, **params).push(signal) for signal in signals]
        two = [StreamingLocalizer(localizer, **params) for _ in signals]
        parts = [], []
        for cut in range(0, 8000, 500):
            for stream, signal, part in zip(two, signals, parts, strict=True):
                part.append(stream.push(signal[:, cut : cut + 500]))
        for part, expected in zip(parts, alone, strict=True):
            assert_same([np.concatenate(p) for p in zip(*part, strict=True)], expected)
        assert pickle.dumps(localizer) == stored
        assert str(localizer.get_params()) == str(clone(localizer).get_params()) == settings
        np.testing.assert_array_equal(localizer.predict(signals[0][None]), before)

    @pytest.mark.parametrize("mode", streams())
    def test_a_stream_is_pickled_midway(self, mode):
        stream, signal = streams()[mode], talker(30.0)
        stream.push(signal[:, :3333])
        copied = pickle.loads(pickle.dumps(stream))
        assert_same(copied.push(signal[:, 3333:]), stream.push(signal[:, 3333:]))
        assert_same(copied.flush(), stream.flush())


class TestForgetting:
    def test_at_once(self):
        # Nothing of the past is left: blocks.
        signal = np.concatenate([talker(30.0), talker(-120.0)], axis=1)
        blocks = StreamingLocalizer(fitted(block_size=10)).push(signal)
        stream = StreamingLocalizer(fitted(), hop=0.04, forgetting_time=1e-9)
        assert_same(stream.push(signal), blocks)

    def test_never(self):
        # All frames count alike: predict of all that was pushed, 160 frames of 64 samples.
        signal = talker(30.0, 1.0)[:, : 256 + 159 * 64]
        localizer = fitted(decoder=ArgmaxDecoder())
        stream = StreamingLocalizer(localizer, hop=0.04, forgetting_time=3600)
        new = stream.push(signal)
        assert len(new.times) == 16
        assert new.directions[-1, 0, 0] == localizer.predict(signal[None])[0]
        spectrum = localizer.spatial_spectrum(signal[None])
        np.testing.assert_allclose(new.scores[-1, 0], spectrum.max(), rtol=1e-3)

    @pytest.mark.parametrize("time", [0.0, -1.0, np.inf, np.nan])
    def test_no_time(self, time):
        with pytest.raises(ValueError, match="'forgetting_time' parameter"):
            StreamingLocalizer(fitted(), forgetting_time=time)


class TestSilence:
    @pytest.mark.parametrize("name", METHODS)
    @pytest.mark.filterwarnings("ignore:X is silent", "ignore:The time differences")
    def test_a_talker_is_found_after_it(self, name):
        signal = np.concatenate([SILENCE, talker(40.0), SILENCE, talker(-70.0)], axis=1)
        localizer = fitted(name)
        times, directions, scores = StreamingLocalizer(localizer, forgetting_time=0.05).push(signal)
        assert np.isfinite(directions).all()
        assert (scores[times < 0.4] == 0).all()
        # In the pause the talker of before stays.
        heard = (times > 0.6) & (times < 1.4)
        assert np.abs(directions[heard, 0, 0] - 40).max() < 1
        assert np.abs(directions[-1, 0, 0] + 70) < 1

    @pytest.mark.parametrize("name", METHODS)
    @pytest.mark.filterwarnings("ignore:X is silent")
    def test_a_hundred_forgetting_times_after_a_talker(self, name):
        stream = StreamingLocalizer(fitted(name), forgetting_time=0.05)
        stream.push(talker(40.0))
        found = [stream.push(np.zeros((4, FS))) for _ in range(5)]
        directions = np.concatenate([new.directions for new in found])
        assert np.abs(directions - 40).max() < 1

    @pytest.mark.parametrize("mode", streams())
    @pytest.mark.filterwarnings("ignore:X is silent")
    def test_nothing_else(self, mode):
        stream = streams()[mode]
        new = stream.push(np.tile(SILENCE, 3))
        assert new.times.size
        np.testing.assert_array_equal(new.scores, 0)
