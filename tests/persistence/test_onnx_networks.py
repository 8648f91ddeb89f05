"""Every network in ONNX Runtime: equal to torch, for any number of samples and of frames."""

import numpy as np
import pytest

from sslearn.deep_learning import NeuralLocalizer
from sslearn.encoding import (
    GaussianEncoding,
    IPDEncoding,
    SummedIPDEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import circular_grid, fibonacci_grid
from sslearn.networks import (
    CRNN,
    FNSSL,
    MLP,
    PNN,
    SRPDNN,
    HistogramNet,
    IcoDOA,
    IPDNet,
    IPDNet2,
    PNNSplit,
    SNet,
    SNetSplit,
    TFMamba,
)
from sslearn.persistence import to_onnx

pytest.importorskip("onnxscript")
ort = pytest.importorskip("onnxruntime")
torch = pytest.importorskip("torch")

PAIR = [[0.0, 0.05, 0.0], [0.0, -0.05, 0.0]]
TRIO = [*PAIR, [0.05, 0.0, 0.0]]
SPHERE = fibonacci_grid(40)
CLASSES = UnbiasedEncoding(circular_grid(60.0))
PHASES = IPDEncoding(PAIR, n_fft=16)
AXES = {1: (4,), 2: (4, 2), 3: (4, 2, 1), 4: (4, 2, 2, 1)}
# Network, encoding, shape of a sample, axes of y.
CASES = {
    "MLP": (MLP((8,)), None, (6,), 1),
    "PNN": (PNN(2, hidden_layer_sizes=(4,)), CLASSES, (3, 5, 4), 1),
    "PNNSplit": (PNNSplit((2, 3)), CLASSES, (3, 5, 4), 3),
    "SNet": (SNet((2, 3), n_blocks=1), CLASSES, (2, 30, 2, 3), 1),
    "SNetSplit": (SNetSplit((2, 3), n_blocks=1), CLASSES, (2, 30, 2, 3), 3),
    "CRNN": (CRNN(2, pool_sizes=(4, 2), n_units=3), None, (2, 8, 4), 1),
    "HistogramNet": (
        HistogramNet(2, n_masks=2, n_sphere_filters=2, grid=SPHERE),
        GaussianEncoding(SPHERE),
        (6, 8, 4),
        2,
    ),
    "FNSSL": (FNSSL(4, n_blocks=2), PHASES, (4, 8, 10), 1),
    "IPDNet": (IPDNet(4, n_blocks=1, n_filters=3), PHASES, (4, 8, 10), 4),
    "IPDNet for arrays": (
        IPDNet(4, n_blocks=1, n_filters=3, variable_array=True),
        IPDEncoding(TRIO, n_fft=16),
        (6, 8, 10),
        4,
    ),
    "IPDNet2": (IPDNet2(8, n_layers=1), IPDEncoding(PAIR, n_fft=32), (4, 16, 10), 4),
    "TFMamba": (TFMamba(4, n_blocks=1, n_filters=3), PHASES, (4, 8, 10), 4),
    "SRPDNN": (
        SRPDNN(n_filters=3, n_units=4, pool_sizes=((2, 1), (2, 5))),
        SummedIPDEncoding(PAIR, n_fft=16),
        (4, 8, 10),
        4,
    ),
    "IcoDOA": (IcoDOA(3), UnitVectorEncoding(n_dims=3), (1, 40, 4), 1),
}


def _fitted(network, encoding, shape, n_axes):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((4, *shape)).astype(np.float32)
    y = rng.uniform(-80, 80, AXES[n_axes])
    localizer = NeuralLocalizer(
        network, encoding=encoding, max_epochs=1, validation_fraction=None, random_state=0
    )
    return localizer.fit(X, y), X


@pytest.mark.parametrize("name", CASES)
def test_networks_are_equal_in_onnxruntime(name, tmp_path):
    localizer, X = _fitted(*CASES[name])
    weights = {key: value.copy() for key, value in localizer.weights_.items()}
    path = tmp_path / "network.onnx"
    to_onnx(localizer, path, part="network")
    session = ort.InferenceSession(path)
    (features,) = session.get_inputs()
    assert features.shape[0] == "n_samples"
    inputs = [X, X[:1]]
    if X.ndim > 2:
        assert features.shape[3] == "n_frames"
        longer = np.concatenate([X, X, X], axis=3)
        inputs = [X[:1], longer[:, :, :, :-1], np.concatenate([longer, longer])]
    for x in inputs:
        (outputs,) = session.run(["outputs"], {"features": x})
        with torch.inference_mode():
            expected = localizer.module_(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-5)
    for key, value in localizer.weights_.items():
        np.testing.assert_array_equal(value, weights[key])


def test_a_norm_of_frames_fixes_their_number():
    from sslearn.persistence._onnx_graph import Plan

    for norm_axis, any_length in (("channel", True), ("frame", False)):
        network = CRNN(2, pool_sizes=(4, 2), n_units=3, norm_axis=norm_axis)
        localizer, _ = _fitted(network, None, (2, 8, 4), 1)
        plan = Plan(localizer, [], decodes=False)
        assert plan.any_length == any_length
        assert plan.noise(3).shape == (3, 2, 8, 4)
