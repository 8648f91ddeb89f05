from sslearn.networks._base import COUNT, NetworkRecipe
from sslearn.networks._shapes import check_shape
from sslearn.utils.param_validation import StrOptions

# Two poolings must leave a cell.
_MIN_SIZE = 4
# Factor of the correction of the map for ``start="identity"``: small beside whitened features.
_CORRECTION = 0.3


class PredictiveCoding(NetworkRecipe):
    """Predictive coding of a picture's map and a sound's embedding (PCM), in three layers.

    The map predicts the sound, layer by layer downwards; the error of the prediction corrects the
    map, layer by layer upwards. The corrected map replaces the map of the picture.

    Parameters
    ----------
    n_cycles : int, default=5
        Cycles of feedback and feed-forward, T. The first sets each layer to the prediction from the
        layer above.
    start : {"random", "identity"}, default="random"
        Weights before training. ``"identity"`` is our start for small sets: the last convolution
        copies the map, and the correction of the map is scaled by 0.3.

    See Also
    --------
    sslearn.audiovisual.PredictiveAudioVisualLocalizer : Uses it with ``predictive_coding=True``.
    sslearn.networks.layers.feedback, sslearn.networks.layers.feed_forward : The rules.

    Notes
    -----
    With r_1 .. r_3 the states, p_3 the map of the picture and r_0 the embedding of the sound::

        feedback,     l = 3, 2, 1:  r_l <- phi((1 - b_l) r_l + b_l p_l),  p_{l-1} = P_{l-1} r_l
        feed-forward, l = 1, 2, 3:  r_l <- phi(r_l + a_l E_{l-1} (r_{l-1} - p_{l-1}))

    phi is a batch norm and an exact GELU. Each use has a batch norm of its own, five per cycle; the
    feedback to r_3 has none. P_2 and P_1 are 3 x 3 convolutions with max-pooling by 2; P_0 is a
    1 x 1 convolution, a GELU and the mean over the cells. E_0, E_1 and E_2 are transposed
    convolutions of 1 x 1, of 3 x 3 with stride 2, and of 3 x 3 after bilinear enlargement. a and b
    are learned, one number per channel that starts at 1 and at 0.5, and used as ReLU(a), ReLU(b).
    In the first cycle, r_3 is the map, and r_l = p_l = phi(P_l r_{l+1}) below. A 1 x 1 convolution
    of r_3 is the output.

    A sound of D numbers and a map of C channels need 37 C^2 + 2 C D + 7 C + D + 10 C T parameters.
    Maps may have any size from 4 x 4, also another one than in training.

    References
    ----------
    Z. Song, J. Zhang, Y. Wang, J. Fan, Z. Zhang, "Enhancing sound source localization via false
    negative elimination", IEEE Transactions on Pattern Analysis and Machine Intelligence, 2024,
    arXiv:2408.16448.
    Where the paper and the released program differ, we follow the program, whose operations are
    the published ones: a and b are vectors, the initial predictions have batch norm and GELU, that
    of the sound a GELU and a mean. Where a layer has an even size, E_1 has a row and a column too
    many, and the means of neighbours are taken; the program needs odd sizes.

    Examples
    --------
    >>> from sslearn.networks import PredictiveCoding
    >>> PredictiveCoding().count_parameters(((512, 14, 14), (128,)))
    9859712
    """

    _parameter_constraints: dict = {
        "n_cycles": COUNT,
        "start": [StrOptions({"random", "identity"})],
    }

    def __init__(self, n_cycles=5, *, start="random"):
        self.n_cycles = n_cycles
        self.start = start

    def build(self, input_shape, output_shape=None):
        """Build the torch module.

        Parameters
        ----------
        input_shape : pair of tuple of int
            Shapes of a map, (n_channels, height, width), and of the embedding of a sound,
            (n_embedding,).
        output_shape : tuple of int, default=None
            Shape of the output, that of the map; not needed.

        Returns
        -------
        module : torch.nn.Module
            Module that maps a map (n_samples, n_channels, height, width) and an embedding
            (n_samples, n_embedding) to a map of the same shape.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from sslearn.networks._predictive_coding_layers import PredictiveCodingModule

        self._validate_params()
        map_shape, sound_shape = _check_shapes(input_shape)
        if output_shape is not None and check_shape("output_shape", output_shape) != map_shape:
            raise ValueError(
                f"output_shape must be that of the map, {map_shape}, or None; got {output_shape}."
            )
        module = PredictiveCodingModule(map_shape[0], sound_shape[0], self.n_cycles)
        if self.start == "identity":
            _start_at_identity(module)
        return module

    def count_macs(self, input_shape, output_shape=None):
        """Count the multiply-accumulate operations of a map and a sound in convolutions.

        Parameters
        ----------
        input_shape : pair of tuple of int
            As in :meth:`build`.
        output_shape : tuple of int, default=None
            As in :meth:`build`.

        Returns
        -------
        n_macs : int
            Number of multiply-accumulate operations. As published, transposed convolutions are
            counted at the size of their outputs; with stride 2, about a quarter of these are done.
        """
        macs = super().count_macs(input_shape, output_shape)
        (n_channels, height, width), (n_sound,) = _check_shapes(input_shape)
        n_first, n_second = (height // 4) * (width // 4), (height // 2) * (width // 2)
        # The counter of torch uses the size of the input: E_0 goes from 1 to n_first cells, E_1
        # from n_first to n_second with 3 x 3 taps.
        at_outputs = n_sound * (n_first - 1) + 9 * n_channels * (n_second - n_first)
        return macs + self.n_cycles * n_channels * at_outputs

    def _empty_inputs(self, input_shape):
        empty = super()._empty_inputs
        return [x for shape in input_shape for x in empty(shape)]


def _check_shapes(input_shape):
    """Shapes (n_channels, height, width) of a map and (n_embedding,) of a sound."""
    try:
        map_shape, sound_shape = (check_shape("input_shape", shape) for shape in input_shape)
        fit = len(map_shape) == 3 and len(sound_shape) == 1 and min(map_shape[1:]) >= _MIN_SIZE
    except (TypeError, ValueError):
        fit = False
    if not fit:
        raise ValueError(
            "input_shape must be the shapes of a map and of an embedding, ((n_channels, height, "
            f"width), (n_embedding,)), with maps of {_MIN_SIZE} x {_MIN_SIZE} cells or more; got "
            f"{input_shape!r}."
        )
    return map_shape, sound_shape


def _start_at_identity(module):
    import torch
    from torch import nn

    nn.init.dirac_(module.output.weight)
    nn.init.zeros_(module.output.bias)
    with torch.no_grad():
        module.correct[-1].weight.mul_(_CORRECTION)
