import pickle
import warnings

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from scipy.spatial.distance import cdist
from sklearn.base import clone
from sklearn.manifold import SpectralEmbedding
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sslearn.embedding import LaplacianEigenmaps, _neighbor_search
from sslearn.neighbors import KNeighborsLocalizer


@parametrize_with_checks(
    [LaplacianEigenmaps(), LaplacianEigenmaps(2, n_neighbors=5, affinity="gaussian")]
)
@pytest.mark.filterwarnings("ignore:The graph of n_neighbors", "ignore:Only . of n_components")
def test_scikit_learn(estimator, check):
    check(estimator)


def make_manifold(n_samples, n_features=12, noise=0.01, seed=0):
    """Smooth features of azimuth and elevation."""
    rng = np.random.RandomState(seed)
    y = np.c_[rng.uniform(-90, 90, n_samples), rng.uniform(-45, 45, n_samples)]
    mix = np.random.RandomState(1)
    phase = np.deg2rad(y) @ mix.randn(2, n_features) + mix.uniform(0, 6, n_features)
    return np.cos(phase) + noise * rng.randn(n_samples, n_features), y


def angle_between(A, B):
    return np.rad2deg(subspace_angles(A.astype(float), B.astype(float))).max()


def dense_eigenmaps(X, n_neighbors, n_components, bandwidth=None):
    """The formulas of the paper, word for word."""
    squared = cdist(X, X, "sqeuclidean")
    nearest = squared <= np.sort(squared, axis=1)[:, [n_neighbors - 1]]
    K = (nearest | nearest.T) * (1.0 if bandwidth is None else np.exp(-squared / bandwidth))
    values, vectors = np.linalg.eig(K / K.sum(axis=1, keepdims=True))
    order = np.argsort(-values.real)[1 : n_components + 1]
    return K, vectors.real[:, order], values.real[order]


@pytest.mark.parametrize("eigen_solver", ["arpack", "dense"])
@pytest.mark.parametrize(("affinity", "bandwidth"), [("nearest_neighbors", None), ("gaussian", 3)])
def test_equals_the_formulas(eigen_solver, affinity, bandwidth):
    X, _ = make_manifold(120)
    K, vectors, values = dense_eigenmaps(X, 10, 3, bandwidth)
    embedding = LaplacianEigenmaps(
        affinity=affinity, bandwidth=bandwidth, eigen_solver=eigen_solver
    ).fit(X)
    np.testing.assert_allclose(embedding.affinity_matrix_.toarray(), K, atol=1e-12)
    np.testing.assert_allclose(embedding.eigenvalues_, values)
    Z = embedding.embedding_
    np.testing.assert_allclose(Z.T @ np.diag(K.sum(axis=1)) @ Z, np.eye(3), atol=1e-9)
    for z, v in zip(Z.T, vectors.T, strict=True):
        assert angle_between(z[:, None], v[:, None]) < 1e-5
    assert (Z.max(axis=0) == np.abs(Z).max(axis=0)).all()


@pytest.mark.parametrize("eigen_solver", ["arpack", "dense"])
def test_gaussian_of_all_pairs(eigen_solver):
    X, _ = make_manifold(60)
    new, squared = make_manifold(20, seed=2)[0], cdist(X, X, "sqeuclidean")
    K, vectors, values = dense_eigenmaps(X, 60, 2, 3.0)
    np.testing.assert_allclose(K, np.exp(-squared / 3.0))
    params = {"affinity": "gaussian", "n_neighbors": None, "bandwidth": 3.0}
    embedding = LaplacianEigenmaps(2, eigen_solver=eigen_solver, **params).fit(X)
    np.testing.assert_allclose(embedding.affinity_matrix_.toarray(), K, atol=1e-12)
    np.testing.assert_allclose(embedding.eigenvalues_, values)
    assert angle_between(embedding.embedding_, vectors) < 1e-4
    kernel = np.exp(-cdist(new, X, "sqeuclidean") / 3.0)
    extended = kernel @ embedding.embedding_ / kernel.sum(axis=1, keepdims=True) / values
    np.testing.assert_allclose(embedding.transform(new), extended)


