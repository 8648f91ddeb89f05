from math import prod

from sslearn.networks._base import COUNT, OUTPUT_ORDER, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_shape, check_sizes, phases_per_bin
from sslearn.utils.param_validation import Integral, Interval


class IPDNet2(NetworkRecipe):
    """Network of Mamba blocks for phase differences of several moving sources, causal in time.

    Layers across frequencies and layers along time alternate. In the first layer frequencies are
    averaged into bands, and after it frames into longer ones, so that later layers are cheap: the
    tiny and the small network run in real time on one processor core.

    Parameters
    ----------
    n_units : int, default=96
        Channels of each layer.
    n_layers : int, default=8
        Number of layers.
    kernel_size : int, default=5
        Frames in the kernel of the first convolution, frequencies in those of the others; odd.
    n_groups : int, default=8
        Groups of channels in the convolutions over frequency.
    n_squeezed : int, default=8
        Channels that the dense layers along frequency mix.
    freq_pooling : tuple of int, default=(1, 2, 8)
        Neighbouring frequencies that are averaged in the first layer: before its first convolution,
        before its dense layer, and before its Mamba blocks.
    time_pooling : int, default=5
        Frames that are averaged into one: an output for every 5 frames.
    time_pooling_layer : int, default=1
        Layer after which frames are averaged; 0 averages before the first one.
    output_order : {"clean", "released"}, default="clean"
        Layout of what the last layer computes for a bin. ``"clean"`` makes it the cosines and sines
        of that bin. ``"released"`` is the layout of the program of the authors, for their weights.

    See Also
    --------
    sslearn.encoding.IPDEncoding : Its targets.
    sslearn.networks.layers.Mamba : Its block along time.
    sslearn.recipes.ipdnet2 : The published systems around it.

    Notes
    -----
    With LN the layer norm over channels, LF one dense layer along frequency for all squeezed
    channels, and everything but the Mamba blocks applied to each frame::

        x = conv of each bin over 5 frames                          encoder
        x += PReLU(conv over frequency(LN(x)))                      each layer, cross-band
        x += SiLU(expand(LF(SiLU(squeeze(LN(x))))))
        x += PReLU(conv over frequency(LN(x)))
        x += Mamba(LN(x)), twice                                    each layer, narrow-band
        y = dense(tanh(dense to the bins of a band (x)))            outputs of each bin

    Outputs of a source are the rows cos f1, ..., cos fF, sin f1, ..., sin fF of a matrix with a
    column for each microphone pair. In the released program the two parts of a bin follow each
    other, while its targets have all cosines first: there the lower half of the bins computes the
    cosines and the upper half the sines.

    The paper describes one averaging of 16 frequencies; the released program splits it into 2 and
    8, and only this agrees with the published numbers of operations. The paper gives 0.5 million
    parameters for the tiny network; the same layers have 0.38 million.

    References
    ----------
    Y. Wang, B. Yang and X. Li, "IPDnet2: an efficient and improved inter-channel phase difference
    estimation network for sound source localization", arXiv:2509.21900, 2025.

    Examples
    --------
    Five microphones, 256 bins, clips of 4 s, two sources with four pairs each:

    >>> from sslearn.networks import IPDNet2
    >>> IPDNet2.small().count_parameters((10, 256, 201), (2, 2048))
    1255008
    >>> round(2 * IPDNet2.small().count_macs((10, 256, 201), (2, 2048)) / 4 / 1e9, 2)
    0.91
    """

    _parameter_constraints: dict = {
        "n_units": COUNT,
        "n_layers": COUNT,
        "kernel_size": COUNT,
        "n_groups": COUNT,
        "n_squeezed": COUNT,
        "freq_pooling": ["array-like"],
        "time_pooling": COUNT,
        "time_pooling_layer": [Interval(Integral, 0, None, closed="left")],
        "output_order": OUTPUT_ORDER,
    }

    def __init__(
        self,
        n_units=96,
        *,
        n_layers=8,
        kernel_size=5,
        n_groups=8,
        n_squeezed=8,
        freq_pooling=(1, 2, 8),
        time_pooling=5,
        time_pooling_layer=1,
        output_order="clean",
    ):
        self.n_units = n_units
        self.n_layers = n_layers
        self.kernel_size = kernel_size
        self.n_groups = n_groups
        self.n_squeezed = n_squeezed
        self.freq_pooling = freq_pooling
        self.time_pooling = time_pooling
        self.time_pooling_layer = time_pooling_layer
        self.output_order = output_order

    @classmethod
    def tiny(cls, **params):
        """Create the published network with 48 channels.

        Parameters
        ----------
        **params : dict
            Further parameters of the recipe.

        Returns
        -------
        network : IPDNet2
            Recipe.
        """
        return cls(48, **params)

    @classmethod
    def small(cls, **params):
        """Create the published network with 96 channels.

        Parameters
        ----------
        **params : dict
            Further parameters of the recipe.

        Returns
        -------
        network : IPDNet2
            Recipe.
        """
        return cls(96, **params)

    @classmethod
    def large(cls, **params):
        """Create the published network with 256 channels, which averages frames at its end.

        Parameters
        ----------
        **params : dict
            Further parameters of the recipe.

        Returns
        -------
        network : IPDNet2
            Recipe.
        """
        return cls(256, **{"time_pooling_layer": 8, **params})

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_maps, n_freqs, n_frames)``.
        output_shape : tuple of int
            ``(n_outputs,)`` or ``(n_sources, n_outputs)``, with a cosine and a sine of each
            frequency for each pair: a multiple of ``2 n_freqs`` outputs.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_maps, n_freqs, n_frames), with any number of frames, to
            (n_samples, n_frames // time_pooling, \\*output_shape), without a final activation.
            It has ``initial_state`` and ``step``.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from sslearn.networks._ipdnet2_layers import (
            FrameEncoder,
            FrequencyExpansion,
            IPDNet2Module,
            TimePooling,
        )
        from sslearn.networks._phase_outputs import PhaseOutputs

        self._validate_params()
        n_maps, n_freqs, _ = check_maps_shape(self, input_shape)
        output_shape = check_shape("output_shape", output_shape)
        n_pooled = prod(self._check_pooling(n_freqs))
        encoder = FrameEncoder(n_maps, self.n_units, n_freqs, self.kernel_size)
        stages = [("encoder", encoder), *self._layers(n_freqs)]
        # The encoder is stage 0, layer i is stage i.
        stages.insert(1 + self.time_pooling_layer, ("time_pooling", TimePooling(self.time_pooling)))
        n_outputs = phases_per_bin(self, n_freqs, output_shape)
        return IPDNet2Module(
            dict(stages),
            FrequencyExpansion(self.n_units, n_outputs, n_pooled),
            PhaseOutputs(output_shape, self.output_order),
        )

    def _check_pooling(self, n_freqs):
        """Sizes of the three poolings of frequencies; raise if a parameter does not fit."""
        sizes = check_sizes("freq_pooling", self.freq_pooling)
        if len(sizes) != 3:
            raise ValueError(
                f"freq_pooling must have 3 sizes, before the first convolution, the dense layer "
                f"and the Mamba blocks of layer 1; got {sizes}."
            )
        if n_freqs % prod(sizes):
            raise ValueError(
                f"The number of frequencies must be a multiple of {prod(sizes)}, the product of "
                f"freq_pooling={sizes}; got {n_freqs} in input_shape. Drop the constant component "
                "with RealImag(drop_dc=True), or set another freq_pooling."
            )
        if self.n_units % self.n_groups:
            raise ValueError(
                f"n_units must be a multiple of n_groups={self.n_groups}; got {self.n_units}."
            )
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd; got {self.kernel_size}.")
        if self.time_pooling_layer > self.n_layers:
            raise ValueError(
                f"time_pooling_layer must be at most n_layers={self.n_layers}; got "
                f"{self.time_pooling_layer}."
            )
        return sizes

    def _layers(self, n_freqs):
        """Yield names and layers; the first one averages frequencies."""
        from sslearn.networks._ipdnet2_layers import Layer

        pooling = tuple(self.freq_pooling)
        for i in range(1, self.n_layers + 1):
            channels = (self.n_units, self.n_squeezed, self.n_groups)
            layer = Layer(*channels, n_freqs=n_freqs, kernel_size=self.kernel_size, pooling=pooling)
            yield f"layer{i}", layer
            n_freqs, pooling = layer.n_freqs, (1, 1, 1)
