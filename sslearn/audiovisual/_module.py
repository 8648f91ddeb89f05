"""Torch module of an audio-visual localizer: two encoders and a head."""

import torch
from torch import nn

# Samples that a frozen network takes at once on a CPU.
_CHUNK_SIZE = 8


class Scaling(nn.Module):
    """Linear map of features, learned from data instead of gradients; the identity at first.

    Parameters
    ----------
    n_features : int
        Number of features.
    """

    def __init__(self, n_features):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("matrix", torch.eye(n_features))
        self.register_buffer("n_rows", torch.zeros((), dtype=torch.int64))

    def set(self, mean, matrix, n_rows):
        """Store the mean and the matrix of a number of rows.

        Parameters
        ----------
        mean : ndarray of shape (n_features,)
            Mean to subtract.
        matrix : ndarray of shape (n_features, n_features)
            Symmetric matrix that multiplies the difference.
        n_rows : int
            Number of rows of features behind them.
        """
        self.mean.copy_(torch.from_numpy(mean))
        self.matrix.copy_(torch.from_numpy(matrix))
        self.n_rows.fill_(n_rows)

    def forward(self, x):
        """Scale maps (n_samples, n_features, height, width), or rows whose last axis it is."""
        # The matrix is symmetric: right of rows and left of maps are the same.
        if x.ndim < 4:
            return (x - self.mean) @ self.matrix
        centered = x.flatten(2) - self.mean[:, None]
        return (self.matrix @ centered).unflatten(2, x.shape[2:])


class Encoder(nn.Module):
    """Network of pictures or sounds that is trained, or frozen and followed by a scaling.

    Parameters
    ----------
    network : torch.nn.Module
        Backbone.
    n_features : int
        Number of its features.
    frozen : bool
        Whether the network is not trained.
    scaled : bool
        Whether the features of a frozen network are scaled.
    """

    def __init__(self, network, n_features, *, frozen, scaled):
        super().__init__()
        self.network = network.requires_grad_(not frozen)
        self.scaling = Scaling(n_features) if frozen and scaled else nn.Identity()
        self.frozen = frozen
        self.train()

    @property
    def trained(self):
        """The part after :meth:`prepare`."""
        return self.scaling if self.frozen else self.network

    def train(self, mode=True):
        """Set the mode; a frozen network keeps its statistics."""
        super().train(mode)
        if self.frozen:
            self.network.eval()
        return self

    def prepare(self, x):
        """Features of a frozen network, which may be kept; the input of a trained one."""
        if not self.frozen:
            return x
        # Maps of few pictures stay in the cache of a CPU and in memory that is used again.
        n_samples = _CHUNK_SIZE if x.device.type == "cpu" else len(x)
        with torch.no_grad():
            return torch.cat([self.network(part) for part in x.split(n_samples)])

    def forward(self, x):
        """Features of the output of :meth:`prepare`."""
        return self.trained(x)


class AudioVisualModule(nn.Module):
    """Encoders of pictures and sounds, and the head that compares their features.

    Parameters
    ----------
    image, audio : torch.nn.Module
        Encoders, or the trained parts of encoders.
    head : torch.nn.Module
        Trained layers, as :class:`AudioVisualLocalizer` describes them.
    """

    def __init__(self, image, audio, head):
        super().__init__()
        self.image, self.audio, self.head = image, audio, head

    def trained(self):
        """The same module without frozen networks, which training must not touch."""
        return AudioVisualModule(self.image.trained, self.audio.trained, self.head)

    def forward(self, inputs):
        """Similarity maps of prepared pairs, or the head's outputs for two views.

        Parameters
        ----------
        inputs : tuple of torch.Tensor
            Prepared pictures and sounds; or first views, second views, sounds, and what else the
            head takes of each view.

        Returns
        -------
        outputs : torch.Tensor of shape (n_samples, height, width), or tuple
            Similarity maps, or the inputs of the loss.
        """
        if len(inputs) == 2:
            return self.head.similarity(self.image(inputs[0]), self.audio(inputs[1]))
        first, second, sound, *labels = inputs
        return self.head(self.image(first), self.image(second), self.audio(sound), *labels)
