import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.nn.functional import gelu

from sslearn.networks import PredictiveCoding
from sslearn.networks.layers import feed_forward, feedback, initial_feedback

PUBLISHED = ((512, 14, 14), (128,))
SMALL = ((6, 14, 14), (4,))


# Rules S10 to S13 on two layers of two numbers, worked by hand and with NumPy.
def dense(weights):
    return lambda x: torch.tensor(weights, dtype=torch.float64) @ x


TOP = torch.tensor([1.0, -0.5], dtype=torch.float64)
SOUND = torch.tensor([0.6], dtype=torch.float64)
PREDICT = [dense([[0.3, -0.6]]), dense([[0.5, -0.2], [0.1, 0.4]])]
CORRECT = [dense([[0.7], [-0.3]]), dense([[0.2, 0.5], [-0.4, 0.3]])]
B, A = [0.5, 0.5], [1.0, 1.0]


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-6)


def test_two_cycles_of_the_rules():
    states = [torch.zeros(2, dtype=torch.float64)] * 2
    table = [
        # r_2 and p_1, r_1 and p_0 of the feedback; r_1 and r_2 of the feed-forward
        ([0.345731, -0.100323], [0.192930, -0.005556], [0.051939, -0.001386], [0.016413]),
        ([0.311910, -0.075873], [0.210970, -0.073164]),
        ([0.440534, -0.110969], [0.242461, -0.000334], [0.168856, -0.018473], [0.061740]),
        ([0.385953, -0.077126], [0.287241, -0.081175]),
    ]
    for down, up in zip(table[::2], table[1::2], strict=True):
        states, predictions = feedback(states, TOP, PREDICT, B, [gelu, gelu])
        for actual, expected in zip(
            (states[1], predictions[1], states[0], predictions[0]), down, strict=True
        ):
            close(actual, expected)
        states = feed_forward(states, predictions, SOUND, CORRECT, A, [gelu, gelu])
        for actual, expected in zip(states, up, strict=True):
            close(actual, expected)


def test_two_cycles_in_the_released_order():
    predict = [lambda x: gelu(PREDICT[0](x)), PREDICT[1]]
    states, predictions = initial_feedback(TOP, predict, [gelu, gelu])
    close(predictions[1], [0.435448, -0.046017])
    close(predictions[0], [0.089071])
    assert (states[0] == predictions[1]).all() and (states[1] == TOP).all()
    states = feed_forward(states, predictions, SOUND, CORRECT, A, [gelu, gelu])
    close(states[0], [0.623486, -0.083907])
    close(states[1], [0.861604, -0.163505])
    states, predictions = feedback(states, TOP, predict, B, [gelu, gelu])
    close(states[1], [0.767001, -0.122761])
    close(predictions[1], [0.408053, 0.027596])
    close(states[0], [0.359487, -0.013762])
    close(predictions[0], [0.063417])
    states = feed_forward(states, predictions, SOUND, CORRECT, A, [gelu, gelu])
    close(states[0], [0.565185, -0.075249])
    close(states[0] - predictions[1], [0.157132, -0.102845])
    close(states[1], [0.577039, -0.089685])


def test_one_linear_cycle_by_hand():
    phi = [lambda x: x] * 2
    states = [torch.zeros(2, dtype=torch.float64)] * 2
    states, predictions = feedback(states, TOP, PREDICT, B, phi)
    close(states[1], [0.5, -0.25])
    close(predictions[1], [0.3, -0.05])
    close(states[0], [0.15, -0.025])
    close(predictions[0], [0.06])
    states = feed_forward(states, predictions, SOUND, CORRECT, A, phi)
    close(states[0], [0.528, -0.187])
    close(states[1], [0.4771, -0.3823])


@pytest.mark.parametrize("n_cycles", [1, 3, 5, 6, 7, 8])
def test_published_sizes(n_cycles):
    network = PredictiveCoding(n_cycles)
    assert network.count_parameters(PUBLISHED) == 9_834_112 + 5_120 * n_cycles
    # Two views, in 10^9 operations.
    expected = 2 * (0.0514 + 1.1572 * n_cycles)
    assert 2e-9 * network.count_macs(PUBLISHED) == pytest.approx(expected, abs=1e-3)


