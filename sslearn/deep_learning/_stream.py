from functools import cached_property
from numbers import Integral

import numpy as np


class FrameStream:
    """Localization frame by frame in signals that arrive in chunks.

    :meth:`NeuralLocalizer.stream` creates it, at the first frame of a signal.

    Parameters
    ----------
    localizer : NeuralLocalizer
        Fitted localizer whose network has a state.
    batch_size : int, default=1
        Number of parallel signals.
    scores : bool, default=False
        Whether the scores of ``predict_track`` are a last column of the directions.

    Raises
    ------
    ValueError
        If the network does not offer ``initial_state`` and ``step``, or ``batch_size`` is not
        positive.

    See Also
    --------
    NeuralLocalizer.predict_frames : The same for whole signals.
    sslearn.networks.NetworkRecipe : Definition of the state of a network.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_shoebox
    >>> from sslearn.geometry import circular_array
    >>> from sslearn.networks import IPDNet2
    >>> from sslearn.simulation import Trajectories
    >>> mics = [[0, 0, 0], *circular_array(2, 0.03)]
    >>> X, y = make_shoebox(
    ...     4, mic_positions=mics, rooms=1, n_sources=2, trajectories=Trajectories(), duration=0.4,
    ...     max_order=0, random_state=0, return_X_y=True,
    ... )
    >>> localizer = recipes.ipdnet2(mics, max_epochs=1, random_state=0)
    >>> localizer = localizer.set_params(network=IPDNet2(n_units=8)).fit(X, y)
    >>> maps = localizer.batch_transform_.transform(X[:1])
    >>> stream = localizer.stream()
    >>> stream.step(maps[..., :5]).shape  # one output for five frames
    (1, 1, 2, 1)
    """

    def __init__(self, localizer, batch_size=1, scores=False):
        from sslearn.deep_learning._head import FrameOutputs

        if not isinstance(batch_size, Integral) or batch_size < 1:
            raise ValueError(f"batch_size must be a positive integer; got {batch_size!r}.")
        network = localizer.module_[0]
        if not (hasattr(network, "initial_state") and hasattr(network, "step")):
            raise ValueError(
                "stream needs a network with a state, whose module has initial_state(batch_size) "
                f"and step(x, state); {type(localizer.network_).__name__} has none. Use "
                "predict_frames on whole signals."
            )
        self.localizer = localizer
        self.batch_size = batch_size
        self._outputs = FrameOutputs(localizer.module_, localizer.encoding_.output_spec_)
        self._decode = localizer._decode_scored if scores else localizer._decode_frames
        self._nothing = None
        self.reset()

    def reset(self):
        """Restart at the first frame of new signals.

        Returns
        -------
        self : FrameStream
            The stream.
        """
        # Once for a signal, because it visits every layer.
        self._outputs.eval()
        self._state = self._outputs.network.initial_state(self.batch_size)
        return self

    def step(self, X):
        """Predict directions in the next frames.

        Parameters
        ----------
        X : array-like of shape (batch_size, ...)
            Any number of further frames, laid out as the network's input in ``fit``;
            ``batch_transform`` is not applied.

        Returns
        -------
        y : ndarray of shape (batch_size, n_frames, n_sources, n_angles)
            Directions in degrees, as :meth:`NeuralLocalizer.predict_frames` returns them, with
            their scores as last column if ``scores`` is set; no frames until a network that pools
            frames has enough of them.

        Raises
        ------
        ValueError
            If X has another number of signals or another layout, or is not finite.
        """
        import torch

        X = self._check_X(X)
        weight = next(self._outputs.parameters())
        inputs = torch.from_numpy(X).to(weight.device, weight.dtype)
        try:
            with torch.inference_mode():
                outputs, self._state = self._outputs.step(inputs, self._state)
        except RuntimeError as error:
            # Frames are the last axis of maps, but a network may have them elsewhere.
            if X.shape[1:-1] == self.localizer._input_shape[:-1]:
                raise
            raise self._layout_error(X) from error
        # Decoding no frame takes as long as decoding one, and most steps complete none.
        if outputs.shape[1] == 0 and self._nothing is not None:
            return self._nothing.copy()
        y = self._decode(outputs.cpu().numpy(), X)
        self._nothing = y[:, :0]
        return y

    @cached_property
    def frames_per_output(self):
        """Number of frames, on the last axis of X, that the network joins in one output."""
        import torch

        network = self._outputs.network
        weight = next(network.parameters())
        frame = weight.new_zeros(1, *self.localizer._input_shape[:-1], 1)
        state, n_outputs = network.initial_state(1), []
        with torch.inference_mode():
            # The first output may need more frames, or fewer.
            while sum(n_outputs) < 2:
                outputs, state = network.step(frame, state)
                n_outputs.append(outputs.shape[1])
        return len(n_outputs) - 1 - n_outputs.index(1)

    def _check_X(self, X):
        X = np.array(X)
        X = X if X.dtype in (np.float32, np.float64) else X.astype(float)
        if X.ndim != 1 + len(self.localizer._input_shape) or len(X) != self.batch_size:
            raise self._layout_error(X)
        if not np.isfinite(X).all():
            raise ValueError("X contains NaN or infinity: expected finite values.")
        return X

    def _layout_error(self, X):
        shape = (self.batch_size, *self.localizer._input_shape[:-1], "n_frames")
        return ValueError(
            f"X must have shape ({', '.join(map(str, shape))}), batch_size={self.batch_size} "
            f"signal(s) laid out as in fit; got {X.shape}."
        )
