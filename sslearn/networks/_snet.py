from sslearn.networks._base import COUNT, OUTPUT_INIT, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_sizes, one_source, two_sources
from sslearn.utils.param_validation import StrOptions

# Columns, and the step, of the two convolutions that narrow the frequency axis.
_KERNELS = ((7, 3), (5, 2))
_N_NEIGHBORS = 5  # directions in the kernel of the last convolution


class SNet(NetworkRecipe):
    """Residual network on blocks of spectrum frames, for one source.

    Each block is processed separately: a residual trunk over frequency and time, a score of each
    direction at each place, then a second part that combines neighbouring directions.

    Parameters
    ----------
    n_filters : tuple of (int, int), default=(32, 128)
        Filters of the two convolutions over frequency; the second is the width of the residual
        blocks too.
    n_blocks : int, default=5
        Number of residual blocks.
    n_hidden : int, default=500
        Filters of the second part.
    padding : {"zeros", "circular"}, default="zeros"
        Input of the last convolution beyond the first and last direction: zeros, or the other
        end, for encodings whose grid is a closed circle.
    output_init : {"zeros", "random"}, default="zeros"
        Weights of the output layer before training: 0, so that all directions have one score,
        or the random ones of torch, as published. With ``"zeros"`` the last
        convolution averages over its frames and directions instead of adding them: a sum of so
        many changes too much with each step of the optimizer. See :class:`PNN`.

    See Also
    --------
    SNetSplit : The same for two sources.
    sslearn.features.RealImag, sslearn.features.FrameBlocks : Its input.

    Notes
    -----
    ``conv(1 x 7, step 3), conv(1 x 5, step 2)``, five blocks ``x <- ReLU(x + B(x))`` with
    ``B = conv(1 x 1), conv(3 x 3), conv(1 x 1)``, and ``conv(1 x 1)`` to one map for each output;
    then outputs and frequencies are exchanged, ``conv(1 x 1)`` to ``n_hidden`` maps, and a
    convolution over all frames of a block and 5 outputs. Every convolution but the last has batch
    norm, and a ReLU. Rows are frames.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305; after W. He, P.
    Motlicek, J.-M. Odobez, "Joint localization and classification of multiple sound sources using
    a multi-task neural network", Interspeech 2018, who pad in a circle and train the two parts one
    after the other.

    Examples
    --------
    Four microphones, 256 frequencies, 18 blocks of 7 frames, 73 directions:

    >>> from sslearn.networks import SNet
    >>> SNet().count_parameters((8, 256, 18, 7), (73,))
    978196
    """

    _parameter_constraints: dict = {
        "n_filters": ["array-like"],
        "n_blocks": COUNT,
        "n_hidden": COUNT,
        "padding": [StrOptions({"zeros", "circular"})],
        "output_init": OUTPUT_INIT,
    }

    def __init__(
        self,
        n_filters=(32, 128),
        *,
        n_blocks=5,
        n_hidden=500,
        padding="zeros",
        output_init="zeros",
    ):
        self.n_filters = n_filters
        self.n_blocks = n_blocks
        self.n_hidden = n_hidden
        self.padding = padding
        self.output_init = output_init

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_maps, n_freqs, n_blocks, n_block_frames)``.
        output_shape : tuple of int
            ``(n_outputs,)``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_maps, n_freqs, n_blocks, n_block_frames) to (n_samples,
            n_blocks, n_outputs), without a final activation. It takes any number of blocks.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from torch import nn

        from sslearn.networks._frame_layers import EachFrame, Mean, Transpose, conv_norm_relu

        self._validate_params()
        n_outputs = one_source(self, output_shape)
        n_maps, n_freqs, _, n_rows = check_maps_shape(self, input_shape, blocks=True)
        trunk, n_columns = _trunk(self.n_filters, self.n_blocks, n_maps, n_freqs)
        scores = [self._scores(n_rows)]
        if self.output_init == "zeros":
            scores.append(Mean(n_rows * _N_NEIGHBORS))
        return EachFrame(
            nn.Sequential(
                *trunk,
                *conv_norm_relu(self.n_filters[1], n_outputs, 1),
                Transpose(1, 3),
                *conv_norm_relu(n_columns, self.n_hidden, 1),
                *scores,
                nn.Flatten(),
            )
        )

    def _scores(self, n_rows):
        from torch import nn

        from sslearn.networks._frame_layers import output_layer

        patch, beside = (n_rows, _N_NEIGHBORS), (0, _N_NEIGHBORS // 2)
        scores = nn.Conv2d(self.n_hidden, 1, patch, padding=beside, padding_mode=self.padding)
        return output_layer(scores, self.output_init)


class SNetSplit(NetworkRecipe):
    """Residual network on blocks of spectrum frames that splits two sources by a mask.

    Parameters
    ----------
    n_filters : tuple of (int, int), default=(32, 128)
        Filters of the two convolutions over frequency; the second is the width of the residual
        blocks too.
    n_blocks : int, default=5
        Number of residual blocks.
    recurrence : {"clip", "batch"}, default="clip"
        Sequence of the recurrent layer of the mask: the blocks of each clip, or, as in the code
        that the authors released, all blocks of the batch, one clip after the other. With
        ``"batch"`` the output for a clip depends on the others in its batch.
    output_init : {"zeros", "random"}, default="zeros"
        Weights of the output layer before training: 0, so that all directions have one score,
        or the random ones of torch, as published. See :class:`PNN`.

    See Also
    --------
    SNet : For one source.
    PNNSplit : The same mask on phases.

    Notes
    -----
    The trunk of :class:`SNet`, flattened, ``dense, batch norm, ReLU`` to ``h_t`` and the mask of
    :class:`PNNSplit`, over blocks instead of frames. The order of the sources is that of the
    targets, or is left to the loss. Each output is a mean over the blocks, weighted by a mask: a
    clip of one block has the same output twice. Train on clips of six blocks or more.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305. There the recurrence
    is that of ``recurrence="batch"``.

    Examples
    --------
    >>> from sslearn.networks import SNetSplit
    >>> SNetSplit().count_parameters((8, 256, 18, 7), (2, 73))
    6302505
    """

    _parameter_constraints: dict = {
        "n_filters": ["array-like"],
        "n_blocks": COUNT,
        "recurrence": [StrOptions({"clip", "batch"})],
        "output_init": OUTPUT_INIT,
    }

    def __init__(self, n_filters=(32, 128), *, n_blocks=5, recurrence="clip", output_init="zeros"):
        self.n_filters = n_filters
        self.n_blocks = n_blocks
        self.recurrence = recurrence
        self.output_init = output_init

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_maps, n_freqs, n_blocks, n_block_frames)``.
        output_shape : tuple of int
            ``(2, n_outputs)``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_maps, n_freqs, n_blocks, n_block_frames) to (n_samples,
            2, n_outputs), without a final activation. It takes any number of blocks.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from torch import nn

        from sslearn.networks._frame_layers import EachFrame, dense_norm_relu
        from sslearn.networks._split import SplitHead

        self._validate_params()
        n_outputs = two_sources(self, output_shape)
        n_maps, n_freqs, _, n_rows = check_maps_shape(self, input_shape, blocks=True)
        trunk, n_columns = _trunk(self.n_filters, self.n_blocks, n_maps, n_freqs)
        n_inputs = self.n_filters[1] * n_rows * n_columns
        dense = dense_norm_relu(n_inputs, 2 * n_outputs)
        features = EachFrame(nn.Sequential(*trunk, nn.Flatten(), *dense))
        return nn.Sequential(features, SplitHead(n_outputs, self.recurrence, self.output_init))


