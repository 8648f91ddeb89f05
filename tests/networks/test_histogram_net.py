"""HistogramNet: votes that are known on paper, no preferred direction, and what networks hold."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from sklearn.base import clone

from sslearn.deep_learning._engine import build_module, restore_module, weights_of
from sslearn.encoding import UnbiasedEncoding
from sslearn.geometry import (
    angles_to_unit_vectors,
    fibonacci_grid,
    icosahedral_grid,
    quasi_uniform_grid,
)
from sslearn.networks import HistogramNet
from sslearn.networks._histogram_net import _mesh_with_table
from sslearn.networks._sphere_layers import (
    N_INVARIANTS,
    DirectionVotes,
    ZonalNet,
    intensity_invariants,
)

INPUT = (6, 10, 5)
GRID = icosahedral_grid(2)
N_DIRECTIONS = len(GRID)


def build(*, seed=0, dtype=torch.float32, n_samples=3, **params):
    network = HistogramNet(4, n_masks=3, n_sphere_filters=5, grid=GRID, **params)
    module = build_module(
        lambda: network.build(INPUT, (N_DIRECTIONS,)), seed, dtype, torch.device("cpu")
    )
    x = torch.randn(n_samples, *INPUT, generator=torch.manual_seed(1)).to(dtype)
    return module, x


def votes_on(grid):
    return DirectionVotes(*_mesh_with_table(grid.tobytes()))


def rotated(x, rotation):
    """Maps of the sound field after a rotation."""
    matrix = torch.tensor(rotation, dtype=x.dtype)
    parts = [torch.einsum("ij,njft->nift", matrix, part) for part in x.split(3, dim=1)]
    return torch.cat(parts, dim=1)


def symmetry():
    """A rotation that maps the grid to itself, and where its directions go."""
    vectors = angles_to_unit_vectors(GRID)
    rotation = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    nearest = (vectors @ rotation.T @ vectors.T).argmax(axis=1)
    np.testing.assert_allclose(vectors[nearest], vectors @ rotation.T, atol=1e-9)
    return rotation, nearest


def test_default_sizes():
    masks = 2 * 9 + (9 * 9 + 1) * 16 + (9 * 16 + 1) * 32 + (9 * 32 + 1) * 32 + 49 * 16 + 17 * 8
    norms = 2 * (16 + 32 + 32 + 16)
    sphere = (4 * 8 + 1) * 24 + 2 * 24 + (4 * 24 + 1) * 24 + 2 * 24 + (4 * 24 + 1)
    n_parameters = HistogramNet().count_parameters((7, 253, 25), (429,))
    assert n_parameters == masks + norms + sphere


def test_further_maps_are_seen_by_the_masks_alone():
    network = HistogramNet(4, n_masks=3, n_sphere_filters=5, grid=GRID)
    module = network.build((8, *INPUT[1:]), (N_DIRECTIONS,)).eval()
    x = torch.randn(2, 8, *INPUT[1:], generator=torch.manual_seed(0))
    other = torch.cat([x[:, :6], torch.randn(2, 2, *INPUT[1:])], dim=1)
    seen = []
    module.votes.register_forward_hook(lambda layer, inputs, output: seen.append(inputs))
    assert not torch.equal(module(x), module(other))
    assert torch.equal(seen[0][0], seen[1][0])
    assert not torch.equal(seen[0][1], seen[1][1])


@pytest.mark.parametrize("n_frames", [1, 2, 9])
@pytest.mark.parametrize("n_freqs", [1, 6, 13])
def test_any_number_of_bins(n_freqs, n_frames):
    module = build()[0].eval()
    assert module(torch.randn(2, 6, n_freqs, n_frames)).shape == (2, N_DIRECTIONS)


def test_invariants_do_not_turn_with_the_field():
    x = torch.randn(2, *INPUT, generator=torch.manual_seed(0), dtype=torch.float64)
    invariants = intensity_invariants(x)
    assert invariants.shape == (2, N_INVARIANTS, *INPUT[1:])
    turned = rotated(x, Rotation.random(rng=0).as_matrix())
    torch.testing.assert_close(intensity_invariants(turned), invariants)


def test_invariants_on_paper():
    # The same plane wave in every bin.
    x = torch.zeros(1, 6, 12, 7)
    x[:, 0] = 0.6
    expected = torch.tensor([0.6, 0, 0, 0.6, *[0.36] * 4])
    values = intensity_invariants(x)
    torch.testing.assert_close(values, expected[None, :, None, None].expand_as(values))


@pytest.mark.parametrize("grid", [GRID, quasi_uniform_grid(10)], ids=["icosahedral", "429"])
def test_a_bin_votes_by_its_unbiased_label(grid):
    y = fibonacci_grid(501)
    vectors = torch.tensor(0.3 * angles_to_unit_vectors(y), dtype=torch.float64)
    votes = votes_on(grid).double()
    histograms = votes(vectors[:, :, None, None], torch.ones(501, 1, 1, 1, dtype=torch.float64))
    assert histograms.shape == (501, len(grid), 1)
    expected = UnbiasedEncoding(grid).fit_transform(y)
    error = np.abs(2 * histograms[:, :, 0].numpy() - expected)
    # Triangles are looked up on whole degrees: near an edge, the one beside may be found.
    assert np.median(error.max(axis=1)) < 1e-6
    assert error.max() < 0.15


def test_masks_weigh_the_votes():
    vectors = torch.zeros(1, 3, 2, 1)
    vectors[0, :, :, 0] = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]).T
    masks = torch.tensor([[1.0, 0.0], [0.25, 1.0], [0.0, 0.0]]).view(1, 3, 2, 1)
    grid = quasi_uniform_grid(10)
    shares = votes_on(grid)(vectors, masks)[0]
    around, top = np.abs(grid).max(axis=1) < 15, grid[:, 1] == 90
    torch.testing.assert_close(shares[around].sum(dim=0), torch.tensor([1 / 2, 0.25 / 2.25, 0]))
    torch.testing.assert_close(shares[top][0], torch.tensor([0, 1 / 2.25, 0]))


def test_bins_beside_the_grid_do_not_vote():
    upper = GRID[GRID[:, 1] >= 0]
    votes = votes_on(upper)
    elevations = np.array([60.0, -60.0, -5.0])
    vectors = torch.tensor(angles_to_unit_vectors([[20.0, e] for e in elevations])).float()
    shares = votes(vectors[:, :, None, None], torch.ones(3, 1, 1, 1)).sum(dim=(1, 2))
    torch.testing.assert_close(shares[:2], torch.tensor([0.5, 0.0]))


def test_silence_has_no_vote_and_a_finite_answer():
    module, x = build()
    silent = torch.zeros_like(x)
    masks = torch.ones(3, 2, *INPUT[1:])
    assert (module.votes(silent[:, :3], masks) == 0).all()
    module(x)
    assert module.eval()(silent).isfinite().all()


def test_all_directions_are_treated_alike():
    rotation, places = symmetry()
    module, x = build(dtype=torch.float64)
    module(x)
    module.eval()
    with torch.no_grad():
        scores, turned = module(x), module(rotated(x, rotation))
    # Equal but for the few bins whose triangle is looked up on the other side of an edge.
    assert (turned[:, places] - scores).abs().mean() < 0.03 * scores.std()
    assert (turned - scores).abs().mean() > 0.3 * scores.std()


def test_zonal_layers_keep_a_constant_and_turn_exactly():
    _, places = symmetry()
    net = ZonalNet(angles_to_unit_vectors(GRID), 2, 4, 3).double().eval()
    x = torch.randn(1, N_DIRECTIONS, 2, dtype=torch.float64)
    with torch.no_grad():
        turned = torch.empty_like(x)
        turned[:, places] = x
        torch.testing.assert_close(net(turned)[:, places], net(x))
        constant = net(torch.ones(1, N_DIRECTIONS, 2, dtype=torch.float64))
    torch.testing.assert_close(constant, constant[:, :1].expand_as(constant))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_output_dtype_and_gradients(dtype):
    module, x = build(dtype=dtype)
    out = module(x)
    assert (out.shape, out.dtype) == ((3, N_DIRECTIONS), dtype)
    (out * torch.randn(out.shape, generator=torch.manual_seed(2))).sum().backward()
    assert all(p.grad.abs().max() > 0 for p in module.parameters())


def test_a_batch_is_learned_by_heart():
    module, x = build()
    places = torch.tensor([3, 70, 140])
    optimizer = torch.optim.Adam(module.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(module(x), places)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_company_does_not_matter_in_evaluation():
    module, x = build(dtype=torch.float64)
    module(x)
    module.eval()
    torch.testing.assert_close(module(x[1:2]), module(x)[1:2])


def test_weights_depend_on_the_seed_alone():
    again, other = build()[0].state_dict(), build(seed=1)[0].state_dict()
    torch.rand(3)
    state = build()[0].state_dict()
    assert all(torch.equal(value, again[key]) for key, value in state.items())
    assert any(not torch.equal(value, other[key]) for key, value in state.items())


def test_restored_module_answers_the_same():
    module, x = build()
    network = HistogramNet(4, n_masks=3, n_sphere_filters=5, grid=GRID)
    weights = weights_of(module.eval())
    restored = restore_module(lambda: network.build(INPUT, (N_DIRECTIONS,)), weights, "cpu")
    assert torch.equal(restored(x), module(x))


def test_input_is_left_alone():
    module, x = build()
    before = x.clone()
    module(x).sum().backward()
    assert torch.equal(x, before)


@pytest.mark.parametrize(
    ("network", "shapes", "message"),
    [
        (HistogramNet(0), (INPUT, (429,)), "n_filters"),
        (HistogramNet(n_masks=0), (INPUT, (429,)), "n_masks"),
        (HistogramNet(n_sphere_filters=0), (INPUT, (429,)), "n_sphere_filters"),
        (HistogramNet(n_sphere_layers=0), (INPUT, (429,)), "n_sphere_layers"),
        (HistogramNet(), ((3, 10, 5), (429,)), "at least 6 maps.*got 3.*reactive=True"),
        (HistogramNet(), ((6, 10), (429,)), r"needs samples of shape \(n_maps, n_freqs"),
        (HistogramNet(), (INPUT, (3,)), r"grid of shape \(429, 2\).*output_shape=\(3,\)"),
        (HistogramNet(), (INPUT, (2, 429)), r"one source.*output_shape=\(2, 429\)"),
        (HistogramNet(grid=[0.0, 90.0]), (INPUT, (2,)), r"grid of shape \(2,\)"),
        (HistogramNet(grid=[[0.0, 95.0]]), (INPUT, (1,)), "elevation"),
    ],
)
def test_what_cannot_be_built_is_named(network, shapes, message):
    with pytest.raises(ValueError, match=message):
        network.build(*shapes)


def test_recipe_is_cloned_and_printed():
    network = HistogramNet(8, n_masks=4)
    assert repr(clone(network)) == repr(network) == "HistogramNet(n_filters=8, n_masks=4)"
