from math import prod

import numpy as np

from sslearn.networks._base import COUNT, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_mics, check_shape, check_sizes


class SRPDNN(NetworkRecipe):
    """Causal convolutional recurrent network for the summed phase differences of all sources.

    Each pair of the first microphone and another one is a separate sample for the network, so its
    weights do not depend on the array.

    Parameters
    ----------
    n_filters : int, default=64
        Filters of each convolution.
    n_units : int, default=256
        Units of the recurrent layer.
    pool_sizes : tuple of (int, int), default=((4, 1), (2, 1), (2, 1), (2, 1), (2, 5))
        Frequencies and frames that become one after each block of convolutions. An output for each
        5 frames of 20 ms is one each 100 ms; the paper uses
        ``((4, 1), (2, 1), (2, 2), (2, 2), (2, 3))`` with frames of 16 ms.
    n_sources : int, default=2
        Largest number of sources; outputs are in ``[-n_sources, n_sources]``.

    See Also
    --------
    IPDNet : Tracks of phase differences instead of their sum.
    sslearn.features.LogMagnitude : Levels of its input.
    sslearn.encoding.SummedIPDEncoding : Its targets.
    sslearn.recipes.srp_dnn : The published system around it.

    Notes
    -----
    With x the logarithms of the magnitudes of the two microphones of a pair and their phases::

        x = ReLU(norm(conv(x))), twice                              each of pool_sizes
        x = maximum of neighbouring bins and frames
        y = n_sources tanh(dense(GRU(all channels of all bins)))    cosines and sines of the pair

    The convolutions (3 x 3) have no bias; there are zeros around the bins and two frames of zeros
    before the first one. Norms are batch norms.

    References
    ----------
    B. Yang, H. Liu and X. Li, "SRP-DNN: Learning direct-path phase difference for multiple moving
    sound source localization", ICASSP 2022, arXiv:2202.07859. Maxima over 5 frames are our choice.

    Examples
    --------
    Five microphones, 256 frequencies, 201 frames:

    >>> from sslearn.networks import SRPDNN
    >>> SRPDNN().count_parameters((10, 256, 201), (2048,))
    861696
    >>> round(2 * SRPDNN().count_macs((10, 256, 201), (2048,)) / 4 / 1e9, 1)  # per second
    7.6
    """

    _parameter_constraints: dict = {
        "n_filters": COUNT,
        "n_units": COUNT,
        "pool_sizes": ["array-like"],
        "n_sources": COUNT,
    }

    def __init__(
        self,
        n_filters=64,
        *,
        n_units=256,
        pool_sizes=((4, 1), (2, 1), (2, 1), (2, 1), (2, 5)),
        n_sources=2,
    ):
        self.n_filters = n_filters
        self.n_units = n_units
        self.pool_sizes = pool_sizes
        self.n_sources = n_sources

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(2 n_mics, n_freqs, n_frames)``, logarithms of the magnitudes of the microphones,
            then phases.
        output_shape : tuple of int
            ``(n_outputs,)`` with ``n_outputs = 2 n_freqs (n_mics - 1)``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_maps, n_freqs, n_frames), with any number of frames, to
            (n_samples, n_frames // 5, n_outputs), where 5 is the product of the frames of
            ``pool_sizes``. It has ``initial_state`` and ``step``.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from torch import nn

        from sslearn.networks._causal_layers import AlongTime, CausalChain
        from sslearn.networks._frame_layers import Transpose
        from sslearn.networks._pair_layers import JoinPairs, Permute, SplitPairs, pair_convolutions
        from sslearn.networks.layers import Affine

        self._validate_params()
        n_maps, n_freqs, _ = check_maps_shape(self, input_shape)
        n_pairs = check_mics(self, n_maps) - 1
        pool_sizes = self._check_pool_sizes(n_freqs)
        output_shape = check_shape("output_shape", output_shape)
        if output_shape != (2 * n_freqs * n_pairs,):
            raise ValueError(
                f"SRPDNN outputs the sum of {2 * n_freqs * n_pairs} cosines and sines over the "
                f"sources, output_shape ({2 * n_freqs * n_pairs},); got {output_shape}. Use "
                "SummedIPDEncoding of the same microphones and n_fft."
            )
        n_features = self.n_filters * (n_freqs // prod(n for n, _ in pool_sizes))
        layers = [
            SplitPairs(n_pairs + 1),
            Transpose(2, 3),
            *pair_convolutions(self.n_filters, pool_sizes),
            # One vector per frame of all channels and bins: (n n_pairs, n_frames, 1, n_features).
            Permute(0, 2, 1, 3),
            nn.Flatten(2),
            nn.Unflatten(2, (1, n_features)),
            AlongTime(nn.GRU(n_features, self.n_units, batch_first=True)),
            nn.Flatten(2),
            nn.Linear(self.n_units, 2 * n_freqs),
            nn.Tanh(),
            # A sum of cosines of n_sources is in [-n_sources, n_sources].
            Affine(float(self.n_sources), 0.0),
            JoinPairs(n_pairs),
        ]
        return CausalChain(layers, output_shape)

    def _check_pool_sizes(self, n_freqs):
        if not np.iterable(self.pool_sizes):
            raise TypeError(f"pool_sizes must be a tuple of pairs; got {self.pool_sizes!r}.")
        pool_sizes = tuple(check_sizes("pool_sizes", sizes) for sizes in self.pool_sizes)
        if any(len(sizes) != 2 for sizes in pool_sizes):
            raise ValueError(
                f"pool_sizes must be pairs of frequencies and frames; got {self.pool_sizes}."
            )
        n_pooled = prod(n for n, _ in pool_sizes)
        if n_freqs < n_pooled:
            raise ValueError(
                f"input_shape must have at least {n_pooled} frequencies, the product of "
                f"those of pool_sizes={pool_sizes}; got {n_freqs}. Raise n_fft or set smaller "
                "pool_sizes."
            )
        return pool_sizes
