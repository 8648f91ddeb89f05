import os

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.utils import get_tags

from sslearn.features import (
    ILD,
    IPD,
    STFT,
    FeatureStack,
    Flatten,
    TimePooling,
    make_feature_stack,
)

SPECTRUM = STFT(64).transform(np.random.default_rng(0).standard_normal((3, 4, 300)))


def test_maps_are_joined_on_axis_one():
    stack = FeatureStack([("ild", ILD()), ("ipd", IPD(reference=1))])
    maps = stack.transform(SPECTRUM)
    assert maps.shape[:3] == (3, 6, 33)
    np.testing.assert_array_equal(maps[:, :3], ILD().transform(SPECTRUM))
    np.testing.assert_array_equal(maps[:, 3:], IPD(reference=1).transform(SPECTRUM))
    np.testing.assert_array_equal(stack.fit_transform(SPECTRUM), maps)


def test_features_are_joined_as_by_scikit_learn():
    X = np.random.default_rng(0).standard_normal((5, 2))
    stack = make_feature_stack(StandardScaler(), MinMaxScaler()).set_output(transform="pandas")
    assert list(stack.fit_transform(X).columns) == [
        f"{name}__x{i}" for name in ("standardscaler", "minmaxscaler") for i in range(2)
    ]


def test_nested_parameters_weights_and_drop():
    stack = FeatureStack([("ild", ILD()), ("ipd", IPD())], transformer_weights={"ild": 2.0})
    assert stack.get_params()["ipd__reference"] == 0
    stack = clone(stack).set_params(ipd="drop", ild__reference=3)
    np.testing.assert_array_equal(
        stack.transform(SPECTRUM), 2 * ILD(reference=3).transform(SPECTRUM)
    )


def test_shapes_that_do_not_fit_are_named():
    stack = FeatureStack([("ild", ILD(freq_range=(0, 4000))), ("ipd", IPD())])
    with pytest.raises(ValueError, match=r"ild \(3, 3, 16, .*ipd \(3, 3, 33"):
        stack.transform(SPECTRUM)
    with pytest.raises(ValueError, match="agree on all axes but 1"):
        make_feature_stack(ILD(), make_pipeline(ILD(), Flatten())).fit_transform(SPECTRUM)


def test_needs_fit_only_if_a_part_does():
    assert not get_tags(make_feature_stack(ILD(), IPD())).requires_fit
    assert get_tags(make_feature_stack(ILD(), StandardScaler())).requires_fit


def test_parts_run_in_threads():
    def process(X):
        return np.full((len(X), 1), os.getpid())

    part = FunctionTransformer(process)
    stack = make_feature_stack(part, part, n_jobs=2)
    for out in (stack.fit_transform(SPECTRUM), stack.transform(SPECTRUM)):
        np.testing.assert_array_equal(out, os.getpid())


def test_maps_stay_arrays_where_features_are_data_frames():
    stack = make_feature_stack(ILD(), IPD())
    pooled = make_pipeline(stack, TimePooling(), Flatten())
    features = make_feature_stack(pooled, pooled)
    expected = features.fit_transform(SPECTRUM)
    with config_context(transform_output="pandas"):
        assert isinstance(stack.fit_transform(SPECTRUM), np.ndarray)
        frame = features.fit_transform(SPECTRUM)
        assert isinstance(frame, pd.DataFrame)
        assert list(frame.columns) == list(features.get_feature_names_out())
        np.testing.assert_array_equal(frame, expected)
        assert isinstance(features.transform(SPECTRUM), pd.DataFrame)
    assert isinstance(
        clone(pooled).set_output(transform="pandas").fit_transform(SPECTRUM), pd.DataFrame
    )
