"""One spectrum for all sources."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone

from sslearn.decoding import ArgmaxDecoder, PeakDecoder
from sslearn.deep_learning import NeuralLocalizer
from sslearn.encoding import GaussianEncoding, LikelihoodEncoding, MixedEncoding
from sslearn.exceptions import UncertaintyWarning
from sslearn.geometry import angles_to_unit_vectors, circular_grid, fibonacci_grid
from sslearn.metrics import match_sources, missed_detection_rate
from sslearn.networks import CRNN, FNSSL, MLP, PNN, HistogramNet, SNet
from sslearn.persistence import to_onnx

NAN = float("nan")
GRID = circular_grid(5)


def test_values_by_hand():
    # Distances to 10 and 40 degrees on a line, and the nearer one counts.
    encoding = LikelihoodEncoding([0, 10, 20, 30, 40], width=10)
    targets = encoding.fit_transform([[[40], [10]], [[10], [10]]])
    e = np.exp
    np.testing.assert_allclose(targets[0], [e(-1), 1, e(-1), e(-1), 1])
    np.testing.assert_allclose(targets[1], [e(-1), 1, e(-1), e(-4), e(-9)])
    assert encoding.output_spec_.shape == (5,)
    assert (encoding.output_spec_.activation, encoding.output_spec_.loss) == ("sigmoid", "mse")


def test_absent_sources_leave_no_peak():
    encoding = LikelihoodEncoding(GRID, threshold=0.5)
    y = np.array([[[NAN], [42.0]], [[NAN], [NAN]], [[-60.0], [100.0]]])
    targets = encoding.fit_transform(y)
    one = GaussianEncoding(GRID).fit_transform([42.0])
    np.testing.assert_allclose(targets[0], one[0])
    assert (targets[1] == 0).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decoded = encoding.inverse_transform(targets)
    assert decoded.shape == y.shape
    assert np.isnan(decoded[..., 0]).sum(axis=1).tolist() == [1, 2, 0]
    assert missed_detection_rate(y, decoded, tolerance=1) == 0
    # A peak below the threshold is none, however high it stands above the rest.
    assert np.isnan(encoding.inverse_transform(0.45 * targets)).all()


@pytest.mark.parametrize("grid", [GRID, fibonacci_grid(800)], ids=["circle", "sphere"])
def test_round_trip_of_separated_sources(grid):
    rng = np.random.default_rng(0)
    y = rng.uniform(-180, 180, (400, 3, 1))
    if grid.ndim == 2:
        y = np.concatenate([y, rng.uniform(-60, 60, (400, 3, 1))], axis=2)
    flat = y.reshape(400 * 3, -1)
    vectors = angles_to_unit_vectors(flat if grid.ndim == 2 else flat[:, 0]).reshape(400, 3, 3)
    apart = np.einsum("nid,njd->nij", vectors, vectors) - np.eye(3)
    y = y[apart.max(axis=(1, 2)) < np.cos(np.deg2rad(30))]
    encoding = LikelihoodEncoding(grid)
    decoded = encoding.inverse_transform(encoding.fit_transform(y))
    errors = match_sources(y, decoded)[1]
    assert errors.max() < 3.5 and errors.mean() < 0.7


def test_sources_nearer_than_the_width_merge():
    encoding = LikelihoodEncoding(GRID)
    y = [[[10.0], [14.0]]]
    with pytest.warns(UncertaintyWarning, match="fewer peaks"):
        decoded = encoding.fit(y).inverse_transform(encoding.transform(y))
    assert np.isnan(decoded[..., 0]).sum() == 1


def test_tracks_and_one_source():
    track = np.array([[[[40.0], [-170.0]], [[50.0], [NAN]], [[NAN], [NAN]]]])
    encoding = LikelihoodEncoding(GRID, threshold=0.5)
    targets = encoding.fit_transform(track)
    assert targets.shape == (1, 3, 72)
    assert encoding.output_spec_.frames == "track"
    decoded = encoding.inverse_transform(targets)
    errors = match_sources(track, decoded)[1]
    assert np.isnan(errors).sum() == 3 and np.nanmax(errors) < 1e-6
    single = LikelihoodEncoding(GRID).fit([3.0])
    gaussian = GaussianEncoding(GRID).fit([3.0])
    np.testing.assert_array_equal(single.transform([3.0]), gaussian.transform([3.0]))
    assert single.inverse_transform(single.transform([3.0])).shape == (1,)


@pytest.mark.parametrize(
    "decoder",
    [
        PeakDecoder(2),
        PeakDecoder(2, refine=None),
        PeakDecoder(2, threshold=0.5, refine="lorentzian"),
    ],
)
def test_every_peak_decoder(decoder):
    y = np.array([[[-60.0], [100.0]]])
    encoding = LikelihoodEncoding(GRID, decoder=decoder)
    decoded = encoding.inverse_transform(encoding.fit_transform(y))
    assert match_sources(y, decoded)[1].max() < 0.1
    top = clone(encoding).set_params(decoder=ArgmaxDecoder()).fit(y)
    assert top.inverse_transform(top.transform(y)).shape == (1, 1, 1)


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (MLP((8,)), (40,)),
        (CRNN(4, pool_sizes=(4, 4), n_units=4, n_dense=8), (4, 32, 5)),
        (PNN(4, hidden_layer_sizes=(8,)), (4, 32, 5)),
        (SNet((4, 8), n_blocks=1, n_hidden=8), (4, 32, 2, 5)),
        (FNSSL(4, n_blocks=1), (4, 32, 5)),
        (HistogramNet(grid=fibonacci_grid(60)), (7, 32, 5)),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, object) else "",
)
def test_networks_of_one_source_learn_several(network, shape):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, *shape)).astype(np.float32)
    y = rng.uniform(-180, 180, (12, 2, 1))
    grid = GRID
    if isinstance(network, HistogramNet):
        grid = fibonacci_grid(60)
        y = np.concatenate([y, np.zeros((12, 2, 1))], axis=2)
    y[3, 1] = NAN
    encoding = LikelihoodEncoding(grid, threshold=0.5)
    localizer = NeuralLocalizer(
        network, encoding=encoding, max_epochs=2, batch_size=4, random_state=0, device="cpu"
    ).fit(X, y)
    assert localizer.spatial_spectrum(X).shape == (12, len(grid))
    assert localizer.predict(X).shape == y.shape
    losses = localizer.history_["train_loss"]
    assert np.isfinite(losses).all()


def test_a_network_learns_two_sources():
    rng = np.random.default_rng(0)
    y = rng.uniform(-180, 180, (3000, 2, 1))
    centers = np.arange(0, 360, 10)
    distance = np.abs((y - centers + 180) % 360 - 180)
    X = np.exp(-np.square(distance / 15)).sum(axis=1).astype(np.float32)
    localizer = NeuralLocalizer(
        MLP((128,), dropout=0.0, activation="relu"),
        encoding=LikelihoodEncoding(GRID, threshold=0.5),
        max_epochs=40,
        lr=3e-3,
        random_state=0,
        device="cpu",
    ).fit(X[:2500], y[:2500])
    missed = missed_detection_rate(y[2500:], localizer.predict(X[2500:]), tolerance=5)
    assert missed < 0.15  # 7 % of the pairs are nearer to each other than 12 degrees


def test_it_is_refused_where_it_does_not_fit():
    pytest.importorskip("onnx")
    with pytest.raises(ValueError, match="has one for all"):
        MixedEncoding([LikelihoodEncoding(), GaussianEncoding()]).fit([[[1.0], [90.0]]])
    X = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    y = np.random.default_rng(0).uniform(-180, 180, (8, 2, 1))
    encoding = LikelihoodEncoding(GRID, threshold=0.5)
    localizer = NeuralLocalizer(MLP((4,)), encoding=encoding, max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="must know the decoder"):
        to_onnx(localizer, X)
