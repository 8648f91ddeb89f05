"""Networks in ONNX Runtime beside torch: size of the file, difference and time of a clip.

The networks have their published sizes, for two microphones or first-order ambisonics, and the
weights after one step on clips of 10 frames. They are timed on a clip of 1 s: 50 frames of 20 ms,
or 7 blocks of 7. Both run on one thread.
"""

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import torch

from benchmarks.timing import compared
from sslearn.deep_learning import NeuralLocalizer
from sslearn.encoding import IPDEncoding, SummedIPDEncoding, UnbiasedEncoding, UnitVectorEncoding
from sslearn.geometry import circular_grid, quasi_uniform_grid
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

MICS = [[0.0, 0.04, 0.0], [0.0, -0.04, 0.0]]
CLASSES = UnbiasedEncoding(circular_grid(5.0))
SPHERE = UnbiasedEncoding(quasi_uniform_grid())
PHASES = IPDEncoding(MICS)
MAPS, PARTS, BLOCKS = (2, 256, 50), (4, 256, 50), (4, 256, 7, 7)
ONE, TWO, TRACKS = (2,), (2, 2, 1), (2, 2, 2, 1)
# Network, encoding, shape of a sample and of y.
NETWORKS = {
    "MLP": (MLP((512, 512)), CLASSES, (1024,), ONE),
    "PNN": (PNN(), CLASSES, MAPS, ONE),
    "PNNSplit": (PNNSplit((4,)), CLASSES, MAPS, TWO),
    "SNet": (SNet(), CLASSES, BLOCKS, ONE),
    "SNetSplit": (SNetSplit(), CLASSES, BLOCKS, TWO),
    "CRNN": (CRNN(), SPHERE, (6, 512, 50), (2, 2)),
    "HistogramNet": (HistogramNet(), SPHERE, (6, 256, 50), (2, 2)),
    "FNSSL": (FNSSL(), PHASES, PARTS, ONE),
    "IPDNet": (IPDNet(), PHASES, PARTS, TRACKS),
    "IPDNet2.tiny": (IPDNet2.tiny(), PHASES, PARTS, TRACKS),
    "IPDNet2.small": (IPDNet2.small(), PHASES, PARTS, TRACKS),
    "IPDNet2.large": (IPDNet2.large(), PHASES, PARTS, TRACKS),
    "TFMamba": (TFMamba(), PHASES, PARTS, TRACKS),
    "SRPDNN": (SRPDNN(), SummedIPDEncoding(MICS), PARTS, TRACKS),
    "IcoDOA": (IcoDOA(), UnitVectorEncoding(n_dims=3), (1, 160, 50), ONE),
}


def fitted(name):
    """Localizer after one step of training on short noise."""
    network, encoding, shape, of_y = NETWORKS[name]
    rng = np.random.default_rng(0)
    shape = shape if len(shape) == 1 else (*shape[:2], 10, *shape[3:])
    X = rng.standard_normal((2, *shape)).astype(np.float32)
    y = rng.uniform(-80, 80, (2, *of_y[1:]))
    options = {"max_epochs": 1, "batch_size": 2, "validation_fraction": None, "random_state": 0}
    return NeuralLocalizer(network, encoding=encoding, **options).fit(X, y)


def figures_of(name, n_rounds):
    """Figures of a network."""
    localizer = fitted(name)
    clip = np.random.default_rng(1).standard_normal((1, *NETWORKS[name][2])).astype(np.float32)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with TemporaryDirectory() as folder:
        path = Path(folder, "network.onnx")
        start = time.process_time()
        to_onnx(localizer, path, part="network")
        export = time.process_time() - start
        session = onnxruntime.InferenceSession(path, options)
        size = path.stat().st_size
    module, tensor = localizer.module_, torch.from_numpy(clip)
    with torch.inference_mode():
        run = partial(session.run, None, {"features": clip})
        difference = np.abs(run()[0] - module(tensor).numpy()).max()
        figures = compared(run, partial(module, tensor), n_rounds)
    frames = session.get_modelmeta().custom_metadata_map["n_frames"]
    figures |= {"size": size / 2**20, "difference": float(difference), "export": export}
    return figures | {"frames": frames}


def measure(run):
    """A row for each network."""
    torch.set_num_threads(1)
    for name in list(NETWORKS)[: 2 if run.quick else None]:
        figures = figures_of(name, 1 if run.quick else 3)
        run.add({"what": name, "against": "torch"}, figures)
