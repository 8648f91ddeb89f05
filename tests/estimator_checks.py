"""Checks that every estimator of sslearn must pass, whatever the dimension of its X.

scikit-learn runs almost none of its checks on estimators whose X is not two-dimensional. These
run everywhere; `yield_checks` says which apply. An estimator is described by the kind of its X
(``"audio"`` of two ears, ``"array_audio"`` or ``"tetrahedron_audio"``, and ``"paths"`` or
``"array_paths"`` of its files; ``"spectrum"`` of two ears, ``"array"`` and ``"ambisonic"``, spectra
too; ``"maps"`` or ``"features"``).
"""

import inspect
import pickle

import numpy as np
import pytest
from sklearn import get_config
from sklearn.base import clone, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

import sslearn
from sslearn.base import is_localizer
from sslearn.geometry import circular_difference
from tests.estimator_data import containers, make_clips
from tests.persistence.fresh_process import answer

# Excused from directions with elevation, which they refuse with a clear error.
AZIMUTH_ONLY = ("ESPRIT",)
# A spectrum is one array: clips of several lengths are refused with a clear error.
ONE_LENGTH = ("STFT",)
# Classes of scikit-learn whose arrays index memory: a file builds them with consent alone.
CHOSEN = ("sklearn.tree._tree.Tree",)


def assert_same(a, b, **tolerance):
    np.testing.assert_allclose(a, b, **({"rtol": 1e-6, "atol": 1e-6} | tolerance))


# ------------------------------------------------------------------ every estimator


def check_constructor_stores_only(case):
    cls = type(case.make())
    estimator = cls() if not _required(cls) else case.make()
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if name == "self" or parameter.default is inspect.Parameter.empty:
            continue
        assert name in estimator.get_params(deep=False), name
        if not _required(cls):
            assert getattr(estimator, name) is parameter.default, name
    assert set(vars(estimator)) == set(estimator.get_params(deep=False))


def _required(cls):
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return [p.name for p in parameters if p.default is inspect.Parameter.empty]


def check_at_most_one_positional(case):
    parameters = inspect.signature(type(case.make()).__init__).parameters.values()
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]
    assert len(positional) <= 1, positional


def check_clone_and_repr(case):
    estimator = case.make()
    assert repr(clone(estimator)) == repr(estimator)


def check_set_params_takes_effect(case):
    X, y = case.data()
    wanted = case.make()
    estimator = clone(wanted).set_params(**wanted.get_params(deep=False))
    assert_same(answer(estimator.fit(X, y), X), answer(wanted.fit(X, y), X))


def check_fit_returns_self(case):
    estimator = case.make()
    assert estimator.fit(*case.data()) is estimator


def check_fit_changes_no_parameter(case):
    X, y = case.data()
    estimator = case.make()
    before = repr(estimator.get_params())
    estimator.fit(X, y)
    assert repr(estimator.get_params()) == before


