"""Localization in audio that arrives in chunks, which equals that of the whole signal."""

import tracemalloc

import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline
from torch import nn

from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.deep_learning import NeuralLocalizer
from sslearn.doa import SRPPHAT
from sslearn.encoding import UnitVectorEncoding
from sslearn.features import (
    IPD,
    STFT,
    AudioReader,
    OnlineNormalizer,
    RealImag,
    make_feature_stack,
)
from sslearn.geometry import circular_array, circular_grid
from sslearn.networks import NetworkRecipe
from sslearn.streaming import StreamedDirections, StreamingLocalizer
from sslearn.utils import remember

MICS = circular_array(4, 0.05)
GRID = circular_grid(10.0)
STEPS = (STFT(64, hop_length=40, padding="reflect"), OnlineNormalizer(20), RealImag(drop_dc=True))


class PoolingModule(nn.Module):
    """A recurrent layer over frames, and the mean of its outputs over three of them."""

    def __init__(self, input_shape, n_outputs):
        super().__init__()
        self.recurrent = nn.GRU(input_shape[0] * input_shape[1], 8, batch_first=True)
        self.output = nn.Linear(8, n_outputs)

    def initial_state(self, batch_size):
        """The hidden units, and the frames that wait for others."""
        weight = self.output.weight
        return weight.new_zeros(1, batch_size, 8), weight.new_zeros(batch_size, 0, 8)

    def step(self, x, state):
        """Outputs of the frames (n, n_maps, n_freqs, n_frames), and the state after them."""
        hidden, waiting = state
        frames, hidden = self.recurrent(x.flatten(1, 2).transpose(1, 2), hidden)
        frames = torch.cat([waiting, frames], dim=1)
        n_outputs = frames.shape[1] // 3
        means = frames[:, : 3 * n_outputs].unflatten(1, (n_outputs, 3)).mean(2)
        return self.output(means), (hidden, frames[:, 3 * n_outputs :])

    def forward(self, x):
        """Outputs of all frames."""
        return self.step(x, self.initial_state(len(x)))[0]


class PoolingNet(NetworkRecipe):
    """The recipe of a causal network with an output for every third frame."""

    def build(self, input_shape, output_shape):
        """The module."""
        return PoolingModule(input_shape, *output_shape)


def noise(n_times, n_channels=4, dtype=np.float32):
    return np.random.default_rng(0).standard_normal((n_channels, n_times)).astype(dtype)


def plane_wave(duration):
    return make_plane_waves(
        1, mic_positions=MICS, directions=[30.0], duration=duration, snr=20, random_state=0
    ).data[0]


def neural(*steps, max_epochs=1, n_channels=4):
    X = np.stack([noise(1000, n_channels)] * 4)
    localizer = NeuralLocalizer(
        PoolingNet(),
        encoding=UnitVectorEncoding(),
        batch_transform=make_pipeline(*(steps or STEPS)),
        validation_fraction=None,
        max_epochs=max_epochs,
        random_state=0,
    )
    return localizer.fit(X, [0.0, 90.0, -90.0, 10.0])


def pushed(stream, signal, sizes):
    """All times and directions of a signal in chunks of several sizes, and of its end."""
    chunks = np.split(signal, np.cumsum(sizes), axis=1)
    times, directions, _ = zip(*[*map(stream.push, chunks), stream.flush()], strict=True)
    return np.concatenate(times), np.concatenate(directions)


