"""The published systems: what they are made of, and that they localize."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline

from sslearn import recipes
from sslearn.base import is_localizer
from sslearn.datasets import make_binaural
from sslearn.metrics import median_angular_error

NEURAL = [recipes.siamese, recipes.weakly_supervised_siamese, recipes.feed_forward]
ALL = [*NEURAL, recipes.laplacian_eigenmaps]


@pytest.fixture(scope="module")
def clips():
    """Anechoic clips of the embedded head with azimuth and elevation."""
    return make_binaural(600, duration=0.2, random_state=0)


def fast(recipe):
    """A recipe that trains in seconds."""
    if recipe not in NEURAL:
        return recipe(random_state=0)
    return recipe(max_epochs=80 if recipe is recipes.feed_forward else 25, random_state=0)


@pytest.mark.parametrize("recipe", ALL)
def test_recipe_is_a_pipeline_of_a_localizer(recipe):
    model = recipe()
    assert isinstance(model, Pipeline)
    assert is_localizer(model)
    assert repr(clone(model)) == repr(model)


@pytest.mark.parametrize(
    ("recipe", "azimuth", "elevation"),
    [
        (recipes.siamese, 5, 18),
        (recipes.weakly_supervised_siamese, 7, 8),
        (recipes.feed_forward, 12, 20),
        (recipes.laplacian_eigenmaps, 13, None),  # elevation is not learned, as in the paper
    ],
)
def test_recipe_localizes(clips, recipe, azimuth, elevation):
    X, y = clips.data, clips.target
    predicted = fast(recipe).fit(X[:500], y[:500]).predict(X[500:])
    assert predicted.shape == (100, 2)
    assert median_angular_error(y[500:], predicted, component="azimuth") < azimuth
    if elevation is not None:
        assert median_angular_error(y[500:], predicted, component="elevation") < elevation


@pytest.mark.parametrize("recipe", ALL)
def test_azimuth_alone(clips, recipe):
    X, y = clips.data, clips.target
    model = fast(recipe).fit(X[:500], y[:500, 0])
    predicted = model.predict(X[500:])
    assert predicted.shape == (100,)
    assert median_angular_error(y[500:, 0], predicted) < 13
    assert 0.5 < model.score(X[500:], y[500:, 0]) <= 1


def test_one_embedding_per_angle(clips):
    X, y = clips.data, clips.target
    model = recipes.siamese(max_epochs=1, random_state=0).fit(X, y)
    assert model[:-1].transform(X[:4]).shape == (4, 6)
    weak = recipes.weakly_supervised_siamese(max_epochs=1, random_state=0).fit(X, y)
    assert weak[:-1].transform(X[:4]).shape == (4, 3)


def test_grid_search_over_groups_as_in_the_readme(clips):
    X, y, metadata = clips.data, clips.target, clips.metadata
    groups = metadata.index % 4
    model = recipes.siamese(max_epochs=2, random_state=0)
    grid = {"siameseembedding__radius": [5, 15]}
    search = GridSearchCV(model, grid, cv=GroupKFold(2), error_score="raise")
    search.fit(X[:200], y[:200], groups=groups[:200])
    table = pd.DataFrame(search.cv_results_)
    assert np.isfinite(table["mean_test_score"]).all()
    assert search.predict(X[:3]).shape == (3, 2)


def test_cross_val_predict_with_groups(clips):
    X, y, metadata = clips.data, clips.target, clips.metadata
    groups = metadata.index % 3
    predicted = cross_val_predict(
        recipes.laplacian_eigenmaps(random_state=0), X, y, groups=groups, cv=GroupKFold(3)
    )
    assert median_angular_error(y, predicted, component="azimuth") < 15


def test_pandas_output_of_the_cues_and_the_embedding(clips):
    X, y = clips.data, clips.target
    model = recipes.weakly_supervised_siamese(max_epochs=1, random_state=0)
    frame = model.set_output(transform="pandas").fit(X, y)[:-1].transform(X[:5])
    assert list(frame.columns) == [f"siameseembedding{i}" for i in range(3)]


def test_unknown_recipe():
    with pytest.raises(AttributeError, match=r"no recipe 'siamse'.*weakly_supervised_siamese"):
        _ = recipes.siamse


@pytest.mark.parametrize("recipe", ALL)
def test_wrong_number_of_channels(clips, recipe):
    X, y = clips.data, clips.target
    with pytest.raises(ValueError, match="n_channels=2"):
        recipe().fit(X[:, :1], y)
