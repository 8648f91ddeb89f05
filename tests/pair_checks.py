"""Checks of what takes pairs of picture and sound (kind "pairs"), or pictures.

Pictures are transformed (``"images"``), or train a network for others (``"pretext"``).
"""

from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.base import is_regressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sslearn.metrics import consensus_iou_score
from tests import estimator_checks as every
from tests.estimator_checks import answer, assert_same


def _cells(X):
    return [cell for row in X for cell in (row if X.dtype == object else [row])]


def write_pairs(X, folder):
    """The same pairs as paths of files."""
    pillow = pytest.importorskip("PIL.Image")
    rows = []
    for i, (image, sound) in enumerate(X):
        rows.append((folder / f"{i}.png", str(folder / f"{i}.wav")))
        pillow.fromarray(image).save(rows[-1][0])
        soundfile.write(rows[-1][1], sound, 16000, subtype="FLOAT")
    return rows


def check_inputs_unmodified(case):
    X, y = case.data()
    X_before, y_before = deepcopy(X), y.copy()
    for cell in _cells(X):
        cell.setflags(write=False)
    answer(case.fitted(X, y), X)
    for cell, before in zip(_cells(X), _cells(X_before), strict=True):
        np.testing.assert_array_equal(cell, before)
    np.testing.assert_array_equal(y, y_before)


def check_pictures_of_any_table(case):
    X, _ = case.data()
    expected = answer(case.fitted(X, None), X)
    column = pd.Series(list(X), index=np.arange(len(X))[::-1])
    silent = list(zip(X, [None] * len(X), strict=True))
    for given in (list(X), tuple(X), column, pd.DataFrame({"image": column, "a": 1}), silent):
        assert_same(answer(case.fitted(given, None), given), expected)


def check_rows_in_containers(case):
    X, y = case.data()
    expected = answer(case.fitted(X, y), X)
    index = np.random.default_rng(0).permutation(len(X))
    frame = pd.DataFrame({"audio": X[:, 1], "site": "a", "image": X[:, 0]}, index=index)
    for given in (frame, list(X), [tuple(row) for row in X], tuple(map(list, X))):
        assert_same(answer(case.fitted(given, y), given), expected, **case.tolerance)


def check_paths_equal_arrays(case):
    X, y = case.data()
    expected = answer(case.fitted(X, y), X)
    rows = write_pairs(X, case.folder)
    mixed = [(path, sound) for (path, _), (_, sound) in zip(rows, X, strict=True)]
    for given in (rows, pd.DataFrame(rows, columns=["image", "audio"]), mixed):
        assert_same(answer(case.fitted(given, y), given), expected, **case.tolerance)


def check_boxes_never_train(case):
    X, y = case.data()
    expected = answer(case.fitted(X, y), X)
    assert_same(answer(case.make().fit(X), X), expected, rtol=0, atol=0)
    assert_same(answer(case.make().fit(X, y[::-1]), X), expected, rtol=0, atol=0)


def check_pipeline_of_pairs(case):
    X, y = case.data()
    pipeline = make_pipeline(case.make()).fit(X, y)
    assert_same(pipeline.predict(X), case.fitted(X, y).predict(X))
    assert pipeline.score(X, y) == case.fitted(X, y).score(X, y)


