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
import pandas as pd
import pytest
import soundfile
from sklearn.base import clone, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from sslearn.base import is_localizer
from sslearn.datasets import make_plane_waves
from sslearn.features import STFT
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_array,
    circular_difference,
    tetrahedral_array,
)

N_SAMPLES = 48
# Excused from directions with elevation, which they refuse with a clear error.
AZIMUTH_ONLY = ("ESPRIT",)
# A spectrum is one array: clips of several lengths are refused with a clear error.
ONE_LENGTH = ("STFT",)
EARS = [[0.0, 0.08, 0.0], [0.0, -0.08, 0.0]]
ARRAY = circular_array(4, 0.05)
TETRAHEDRON = tetrahedral_array(0.02)
MICS = {"array": ARRAY, "tetrahedron": TETRAHEDRON}


def make_data(kind, *, dtype=np.float64, folder=None):
    """Samples of one kind with their azimuths, made from plane waves."""
    rng = np.random.default_rng(0)
    azimuth = rng.uniform(-80, 80, N_SAMPLES)
    audio, y = make_plane_waves(
        N_SAMPLES,
        mic_positions=MICS.get(kind.split("_")[0], EARS),
        duration=0.1,
        directions=azimuth,
        random_state=0,
        return_X_y=True,
    )
    audio = audio.astype(dtype)
    if kind.endswith("audio"):
        return audio, y
    if kind == "array":
        return STFT(256).transform(audio), y
    if kind.endswith("paths"):
        return np.array(_write(audio, folder)), y
    spectrum = np.fft.rfft(audio.reshape(N_SAMPLES, 2, -1, 160), axis=-1).swapaxes(2, 3)
    spectrum = spectrum[:, :, 1:].astype(np.complex64 if dtype == np.float32 else np.complex128)
    if kind == "spectrum":
        return spectrum, y
    if kind == "ambisonic":
        gains = np.insert(angles_to_unit_vectors(y)[:, [1, 2, 0]], 0, 1.0, axis=1)
        return gains.astype(dtype)[:, :, None, None] * spectrum[:, :1], y
    maps = np.abs(spectrum).astype(dtype)
    if kind == "maps":
        return maps, y
    cross = (spectrum[:, 0] * spectrum[:, 1].conj()).sum(axis=2)[:, :20]
    cross /= np.abs(cross)
    return np.hstack([cross.real, cross.imag]).astype(dtype), y


def _write(clips, folder):
    paths = [str(folder / f"clip{len(clips[0])}-{i:02d}.wav") for i in range(len(clips))]
    for path, clip in zip(paths, clips, strict=True):
        soundfile.write(path, 0.1 * clip.T, 16000, subtype="FLOAT")
    return paths


def make_clips(kind, folder):
    """Six clips of three lengths, or the paths of their files."""
    audio, _ = make_data(kind.replace("paths", "audio"))
    clips = [clip[:, : clip.shape[1] - 50 * (i % 3)] for i, clip in enumerate(audio[:6])]
    return _write(clips, folder) if kind.endswith("paths") else clips


def containers(samples):
    """The same samples in every container that people bring."""
    objects = np.empty(len(samples), dtype=object)
    for i, sample in enumerate(samples):
        objects[i] = sample
    index = np.random.default_rng(0).permutation(len(samples))
    series = pd.Series(objects, index=index)
    yield from (list(samples), tuple(samples), objects, objects[:, None], series)
    yield pd.DataFrame({"sample": series})


class Case:
    """An estimator under test with data that suit it."""

    def __init__(self, estimator, kind, folder):
        self.estimator, self.kind, self.folder = estimator, kind, folder

    def make(self):
        return clone(self.estimator)

    def data(self, **kwargs):
        return make_data(self.kind, folder=self.folder, **kwargs)

    def quick(self):
        """The estimator, trained for no longer than it takes to compare two of its kind."""
        estimator = self.make()
        trained = "max_epochs" in estimator.get_params(deep=False)
        return estimator.set_params(max_epochs=2) if trained else estimator

    def fitted(self, X, y):
        return self.make().fit(X, y)


def answer(estimator, X):
    """What a fitted estimator says of X, as an array, or a list where lengths differ."""
    method = "predict" if hasattr(estimator, "predict") else "transform"
    result = getattr(estimator, method)(X)
    return result if isinstance(result, list) else np.asarray(result)


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
    X, y = case.data()
    estimator = case.make()
    assert estimator.fit(X, y) is estimator


def check_fit_changes_no_parameter(case):
    X, y = case.data()
    estimator = case.make()
    before = repr(estimator.get_params())
    estimator.fit(X, y)
    assert repr(estimator.get_params()) == before


def check_refit_forgets(case):
    X, y = case.data()
    twice = case.fitted(X[: N_SAMPLES // 2], y[: N_SAMPLES // 2]).fit(X, y)
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
    assert_same(answer(estimator, list(X)), answer(estimator, X))


def check_containers_equal_array(case):
    X, y = case.data()
    X, y = X[:10], y[:10]
    expected = answer(case.quick().fit(X, y), X)
    for given in containers(X):
        # Files are float32, and what is computed of one or of eight at a time is rounded otherwise.
        assert_same(answer(case.quick().fit(given, y), given), expected, atol=1e-3)


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
            assert_same(result, expected, atol=1e-3)


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
    order = np.random.default_rng(1).permutation(N_SAMPLES)
    assert_same(answer(estimator, X[order]), expected[order])
    one_by_one = np.concatenate([answer(estimator, X[i : i + 1]) for i in range(N_SAMPLES)])
    assert_same(one_by_one, expected)


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
    assert case.fitted(X, y).predict(X).shape == (N_SAMPLES,)


def check_prediction_layout_with_elevation(case):
    X, y = case.data()
    both = np.column_stack([y, np.linspace(-40, 40, N_SAMPLES)])
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
        case.make().fit(X, np.where(np.arange(N_SAMPLES) == 2, np.nan, y))
    with pytest.raises(ValueError, match="elevation"):
        case.make().fit(X, np.column_stack([y, np.full(N_SAMPLES, 91.0)]))
    with pytest.raises(ValueError, match="y"):
        case.make().fit(X, y[:-1])


def check_score_is_d2(case):
    X, y = case.data()
    assert 0.3 < case.fitted(X, y).score(X, y) <= 1


def check_spectrum_peaks_at_the_truth(case):
    X, y = case.data()
    localizer = case.fitted(X, y)
    spectrum = localizer.spatial_spectrum(X)
    assert spectrum.shape == (N_SAMPLES, len(localizer.grid_))
    assert np.isfinite(spectrum).all()
    step = np.diff(np.sort(localizer.grid_)).max()
    error = np.abs(circular_difference(localizer.grid_[spectrum.argmax(axis=1)], y))
    # What is learned from a few clips is not right for each of them.
    assert (np.median(error) if case.kind == "features" else error.max()) < step


def check_grid_search_with_groups(case):
    X, y = case.data()
    groups = np.arange(N_SAMPLES) % 4
    name = next(iter(case.make().get_params(deep=False)))
    value = case.make().get_params(deep=False)[name]
    search = GridSearchCV(case.make(), {name: [value]}, cv=GroupKFold(2), error_score="raise")
    search.fit(X, y, groups=groups)
    assert search.predict(X).shape == y.shape
    predicted = cross_val_predict(case.make(), X, y, groups=groups, cv=GroupKFold(2))
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
