import torch
from torch import nn

_ACTIVATIONS = {
    None: nn.Identity,
    "sigmoid": nn.Sigmoid,
    "softmax": lambda: nn.Softmax(dim=-1),
    "tanh": nn.Tanh,
}


class Head(nn.Module):
    """What comes after a network: in training the last activation, otherwise final answers.

    Answers are clamped to [0, 1] if they are scores of classes, and then averaged over frames,
    if the network answers for each frame and the encoding does not average them itself.

    Parameters
    ----------
    activation : {"softmax", "sigmoid", "tanh"} or None
        Last activation.
    in_training : bool
        Whether the activation is applied in training too; a cross-entropy takes raw scores.
    clamp : bool
        Whether the answers are scores of classes.
    output_shape : tuple of int
        Shape of one answer.
    average_frames : bool, default=True
        Whether answers without classes are averaged over frames.
    """

    def __init__(self, activation, *, in_training, clamp, output_shape, average_frames=True):
        super().__init__()
        self.activation = _ACTIVATIONS[activation]()
        self.in_training = in_training
        self.clamp = clamp
        self.output_shape = output_shape
        self.average_frames = average_frames

    def forward(self, x):
        """Outputs for the loss, or final answers in evaluation mode."""
        if self.training:
            return self.activation(x) if self.in_training else x
        x = self.activation(x)
        has_frames = x.ndim == len(self.output_shape) + 2
        if not self.clamp:
            return x.mean(1) if has_frames and self.average_frames else x
        scores = x.clamp(0.0, 1.0)
        if has_frames:
            x, scores = x.mean(1), scores.mean(1)
        # Where no score is positive, the raw ones still say which class is the best.
        return torch.where((scores > 0).any(-1, keepdim=True), scores, x)


class FrameAnswers(nn.Module):
    """Final answers for each frame instead of those for their mean.

    Parameters
    ----------
    module : torch.nn.Sequential
        Network, and a head at its end.
    output_shape : tuple of int
        Shape of one answer.
    """

    def __init__(self, module, output_shape):
        super().__init__()
        self.network = module[:-1]
        self.head = module[-1]
        self.n_axes = len(output_shape)

    def forward(self, x):
        """Answers of shape (n_samples, n_frames, \\*output_shape)."""
        x = self.network(x)
        if x.ndim != self.n_axes + 2:
            raise ValueError(
                "predict_frames needs a network that answers for each frame, such as CRNN; this "
                f"one answers for a sample, with shape {tuple(x.shape)}. Use predict."
            )
        # To the head a frame is a sample, so that nothing is averaged.
        return self.head(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class Criterion:
    """Loss of a network whose answers may have an axis of frames that the targets lack.

    Parameters
    ----------
    loss : callable
        Function of output and target.
    output_shape : tuple of int
        Shape of one answer.
    """

    def __init__(self, loss, output_shape):
        self.loss = loss
        self.output_shape = output_shape

    def __call__(self, output, target):
        """Loss of a mini-batch; the target of a sample is repeated over its frames."""
        n_axes = len(self.output_shape)
        if (
            output.ndim not in (n_axes + 1, n_axes + 2)
            or output.shape[-n_axes:] != self.output_shape
        ):
            raise ValueError(
                "network must answer with shape (n_samples, *output_shape) or (n_samples, "
                f"n_frames, *output_shape) with output_shape={self.output_shape}; got "
                f"{tuple(output.shape)}. Is it a network for this number of sources?"
            )
        if output.ndim == n_axes + 2:
            target = target[:, None].expand(-1, output.shape[1], *target.shape[1:])
        return self.loss(output, target)
