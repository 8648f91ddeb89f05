"""Localizers without a state, which are given the latest samples."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVR

from sslearn import recipes
from sslearn.base import EncodedLocalizer
from sslearn.deep_learning import NeuralLocalizer
from sslearn.doa import SRPPHAT
from sslearn.encoding import OneHotEncoding
from sslearn.ensemble import BaggingLocalizer
from sslearn.features import (
    STFT,
    AudioReader,
    BinauralCues,
    Flatten,
    RealImag,
    TimePooling,
)
from sslearn.geometry import circular_array, circular_grid
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import MLP
from sslearn.streaming import StreamingLocalizer

FS, N_CLIPS, DURATION = 16000, 24, 0.2
MICS = circular_array(4, 0.05)
AZIMUTHS = np.linspace(-80, 80, N_CLIPS)


def clips(n_channels, n_times=int(DURATION * FS)):
    return np.random.default_rng(0).standard_normal((N_CLIPS, n_channels, n_times)).astype("f")


def siamese():
    return recipes.siamese(max_epochs=1, random_state=0).fit(clips(2), AZIMUTHS)


def siamese_of_two_angles():
    y = np.stack([AZIMUTHS, AZIMUTHS / 3], axis=1)
    return recipes.siamese(max_epochs=1, random_state=0).fit(clips(2), y)


def neighbors():
    return make_pipeline(BinauralCues(), KNeighborsLocalizer()).fit(clips(2), AZIMUTHS)


def encoded():
    localizer = EncodedLocalizer(make_pipeline(BinauralCues(), SVR()))
    return localizer.fit(clips(2), AZIMUTHS)


def bagging():
    return BaggingLocalizer(
        make_pipeline(FunctionTransformer(lambda X: np.stack(list(X))), neighbors()),
        n_estimators=2,
    ).fit(list(clips(2)), AZIMUTHS)


def searched():
    search = GridSearchCV(neighbors(), {"kneighborslocalizer__n_neighbors": [2, 3]}, cv=2)
    return search.fit(clips(2), AZIMUTHS)


def phase_network():
    return recipes.phase_network(max_epochs=1, random_state=0).fit(clips(4), AZIMUTHS)


def spectrogram_network():
    return recipes.spectrogram_network(max_epochs=1, random_state=0).fit(clips(4), AZIMUTHS)


def ambisonic_crnn():
    y = np.stack([AZIMUTHS, AZIMUTHS / 3], axis=1)
    return recipes.ambisonic_crnn(max_epochs=1, random_state=0).fit(clips(4), y)


def level_of_the_clip(*pooling):
    pooling = pooling or (TimePooling(),)
    steps = make_pipeline(
        AudioReader(), STFT(128), RealImag(unit_level="clip"), *pooling, Flatten()
    )
    network = NeuralLocalizer(
        MLP((8,)),
        encoding=OneHotEncoding(circular_grid(10.0)),
        batch_transform=steps,
        max_epochs=1,
        random_state=0,
    )
    return network.fit(clips(4), AZIMUTHS)


MAKERS = [
    siamese,
    siamese_of_two_angles,
    neighbors,
    encoded,
    bagging,
    searched,
    phase_network,
    spectrogram_network,
    ambisonic_crnn,
    level_of_the_clip,
]


@pytest.mark.parametrize("make", MAKERS)
def test_each_output_is_the_prediction_of_its_window(make):
    localizer = make()
    stream = StreamingLocalizer(localizer, hop=0.05, window=DURATION)
    signal = np.concatenate(clips(4)[:2], axis=1)[: 2 if stream._engine.n_channels == 2 else 4]
    found = [stream.push(chunk) for chunk in np.array_split(signal, 17, axis=1)]
    times, directions, scores = map(np.concatenate, zip(*found, strict=True))
    size, hop = int(DURATION * FS), int(0.05 * FS)
    starts = np.arange(0, signal.shape[1] - size + 1, hop)
    windows = [signal[None, :, start : start + size].copy() for start in starts]
    expected = np.concatenate([localizer.predict(window) for window in windows])
    np.testing.assert_array_equal(directions.reshape(expected.shape), expected)
    np.testing.assert_allclose(times, starts / FS + DURATION / 2)
    assert (stream.mode_, stream.period, stream.latency) == ("window", 0.05, DURATION / 2)
    assert np.isnan(scores).all() == (not hasattr(localizer, "spatial_spectrum"))
    assert stream.flush().directions.shape == (0, *directions.shape[1:])


def test_scores_are_those_of_the_nearest_direction_of_the_grid():
    localizer = level_of_the_clip()
    stream, X = StreamingLocalizer(localizer, hop=DURATION), clips(4)[:5]
    new = stream.push(np.concatenate(X, axis=1))
    np.testing.assert_allclose(
        new.scores[:, 0], localizer.spatial_spectrum(X).max(axis=1), rtol=1e-6
    )
    np.testing.assert_array_equal(new.directions[:, 0, 0], localizer.predict(X))


def test_of_a_track_the_last_frame_counts():
    y = np.tile(np.linspace(-90, 90, 4)[:, None, None, None], (1, 2, 1, 1))
    localizer = recipes.ipdnet(MICS, max_epochs=1, random_state=0)
    localizer.set_params(network__n_units=4).fit(clips(4)[:4], y)
    stream = StreamingLocalizer(localizer, window=DURATION, hop=0.1)
    new = stream.push(np.concatenate(clips(4)[:2], axis=1))
    window = clips(4)[:1]
    expected = localizer.predict(window)[0]
    np.testing.assert_array_equal(new.directions[0], expected[-1])
    assert new.times[0] == pytest.approx(localizer.frame_times(window, len(expected))[0, -1])
    np.testing.assert_array_equal(np.isnan(new.scores), np.isnan(new.directions[..., 0]))
    assert stream.latency == pytest.approx(DURATION / len(expected) / 2)


class TestWindowFromFit:
    def test_length_of_the_clips(self):
        localizer = level_of_the_clip()
        assert localizer.clip_duration_ == DURATION
        assert StreamingLocalizer(localizer).latency == DURATION / 2

    def test_duration_of_the_reader(self):
        reader = AudioReader(offset=0.05, duration=0.1)
        localizer = make_pipeline(reader, BinauralCues(), KNeighborsLocalizer())
        stream = StreamingLocalizer(localizer.fit(clips(2), AZIMUTHS))
        assert stream.latency == pytest.approx(0.15 / 2)
        signal = clips(2)[0]
        expected = localizer.predict(signal[None, :, : round(0.15 * FS)])
        np.testing.assert_array_equal(stream.push(signal).directions[0, 0], expected)

    def test_unknown(self):
        assert StreamingLocalizer(neighbors()).latency == 0.5

    def test_a_wrong_length_says_what_the_localizer_says(self):
        with pytest.raises(ValueError, match=r"window of 800 samples it says: .* Is window as"):
            StreamingLocalizer(level_of_the_clip("passthrough"), window=0.05)


def test_a_number_of_channels_that_the_first_chunk_tells():
    reader = AudioReader(channels=[2, 0])
    localizer = make_pipeline(reader, BinauralCues(), KNeighborsLocalizer())
    stream = StreamingLocalizer(localizer.fit(clips(4), AZIMUTHS), window=0.1)
    assert np.isnan(stream.latency)
    new = stream.push(clips(4)[0])
    np.testing.assert_array_equal(new.directions[0, 0], localizer.predict(clips(4)[:1, :, :1600]))
    assert stream.latency == 0.05
    np.testing.assert_allclose(new.times, [0.05, 0.15])


def test_a_window_replaces_the_other_modes():
    localizer = SRPPHAT(MICS, block_size=3, batch_transform=STFT(128)).fit(clips(4)[:1])
    assert StreamingLocalizer(localizer).mode_ == "blocks"
    stream = StreamingLocalizer(localizer, window=0.1)
    new = stream.push(clips(4)[0])
    assert stream.mode_ == "window"
    expected = localizer.predict(clips(4)[:1, :, :1600])[0, -1]
    np.testing.assert_array_equal(new.directions[0], expected)
    assert (new.scores > 0).all()


def test_wrong_channels_are_refused():
    stream = StreamingLocalizer(neighbors())
    with pytest.raises(ValueError, match=r"chunk must have shape \(2, n_times\); got \(4, 10\)"):
        stream.push(np.zeros((4, 10)))
