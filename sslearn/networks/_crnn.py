from math import prod

from sslearn.networks._base import COUNT, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_shape, check_sizes
from sslearn.utils.param_validation import Interval, Real, StrOptions

_MIN_DENSE = 128
_NORM_CONSTANTS = {"torch": {}, "keras": {"momentum": 0.01, "eps": 1e-3}}


class CRNN(NetworkRecipe):
    """Convolutional recurrent network on maps, with an output for each frame.

    Convolutions over frequency and time with pooling shrink the frequency axis; recurrent layers
    then run through the frames in both directions.

    Parameters
    ----------
    n_filters : int, default=64
        Filters of each convolution.
    pool_sizes : tuple of int, default=(8, 8, 4)
        Frequencies that become one after each convolution, one entry for each convolution.
    n_units : int, default=64
        Units of the recurrent layers in each direction.
    n_recurrent_layers : int, default=2
        Number of recurrent layers.
    n_dense : int, default=None
        Width of the dense layer before the output. None means the number of outputs, but
        at least 128: the published heads for classes and for angles.
    dropout : float, default=0.2
        Probability of dropping a unit in training, after each pooling and after the dense layer.
    norm_axis : {"channel", "frame"}, default="channel"
        Axis of the scales and shifts in batch norm: one for each map, or, as in the model the
        authors released, for each frame, which ties the network to one number of frames.
    norm_constants : {"torch", "keras"}, default="torch"
        Weight of a new batch in the running statistics of batch norm, and number added to the
        variance: 0.1 and 1e-5, or 0.01 and 1e-3, as in the model the authors released.
    output_bias : float, default=None
        Bias of the outputs before training; 0 if None. With one true class among hundreds of
        independent scores, -6 saves the epochs in which all scores only decrease.

    See Also
    --------
    sslearn.features.IntensityVector : Its input.
    sslearn.recipes.ambisonic_crnn : The published systems around it.

    Notes
    -----
    ``conv(3 x 3), ReLU, batch norm, max pooling, dropout`` for each pool size; the maps of a
    frame, lowest frequency first, as a vector; bidirectional LSTMs; ``dense, ReLU, dropout`` and
    a dense output in each frame. Weights start Glorot uniform, recurrent ones orthogonal, biases at
    0, those of the forget gates at 1. Different from the paper: gates are true sigmoids where the
    released model uses piecewise linear ones, and there is no dropout inside the recurrence. The
    rectifier of the dense layer and the dropout after it are our reading.

    References
    ----------
    L. Perotin, A. Défossez, E. Vincent, R. Serizel and A. Guérin, "Regression versus
    classification for neural network based audio source localization", WASPAA 2019; after L.
    Perotin, R. Serizel, E. Vincent and A. Guérin, "CRNN-based multiple DoA estimation using
    acoustic intensity features for Ambisonics recordings", IEEE Journal of Selected Topics in
    Signal Processing 13(1), 2019.

    Examples
    --------
    Intensity at 513 frequencies in 25 frames, a unit vector or 429 directions:

    >>> from sslearn.networks import CRNN
    >>> CRNN().count_parameters((6, 513, 25), (3,))
    292291
    >>> CRNN().count_parameters((6, 513, 25), (429,))
    515203
    """

    _parameter_constraints: dict = {
        "n_filters": COUNT,
        "pool_sizes": ["array-like"],
        "n_units": COUNT,
        "n_recurrent_layers": COUNT,
        "n_dense": [*COUNT, None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "norm_axis": [StrOptions({"channel", "frame"})],
        "norm_constants": [StrOptions(set(_NORM_CONSTANTS))],
        "output_bias": [Real, None],
    }

    def __init__(
        self,
        n_filters=64,
        *,
        pool_sizes=(8, 8, 4),
        n_units=64,
        n_recurrent_layers=2,
        n_dense=None,
        dropout=0.2,
        norm_axis="channel",
        norm_constants="torch",
        output_bias=None,
    ):
        self.n_filters = n_filters
        self.pool_sizes = pool_sizes
        self.n_units = n_units
        self.n_recurrent_layers = n_recurrent_layers
        self.n_dense = n_dense
        self.dropout = dropout
        self.norm_axis = norm_axis
        self.norm_constants = norm_constants
        self.output_bias = output_bias

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_maps, n_freqs, n_frames)``.
        output_shape : tuple of int
            ``(n_outputs,)`` or ``(n_sources, n_outputs)``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_maps, n_freqs, n_frames) to (n_samples, n_frames,
            \\*output_shape), without a final activation. It takes any number of frames, unless
            ``norm_axis="frame"``.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid; by the module, if ``norm_axis="frame"`` and
            the number of frames is not that of ``input_shape``.
        """
        from torch import nn

        from sslearn.networks._crnn_layers import (
            BidirectionalLSTM,
            ChannelsLast,
            FrequenciesFirst,
            start_glorot,
        )

        self._validate_params()
        n_maps, n_freqs, n_frames = check_maps_shape(self, input_shape)
        output_shape = check_shape("output_shape", output_shape)
        trunk, n_features = self._trunk(n_maps, n_freqs, n_frames)
        head = self._head(prod(output_shape))
        module = nn.Sequential(
            ChannelsLast(),
            *trunk,
            FrequenciesFirst(),
            BidirectionalLSTM(n_features, self.n_units, self.n_recurrent_layers),
            *head,
        )
        start_glorot(module)
        nn.init.constant_(head[-1].bias, self.output_bias or 0.0)
        if len(output_shape) > 1:
            module.append(nn.Unflatten(2, output_shape))
        return module

    def _trunk(self, n_maps, n_freqs, n_frames):
        """Convolutions, and the number of features of a frame that they leave."""
        from torch import nn

        from sslearn.networks._crnn_layers import FrameNorm, FrequencyBlock

        pool_sizes = check_sizes("pool_sizes", self.pool_sizes)
        if n_freqs < prod(pool_sizes):
            raise ValueError(
                f"input_shape must have at least {prod(pool_sizes)} frequencies, the product of "
                f"pool_sizes={pool_sizes}; got {n_freqs}. Raise n_fft or set smaller pool_sizes."
            )
        blocks, n_inputs = [], n_maps
        constants = _NORM_CONSTANTS[self.norm_constants]
        for pool_size in pool_sizes:
            if self.norm_axis == "channel":
                norm = nn.BatchNorm2d(self.n_filters, **constants)
            else:
                norm = FrameNorm(n_frames, **constants)
            blocks.append(FrequencyBlock(n_inputs, self.n_filters, pool_size, norm, self.dropout))
            # Max pooling drops frequencies that do not fill a pool.
            n_freqs, n_inputs = n_freqs // pool_size, self.n_filters
        return blocks, n_freqs * n_inputs

    def _head(self, n_outputs):
        from torch import nn

        from sslearn.networks.layers import PrivateDropout

        n_dense = max(_MIN_DENSE, n_outputs) if self.n_dense is None else self.n_dense
        dense = nn.Linear(2 * self.n_units, n_dense)
        output = nn.Linear(n_dense, n_outputs)
        return [dense, nn.ReLU(inplace=True), PrivateDropout(self.dropout), output]
