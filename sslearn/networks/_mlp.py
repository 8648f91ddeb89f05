from math import prod

from sslearn.networks._base import NetworkRecipe
from sslearn.networks._shapes import check_shape, check_sizes
from sslearn.utils.param_validation import Integral, Interval, Real, StrOptions

_ACTIVATIONS = {"sigmoid": "Sigmoid", "relu": "ReLU", "tanh": "Tanh"}


class MLP(NetworkRecipe):
    """Fully connected network: blocks of dense, activation, batch norm and dropout.

    Branch of :class:`sslearn.embedding.SiameseEmbedding` and feed-forward baseline.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, default=None
        Width of each block. None means two blocks as wide as the input, as in the paper.
    activation : {"sigmoid", "relu", "tanh"}, default="sigmoid"
        Activation of the blocks.
    batch_norm : {"after", "before"} or None, default="after"
        Whether each block normalizes over the mini-batch after or before its activation; None
        omits it. In our trials sigmoids trained faster with the norm after them.
    dropout : float, default=0.2
        Probability of dropping a unit in training.
    bottleneck : int, default=None
        Width of a linear layer before the output; none if None. The feed-forward baseline of the
        paper is the branch, whose output of 3 is such a layer, and one more output.
    separate_outputs : bool, default=False
        Whether each output gets a separate network, for example one per angle.

    References
    ----------
    D. Tang, M. Taseska, T. van Waterschoot, "Toward learning robust contrastive embeddings for
    binaural sound source localization", Frontiers in Neuroinformatics 16:942978, 2022,
    doi:10.3389/fninf.2022.942978. The order of batch norm and activation is our choice.

    Examples
    --------
    >>> from sslearn.networks import MLP
    >>> MLP().count_parameters((729,), (3,))
    1069446
    """

    _parameter_constraints: dict = {
        "hidden_layer_sizes": ["array-like", None],
        "activation": [StrOptions(set(_ACTIVATIONS))],
        "batch_norm": [StrOptions({"after", "before"}), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "bottleneck": [Interval(Integral, 1, None, closed="left"), None],
        "separate_outputs": ["boolean"],
    }

    def __init__(
        self,
        hidden_layer_sizes=None,
        *,
        activation="sigmoid",
        batch_norm="after",
        dropout=0.2,
        bottleneck=None,
        separate_outputs=False,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.batch_norm = batch_norm
        self.dropout = dropout
        self.bottleneck = bottleneck
        self.separate_outputs = separate_outputs

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one sample; it is flattened.
        output_shape : tuple of int
            ``(n_outputs,)`` or ``(n_sources, n_outputs)``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, \\*input_shape) to (n_samples, \\*output_shape), without a
            final activation.

        Raises
        ------
        ValueError
            If a parameter or a width is not valid.
        """
        from torch import nn

        from sslearn.networks.layers import Parallel

        self._validate_params()
        output_shape = check_shape("output_shape", output_shape)
        n_inputs, n_outputs = prod(check_shape("input_shape", input_shape)), prod(output_shape)
        if self.separate_outputs:
            network = Parallel(self._branch(n_inputs, 1) for _ in range(n_outputs))
        else:
            network = self._branch(n_inputs, n_outputs)
        if len(output_shape) == 1:
            return network
        return nn.Sequential(network, nn.Unflatten(1, output_shape))

    def _branch(self, n_inputs, n_outputs):
        from torch import nn

        from sslearn.networks.layers import PrivateDropout

        sizes = (n_inputs, n_inputs) if self.hidden_layer_sizes is None else self.hidden_layer_sizes
        layers = [nn.Flatten()]
        for width in check_sizes("hidden_layer_sizes", sizes):
            block = [getattr(nn, _ACTIVATIONS[self.activation])()]
            if self.batch_norm is not None:
                # Index True, 1, is after the activation, False, 0, before it.
                block.insert(self.batch_norm == "after", nn.BatchNorm1d(width))
            layers += [nn.Linear(n_inputs, width), *block, PrivateDropout(self.dropout)]
            n_inputs = width
        if self.bottleneck is not None:
            layers.append(nn.Linear(n_inputs, self.bottleneck))
            n_inputs = self.bottleneck
        return nn.Sequential(*layers, nn.Linear(n_inputs, n_outputs))
