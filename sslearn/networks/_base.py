from abc import ABC, abstractmethod

from sklearn.base import BaseEstimator

from sslearn.utils.param_validation import Integral, Interval, StrOptions

# Constraints of counts, and of the parameters of these names.
COUNT = [Interval(Integral, 1, None, closed="left")]
OUTPUT_INIT = [StrOptions({"zeros", "random"})]
OUTPUT_ORDER = [StrOptions({"clean", "released"})]


class NetworkRecipe(BaseEstimator, ABC):
    """Base of network recipes.

    A recipe stores hyper-parameters and no weights, so it can be cloned, printed and searched
    (``network__dropout``); its module is built in ``fit``, where the shapes are known.

    Notes
    -----
    ``output_shape`` is the shape of one output: ``(n_outputs,)`` for one source, with the classes
    of an encoding on a grid as outputs, and ``(n_sources, n_outputs)`` for several. A module has
    one output per sample, of shape (n_samples, \\*output_shape), or one per frame or block of
    frames, of shape (n_samples, n_frames, \\*output_shape). The target of a sample is repeated
    over its frames, and their outputs are averaged before decoding; tracks have a target for each
    frame. Outputs are raw scores: activation, clamping and averaging come after the module. A
    recipe that cannot be built for some ``output_shape`` raises ``ValueError`` in :meth:`build`.

    A causal module with an output for each frame may have a state, for
    :meth:`sslearn.deep_learning.NeuralLocalizer.stream`: ``initial_state(batch_size)`` returns the
    state before the first frame, on the device of the weights, and ``step(x, state)`` returns the
    outputs of the next frames, laid out as in ``forward``, and the state after them. Consecutive
    steps of any length must return the outputs of ``forward``.

    Examples
    --------
    >>> import torch
    >>> from sslearn.networks import NetworkRecipe
    >>> class Linear(NetworkRecipe):
    ...     def build(self, input_shape, output_shape):
    ...         return torch.nn.Linear(*input_shape, *output_shape)
    >>> Linear().count_parameters((10,), (3,))
    33
    """

    @abstractmethod
    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one sample.
        output_shape : tuple of int
            Shape of one output: ``(n_outputs,)`` or ``(n_sources, n_outputs)``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, \\*input_shape) to (n_samples, \\*output_shape) or to
            (n_samples, n_frames, \\*output_shape), without a final activation.
        """

    def _build_without_memory(self, input_shape, output_shape):
        import torch

        with torch.device("meta"):
            return self.build(input_shape, output_shape)

    def count_parameters(self, input_shape, output_shape=None):
        """Count the trainable parameters.

        Parameters
        ----------
        input_shape, output_shape : tuple of int
            As in :meth:`build`; ``output_shape`` may be None for networks of features only.

        Returns
        -------
        n_parameters : int
            Number of weights and biases.
        """
        module = self._build_without_memory(input_shape, output_shape)
        return sum(p.numel() for p in module.parameters() if p.requires_grad)

    def count_macs(self, input_shape, output_shape=None):
        """Count the multiply-accumulate operations of one sample in matrix products.

        Parameters
        ----------
        input_shape, output_shape : tuple of int
            As in :meth:`build`; ``output_shape`` may be None for networks of features only.

        Returns
        -------
        n_macs : int
            Number of multiply-accumulate operations, without element-wise operations.
        """
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        from sslearn.networks._recurrent_macs import RecurrentMacs

        module = self._build_without_memory(input_shape, output_shape).eval().float()
        with FlopCounterMode(display=False) as counter, RecurrentMacs() as rnn, torch.no_grad():
            module(*self._empty_inputs(input_shape))
        return counter.get_total_flops() // 2 + rnn.n_macs

    def _empty_inputs(self, input_shape):
        import torch

        return [torch.empty(1, *input_shape, dtype=torch.float32, device="meta")]