def check_maps_points_and_boxes(case):
    X, y = case.data()
    localizer = case.fitted(X, y)
    maps, points, boxes = (
        getattr(localizer, name)(X) for name in ("similarity_map", "predict", "predict_boxes")
    )
    assert maps.ndim == 3 and len(maps) == len(X) and np.abs(maps).max() <= 1 + 1e-6
    large = localizer.similarity_map(X, size=224)
    assert large.shape == (len(X), 224, 224)
    peaks = large.reshape(len(X), -1).argmax(axis=1)
    assert_same(points, (np.stack([peaks % 224, peaks // 224], axis=1) + 0.5) / 224)
    assert boxes.shape == (len(X), 4) and boxes.min() >= 0 and boxes.max() <= 1
    # A box holds its point.
    assert (boxes[:, :2] <= points).all() and (points <= boxes[:, 2:]).all()
    assert localizer.score(X, y) == consensus_iou_score(y, maps)
    weights = np.arange(len(X))
    weighted = consensus_iou_score(y, maps, sample_weight=weights)
    assert localizer.score(X, y, sample_weight=weights) == weighted
    assert not is_regressor(localizer)


def check_sound_and_picture_matter(case):
    X, y = case.data()
    localizer = case.fitted(X, y)
    expected = answer(localizer, X)
    for column in (0, 1):
        other = X.copy()
        other[:, column] = np.roll(other[:, column], 1)
        assert np.abs(answer(localizer, other) - expected).max() > 1e-4


def check_bad_pairs_name_their_row(case):
    X, y = case.data()
    localizer = case.quick().fit(X, y)
    (corrupt, sound), (picture, _) = write_pairs(X[:2], case.folder)
    corrupt.write_bytes(corrupt.read_bytes()[:60])
    silence = np.zeros(4000, dtype=np.float32)
    for row in (
        (corrupt, sound),
        (Path("nowhere.png"), sound),
        (None, sound),
        (X[0, 0] / 255.0, sound),
        (X[0, 0][..., 0], sound),
        (picture, "nowhere.wav"),
        (picture, float("nan")),
        (picture, silence),
        (picture, silence * np.nan),
        (sound, picture),
    ):
        given = list(X)
        given[3] = row
        for use in (case.make().fit, localizer.similarity_map, localizer.predict):
            with pytest.raises((ValueError, TypeError, OSError), match=r"row 3\b"):
                use(given)


def check_wrong_tables(case):
    X, _ = case.data()
    frame = pd.DataFrame(X, columns=["image", "audio"])
    wrong = (frame[["image"]], frame.rename(columns={"audio": "sound"}), X[:, :1], X[0], X[:, 0])
    localizer = case.quick().fit(X)
    for given in (*wrong, [tuple(X[0]), X[1][:1]], set(), "X", None):
        for use in (case.make().fit, localizer.similarity_map):
            with pytest.raises((ValueError, TypeError), match="X"):
                use(given)


def check_nested_grid_search(case):
    X, y = case.data()
    pipeline = make_pipeline(case.quick())
    name = f"{pipeline.steps[0][0]}__augmentation__blur"
    search = GridSearchCV(pipeline, {name: [False, True]}, cv=2, error_score="raise")
    scores = cross_val_score(search, X, y, cv=2, error_score="raise")
    assert scores.shape == (2,) and ((scores >= 0) & (scores <= 1)).all()


_SHARED = (
    every.check_constructor_stores_only,
    every.check_at_most_one_positional,
    every.check_clone_and_repr,
    every.check_set_params_takes_effect,
    every.check_fit_returns_self,
    every.check_fit_changes_no_parameter,
    every.check_refit_forgets,
    every.check_seeded_refit_equal,
    every.check_global_seeds_untouched,
    every.check_pickle,
    every.check_save_load,
    every.check_invalid_parameter,
    check_inputs_unmodified,
)
_PRETEXT = (
    every.check_no_path_is_no_container,
    every.check_memory_map_equals_array,
    check_pictures_of_any_table,
)
_IMAGES = (
    *_PRETEXT,
    every.check_list_equals_array,
    every.check_empty_refused,
    every.check_wrong_dimension,
    every.check_pipeline,
)
_PAIRS = (
    every.check_list_equals_array,
    every.check_empty_refused,
    every.check_not_fitted,
    every.check_sample_order_and_batch_size,
    check_pipeline_of_pairs,
    check_rows_in_containers,
    check_paths_equal_arrays,
    check_boxes_never_train,
    check_maps_points_and_boxes,
    check_sound_and_picture_matter,
    check_bad_pairs_name_their_row,
    check_wrong_tables,
    check_nested_grid_search,
)


PAIR_KINDS = {"images": _IMAGES, "pairs": _PAIRS, "pretext": _PRETEXT}
# Where the settings of scikit-learn matter.
_CONFIGURED = (every.check_pipeline, check_pipeline_of_pairs, check_nested_grid_search)


def yield_pair_checks(case, *, config="plain"):
    """The checks that apply to one case."""
    for check in (*_SHARED, *PAIR_KINDS[case.kind]):
        if config == "plain" or check in _CONFIGURED:
            yield check
