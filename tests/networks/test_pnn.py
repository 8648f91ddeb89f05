import numpy as np
import torch

from sslearn.networks import PNN, PNNSplit


def state(module):
    return {key: value.numpy() for key, value in module.state_dict().items()}


def test_layers_written_down_again():
    """Frame after frame in NumPy, before any training: batch norm only divides by its epsilon."""
    torch.manual_seed(0)
    module = PNN(4, hidden_layer_sizes=(6,)).build((3, 5, 2), (7,)).double().eval()
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 2))
    w = state(module)
    for n, t in np.ndindex(2, 2):
        rows = x[n, :, :, t][None]  # (filters, microphones, frequencies)
        for i in (0, 2):
            kernel, bias = w[f"network.{i}.weight"][..., 0], w[f"network.{i}.bias"]
            pairs = np.stack([rows[:, :-1], rows[:, 1:]])
            rows = np.einsum("oip,pimf->omf", kernel, pairs) + bias[:, None, None]
            rows = np.maximum(rows, 0)
        assert rows.shape == (4, 1, 5)
        hidden = w["network.5.weight"] @ rows.ravel() + w["network.5.bias"]
        hidden = np.maximum(hidden / np.sqrt(1 + 1e-5), 0)
        expected = w["network.8.weight"] @ hidden + w["network.8.bias"]
        with torch.no_grad():
            answers = module(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(answers[n, t], expected, atol=1e-12)


def test_multiplications_by_hand():
    # Rows that are left, times columns, inputs, outputs and size of the kernel.
    convs = 256 * 2 * (3 * 64 + 2 * 64 * 64 + 64 * 64)
    dense = 16384 * 512 + 512 * 512 + 512 * 73
    assert PNN().count_macs((4, 256, 126), (73,)) == 126 * (convs + dense)
    convs = 256 * (3 * 4 * 2 + 2 * 4 * 16 * 6 + 16 * 32 * 6)
    dense = 32 * 256 * 146
    lstm = 2 * 4 * 73 * (146 + 73)
    expected = 126 * (convs + dense + lstm) + 2 * 146 * 73
    assert PNNSplit().count_macs((4, 256, 126), (2, 73)) == expected


def test_other_arrays():
    # One convolution fewer than microphones, whatever their number.
    for n_channels in (2, 6):
        module = PNN(4).build((n_channels, 8, 1), (3,))
        convs = [layer for layer in module.modules() if isinstance(layer, torch.nn.Conv2d)]
        assert len(convs) == n_channels - 1
    module = PNNSplit((2, 3, 4, 5, 6)).build((6, 8, 3), (2, 3))
    assert module(torch.randn(2, 6, 8, 3)).shape == (2, 2, 3)
