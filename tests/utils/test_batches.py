import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import MaxAbsScaler

from sslearn.utils import fit_batch_transform, take_rows


@pytest.mark.parametrize("rows", [slice(1, 3), np.array([1, 2])])
@pytest.mark.parametrize("kind", [np.array, list, tuple, pd.Series])
def test_rows_of_whatever_holds_them(kind, rows):
    X = kind(["a", "b", "c", "d"])
    if kind is pd.Series:
        X.index = [7, 5, 3, 1]
    assert list(take_rows(X, rows)) == ["b", "c"]


def test_rows_of_clips_of_any_length():
    clips = [np.zeros((2, n)) for n in (3, 4, 5)]
    assert [clip.shape[1] for clip in take_rows(clips, np.array([2, 0]))] == [5, 3]


def test_a_copy_is_fitted_on_the_first_samples():
    transform = MaxAbsScaler()
    fitted = fit_batch_transform(transform, np.array([[2.0], [4.0], [8.0]]), 2)
    assert fitted.scale_.tolist() == [4.0]
    assert not hasattr(transform, "scale_")
    assert fit_batch_transform(None, None, 2) is None
