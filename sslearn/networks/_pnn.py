from sslearn.networks._base import OUTPUT_INIT, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_sizes, one_source, two_sources
from sslearn.utils.param_validation import Integral, Interval, StrOptions


class PNN(NetworkRecipe):
    """Convolutional network on the phases of one frame, for one source.

    Each frame is processed separately. Convolutions join neighbouring microphones until one row is
    left, one layer fewer than microphones; dense layers then combine all frequencies.

    Parameters
    ----------
    n_filters : int, default=64
        Filters of each convolution.
    hidden_layer_sizes : tuple of int, default=(512, 512)
        Width of each dense layer before the output.
    output_init : {"zeros", "random"}, default="zeros"
        Weights of the output layer before training: 0, so that all directions have one score,
        or the random ones of torch, as published.

    See Also
    --------
    PNNSplit : The same for two sources.
    sslearn.features.PhaseMap : Its input.

    Notes
    -----
    ``conv(2 x 1), ReLU`` once for each pair of neighbouring rows, flattened; ``dense, batch norm,
    ReLU`` for each hidden width; a dense output. Rows are microphones, columns frequencies.

    With random weights the outputs start several times larger than labels of 1 among dozens of 0.
    A squared error without an activation then spends the first thousands of steps on reducing
    them, which may destroy the features; a start at 0 avoids this.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305; after S. Chakrabarty
    and E. A. P. Habets, "Multi-speaker DOA estimation using deep convolutional networks trained
    with noise signals", IEEE Journal of Selected Topics in Signal Processing 13(1), 2019.

    Examples
    --------
    Four microphones, 256 frequencies, 126 frames, 73 directions:

    >>> from sslearn.networks import PNN
    >>> PNN().count_parameters((4, 256, 126), (73,))
    8707977
    """

    _parameter_constraints: dict = {
        "n_filters": [Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like"],
        "output_init": OUTPUT_INIT,
    }

    def __init__(self, n_filters=64, *, hidden_layer_sizes=(512, 512), output_init="zeros"):
        self.n_filters = n_filters
        self.hidden_layer_sizes = hidden_layer_sizes
        self.output_init = output_init

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_channels, n_freqs, n_frames)``, at least two channels.
        output_shape : tuple of int
            ``(n_outputs,)``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_channels, n_freqs, n_frames) to (n_samples, n_frames,
            n_outputs), without a final activation. It takes any number of frames.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from torch import nn

        from sslearn.networks._frame_layers import EachFrame, dense_norm_relu, output_layer

        self._validate_params()
        n_outputs = one_source(self, output_shape)
        n_channels, n_freqs, _ = check_maps_shape(self, input_shape, min_maps=2)
        layers = _rows_to_one([self.n_filters] * (n_channels - 1), n_columns=1)
        # n_channels - 1 convolutions of height 2 leave one row of n_freqs columns.
        n_inputs = self.n_filters * n_freqs
        for width in check_sizes("hidden_layer_sizes", self.hidden_layer_sizes):
            layers += dense_norm_relu(n_inputs, width)
            n_inputs = width
        output = output_layer(nn.Linear(n_inputs, n_outputs), self.output_init)
        return EachFrame(nn.Sequential(*layers, output), as_rows=True)


class PNNSplit(NetworkRecipe):
    """Convolutional network on phases that splits two sources by a mask over time.

    Parameters
    ----------
    n_filters : tuple of int, default=(4, 16, 32)
        Filters of the convolutions, one fewer than microphones.
    recurrence : {"clip", "batch"}, default="clip"
        Sequence of the recurrent layer of the mask: the frames of each clip, or, as in the code
        that the authors released, all frames of the batch, one clip after the other. With
        ``"batch"`` the output for a clip depends on the others in its batch.
    output_init : {"zeros", "random"}, default="zeros"
        Weights of the output layer before training: 0, so that all directions have one score,
        or the random ones of torch, as published. See :class:`PNN`.

    See Also
    --------
    PNN : For one source.
    SNetSplit : The same mask on spectra.

    Notes
    -----
    ``conv(2 x 1), ReLU``, then ``conv(2 x 3), ReLU`` until one row of microphones is left, then
    ``dense, batch norm, ReLU`` to ``h_t``, twice as wide as there are outputs. With
    ``m_t = sigmoid(BiLSTM(h)_t)`` the features of the sources are ``sum_t m_t h_t / sum_t m_t``
    and ``sum_t (1 - m_t) h_t / sum_t (1 - m_t)``, element by element; one dense layer serves
    both. The order of the sources is that of the targets, or is left to the loss.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305. There the recurrence
    is that of ``recurrence="batch"``.

    Examples
    --------
    >>> from sslearn.networks import PNNSplit
    >>> PNNSplit().count_parameters((4, 256, 126), (2, 73))
    1339781
    """

    _parameter_constraints: dict = {
        "n_filters": ["array-like"],
        "recurrence": [StrOptions({"clip", "batch"})],
        "output_init": OUTPUT_INIT,
    }

    def __init__(self, n_filters=(4, 16, 32), *, recurrence="clip", output_init="zeros"):
        self.n_filters = n_filters
        self.recurrence = recurrence
        self.output_init = output_init

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_channels, n_freqs, n_frames)``, with one channel more than convolutions.
        output_shape : tuple of int
            ``(2, n_outputs)``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_channels, n_freqs, n_frames) to (n_samples, 2,
            n_outputs), without a final activation. It takes any number of frames.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from torch import nn

        from sslearn.networks._frame_layers import EachFrame, dense_norm_relu
        from sslearn.networks._split import SplitHead

        self._validate_params()
        n_filters = check_sizes("n_filters", self.n_filters)
        n_outputs = two_sources(self, output_shape)
        n_channels, n_freqs, _ = check_maps_shape(self, input_shape, min_maps=2)
        if n_channels != len(n_filters) + 1:
            raise ValueError(
                f"input_shape must begin with {len(n_filters) + 1} channels, one more than "
                f"n_filters={n_filters} has layers; got {n_channels}. Set n_filters."
            )
        layers = _rows_to_one(n_filters, n_columns=3)
        layers += dense_norm_relu(n_filters[-1] * n_freqs, 2 * n_outputs)
        trunk = EachFrame(nn.Sequential(*layers), as_rows=True)
        return nn.Sequential(trunk, SplitHead(n_outputs, self.recurrence, self.output_init))


def _rows_to_one(n_filters, n_columns):
    """Convolutions that each remove one row; all but the first are ``n_columns`` wide."""
    from torch import nn

    layers = []
    for i, (n_inputs, n_outputs) in enumerate(zip((1, *n_filters), n_filters, strict=False)):
        width = n_columns if i else 1
        conv = nn.Conv2d(n_inputs, n_outputs, (2, width), padding=(0, width // 2))
        layers += [conv, nn.ReLU(inplace=True)]
    return [*layers, nn.Flatten()]
