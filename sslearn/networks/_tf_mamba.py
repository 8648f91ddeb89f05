from sslearn.networks._base import COUNT, OUTPUT_ORDER, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_shape, check_sizes, phases_per_bin


class TFMamba(NetworkRecipe):
    """Network of Mamba blocks along frequency and time for phase differences of several sources.

    Parameters
    ----------
    n_units : int, default=192
        Features of each bin.
    n_blocks : int, default=2
        Number of blocks.
    n_filters : int, default=128
        Filters of the convolutions before the last.
    pool_sizes : tuple of int, default=(5, 1)
        Frames that become one after each convolution but the last.
    causal : bool, default=True
        Whether the blocks along time run forward only, so that no output depends on later frames
        and the module has a state for streams.
    output_order : {"clean", "released"}, default="clean"
        Place of cosine and sine in the outputs of a pair, as in :class:`IPDNet`.

    See Also
    --------
    IPDNet : The same network with LSTMs.
    IPDNet2 : Its successor, at a fraction of the operations.
    sslearn.encoding.IPDEncoding : Its targets.
    sslearn.recipes.tf_mamba : The published system around it.

    Notes
    -----
    With x the maps, [., .] joined features, LN the layer norm of features, and ``z = dense(x)``::

        f = dense([z + BiMamba_frequency(LN(z)), x])                each block
        z = dense([f + Mamba_time(LN(f)), x])

    The bidirectional Mamba has one projection before and one after two state-space models, of
    which one gets the reversed sequence; their outputs are added before the gate. The head is that
    of :class:`IPDNet`, of ``[z, x]``. With one source, ``output_shape`` may omit its axis.

    The program of the authors is not released, so details are our reading. The network follows
    the comparison of 2025, where the blocks replace the LSTMs of IPDnet; ``n_units`` gives its
    1.6 million parameters.

    References
    ----------
    Y. Xiao and R. K. Das, "TF-Mamba: A time-frequency network for sound source localization",
    Interspeech 2025, arXiv:2409.05034; as compared in Y. Wang, B. Yang and X. Li, "IPDnet2",
    arXiv:2509.21900, 2025.

    Examples
    --------
    Five microphones, 256 frequencies, 201 frames, two sources:

    >>> from sslearn.networks import TFMamba
    >>> TFMamba().count_parameters((10, 256, 201), (2, 2048))
    1624896
    >>> round(2 * TFMamba().count_macs((10, 256, 201), (2, 2048)) / 4 / 1e9, 1)  # per second
    37.0
    """

    _parameter_constraints: dict = {
        "n_units": COUNT,
        "n_blocks": COUNT,
        "n_filters": COUNT,
        "pool_sizes": ["array-like"],
        "causal": ["boolean"],
        "output_order": OUTPUT_ORDER,
    }

    def __init__(
        self,
        n_units=192,
        *,
        n_blocks=2,
        n_filters=128,
        pool_sizes=(5, 1),
        causal=True,
        output_order="clean",
    ):
        self.n_units = n_units
        self.n_blocks = n_blocks
        self.n_filters = n_filters
        self.pool_sizes = pool_sizes
        self.causal = causal
        self.output_order = output_order

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_maps, n_freqs, n_frames)``, real and imaginary parts of the microphones.
        output_shape : tuple of int
            ``(n_outputs,)`` or ``(n_sources, n_outputs)``, with
            ``n_outputs = 2 n_freqs n_pairs``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_maps, n_freqs, n_frames), with any number of frames, to
            (n_samples, n_frames // prod(pool_sizes), \\*output_shape). If ``causal``, it has
            ``initial_state`` and ``step``.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from torch import nn

        from sslearn.networks._causal_layers import CausalChain, Chain
        from sslearn.networks._narrow_band_layers import (
            FullNarrowBlock,
            FullNarrowTrunk,
            phase_head,
        )
        from sslearn.networks._tf_mamba_layers import BidirectionalMamba, ResidualMamba

        self._validate_params()
        n_maps, n_freqs, _ = check_maps_shape(self, input_shape)
        output_shape = check_shape("output_shape", output_shape)
        n_outputs = phases_per_bin(self, n_freqs, output_shape)
        pool_sizes = check_sizes("pool_sizes", self.pool_sizes)
        n_features = self.n_units + n_maps
        along_time = ResidualMamba if self.causal else BidirectionalMamba
        blocks = [
            FullNarrowBlock(
                BidirectionalMamba(self.n_units),
                along_time(self.n_units),
                # dense([., x]) after each of the two layers.
                mixers=[nn.Linear(n_features, self.n_units) for _ in range(2)],
            )
            for _ in range(self.n_blocks)
        ]
        trunk = FullNarrowTrunk(nn.Linear(n_maps, self.n_units), blocks, join=True)
        head = phase_head(
            n_features, self.n_filters, n_outputs, pool_sizes, output_shape, self.output_order
        )
        return (CausalChain if self.causal else Chain)([trunk, *head], output_shape)
