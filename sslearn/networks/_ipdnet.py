from sslearn.networks._base import COUNT, OUTPUT_ORDER, NetworkRecipe
from sslearn.networks._shapes import (
    check_maps_shape,
    check_mics,
    check_shape,
    check_sizes,
    phases_per_bin,
)
from sslearn.utils.param_validation import Interval, Real


class IPDNet(NetworkRecipe):
    """Full-band and narrow-band recurrent network for phase differences of several sources.

    In each block a recurrence along frequency is followed by one along time with the same weights
    in all bins; causal convolutions then output tracks of phase differences.

    Parameters
    ----------
    n_units : int, default=256
        Outputs of each recurrence, the published width for five microphones; for two it is 128.
    n_blocks : int, default=2
        Number of blocks.
    n_filters : int, default=128
        Filters of the convolutions before the last.
    pool_sizes : tuple of int, default=(1, 5)
        Frames that become one after each convolution but the last. An output for each
        5 frames of 20 ms is one each 100 ms; the paper uses ``(3, 4)`` with frames of 16 ms.
    dropout : float, default=0.2
        Probability of dropping an output of a recurrence in training.
    causal : bool, default=True
        Whether the recurrences along time run forward only, so that no output depends on later
        frames and the module has a state for streams. False is the published offline network.
    variable_array : bool, default=False
        Whether each pair of the first microphone and another one is a separate sample, which
        gets only the mean of the other pairs. Its weights fit arrays of any shape and any
        number of microphones.
    output_order : {"clean", "released"}, default="clean"
        Place of cosine and sine in the outputs of a pair. With ``"clean"`` the outputs of a bin
        are the cosine and sine at its own frequency. ``"released"`` is the order of the released
        program, in which the two follow each other although its targets have all cosines first:
        there the lower half of the bins computes the cosines and the upper half the sines.

    See Also
    --------
    FNSSL : Its predecessor for one source, one pair of microphones at a time.
    TFMamba : The same network with selective state spaces as recurrences.
    sslearn.encoding.IPDEncoding : Its targets.
    sslearn.recipes.ipdnet : The published system around it.

    Notes
    -----
    With x the maps and [., .] joined features, from ``z = x`` on::

        f = [BLSTM_frequency(z), x]                                 each block
        z = [LSTM_time(f), x]
        z = mean of frames(ReLU(conv(z)))                           each of pool_sizes
        y = tanh(conv(z))                                           outputs of each bin

    Dropout follows each recurrence. The convolutions (3 x 3) have no bias; there are zeros around
    the bins and two frames of zeros before the first one. The offline network has LSTMs along time
    in both directions, of half the width, and the same convolutions. With one source,
    ``output_shape`` may omit its axis.

    With ``variable_array`` x is the four maps of a pair; after each recurrence, with outputs r,
    ``[r, x]`` is replaced by ``PReLU(dense([r, mean of r over pairs, x]))``, of ``n_units``.

    Different from the paper: means over (1, 5) frames, and the clean order of outputs. In the
    released program for variable arrays the recurrence along time is built for more inputs than
    the dense layer before it outputs; here both have ``n_units``.

    References
    ----------
    Y. Wang, B. Yang and X. Li, "IPDnet: A universal direct-path IPD estimation network for sound
    source localization", IEEE/ACM Transactions on Audio, Speech, and Language Processing 32, 2024,
    doi:10.1109/TASLP.2024.3507560.

    Examples
    --------
    Five microphones, and two; 256 frequencies, 201 frames, two sources:

    >>> from sslearn.networks import IPDNet
    >>> IPDNet().count_parameters((10, 256, 201), (2, 2048))
    2094336
    >>> round(2 * IPDNet().count_macs((10, 256, 201), (2, 2048)) / 4 / 1e9, 1)  # per second
    53.3
    >>> IPDNet(128).count_parameters((4, 256, 201), (2, 512))
    709632
    """

    _parameter_constraints: dict = {
        "n_units": COUNT,
        "n_blocks": COUNT,
        "n_filters": COUNT,
        "pool_sizes": ["array-like"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "causal": ["boolean"],
        "variable_array": ["boolean"],
        "output_order": OUTPUT_ORDER,
    }

    def __init__(
        self,
        n_units=256,
        *,
        n_blocks=2,
        n_filters=128,
        pool_sizes=(1, 5),
        dropout=0.2,
        causal=True,
        variable_array=False,
        output_order="clean",
    ):
        self.n_units = n_units
        self.n_blocks = n_blocks
        self.n_filters = n_filters
        self.pool_sizes = pool_sizes
        self.dropout = dropout
        self.causal = causal
        self.variable_array = variable_array
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
        from sslearn.networks._causal_layers import CausalChain, Chain
        from sslearn.networks._pair_layers import JoinPairs, SplitPairs

        self._validate_params()
        n_maps, n_freqs, _ = check_maps_shape(self, input_shape)
        output_shape = check_shape("output_shape", output_shape)
        n_outputs = phases_per_bin(self, n_freqs, output_shape)
        if self.variable_array:
            n_pairs = check_mics(self, n_maps) - 1
            if output_shape[-1] != 2 * n_freqs * n_pairs:
                raise ValueError(
                    f"output_shape must have {2 * n_freqs * n_pairs} outputs for {n_pairs + 1} "
                    f"microphones if variable_array=True; got {output_shape}."
                )
            of_pair = (*output_shape[:-1], 2 * n_freqs)
            layers = self._layers(4, n_outputs // n_pairs, of_pair, n_pairs)
            layers = [SplitPairs(n_pairs + 1), *layers, JoinPairs(n_pairs)]
        else:
            layers = self._layers(n_maps, n_outputs, output_shape)
        return (CausalChain if self.causal else Chain)(layers, output_shape)

    def _layers(self, n_maps, n_outputs, output_shape, n_pairs=None):
        from torch import nn

        from sslearn.networks._narrow_band_layers import (
            FullNarrowBlock,
            FullNarrowTrunk,
            lstm,
            phase_head,
        )

        pool_sizes = check_sizes("pool_sizes", self.pool_sizes)
        n_features, mixers = self.n_units + n_maps, [None] * self.n_blocks
        if n_pairs:
            # [r, mean of r over pairs, x] enters the dense layer, which outputs n_units.
            n_joined, n_features = n_features + self.n_units, self.n_units
            mixers = [
                [nn.Sequential(nn.Linear(n_joined, n_features), nn.PReLU()) for _ in range(2)]
                for _ in range(self.n_blocks)
            ]
        widths = [n_maps] + [n_features] * (self.n_blocks - 1)
        blocks = [
            FullNarrowBlock(
                lstm(width, self.n_units, bidirectional=True),
                lstm(n_features, self.n_units, bidirectional=not self.causal),
                self.dropout,
                mixers_of_block,
                n_pairs,
            )
            for width, mixers_of_block in zip(widths, mixers, strict=True)
        ]
        head = phase_head(
            n_features, self.n_filters, n_outputs, pool_sizes, output_shape, self.output_order
        )
        return [FullNarrowTrunk(nn.Identity(), blocks), *head]
