import gc

import numpy as np
import pandas as pd
import pytest

from sslearn.utils import check_rate, recall, remember
from sslearn.utils._provenance import _KNOWN


def test_rate_and_labels_belong_to_one_array():
    index = pd.Index([7, 3])
    X = remember(np.zeros((2, 3)), fs=8000, index=index)
    assert recall(X).fs == 8000
    assert recall(X).index is index
    assert recall(X.copy()) == (None, None)
    assert recall(X[:1]) == (None, None)
    assert recall("anything") == (None, None)
    assert recall(remember(X)) == (None, None)


def test_nothing_is_kept_alive():
    gc.collect()
    n_before = len(_KNOWN)
    X = remember(np.zeros(5), fs=8000)
    assert len(_KNOWN) == n_before + 1
    del X
    gc.collect()
    assert len(_KNOWN) == n_before


def test_labels_of_clips_follow_their_order():
    clips = remember([np.zeros((2, n)) for n in (3, 4, 5)], fs=8000, index=pd.Index([7, 3, 1]))
    fs, index = recall(clips[::-1])
    assert (fs, index.tolist()) == (8000, [1, 3, 7])
    assert recall([*clips, np.zeros((2, 3))]) == (None, None)
    assert recall([]) == (None, None)


def test_rates_that_disagree():
    X = remember(np.zeros((2, 3)), fs=48000)
    check_rate(X, 48000.0)
    check_rate(np.zeros((2, 3)), 16000)
    with pytest.raises(ValueError, match=r"rate must be the sampling rate of X, 48000 Hz; got 160"):
        check_rate(X, 16000, name="rate")
