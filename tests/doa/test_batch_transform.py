"""``batch_transform``: one protocol for every classical localizer."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT, IntensityLocalizer, TDOALocalizer
from sslearn.features import STFT, AudioReader
from sslearn.geometry import circular_array

MICS = circular_array(4, 0.05)
LOCALIZERS = [*(cls(MICS) for cls in (ESPRIT, MUSIC, MVDR, SRPPHAT, TDOALocalizer))]
every_localizer = pytest.mark.parametrize(
    "localizer", [*LOCALIZERS, IntensityLocalizer()], ids=lambda x: type(x).__name__
)


class Calibration(TransformerMixin, BaseEstimator):
    """Gain of the first clips, which ``fit`` learns."""

    def fit(self, X, y=None):
        self.gain_ = np.std(X)
        self.n_samples_seen_ = len(X)
        return self

    def transform(self, X):
        return X / self.gain_


@pytest.fixture
def clips():
    return make_plane_waves(
        20, mic_positions=MICS, azimuth_range=(-80, 80), duration=0.2, random_state=0
    ).data


@every_localizer
def test_a_copy_is_fitted_on_the_first_clips(localizer, clips):
    transform = make_pipeline(Calibration(), STFT(256))
    lazy = clone(localizer).set_params(batch_transform=transform).fit(clips)
    assert 1 <= lazy.batch_transform_[0].n_samples_seen_ <= len(clips)
    assert lazy.batch_transform is transform
    assert not hasattr(transform[0], "gain_")
    spectra = lazy.batch_transform_.transform(clips)
    expected = clone(localizer).fit(spectra)
    assert expected.batch_transform_ is None
    np.testing.assert_allclose(lazy.predict(clips), expected.predict(spectra), atol=1e-3)


@every_localizer
def test_a_transformer_has_fit(localizer, clips):
    class Transform:
        def transform(self, X):
            return X

    with pytest.raises(ValueError, match="'batch_transform' parameter"):
        clone(localizer).set_params(batch_transform=Transform()).fit(clips)


@pytest.mark.parametrize("kind", [list, np.array, lambda x: pd.Series(x, index=range(9, 4, -1))])
def test_paths_of_any_kind(kind, clips, tmp_path):
    paths = [str(tmp_path / f"{i}.wav") for i in range(5)]
    for path, clip in zip(paths, clips, strict=False):
        soundfile.write(path, 0.1 * clip.T, 16000, subtype="FLOAT")
    stft = STFT(256)
    expected = SRPPHAT(MICS, batch_transform=stft).fit(clips[:5]).predict(clips[:5])
    lazy = SRPPHAT(MICS, batch_transform=make_pipeline(AudioReader(), stft))
    np.testing.assert_allclose(lazy.fit(kind(paths)).predict(kind(paths)), expected, atol=1e-3)