def test_circle_becomes_a_circle():
    rad = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    X = np.c_[np.cos(rad), np.sin(rad)]
    Z = LaplacianEigenmaps(2, n_neighbors=11).fit_transform(X)
    radius = np.linalg.norm(Z, axis=1)
    np.testing.assert_allclose(radius, radius.mean(), rtol=1e-6)
    turns = np.unwrap(np.arctan2(Z[:, 1], Z[:, 0]))
    assert abs(turns[-1] - turns[0]) == pytest.approx(2 * np.pi * 199 / 200, rel=1e-6)


def test_same_subspace_as_spectral_embedding():
    X, _ = make_manifold(800)
    ours = LaplacianEigenmaps().fit(X)
    theirs = SpectralEmbedding(3, n_neighbors=10).fit_transform(X)
    # Their graph leaves the sample itself out. Unrelated subspaces are about 90 degrees apart.
    assert angle_between(ours.embedding_, theirs) < 20
    graph = ours.affinity_matrix_.toarray()
    same_graph = SpectralEmbedding(3, affinity="precomputed").fit_transform(graph)
    assert angle_between(ours.embedding_, same_graph) < 2


@pytest.mark.parametrize("affinity", ["nearest_neighbors", "gaussian"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_samples_keep_their_place(affinity, dtype):
    X = make_manifold(700)[0].astype(dtype)
    embedding = LaplacianEigenmaps(affinity=affinity)
    Z = embedding.fit_transform(X)
    assert Z.dtype == dtype and embedding.transform(X).dtype == dtype
    np.testing.assert_allclose(embedding.transform(X), Z, atol=1e-6)


@pytest.mark.parametrize("affinity", ["nearest_neighbors", "gaussian"])
def test_new_samples_find_their_place(affinity):
    X, y = make_manifold(2000)
    X_new, y_new = make_manifold(300, seed=2)
    model = make_pipeline(LaplacianEigenmaps(affinity=affinity), KNeighborsLocalizer())
    assert model.fit(X, y).score(X_new, y_new) > 0.6


@pytest.mark.filterwarnings("ignore:The graph of n_neighbors")
def test_far_samples_stay_finite():
    X, _ = make_manifold(100)
    embedding = LaplacianEigenmaps(affinity="gaussian", bandwidth=1e-3).fit(X)
    assert np.isfinite(embedding.transform(X + 1e3)).all()


def test_chunks_change_nothing():
    import sklearn

    X, _ = make_manifold(600)
    embedding = LaplacianEigenmaps(random_state=0).fit(X)
    whole = embedding.transform(X)
    with sklearn.config_context(working_memory=0.1):
        np.testing.assert_allclose(embedding.transform(X), whole, atol=1e-12)


def test_unconnected_graph_warns_and_separates():
    rng = np.random.RandomState(0)
    X = np.concatenate([rng.randn(40, 2), rng.randn(30, 2) + 100, rng.randn(20, 2) - 100])
    with pytest.warns(UserWarning, match="3 connected components"):
        Z = LaplacianEigenmaps(2).fit_transform(X)
    assert [len(np.unique(part.round(6), axis=0)) for part in np.split(Z, [40, 70])] == [1, 1, 1]
    assert len(np.unique(Z.round(6), axis=0)) == 3


def test_connected_graph_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LaplacianEigenmaps().fit(make_manifold(100)[0])


def test_complete_graph_warns_and_stays_finite():
    X, _ = make_manifold(10)
    with pytest.warns(UserWarning, match="Only 0 of n_components=3"):
        embedding = LaplacianEigenmaps(n_neighbors=10).fit(X)
    assert np.isfinite(embedding.transform(X)).all()


@pytest.mark.filterwarnings("ignore:The graph of n_neighbors=12")
def test_duplicates():
    X = np.repeat(make_manifold(60)[0], 3, axis=0)
    Z = LaplacianEigenmaps(n_neighbors=12).fit_transform(X)
    assert np.isfinite(Z).all()
    copies = np.repeat(make_manifold(20)[0], 30, axis=0)
    with pytest.warns(UserWarning, match="20 connected components"):
        assert np.isfinite(LaplacianEigenmaps().fit(copies).transform(copies)).all()


def test_seeds_pickle_and_refit():
    X, _ = make_manifold(700)
    embedding = LaplacianEigenmaps(random_state=0)
    np.random.seed(0)  # noqa: NPY002
    expected = np.random.rand()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    Z = embedding.fit_transform(X)
    np.testing.assert_array_equal(clone(embedding).fit(X).embedding_, Z)
    assert np.random.rand() == expected  # noqa: NPY002
    restored = pickle.loads(pickle.dumps(embedding))
    np.testing.assert_array_equal(restored.transform(X[:9]), embedding.transform(X[:9]))
    np.testing.assert_allclose(LaplacianEigenmaps(random_state=1).fit(X).embedding_, Z, atol=1e-8)
    embedding.set_params(affinity="gaussian").fit(X)
    assert embedding.set_params(affinity="nearest_neighbors").fit_transform(X) == pytest.approx(Z)


def test_pandas_output():
    X, _ = make_manifold(50)
    table = LaplacianEigenmaps(2).set_output(transform="pandas").fit_transform(X)
    assert table.columns.tolist() == ["laplacianeigenmaps0", "laplacianeigenmaps1"]


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"n_neighbors": 21}, "n_neighbors must be at most 20 for n_samples = 20; got 21"),
        ({"n_components": 20}, "n_components must be at most 19 for n_samples = 20; got 20"),
        ({"affinity": "rbf"}, "affinity"),
        ({"bandwidth": 0.0}, "bandwidth"),
        ({"n_neighbors": 1}, "n_neighbors"),
        ({"n_neighbors": None}, 'n_neighbors=None needs affinity="gaussian"'),
    ],
)
def test_bad_parameters(params, match):
    with pytest.raises(ValueError, match=match):
        LaplacianEigenmaps(**params).fit(make_manifold(20)[0])


