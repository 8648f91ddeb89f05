"""Committees whose directions are averaged on the circle and the sphere."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn import config_context
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sslearn import recipes
from sslearn.base import EncodedLocalizer, is_localizer
from sslearn.datasets import make_plane_waves
from sslearn.deep_learning import NeuralLocalizer
from sslearn.doa import SRPPHAT
from sslearn.ensemble import BaggingLocalizer
from sslearn.features import STFT, AudioReader
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_array,
    circular_difference,
    fibonacci_grid,
    great_circle_distance,
)
from sslearn.metrics import d2_angular_error_score, mean_angular_error
from sslearn.neighbors import KNeighborsLocalizer

RNG = np.random.default_rng(0)
AZIMUTH = RNG.uniform(-180, 180, 400)
X = angles_to_unit_vectors(AZIMUTH)[:, :2] + 0.05 * RNG.standard_normal((400, 2))


def committee(**params):
    return BaggingLocalizer(KNeighborsLocalizer(3), **{"random_state": 0} | params)


def test_the_wrap():
    train, test = slice(300), slice(300, 400)
    alone = KNeighborsLocalizer(3).fit(X[train], AZIMUTH[train]).predict(X[test])
    plain = BaggingRegressor(KNeighborsLocalizer(3), random_state=0)
    plain = plain.fit(X[train], AZIMUTH[train]).predict(X[test])
    ours = committee().fit(X[train], AZIMUTH[train]).predict(X[test])
    worst = [np.abs(circular_difference(p, AZIMUTH[test])).max() for p in (alone, plain, ours)]
    assert worst[1] > 50
    assert worst[2] < worst[0] + 2 < 15


class Fixed(KNeighborsLocalizer):
    """Predicts the given directions, one after the other."""

    answers = ()

    def predict(self, X):
        Fixed.answers, answer = Fixed.answers[1:], Fixed.answers[0]
        return np.array([answer] * len(X), dtype=float)


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([179.0, -179.0], -180.0),
        ([170.0, -170.0, 180.0], -180.0),
        ([0.0, 90.0], 45.0),
        ([30.0, -150.0], 30.0),  # opposite: the first decides
        ([[10.0, 80.0], [-170.0, 80.0]], [0.0, 90.0]),  # across the pole
        ([[90.0, 0.0], [0.0, 90.0]], [90.0, 45.0]),
        ([[179.0, 0.0, 1.0], [-179.0, 0.0, 3.0]], [-180.0, 0.0, 2.0]),
    ],
)
def test_means_on_paper(votes, expected):
    y = np.tile(votes[0], (400, 1)) if np.ndim(votes[0]) else AZIMUTH
    localizer = BaggingLocalizer(Fixed(3), n_estimators=len(votes), random_state=0).fit(X, y)
    Fixed.answers = votes
    predicted = localizer.predict(X[:2])
    assert predicted.shape == (2, *np.shape(votes[0]))
    if np.shape(expected) == (2,):
        np.testing.assert_allclose(great_circle_distance(predicted, [expected]), 0, atol=1e-9)
    else:
        np.testing.assert_allclose(predicted, [expected, expected], atol=1e-9)


def test_directions_with_elevation():
    y = fibonacci_grid(400)
    features = angles_to_unit_vectors(y)
    localizer = committee().fit(features, y)
    assert mean_angular_error(y, localizer.predict(features)) < 5
    assert localizer.score(features, y) > 0.9


def test_score_and_searches():
    localizer = committee().fit(X, AZIMUTH)
    assert localizer.score(X, AZIMUTH) == d2_angular_error_score(AZIMUTH, localizer.predict(X))
    assert is_localizer(localizer)
    search = GridSearchCV(committee(), {"estimator__n_neighbors": [1, 3]}, cv=2)
    assert search.fit(X, AZIMUTH).best_score_ > 0.9
    assert (cross_val_score(committee(), X, AZIMUTH, cv=3) > 0.9).all()


@pytest.mark.parametrize(
    "estimator",
    [NeuralLocalizer(max_epochs=5, lr=0.02, random_state=0), EncodedLocalizer(Ridge())],
    ids=lambda estimator: type(estimator).__name__,
)
def test_other_localizers(estimator):
    localizer = BaggingLocalizer(estimator, n_estimators=3, random_state=0).fit(X, AZIMUTH)
    assert localizer.score(X, AZIMUTH) > 0.9


def test_parts_of_the_features():
    wide = np.hstack([X, X])
    localizer = committee(max_features=0.5, n_estimators=20).fit(wide, AZIMUTH)
    assert {len(features) for features in localizer.estimators_features_} == {2}
    assert localizer.score(wide, AZIMUTH) > 0.7


@pytest.mark.parametrize("n_angles", [1, 2])
def test_out_of_bag(n_angles):
    y = AZIMUTH if n_angles == 1 else np.column_stack([AZIMUTH, np.zeros(400)])
    localizer = committee(oob_score=True, n_estimators=20).fit(X, y)
    assert localizer.oob_prediction_.shape == y.shape
    assert localizer.oob_score_ == d2_angular_error_score(y, localizer.oob_prediction_)
    assert 0.9 < localizer.oob_score_ < 1
    unseen = [i for i, s in enumerate(localizer.estimators_samples_) if 7 not in s]
    votes = [localizer.estimators_[i].predict(X[[7]]) for i in unseen]
    mean = angles_to_unit_vectors(np.array(votes).reshape(len(votes), -1)).mean(axis=0)
    by_hand = np.rad2deg(np.arctan2(mean[1], mean[0]))
    assert np.ravel(localizer.oob_prediction_[7])[0] == pytest.approx(by_hand)
    with pytest.warns(UserWarning, match="seen by every localizer"):
        few = committee(oob_score=True, n_estimators=2).fit(X, y)
    assert np.isnan(few.oob_prediction_).any()
    assert np.isfinite(few.oob_score_)


def test_weights_draw_samples():
    weight = (np.arange(400) % 2).astype(float)
    localizer = committee(max_samples=1.0).fit(X, AZIMUTH, sample_weight=weight)
    drawn = np.concatenate(localizer.estimators_samples_)
    assert (drawn % 2 == 1).all()
    with config_context(enable_metadata_routing=True):
        neural = NeuralLocalizer(max_epochs=1, random_state=0).set_fit_request(groups=True)
        neural.set_fit_request(sample_weight=False)
        BaggingLocalizer(neural, n_estimators=2).fit(X, AZIMUTH, groups=np.arange(400) % 5)


def test_several_sources_are_refused():
    with pytest.raises(ValueError, match=r"one source in each sample.*matching"):
        committee().fit(X, np.stack([AZIMUTH, AZIMUTH], axis=1)[:, :, None])


def test_not_fitted():
    with pytest.raises(NotFittedError):
        committee().predict(X)


@pytest.mark.parametrize("oob_score", [False, True])
def test_paths_and_audio(tmp_path, oob_score):
    mics, y = circular_array(4, 0.05), np.array([-60.0, 20.0, 175.0, -15.0, 45.0, -170.0])
    audio = 0.1 * make_plane_waves(6, mic_positions=mics, directions=y, duration=0.1).data
    paths = [str(tmp_path / f"{i}.wav") for i in range(6)]
    for path, clip in zip(paths, audio, strict=True):
        soundfile.write(path, clip.T, 16000, subtype="FLOAT")
    series = pd.Series(paths, index=range(9, 3, -1))
    clips = [clip[:, : 1600 - 100 * (i % 2)] for i, clip in enumerate(audio)]
    localizer = BaggingLocalizer(
        recipes.srp_phat(mics), n_estimators=9, oob_score=oob_score, random_state=0
    )
    rows = [[str(tmp_path / f"{i}_{m}.wav") for m in range(audio.shape[1])] for i in range(6)]
    for row, clip in zip(rows, audio, strict=True):
        for path, channel in zip(row, clip, strict=True):
            soundfile.write(path, channel, 16000, subtype="FLOAT")
    for given in (
        rows,
        np.array(rows),
        pd.DataFrame(rows),
        paths,
        np.array(paths),
        series,
        series.to_frame(),
        audio,
        list(audio),
        clips,
    ):
        found = localizer.fit(given, y).predict(given)
        assert np.abs(circular_difference(found, y)).max() < 1
    spectra = make_pipeline(AudioReader(), STFT()).fit_transform(audio)
    found = localizer.set_params(estimator=SRPPHAT(mics)).fit(spectra, y).predict(spectra)
    assert np.abs(circular_difference(found, y)).max() < 1