def random_sizes(n_times, seed):
    return np.random.default_rng(seed).integers(0, n_times // 4, 6)


@pytest.mark.parametrize("padding", ["reflect", "zeros", None])
@pytest.mark.parametrize("sizes", [[20] * 60, [1] * 600, [0, 1170, 0], "random"])
def test_chunks_give_the_directions_of_the_whole(padding, sizes):
    signal = noise(1170)  # with padding, the flush completes the last output
    localizer = neural(AudioReader(), STFT(64, hop_length=40, padding=padding), *STEPS[1:])
    sizes = random_sizes(1170, 0) if sizes == "random" else sizes
    _, directions = pushed(StreamingLocalizer(localizer), signal, sizes)
    np.testing.assert_allclose(directions, localizer.predict_frames(signal[None])[0], atol=1e-3)


@pytest.mark.parametrize("maps", [IPD(), make_feature_stack(IPD(), RealImag())])
def test_maps_of_each_frame_alone_can_be_streamed(maps):
    signal, localizer = noise(900), neural(STEPS[0], maps)
    _, directions = pushed(StreamingLocalizer(localizer), signal, [17] * 50)
    np.testing.assert_allclose(directions, localizer.predict_frames(signal[None])[0], atol=1e-3)


def test_times_are_those_of_the_track():
    # 1200 samples give 31 frames: ten outputs, and one frame without.
    signal, localizer = noise(1200), neural(AudioReader(), *STEPS)
    stream = StreamingLocalizer(localizer)
    times, _ = pushed(stream, signal, [100] * 11)
    np.testing.assert_allclose(times, localizer.predict_track(signal[None])["time"])
    assert stream.period == 120 / 16000


@pytest.mark.parametrize("recipe", [recipes.srp_phat, recipes.mvdr, recipes.music])
@pytest.mark.parametrize("n_sources", [1, 2])
def test_classical_localizers_give_their_blocks(recipe, n_sources):
    signal = plane_wave(0.5)
    localizer = recipe(MICS, n_sources=n_sources, grid=GRID, block_duration=0.1).fit(signal[None])
    stream = StreamingLocalizer(localizer)
    times, directions = pushed(stream, signal, random_sizes(8000, 1))
    np.testing.assert_allclose(directions, localizer.predict(signal[None])[0], atol=1e-5)
    track = localizer.predict_track(signal[None])
    np.testing.assert_allclose(times, track["time"].unique())
    scores = stream.push(signal).scores
    scores = scores[np.isfinite(scores)]
    np.testing.assert_allclose(scores, track["score"][: len(scores)], rtol=1e-5)
    assert stream.mode_ == "blocks"


CENTRED = STFT(64, hop_length=40, padding="zeros", first_center=20)


@pytest.mark.parametrize(
    "make",
    [neural, lambda: srp_phat(block_size=4), lambda: neural(CENTRED, *STEPS[1:])],
)
def test_an_output_is_known_after_the_latency(make):
    stream = StreamingLocalizer(make())
    for n_times in range(1, 1200):
        for time in stream.push(noise(1)).times:
            assert round((time + stream.latency) * 16000) == n_times


def srp_phat(**params):
    steps = make_pipeline(AudioReader(), STFT(64, hop_length=40))
    localizer = SRPPHAT(MICS, grid=GRID, freq_range=(200, 8000), batch_transform=steps, **params)
    return localizer.fit(noise(400)[None])


def test_reset_and_flush_start_a_new_signal():
    stream, signal = StreamingLocalizer(neural()), noise(700)
    first = pushed(stream, signal, [300])
    stream.push(noise(150) + 1)
    stream.reset()
    for again in (pushed(stream, signal, [100]), pushed(stream, signal, [])):
        np.testing.assert_allclose(again[0], first[0])
        np.testing.assert_allclose(again[1], first[1], atol=1e-3)
    new = stream.flush()
    assert isinstance(new, StreamedDirections)
    assert new.times.shape == (0,)
    assert new.directions.shape == (0, 1, 1)


def test_selected_channels_and_a_pipeline_in_front():
    signal = noise(4000, n_channels=6)
    reader = AudioReader(channels=[5, 1, 2, 3], duration=0.1)
    localizer = SRPPHAT(MICS, grid=GRID, block_size=5)
    pipeline = make_pipeline(reader, STFT(128), localizer).fit(signal[None])
    _, directions = pushed(StreamingLocalizer(pipeline), signal[:, :1600], [700])
    np.testing.assert_allclose(directions, pipeline.predict(signal[None])[0], atol=1e-5)
    with pytest.raises(ValueError, match="channels"):
        StreamingLocalizer(pipeline).push(signal[:4])


@pytest.mark.parametrize("params", [{"hop": 0.02}, {"forgetting_time": 0.1}, {"window": 0.2}])
def test_memory_does_not_grow(params):
    stream, signal = StreamingLocalizer(srp_phat(block_size=10), **params), plane_wave(2.0)
    peaks = []
    for n_seconds in (2, 20):
        chunk = np.tile(signal, n_seconds // 2)
        tracemalloc.start()
        stream.push(chunk)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + chunk.nbytes / 2


def test_wrong_chunks_are_refused():
    stream = StreamingLocalizer(neural(AudioReader(), *STEPS))
    for chunk, error, message in (
        (noise(100).T, ValueError, r"\(4, n_times\); got \(100, 4\). Did you mean chunk.T"),
        (noise(100)[0], ValueError, r"\(4, n_times\); got \(100,\)"),
        (noise(100, 3), ValueError, r"got \(3, 100\)"),
        (noise(100).astype(np.int16), TypeError, "divide by 32768"),
        (np.full((4, 5), np.nan), ValueError, "chunk contains NaN"),
        (remember(noise(100), fs=8000), ValueError, "8000 Hz"),
    ):
        with pytest.raises(error, match=message):
            stream.push(chunk)
    assert len(stream.push(noise(500)).times) > 0


class TestWhatCannotBeStreamed:
    def test_other_rate(self):
        with pytest.raises(ValueError, match="AudioReader in the localizer, 16000 Hz; got 44100"):
            StreamingLocalizer(neural(AudioReader(), *STEPS), fs=44100)
        localizer = SRPPHAT(MICS, block_size=3, batch_transform=STFT(64)).fit(noise(400)[None])
        with pytest.raises(ValueError, match="SRPPHAT in the localizer"):
            StreamingLocalizer(localizer, fs=8000)

    def test_no_audio(self):
        localizer = SRPPHAT(MICS, block_size=4).fit(STFT(64).transform(noise(400)[None]))
        with pytest.raises(ValueError, match="localizer must predict from audio of shape"):
            StreamingLocalizer(localizer)

    def test_no_localizers(self):
        for wrong in (SRPPHAT, AudioReader(), None):
            with pytest.raises(ValueError, match="localizer must be a fitted localizer"):
                StreamingLocalizer(wrong)
        with pytest.raises(ValueError, match="not fitted"):
            StreamingLocalizer(recipes.srp_phat(MICS, block_size=3))

    def test_contradictions(self):
        with pytest.raises(ValueError, match="window and forgetting_time must not both be set"):
            StreamingLocalizer(srp_phat(), window=1.0, forgetting_time=0.2)
        with pytest.raises(ValueError, match="forgetting_time needs a classical localizer"):
            StreamingLocalizer(neural(), forgetting_time=0.2)
        with pytest.raises(
            ValueError, match=r"hop must be at most the window of 0\.1 s; got 0\.2 s"
        ):
            StreamingLocalizer(neural(), hop=0.2, window=0.1)
        music = recipes.music(MICS, n_sources=2).fit(noise(1000)[None])
        with pytest.raises(ValueError, match="n_frames must be at least 2 for MUSIC; got 1"):
            StreamingLocalizer(music, hop=0.001)


@pytest.mark.parametrize("make", [neural, lambda: srp_phat(block_size=4)])
def test_a_hop_takes_every_so_many_outputs(make):
    signal, localizer = noise(2000), make()
    every = StreamingLocalizer(localizer)
    third = StreamingLocalizer(localizer, hop=3.2 * every.period)
    assert third.period == pytest.approx(3 * every.period)
    all_of_them, some = every.push(signal), third.push(signal)
    for field in ("times", "directions", "scores"):
        expected = getattr(all_of_them, field)[2::3]
        np.testing.assert_allclose(getattr(some, field), expected, atol=1e-3)