def _trunk(n_filters, n_blocks, n_maps, n_freqs):
    """Layers that SNet and SNetSplit share, and the number of columns that they leave."""
    from torch import nn

    from sslearn.networks._frame_layers import Residual, conv_norm_relu

    n_filters = check_sizes("n_filters", n_filters)
    if len(n_filters) != 2:
        raise ValueError(f"n_filters must hold two numbers of filters; got {n_filters}.")
    # The second kernel needs 5 columns, which are 3 apart for the first one: 7 + 3 * 4.
    least = _KERNELS[0][0] + _KERNELS[0][1] * (_KERNELS[1][0] - 1)
    if n_freqs < least:
        raise ValueError(
            f"input_shape must have at least {least} frequencies; got {n_freqs}. Raise n_fft."
        )
    layers, n_columns, n_inputs = [], n_freqs, n_maps
    for n_outputs, (width, step) in zip(n_filters, _KERNELS, strict=True):
        layers += conv_norm_relu(n_inputs, n_outputs, (1, width), stride=(1, step))
        n_columns, n_inputs = (n_columns - width) // step + 1, n_outputs
    for _ in range(n_blocks):
        branch = [
            *conv_norm_relu(n_inputs, n_inputs, 1),
            *conv_norm_relu(n_inputs, n_inputs, 3, padding=1),
            *conv_norm_relu(n_inputs, n_inputs, 1, relu=False),
        ]
        layers.append(Residual(nn.Sequential(*branch)))
    return layers, n_columns