def check_refit_forgets(case):
    X, y = case.data()
    twice = case.fitted(X[: len(X) // 2], y[: len(y) // 2]).fit(X, y)
    assert_same(answer(twice, X), answer(case.fitted(X, y), X))


def check_seeded_refit_equal(case):
    X, y = case.data()
    assert_same(answer(case.fitted(X, y), X), answer(case.fitted(X, y), X), rtol=0, atol=0)


def check_global_seeds_untouched(case):
    import torch

    X, y = case.data()
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    answer(case.fitted(X, y), X)
    numpy_draw, torch_draw = np.random.rand(), torch.rand(1).item()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    assert numpy_draw == np.random.rand()  # noqa: NPY002
    assert torch_draw == torch.rand(1).item()


def check_pickle(case):
    X, y = case.data()
    estimator = case.fitted(X, y)
    again = pickle.loads(pickle.dumps(estimator))
    assert_same(answer(again, X), answer(estimator, X), rtol=0, atol=0)


def check_save_load(case):
    X, y = case.data()
    estimator, path = case.fitted(X, y), case.folder / "model.sslearn"
    sslearn.save(estimator, path)
    again = sslearn.load(path, trusted=CHOSEN)
    assert repr(again) == repr(estimator)
    assert_same(answer(again, X), answer(estimator, X), rtol=0, atol=0)


def check_X_and_y_unmodified(case):
    X, y = case.data()
    X_before, y_before = X.copy(), y.copy()
    answer(case.fitted(X, y), X)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)


def check_read_only_input(case):
    X, y = case.data()
    expected = answer(case.fitted(X, y), X)
    X.setflags(write=False)
    y.setflags(write=False)
    assert_same(answer(case.fitted(X, y), X), expected)


def check_list_equals_array(case):
    X, y = case.data()
    estimator = case.fitted(X, y)
    assert_same(answer(estimator, list(X)), answer(estimator, X), **case.tolerance)


def check_containers_equal_array(case):
    X, y = case.data()
    X, y = X[:10], y[:10]
    expected = answer(case.quick().fit(X, y), X)
    for given in containers(X):
        assert_same(answer(case.quick().fit(given, y), given), expected, **case.tolerance)


def check_memory_map_equals_array(case):
    X, y = case.data()
    mapped = np.lib.format.open_memmap(case.folder / "X.npy", "w+", X.dtype, X.shape)
    mapped[:] = X
    expected = answer(case.quick().fit(X, y), X)
    assert_same(answer(case.quick().fit(mapped, y), mapped), expected)


def check_clips_of_any_length(case):
    X, y = case.data()
    estimator = case.quick().fit(X, y)
    clips = make_clips(case.kind, case.folder)
    if type(case.estimator).__name__ in ONE_LENGTH:
        for given in containers(clips):
            with pytest.raises(ValueError, match="X must hold clips of the same length"):
                answer(estimator, given)
        return
    one_by_one = [answer(estimator, [clip])[0] for clip in clips]
    for given in containers(clips):
        for result, expected in zip(answer(estimator, given), one_by_one, strict=True):
            assert_same(result, expected, **case.tolerance)


def check_no_path_is_no_container(case):
    X, y = case.data()
    for wrong in (X[0], set(map(str, X)), (x for x in X), [X[0], np.zeros((2, 3))]):
        with pytest.raises((TypeError, ValueError), match="X"):
            case.quick().fit(wrong, y)


def check_byte_order_is_irrelevant(case):
    # Features enter by scikit-learn's gate, which makes double precision of foreign single.
    for dtype in (np.float64,) if case.kind == "features" else (np.float32, np.float64):
        X, y = case.data(dtype=dtype)
        expected = answer(case.quick().fit(X, y), X)
        swapped = X.astype(X.dtype.newbyteorder("S"))
        result = answer(case.quick().fit(swapped, y), swapped)
        assert result.dtype.isnative
        assert_same(result, expected)


def check_float32_kept(case):
    X, y = case.data(dtype=np.float32)
    out = answer(case.fitted(X, y), X)
    assert out.dtype in (np.float32, np.complex64) or is_regressor(case.make())


def check_sample_order_and_batch_size(case):
    X, y = case.data()
    estimator = case.fitted(X, y)
    expected = answer(estimator, X)
    order = np.random.default_rng(1).permutation(len(X))
    assert_same(answer(estimator, X[order]), expected[order], **case.tolerance)
    one_by_one = np.concatenate([answer(estimator, X[i : i + 1]) for i in range(len(X))])
    assert_same(one_by_one, expected, **case.tolerance)


def check_wrong_channel_count(case):
    X, y = case.data()
    estimator = case.fitted(X, y)
    wrong = np.concatenate([X, X], axis=1)
    with pytest.raises(ValueError, match=r"X (must|has)"):
        answer(estimator, wrong)


def check_wrong_dimension(case):
    X, y = case.data()
    with pytest.raises(ValueError, match=r"X|array"):
        case.make().fit(X[0], y)
    with pytest.raises(ValueError, match=r"X|array"):
        answer(case.fitted(X, y), X[0])


def check_nan_refused(case):
    X, y = case.data()
    estimator = case.fitted(X, y)
    X[3] = np.nan
    with pytest.raises(ValueError, match=r"X.*NaN"):
        answer(estimator, X)


def check_empty_refused(case):
    X, y = case.data()
    estimator = case.fitted(X, y)
    with pytest.raises(ValueError, match=r"X|0 sample"):
        answer(estimator, X[:0])


def check_not_fitted(case):
    X, _ = case.data()
    with pytest.raises(NotFittedError):
        answer(case.make(), X)


def check_pipeline(case):
    X, y = case.data()
    pipeline = make_pipeline(case.make()).fit(X, y)
    assert_same(answer(pipeline, X), answer(case.fitted(X, y), X))


def check_invalid_parameter(case):
    X, y = case.data()
    for name in case.make().get_params(deep=False):
        estimator = case.make().set_params(**{name: object()})
        with pytest.raises((ValueError, TypeError), match=name):
            estimator.fit(X, y)


# ------------------------------------------------------------------ localizers


def check_is_localizer(case):
    assert is_localizer(case.make())
    assert is_localizer(make_pipeline(case.make()))
    assert not hasattr(case.make(), "predict_proba")


def check_prediction_layout(case):
    X, y = case.data()
    assert case.fitted(X, y).predict(X).shape == (len(X),)


def check_prediction_layout_with_elevation(case):
    X, y = case.data()
    both = np.column_stack([y, np.linspace(-40, 40, len(y))])
    predicted = case.fitted(X, both).predict(X)
    assert predicted.shape == both.shape
    assert np.abs(predicted[:, 1]).max() <= 90


def check_azimuth_in_range(case):
    X, y = case.data()
    predicted = case.fitted(X, y + 180).predict(X)
    assert predicted.min() >= -180
    assert predicted.max() < 180


def check_full_turn_changes_nothing(case):
    X, y = case.data()
    assert_same(case.fitted(X, y + 360).predict(X), case.fitted(X, y).predict(X), atol=1e-4)


def check_bad_targets_refused(case):
    X, y = case.data()
    with pytest.raises(ValueError, match="y"):
        case.make().fit(X, np.where(np.arange(len(y)) == 2, np.nan, y))
    with pytest.raises(ValueError, match="elevation"):
        case.make().fit(X, np.column_stack([y, np.full(len(y), 91.0)]))
    with pytest.raises(ValueError, match="y"):
        case.make().fit(X, y[:-1])


def check_score_is_d2(case):
    X, y = case.data()
    assert 0.3 < case.fitted(X, y).score(X, y) <= 1


def check_spectrum_peaks_at_the_truth(case):
    X, y = case.data()
    localizer = case.fitted(X, y)
    spectrum = localizer.spatial_spectrum(X)
    assert spectrum.shape == (len(X), len(localizer.grid_))
    assert np.isfinite(spectrum).all()
    step = np.diff(np.sort(localizer.grid_)).max()
    error = np.abs(circular_difference(localizer.grid_[spectrum.argmax(axis=1)], y))
    # What is learned from a few clips is not right for each of them.
    assert (np.median(error) if case.kind == "features" else error.max()) < step


def check_grid_search_with_groups(case):
    X, y = case.data()
    groups = np.arange(len(X)) % 4
    estimator = case.make()
    routed = get_config()["enable_metadata_routing"]
    if routed and "groups" in inspect.signature(estimator.fit).parameters:
        estimator.set_fit_request(groups=False)
    name, value = next(iter(estimator.get_params(deep=False).items()))
    search = GridSearchCV(estimator, {name: [value]}, cv=GroupKFold(2), error_score="raise")
    search.fit(X, y, groups=groups)
    assert search.predict(X).shape == y.shape
    given = {"params": {"groups": groups}} if routed else {"groups": groups}
    predicted = cross_val_predict(estimator, X, y, cv=GroupKFold(2), **given)
    assert predicted.shape == y.shape


def yield_checks(case):
    """The checks that apply to one case."""
    yield from (
        check_constructor_stores_only,
        check_at_most_one_positional,
        check_clone_and_repr,
        check_set_params_takes_effect,
        check_fit_returns_self,
        check_fit_changes_no_parameter,
        check_refit_forgets,
        check_seeded_refit_equal,
        check_global_seeds_untouched,
        check_pickle,
        check_save_load,
        check_X_and_y_unmodified,
        check_read_only_input,
        check_list_equals_array,
        check_sample_order_and_batch_size,
        check_empty_refused,
        check_pipeline,
        check_invalid_parameter,
    )
    if case.kind.endswith("paths"):
        yield check_no_path_is_no_container
    else:
        yield from (
            check_float32_kept,
            check_nan_refused,
            check_wrong_dimension,
            check_byte_order_is_irrelevant,
            check_memory_map_equals_array,
        )
    if case.kind.endswith(("audio", "paths")):
        yield from (check_containers_equal_array, check_clips_of_any_length)
    tags = get_tags(case.make())
    if not case.kind.endswith(("paths", "maps")) and tags.requires_fit:
        yield check_wrong_channel_count
    if tags.requires_fit:
        yield check_not_fitted
    if is_regressor(case.make()):
        yield from (
            check_is_localizer,
            check_prediction_layout,
            check_azimuth_in_range,
            check_full_turn_changes_nothing,
            check_bad_targets_refused,
            check_score_is_d2,
            check_grid_search_with_groups,
        )
        if hasattr(case.make(), "spatial_spectrum"):
            yield check_spectrum_peaks_at_the_truth
        if type(case.estimator).__name__ not in AZIMUTH_ONLY:
            yield check_prediction_layout_with_elevation