def test_parts_of_the_default():
    sizes = {"convolutions": 0, "rates": 0, "norms": 0}
    module = PredictiveCoding().build(PUBLISHED)
    for name, p in module.named_parameters():
        part = "rates" if "rates" in name else "norms" if "cycles" in name else "convolutions"
        sizes[part] += p.numel()
    assert sizes == {"convolutions": 9_831_040, "rates": 3_072, "norms": 25_600}


def draw(shapes=SMALL, n_samples=3):
    torch.manual_seed(0)
    return [torch.randn(n_samples, *shape) for shape in shapes]


def test_steps_as_they_are_released():
    """Three cycles of the module, step by step, with the batch norms of a mini-batch."""
    torch.manual_seed(3)
    module = PredictiveCoding(3).build(SMALL)
    a, b = module.feed_forward_rates, module.feedback_rates
    with torch.no_grad():
        for rates in (*a, *b):
            rates.uniform_(-0.2, 1)
    f_v, f_a = draw()

    def phi(x):
        mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
        return gelu((x - mean) / (var + 1e-5).sqrt())

    def predict(i, x):
        return F.max_pool2d(F.conv2d(x, module.predict[i][0].weight, padding=1), 2)

    def error_of_sound(r_1):
        q = gelu(F.conv2d(r_1, module.predict[0].weight, module.predict[0].bias)).mean((2, 3))
        return (f_a - q)[..., None, None].expand(-1, -1, 3, 3)

    def enlarge(x):
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)

    def feed(r, p, e_0):
        r_1 = phi(r[0] + a[0].relu() * F.conv_transpose2d(e_0, weights[0]))
        r_2 = phi(r[1] + a[1].relu() * F.conv_transpose2d(r_1 - p[0], weights[1], stride=2))
        e_2 = enlarge(r_2 - p[1])
        return r_1, r_2, phi(r[2] + a[2].relu() * F.conv_transpose2d(e_2, weights[2], padding=1))

    weights = [layer.weight for layer in module.correct]
    p_2 = phi(predict(2, f_v))
    p_1 = phi(predict(1, p_2))
    r_1, r_2, r_3 = feed((p_1, p_2, f_v), (p_1, p_2), error_of_sound(p_1))
    for _ in range(2):
        r_3 = gelu((1 - b[2].relu()) * r_3 + b[2].relu() * f_v)
        p_2 = predict(2, r_3)
        r_2 = phi((1 - b[1].relu()) * r_2 + b[1].relu() * p_2)
        p_1 = predict(1, r_2)
        r_1 = phi((1 - b[0].relu()) * r_1 + b[0].relu() * p_1)
        r_1, r_2, r_3 = feed((r_1, r_2, r_3), (p_1, p_2), error_of_sound(r_1))
    expected = F.conv2d(r_3, module.output.weight, module.output.bias)
    torch.testing.assert_close(module(f_v, f_a), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("size", [(4, 4), (5, 7), (12, 12), (14, 14), (16, 16), (15, 20), (28, 28)])
def test_any_size_of_map(size):
    module = PredictiveCoding(2).build(((6, 14, 14), (4,)))
    features, sound = draw(((6, *size), (4,)))
    assert module(features, sound).shape == features.shape


def test_states_of_the_published_size_are_pooled_twice():
    module = PredictiveCoding(1).build(SMALL)
    features, _ = draw()
    second = module.predict[2](features)
    assert second.shape[2:] == (7, 7)
    assert module.predict[1](second).shape[2:] == (3, 3)
    # None too many: the sizes for which the published program is written.
    assert module.correct[1](torch.ones(1, 6, 3, 3)).shape[2:] == (7, 7)


@pytest.mark.parametrize(
    ("size", "axis"), [((12, 12), 2), ((16, 16), 2), ((16, 16), 3), ((14, 16), 3)]
)
def test_layers_of_even_sizes_do_not_move_the_map(size, axis):
    """With mirrored filters, the module maps a mirrored map to the mirrored output."""
    module = PredictiveCoding(2).build(((6, *size), (4,)))
    features, sound = draw(((6, *size), (4,)))
    output = module(features, sound)
    with torch.no_grad():
        for weight in module.parameters():
            if weight.ndim == 4:
                weight.copy_(weight.flip(axis))
    mirrored = module(features.flip(axis), sound).flip(axis)
    torch.testing.assert_close(mirrored, output, rtol=1e-3, atol=1e-4)


def test_every_weight_gets_a_gradient():
    module = PredictiveCoding(2).build(SMALL)
    module(*draw()).square().sum().backward()
    assert all((p.grad != 0).any() for p in module.parameters())


def test_one_cycle_has_no_feedback_step():
    module = PredictiveCoding(1).build(SMALL)
    module(*draw()).sum().backward()
    unused = [name for name, p in module.named_parameters() if p.grad is None]
    assert unused == [f"feedback_rates.{i}" for i in range(3)]


def test_sound_moves_the_map_and_rates_of_zero_silence_it():
    module = PredictiveCoding(3).build(SMALL).eval()
    features, sound = draw()
    with torch.no_grad():
        assert not torch.allclose(module(features, sound), module(features, -sound), atol=1e-4)
        for rates in (*module.feedback_rates, *module.feed_forward_rates):
            rates.fill_(-1.0)
        expected = features
        for norms in module.cycles:
            if norms is not module.cycles[0]:
                expected = gelu(expected)
            expected = gelu(norms.feed_forward[2](expected))
        torch.testing.assert_close(module(features, sound), module.output(expected))
        assert torch.equal(module(features, sound), module(features, -sound))


def test_rows_do_not_mix_in_evaluation():
    module = PredictiveCoding(2).build(SMALL).eval()
    features, sound = draw(n_samples=5)
    order = torch.tensor([3, 0, 4, 1, 2])
    with torch.no_grad():
        out = module(features, sound)
        torch.testing.assert_close(module(features[order], sound[order]), out[order])


def test_cycles_have_norms_of_their_own():
    module = PredictiveCoding(3).build(SMALL)
    module(*draw())
    means = [
        norm.running_mean
        for norms in module.cycles
        for norm in (*norms.feedback[:2], *norms.feed_forward)
    ]
    assert len(means) == 15
    assert len({tuple(mean.tolist()) for mean in means}) == 15


def test_identity_start_copies_the_state():
    torch.manual_seed(0)
    random = PredictiveCoding(1).build(SMALL)
    torch.manual_seed(0)
    module = PredictiveCoding(1, start="identity").build(SMALL)
    x = draw()[0]
    torch.testing.assert_close(module.output(x), x)
    torch.testing.assert_close(module.correct[2].weight, 0.3 * random.correct[2].weight)


@pytest.mark.parametrize(
    ("params", "shapes", "name"),
    [
        ({"n_cycles": 0}, SMALL, "n_cycles"),
        ({"start": "zeros"}, SMALL, "start"),
        ({}, (6, 14, 14), "input_shape"),
        ({}, ((6, 14, 14), (4,), (2,)), "input_shape"),
        ({}, ((6, 14), (4,)), "input_shape"),
        ({}, ((6, 3, 14), (4,)), "input_shape"),
        ({}, ((6, 14, 14), (4, 2)), "input_shape"),
        ({}, None, "input_shape"),
    ],
)
def test_bad_values_are_named(params, shapes, name):
    network = PredictiveCoding(**params)
    for method in (network.build, network.count_parameters, network.count_macs):
        with pytest.raises(ValueError, match=name):
            method(shapes)
    with pytest.raises(ValueError, match="output_shape"):
        PredictiveCoding().build(SMALL, (6, 14, 13))
