"""Every estimator and recipe in a fresh process: saved without pickle, pickled, and by joblib."""

import inspect
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest

import sslearn
from sslearn import recipes
from tests.estimator_data import ARRAY
from tests.persistence import fresh_process
from tests.persistence.zoo import RECIPES, TRUSTED, ZOO, fitted


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What a fresh process makes of all files, and what this one does of the originals."""
    folder = tmp_path_factory.mktemp("zoo")
    expected, inputs = {}, {}
    for name in ZOO:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of trainings this short
            estimator, X = fitted(name)
        X = pickle.loads(pickle.dumps(X))  # sums depend on the order of bytes in memory
        inputs[name] = X, TRUSTED.get(name, ())
        sslearn.save(estimator, folder / f"{name}.sslearn")
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(estimator))
        joblib.dump(estimator, folder / f"{name}.joblib")
        expected[name] = fresh_process.examine(estimator, X)
    (folder / "inputs.pkl").write_bytes(pickle.dumps(inputs))
    script = Path(fresh_process.__file__)
    subprocess.run([sys.executable, "-W", "ignore", script, folder], check=True)
    return expected, pickle.loads((folder / "answers.pkl").read_bytes())


def assert_same_bits(a, b):
    if isinstance(a, list):
        for one, other in zip(a, b, strict=True):
            assert_same_bits(one, other)
    else:
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", fresh_process.FORMATS)
@pytest.mark.parametrize("name", ZOO)
def test_equal_in_a_fresh_process(outcomes, name, kind):
    expected, loaded = outcomes[0][name], outcomes[1][name, kind]
    assert not isinstance(loaded, str), loaded
    assert_same_bits(loaded[0], expected[0])
    assert loaded[1] == expected[1]  # the whole state
    assert loaded[2] == expected[2]  # get_params
    assert loaded[3] == expected[3]  # repr


def test_every_recipe_is_in_the_zoo():
    assert {name.partition("-")[0] for name in RECIPES} == set(recipes.__all__)


@pytest.mark.parametrize("name", recipes.__all__)
def test_recipes_as_published_before_they_are_fitted(name, tmp_path):
    recipe = getattr(recipes, name)
    model = recipe(ARRAY) if "mic_positions" in inspect.signature(recipe).parameters else recipe()
    sslearn.save(model, tmp_path / "recipe.sslearn")
    loaded = sslearn.load(tmp_path / "recipe.sslearn")
    assert fresh_process.portrait(loaded) == fresh_process.portrait(model)
    assert repr(loaded) == repr(model)
