from sslearn.networks._base import COUNT, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_mics, check_shape
from sslearn.utils.param_validation import Interval, Real


class FNSSL(NetworkRecipe):
    """Full-band and narrow-band recurrent network for one source, pair by pair.

    Each pair of the first microphone and another one is a separate sample for the network, so its
    weights do not depend on the array.

    Parameters
    ----------
    n_units : int, default=256
        Outputs of each recurrence.
    n_blocks : int, default=3
        Number of blocks.
    pool_size : int, default=5
        Frames that become one: 100 ms for frames of 20 ms; the paper uses 12 of 16 ms.
    dropout : float, default=0.2
        Probability of dropping an output of a recurrence in training.
    causal : bool, default=True
        Whether the recurrences along time run forward only, so that no output depends on later
        frames and the module has a state for streams. False is the published offline network.

    See Also
    --------
    IPDNet : Its successor, for several sources and all microphones together.
    sslearn.encoding.IPDEncoding : Its targets.
    sslearn.recipes.fn_ssl : The published system around it.

    Notes
    -----
    With x the four maps of a pair and [., .] joined features::

        f1 = BLSTM_frequency(x)                                     first block
        z1 = LSTM_time([f1, x])
        f2 = BLSTM_frequency(z1 + f1)                               each later block
        z2 = LSTM_time(f2 + z1)
        y = tanh(dense(mean of frames(z)))                          cosine and sine of each bin

    Dropout follows each recurrence, except in the sums that enter one along frequency: their f
    is taken before it. Classes are scored by a dense layer on all cosines and sines; those of
    several pairs are joined, which is our extension.

    References
    ----------
    Y. Wang, B. Yang and X. Li, "FN-SSL: Full-band and narrow-band fusion for sound source
    localization", Interspeech 2023, arXiv:2305.19610. Means over 5 frames are our choice.

    Examples
    --------
    A pair, 256 frequencies, 298 frames of 16 ms; phase differences, operations in units of 10^9 per
    second, and 180 directions:

    >>> from sslearn.networks import FNSSL
    >>> FNSSL().count_parameters((4, 256, 298), (1, 512))
    2511362
    >>> FNSSL(causal=False).count_parameters((4, 256, 298), (1, 512))
    2118146
    >>> round(2 * FNSSL().count_macs((4, 256, 298), (1, 512)) / (298 * 0.016) / 1e9, 1)
    80.0
    >>> FNSSL().count_parameters((4, 256, 298), (180,))
    2603702
    """

    _parameter_constraints: dict = {
        "n_units": COUNT,
        "n_blocks": COUNT,
        "pool_size": COUNT,
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "causal": ["boolean"],
    }

    def __init__(self, n_units=256, *, n_blocks=3, pool_size=5, dropout=0.2, causal=True):
        self.n_units = n_units
        self.n_blocks = n_blocks
        self.pool_size = pool_size
        self.dropout = dropout
        self.causal = causal

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(2 n_mics, n_freqs, n_frames)``, real and imaginary parts of the microphones.
        output_shape : tuple of int
            ``(1, n_outputs)`` or ``(n_outputs,)`` with ``n_outputs = 2 n_freqs (n_mics - 1)`` for
            phase differences, or ``(n_classes,)`` with any other number.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_maps, n_freqs, n_frames), with any number of frames, to
            (n_samples, n_frames // pool_size, \\*output_shape). If ``causal``, it has
            ``initial_state`` and ``step``.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from torch import nn

        from sslearn.networks._causal_layers import CausalChain, Chain, TimePool
        from sslearn.networks._narrow_band_layers import ResidualTrunk
        from sslearn.networks._pair_layers import JoinPairs, Permute, SplitPairs
        from sslearn.networks._phase_outputs import PhaseOutputs

        self._validate_params()
        n_maps, n_freqs, _ = check_maps_shape(self, input_shape)
        n_pairs = check_mics(self, n_maps) - 1
        output_shape = check_shape("output_shape", output_shape)
        n_phases = 2 * n_freqs * n_pairs
        if len(output_shape) > 1 and output_shape != (1, n_phases):
            raise ValueError(
                f"FNSSL outputs {n_phases} cosines and sines of one source, output_shape "
                f"(1, {n_phases}), or the scores of (n_classes,); got {output_shape}. "
                "Use IPDNet for several sources."
            )
        layers = [
            SplitPairs(n_pairs + 1),
            ResidualTrunk(4, self.n_units, self.n_blocks, self.dropout, self.causal),
            TimePool(self.pool_size),
            # Features last for the dense layer: (n n_pairs, n_outputs, n_freqs, n_units).
            Permute(0, 2, 3, 1),
            nn.Linear(self.n_units, 2),
            nn.Tanh(),
            Permute(0, 3, 1, 2),
            PhaseOutputs((2 * n_freqs,)),
            JoinPairs(n_pairs),
        ]
        if len(output_shape) > 1:
            layers.append(nn.Unflatten(2, output_shape))
        elif output_shape != (n_phases,):
            layers.append(nn.Linear(n_phases, *output_shape))
        return (CausalChain if self.causal else Chain)(layers, output_shape)