def exact_neighbors(X, k):
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X).kneighbors(X)


@pytest.fixture
def small_limit(monkeypatch):
    monkeypatch.setattr(_neighbor_search, "_MAX_BRUTE_SAMPLES", 1000)


@pytest.mark.usefixtures("small_limit")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_search_in_cells_finds_nearly_all_neighbours(dtype):
    X = make_manifold(3000, n_features=40)[0].astype(dtype)
    distances, indices = _neighbor_search.nearest_neighbors(X, 8, np.random.RandomState(0))
    expected_distances, expected = exact_neighbors(X, 8)
    assert (indices[:, 0] == np.arange(3000)).all()
    assert (np.diff(distances, axis=1) >= 0).all()
    recall = np.mean([len(np.intersect1d(*rows)) for rows in zip(indices, expected, strict=True)])
    assert recall / 8 > 0.99
    assert np.median(distances - expected_distances) == pytest.approx(0, abs=1e-5)


@pytest.mark.usefixtures("small_limit")
@pytest.mark.parametrize("kind", ["noise", "duplicates"])
def test_search_is_exact_where_cells_do_not_help(kind):
    rng = np.random.RandomState(0)
    X = rng.randn(1500, 20) if kind == "noise" else np.repeat(rng.randn(5, 20), 300, axis=0)
    distances, _ = _neighbor_search.nearest_neighbors(X, 10, np.random.RandomState(0))
    np.testing.assert_allclose(distances, exact_neighbors(X, 10)[0], atol=1e-6)


@pytest.mark.usefixtures("small_limit")
def test_embedding_with_the_search_in_cells():
    X, _ = make_manifold(2500, n_features=40)
    fast = LaplacianEigenmaps(random_state=0).fit(X)
    _neighbor_search._MAX_BRUTE_SAMPLES = 10_000
    assert angle_between(fast.embedding_, LaplacianEigenmaps().fit(X).embedding_) < 1
    np.testing.assert_allclose(fast.transform(X[:50]), fast.embedding_[:50], atol=2e-3)
