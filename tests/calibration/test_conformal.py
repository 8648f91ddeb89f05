"""Sets that contain the source as often as asked for, around any localizer."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn.base import EncodedLocalizer, LocalizerMixin, is_localizer
from sslearn.calibration import ConformalLocalizer
from sslearn.datasets import make_plane_waves
from sslearn.decoding import PeakDecoder
from sslearn.doa import MUSIC, SRPPHAT
from sslearn.encoding import UnbiasedEncoding
from sslearn.exceptions import UncertaintyWarning
from sslearn.features import STFT
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_array,
    circular_grid,
    fibonacci_grid,
    great_circle_distance,
    unit_vectors_to_angles,
    wrap_azimuth,
)
from sslearn.metrics import coverage_score, is_covered, mean_set_width
from sslearn.neighbors import KNeighborsLocalizer

ARRAY = circular_array(4, 0.05)
CALIBRATION, HELD_OUT = 20_000, 10_000


class Compass(LocalizerMixin, BaseEstimator):
    """Localizer that reads a noisy vector of three numbers; its length says how sure it is."""

    def __init__(self, grid=None, sphere=False):
        self.grid = grid
        self.sphere = sphere

    def fit(self, X, y=None, groups=None):
        self.grid_ = self.grid
        self.n_features_in_ = X.shape[1]
        self.groups_ = groups
        return self

    def predict(self, X):
        angles = unit_vectors_to_angles(X[:, :3])
        return angles if self.sphere else angles[:, 0]

    def spatial_spectrum(self, X):
        return np.exp(X @ angles_to_unit_vectors(self.grid_).T)


def compass(sphere):
    grid = fibonacci_grid(300) if sphere else circular_grid(5)
    return FrozenEstimator(Compass(grid, sphere).fit(np.zeros((1, 3))))


def vectors(n_samples, *, sphere=False, seed=0, scale=1.0):
    """Vectors in the true directions whose noise has 0.05 to 1 times their length."""
    rng = np.random.default_rng(seed)
    y = rng.uniform(-180, 180, n_samples)
    if sphere:
        y = np.column_stack([y, np.rad2deg(np.arcsin(rng.uniform(-1, 1, n_samples)))])
    noise = scale * rng.uniform(0.05, 1.0, (n_samples, 1))
    X = angles_to_unit_vectors(y) + noise * rng.standard_normal((n_samples, 3))
    return X / noise**2, y


@pytest.mark.parametrize("sphere", [False, True], ids=["circle", "sphere"])
@pytest.mark.parametrize("method", ["absolute", "normalized", "spectrum"])
def test_coverage_of_held_out_samples(method, sphere):
    X, y = vectors(CALIBRATION + HELD_OUT, sphere=sphere)
    localizer = ConformalLocalizer(compass(sphere), method=method)
    localizer.fit(X[:CALIBRATION], y[:CALIBRATION])
    X, y = X[CALIBRATION:], y[CALIBRATION:]
    grid = localizer.grid_ if sphere and method == "spectrum" else None
    for coverage in (0.8, 0.9, 0.95):
        sets = localizer.predict_set(X, coverage=coverage)
        assert coverage_score(y, sets, grid=grid) == pytest.approx(coverage, abs=0.01)


@pytest.mark.parametrize("sphere", [False, True], ids=["circle", "sphere"])
def test_sets_that_know_how_sure_they_are_are_smaller(sphere):
    X, y = vectors(6000, sphere=sphere)
    widths = {}
    for method in ("absolute", "normalized", "spectrum"):
        localizer = ConformalLocalizer(compass(sphere), method=method).fit(X[:5000], y[:5000])
        grid = localizer.grid_ if sphere and method == "spectrum" else None
        widths[method] = mean_set_width(localizer.predict_set(X[5000:]), grid=grid)
    assert widths["normalized"] < 0.9 * widths["absolute"]
    assert widths["spectrum"] < 0.9 * widths["absolute"]


def test_radius_is_the_order_statistic_of_the_errors():
    X = angles_to_unit_vectors(np.arange(99.0))
    y = np.arange(99.0) + np.random.default_rng(0).permutation(np.arange(1, 100)) / 2
    localizer = ConformalLocalizer(compass(False)).fit(X, y)
    # The 90th of 99 errors from 0.5 to 49.5.
    assert localizer.quantile_ == pytest.approx(45)
    np.testing.assert_allclose(localizer.predict_set(X[[0]]), [[[-45, 45]]])
    back = localizer.predict_set(np.array([[-1.0, 0.0, 0.0]]))
    np.testing.assert_allclose(back, [[[135, 225]]])


def test_caps_around_the_predictions():
    X, y = vectors(500, sphere=True)
    localizer = ConformalLocalizer(compass(True), coverage=0.7).fit(X, y)
    caps = localizer.predict_set(X)
    np.testing.assert_array_equal(caps[:, :2], localizer.predict(X))
    assert (caps[:, 2] == localizer.quantile_).all()
    errors = great_circle_distance(y, localizer.predict(X))
    np.testing.assert_array_equal(is_covered(y, caps), errors <= localizer.quantile_ + 1e-9)


def test_front_and_back_are_two_arcs():
    # Two microphones on the axis of the ears hear front and back alike.
    X, y = make_plane_waves(120, azimuth_range=(-180, 180), snr=10, random_state=0, return_X_y=True)
    srp = SRPPHAT([[0, 0.09, 0], [0, -0.09, 0]], grid=circular_grid(5), batch_transform=STFT(256))
    localizer = ConformalLocalizer(srp, method="spectrum", calibration_fraction=0.5, random_state=0)
    localizer.fit(X, y)
    arcs = localizer.predict_set(X)
    sideways = np.abs(np.sin(np.deg2rad(y)))
    assert (np.isfinite(arcs[sideways < 0.7, :, 0]).sum(axis=1) == 2).all()
    assert coverage_score(y, arcs) > 0.8
    assert coverage_score(180 - y, arcs) > 0.8


def test_a_learned_difficulty_narrows_the_sets_of_easy_samples():
    rng = np.random.default_rng(0)
    azimuth = rng.uniform(-180, 180, 4000)
    hard = rng.integers(0, 2, 4000)
    X = np.column_stack([angles_to_unit_vectors(azimuth), hard])
    y = wrap_azimuth(azimuth + np.where(hard, 40, 2) * rng.standard_normal(4000))
    compass_of_two = FrozenEstimator(make_pipeline(Compass(circular_grid(5)).fit(X)))
    localizer = ConformalLocalizer(
        compass_of_two, method="normalized", difficulty=KNeighborsRegressor(50), random_state=0
    )
    localizer.fit(X[:3000], y[:3000])
    assert len(localizer.scores_) == 1500
    X, y, hard = X[3000:], y[3000:], hard[3000:] == 1
    sets = localizer.predict_set(X)
    assert coverage_score(y, sets) == pytest.approx(0.9, abs=0.03)
    # 1.64 standard deviations on each side.
    assert mean_set_width(sets[~hard]) == pytest.approx(2 * 1.64 * 2, rel=0.2)
    assert mean_set_width(sets[hard]) == pytest.approx(2 * 1.64 * 40, rel=0.2)


def test_groups_are_never_in_both_parts():
    X, y = vectors(400)
    rooms = np.repeat([f"room {i}" for i in range(20)], 20)
    localizer = ConformalLocalizer(Compass(), coverage=0.7, random_state=0)
    localizer.set_params(localizer=RememberRows())
    localizer.fit(X, y, groups=pd.Series(rooms).astype("string"))
    trained = np.isin(X[:, 0], localizer.localizer_.seen_)
    assert not set(rooms[trained]) & set(localizer.groups_)
    assert len(np.unique(localizer.groups_)) == 4
    assert len(localizer.scores_) == (~trained).sum() == 80


class RememberRows(Compass):
    def fit(self, X, y=None, groups=None):
        self.seen_ = X[:, 0]
        return super().fit(X, y, groups)


def test_each_known_group_has_its_own_radius():
    X, y = zip(
        *(vectors(1000, seed=i, scale=s) for i, s in enumerate((0.1, 0.3, 0.5))), strict=True
    )
    X, y, rooms = np.concatenate(X), np.concatenate(y), np.repeat(["a", "b", "c"], 1000)
    half = np.arange(3000) % 2 == 0
    localizer = ConformalLocalizer(compass(False), coverage=0.7)
    localizer.fit(X[half], y[half], groups=rooms[half])
    sets = localizer.predict_set(X[~half], groups=rooms[~half])
    covered = is_covered(y[~half], sets)
    widths = np.diff(sets)[:, 0, 0]
    for room in "abc":
        assert covered[rooms[~half] == room].mean() == pytest.approx(0.7, abs=0.05)
        assert np.ptp(widths[rooms[~half] == room]) < 1e-9
    assert widths[rooms[~half] == "a"][0] < 0.5 * widths[rooms[~half] == "c"][0]
    # A new room may be like the worst of the three.
    assert localizer.predict_set(X[:1])[0, 0, 1] - localizer.predict_set(X[:1])[0, 0, 0] > max(
        widths[rooms[~half] == "b"]
    )
    with pytest.raises(ValueError, match=r"groups must be of those that calibrated.*'z'"):
        localizer.predict_set(X[:2], groups=["a", "z"])
    with pytest.raises(ValueError, match="groups must be of those that calibrated"):
        ConformalLocalizer(compass(False)).fit(X, y).predict_set(X[:1], groups=["a"])


def test_too_few_samples_or_groups_are_the_whole_circle():
    X, y = vectors(100)
    with pytest.warns(UncertaintyWarning, match="8 samples are too few.*At least 9 are needed"):
        localizer = ConformalLocalizer(compass(False)).fit(X[:8], y[:8])
    assert localizer.quantile_ == np.inf
    with pytest.warns(UncertaintyWarning):
        sets = localizer.predict_set(X)
    np.testing.assert_allclose(np.diff(sets)[..., 0], 360)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (np.diff(localizer.predict_set(X, coverage=0.8))[..., 0] < 360).all()
    with pytest.warns(UncertaintyWarning, match="5 groups are too few.*At least 9 are needed"):
        ConformalLocalizer(compass(False)).fit(X, y, groups=np.arange(100) % 5)
    X, y = vectors(8, sphere=True)
    for method in ("absolute", "spectrum"):
        localizer = ConformalLocalizer(compass(True), coverage=0.8, method=method).fit(X, y)
        with pytest.warns(UncertaintyWarning, match="At least 19 are needed"):
            sets = localizer.predict_set(X, coverage=0.95)
        grid = localizer.grid_ if method == "spectrum" else None
        assert mean_set_width(sets, grid=grid) == 360


def test_a_search_over_localizers_with_routed_groups():
    X, y = vectors(200)
    rooms = np.arange(200) % 20
    search = GridSearchCV(KNeighborsLocalizer(), {"n_neighbors": [3, 9]}, cv=GroupKFold(3))
    with config_context(enable_metadata_routing=True):
        localizer = ConformalLocalizer(search, coverage=0.7, random_state=0)
        localizer.fit(X, y, groups=rooms)
        inner = ConformalLocalizer(Compass().set_fit_request(groups=True), coverage=0.7)
        inner.fit(X, y, groups=rooms)
        assert set(inner.localizer_.groups_) == set(rooms) - set(inner.groups_)
        outer = ConformalLocalizer(KNeighborsLocalizer(), coverage=0.5, random_state=0)
        grid = {"localizer__n_neighbors": [3, 9]}
        outer = GridSearchCV(outer.set_fit_request(groups=True), grid, cv=GroupKFold(3))
        outer.fit(X, y, groups=rooms)
    assert is_localizer(localizer)
    assert localizer.localizer_.best_params_["n_neighbors"] in (3, 9)
    assert localizer.predict_set(X).shape == (200, 1, 2)
    assert len(np.unique(outer.best_estimator_.groups_)) == 4


def test_inside_pipelines_and_around_them():
    X, y = vectors(300)
    encoded = EncodedLocalizer(KNeighborsRegressor(5), encoding=UnbiasedEncoding())
    around = ConformalLocalizer(
        make_pipeline(StandardScaler(), encoded), method="spectrum", random_state=0
    )
    inside = make_pipeline(
        StandardScaler(), ConformalLocalizer(encoded, method="spectrum", random_state=0)
    )
    assert np.isfinite(around.fit(X, y).predict_set(X)[:, 0]).all()
    assert inside.fit(X, y).predict(X).shape == (300,)
    assert cross_val_score(around, X, y, cv=3).min() > 0.2


def test_parameters_of_the_inner_fit_are_for_its_rows():
    X, y = vectors(100)
    localizer = ConformalLocalizer(Compass(), coverage=0.7, random_state=0)
    with pytest.raises(TypeError, match="bogus"):
        localizer.fit(X, y, bogus=1)
    encoded = EncodedLocalizer(Weighted())
    localizer = ConformalLocalizer(encoded, coverage=0.7, random_state=0)
    weights = np.random.default_rng(0).random(100)
    localizer.fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(
        localizer.localizer_.regressor_.weights_,
        weights[np.isin(X[:, 0], localizer.localizer_.regressor_.seen_)],
    )


class Weighted(KNeighborsRegressor):
    def fit(self, X, y, sample_weight=None):
        self.weights_, self.seen_ = sample_weight, X[:, 0]
        return super().fit(X, y)


def test_the_grid_is_that_of_the_spectrum():
    X, y = vectors(300, sphere=True)
    localizer = ConformalLocalizer(compass(True), method="spectrum").fit(X, y)
    np.testing.assert_array_equal(localizer.grid_, fibonacci_grid(300))
    assert not hasattr(localizer.set_params(method="absolute").fit(X, y), "grid_")
    X, y = vectors(300)
    localizer = ConformalLocalizer(compass(False), method="spectrum").fit(X, y)
    assert localizer.grid_.shape == (720,)


def test_pickle_and_a_change_of_parameters():
    X, y = vectors(300)
    localizer = ConformalLocalizer(compass(False)).fit(X, y)
    again = pickle.loads(pickle.dumps(localizer))
    np.testing.assert_array_equal(again.predict_set(X), localizer.predict_set(X))
    # What was calibrated stays; the coverage may change.
    expected = localizer.predict_set(X, coverage=0.5)
    again.set_params(coverage=0.5, method="spectrum")
    np.testing.assert_array_equal(again.predict_set(X), expected)


@pytest.mark.parametrize(
    ("localizer", "params", "data", "message"),
    [
        (
            KNeighborsLocalizer(),
            {"method": "spectrum"},
            {},
            "method must be 'absolute'.*KNeighbors",
        ),
        (KNeighborsLocalizer(), {"method": "normalized"}, {}, "method must be 'absolute'"),
        (Compass(sphere=True), {}, {}, r"localizer must predict .* azimuths.*got|predicted shape"),
        (Compass(circular_grid(5), True), {"method": "spectrum"}, {"y": 2}, "y must hold azimuths"),
        (Compass(), {}, {"y": 3}, "y must hold one source"),
        (Compass(), {}, {"n": 1}, "at least 2 samples"),
        (Compass(), {}, {"groups": ["a"] * 50}, "at least 2 groups to split; got .'a'"),
        (Compass(), {}, {"groups": ["a"]}, "groups must hold a label for each of 50 samples"),
        (Compass(), {"coverage": 1.0}, {}, "coverage"),
        (Compass(), {"calibration_fraction": 0}, {}, "calibration_fraction"),
        (Compass(), {"method": "bogus"}, {}, "method"),
    ],
)
def test_errors(localizer, params, data, message):
    X, y = vectors(data.get("n", 50), sphere=data.get("y") == 2)
    y = np.stack([y, y], axis=1)[..., None] if data.get("y") == 3 else y
    with pytest.raises(ValueError, match=message):
        ConformalLocalizer(localizer, **params).fit(X, y, groups=data.get("groups"))


def test_several_sources_and_blocks_are_refused():
    X, y = make_plane_waves(20, mic_positions=ARRAY, random_state=0, return_X_y=True)
    two = MUSIC(ARRAY, n_sources=2, decoder=PeakDecoder(2), batch_transform=STFT(256))
    with pytest.raises(ValueError, match="localizer must predict one source"):
        ConformalLocalizer(two).fit(X, y)
    blocks = SRPPHAT(ARRAY, block_size=2, batch_transform=STFT(256))
    with pytest.raises(ValueError, match="one spatial spectrum in each sample"):
        ConformalLocalizer(blocks, method="spectrum").fit(X, y)


def test_distances_are_predicted_and_not_bounded():
    rng = np.random.default_rng(0)
    X, y = vectors(300, sphere=True)
    y = np.column_stack([y, rng.uniform(1, 3, 300)])
    localizer = ConformalLocalizer(KNeighborsLocalizer(3), random_state=0).fit(X, y)
    assert localizer.predict(X).shape == (300, 3)
    assert coverage_score(y, localizer.predict_set(X)) > 0.8


def test_grid_is_an_attribute_of_those_with_a_spectrum():
    X, y = vectors(60)
    without = ConformalLocalizer(KNeighborsLocalizer(3), random_state=0).fit(X, y)
    assert not hasattr(without, "grid_")
