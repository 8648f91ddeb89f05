"""One training for all pairs of encoding and loss: shared layers, and an output layer for each."""

import numpy as np
from torch import nn

from benchmarks.accuracy.label_encodings.training import CELLS, SCHEDULES, make_localizer
from sslearn.encoding import GridEncoding, OutputSpec
from sslearn.networks import NetworkRecipe

ACTIVATIONS = {"softmax": nn.Softmax(dim=-1), "sigmoid": nn.Sigmoid()}


class SharedNetwork(NetworkRecipe):
    """Network with an output layer for each of several cells; their outputs are concatenated.

    Parameters
    ----------
    network : NetworkRecipe
        The network.
    n_cells : int
        Number of output layers.
    """

    def __init__(self, network, n_cells):
        self.network = network
        self.n_cells = n_cells

    def build(self, input_shape, output_shape):
        """Make the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one sample.
        output_shape : tuple of int
            ``(*sources, n_cells * n_classes)``.

        Returns
        -------
        module : torch.nn.Module
            The network's own, with a wider output layer.
        """
        *sources, n_outputs = output_shape
        module = self.network.build(input_shape, (*sources, n_outputs // self.n_cells))
        # The output layer is the last one with weights; they start at 0.
        name = [name for name, part in module.named_modules() if list(part.parameters(False))][-1]
        layer = module.get_submodule(name)
        for weights in (layer.weight, layer.bias):
            weights.data = weights.data.repeat(self.n_cells, *[1] * (weights.ndim - 1))
        return module


class SharedEncoding(GridEncoding):
    """Encodings of several cells on one grid; their targets are concatenated.

    Parameters
    ----------
    encodings : list of GridEncoding
        The encodings.
    """

    def __init__(self, encodings, *, grid=None, decoder=None):
        super().__init__(grid, decoder=decoder)
        self.encodings = encodings

    def fit(self, y):
        """Fit all encodings."""
        for encoding in self.encodings:
            encoding.fit(y)
        *sources, n_classes = self.encodings[0].output_spec_.shape
        shape = (*sources, n_classes * len(self.encodings))
        self.output_spec_ = OutputSpec(shape, classes=True)
        return self

    def training_targets(self, y):
        """Targets of all encodings."""
        return np.concatenate([e.training_targets(y) for e in self.encodings], axis=-1)


class SharedLoss:
    """Sum of the logarithms of the losses of several cells.

    The gradient of each loss is divided by its value, so that its scale does not matter.

    Parameters
    ----------
    localizers : list of NeuralLocalizer
        Localizers of the cells.
    y : ndarray
        Directions of the training set, whose layout the encodings are fitted to.
    """

    def __init__(self, localizers, y):
        self.cells = []
        for localizer in localizers:
            spec = localizer.encoding.fit(y).output_spec_
            raw = localizer.activation is None or localizer.loss.takes == "scores"
            activation = nn.Identity() if raw else ACTIVATIONS[spec.activation]
            self.cells.append((activation, localizer.loss, spec.mixture or (1.0,)))

    def __call__(self, output, target):
        """Sum over the cells."""
        outputs = output.chunk(len(self.cells), dim=-1)
        targets = iter(target.split(outputs[0].shape[-1], dim=-1))
        total = 0.0
        for (activation, loss, weights), scores in zip(self.cells, outputs, strict=True):
            scores = activation(scores)
            total = total + sum(w * loss(scores, next(targets)) for w in weights).log()
        return total


def train_together(network, grid, train, *, split, **params):
    """Train all cells in one network.

    Parameters
    ----------
    network : {"PNN", "SNet"}
        Network.
    grid : {"circle", "front"}
        Grid of the recipe.
    train : Clips
        Clips.
    split : bool
        Whether the clips contain two sources.
    **params
        Parameters of the localizer.

    Returns
    -------
    weights : dict of str to ndarray
        Weights of the shared layers and of the output layers.
    """
    cells = [make_localizer(network, cell, grid, split=split) for cell in CELLS]
    localizer = cells[0].set_params(**params)
    localizer.set_params(
        network=SharedNetwork(localizer.network, len(cells)),
        loss=SharedLoss(cells, train.y),
        activation=None,
        encoding=SharedEncoding([cell.encoding for cell in cells]),
        validation_fraction=None,
        **SCHEDULES["cosine"],
    )
    return localizer.fit(train.X, train.y).weights_


def weights_of_cell(weights, cell):
    """Weights of :func:`train_together` for one cell.

    Parameters
    ----------
    weights : dict of str to ndarray
        Weights of all cells.
    cell : str
        One of ``CELLS``.

    Returns
    -------
    weights : dict of str to ndarray
        Weights of the network of the cell.
    """
    own = dict(weights)
    for name in list(weights)[-2:]:  # weight and bias of the output layer
        own[name] = np.split(weights[name], len(CELLS))[CELLS.index(cell)]
    return own
