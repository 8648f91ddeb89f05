import torch
from torch import nn

_ACTIVATIONS = {
    None: nn.Identity,
    "sigmoid": nn.Sigmoid,
    "softmax": lambda: nn.Softmax(dim=-1),
    "tanh": nn.Tanh,
}


class Head(nn.Module):
    """Last activation and, in evaluation mode, clamping and the mean over frames.

    Parameters
    ----------
    activation : {"softmax", "sigmoid", "tanh"} or None
        Last activation.
    spec : OutputSpec
        Specification of the output.
    in_training : bool
        Whether the activation is applied in training too; a cross-entropy takes raw scores.
    """

    def __init__(self, activation, spec, *, in_training):
        super().__init__()
        self.activation = _ACTIVATIONS[activation]()
        self.spec = spec
        self.in_training = in_training

    def forward(self, x):
        """Outputs for the loss in training, or for decoding in evaluation mode."""
        if self.training:
            return self.activation(x) if self.in_training else x
        x = self.activation(x)
        averaged = self.spec.frames == "mean" and self.spec.has_frames(x)
        if not self.spec.classes:
            return x.mean(1) if averaged else x
        scores = x.clamp(0.0, 1.0)
        if averaged:
            x, scores = x.mean(1), scores.mean(1)
        # If no score is positive, the unclamped ones still rank the classes.
        return torch.where((scores > 0).any(-1, keepdim=True), scores, x)


class FrameOutputs(nn.Module):
    """Outputs of a fitted module for each frame, instead of those for their mean.

    Parameters
    ----------
    module : torch.nn.Sequential
        Network, optional scaling of its outputs, and head.
    spec : OutputSpec
        Specification of the output.
    """

    def __init__(self, module, spec):
        super().__init__()
        self.network, self.scaling, self.head = module[0], module[1:-1], module[-1]
        self.spec = spec

    def forward(self, x):
        """Outputs of shape (n_samples, n_frames, \\*output_shape)."""
        return self._finish(self.network(x))

    def step(self, x, state):
        """Outputs of the next frames, and the state after them."""
        x, state = self.network.step(x, state)
        return self._finish(x), state

    def _finish(self, x):
        if not self.spec.has_frames(x):
            raise ValueError(
                "predict_frames needs a network with an output for each frame, such as CRNN; this "
                f"one has an output for each sample, with shape {tuple(x.shape)}. Use predict."
            )
        # The head takes each frame as a sample, so that nothing is averaged.
        x = self.scaling(x)
        return self.head(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class Criterion:
    """Loss that also accepts outputs with an axis of frames for targets without one.

    Parameters
    ----------
    loss : callable
        Loss of output and target.
    spec : OutputSpec
        Specification of the output.
    """

    def __init__(self, loss, spec):
        self.loss = loss
        self.spec = spec

    def __call__(self, output, target):
        """Loss of a mini-batch; the target of a sample is repeated over its frames.

        A pair of target and weight as ``target`` weights the loss of each sample. The weights are
        1 on average over all samples, not over those of the batch, which would favour samples in
        batches of small weights.
        """
        # Shapes: output (n, [n_frames,] ...), target (n, ...), weight (n,).
        target, weight = target if isinstance(target, tuple) else (target, None)
        has_frames = self.spec.has_frames(output)
        if self.spec.frames == "track":
            _check_frames(output, target, has_frames)
        elif has_frames:
            target = target[:, None].expand(-1, output.shape[1], *target.shape[1:])
        if weight is None:
            return self.loss(output, target)
        if not hasattr(self.loss, "per_row"):
            raise ValueError(
                "sample_weight needs a loss with a method per_row, such as those of "
                f"sslearn.losses; got loss={self.loss!r}."
            )
        losses = self.loss.per_row(output, target)
        return (weight * losses.reshape(len(weight), -1).mean(1)).mean()


def _check_frames(output, target, has_frames):
    if not has_frames:
        raise ValueError(
            "y has an axis of frames and needs a network with an output for each frame, such as "
            f"CRNN; this one has an output for each sample, with shape {tuple(output.shape)}."
        )
    n_frames, n_targets = output.shape[1], target.shape[1]
    if n_frames != n_targets:
        raise ValueError(
            f"y must have as many frames as the network outputs, {n_frames}; got {n_targets}. "
            "Sample the track at the frames of the features, cut clips to a whole number of them, "
            "or change their hop_length or block size."
        )
