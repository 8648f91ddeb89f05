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


def level_of_the_clip():
    steps = make_pipeline(
        AudioReader(), STFT(128), RealImag(unit_level="clip"), TimePooling(), Flatten()
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
