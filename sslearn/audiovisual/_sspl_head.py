"""Trained layers of SSPL above the features of pictures and sounds; this module imports torch."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import normalize

from sslearn.audiovisual._head import CosineHead, sound_layers

# Keeps the range of a constant map above zero, as released.
_LEAST_RANGE = 1e-10


def attention(similarity):
    """Scale maps (n_samples, height, width) to the range 0 to 1, each for itself."""
    low, high = similarity.amin((1, 2), keepdim=True), similarity.amax((1, 2), keepdim=True)
    return (similarity - low) / (high - low + _LEAST_RANGE)


def _attended(v, a, similarity):
    # The sum, not the mean: its scale is lost in the batch norm of the projector.
    return torch.einsum("bhw,bchw->bc", attention(similarity), v)


# Feature of a picture and its sound, from v (n_samples, n_channels, height, width), the vector a
# (n_samples, n_channels) of the sound and the cosines of both (n_samples, height, width).
FUSIONS = {
    "attention": _attended,
    "cat": lambda v, a, similarity: torch.cat([v.mean((2, 3)), a], dim=1),
    "product": lambda v, a, similarity: v.mean((2, 3)) * a,
    "sum": lambda v, a, similarity: v.mean((2, 3)) + a,
}


def _block(n_inputs, n_outputs):
    return nn.Linear(n_inputs, n_outputs, bias=False), nn.BatchNorm1d(n_outputs), nn.ReLU()


def _projector(sizes):
    """Blocks from each width to the next; the last ends with a batch norm without weights."""
    blocks = [layer for pair in pairwise(sizes) for layer in _block(*pair)]
    return nn.Sequential(*blocks[:-2], nn.BatchNorm1d(sizes[-1], affine=False))


class PredictiveHead(CosineHead):
    """Map of a picture and its sound, and the prediction of one view from the other.

    Parameters
    ----------
    n_channels : int
        Channels of the feature map.
    n_features : int
        Features of a patch of sound.
    hidden_size : int
        Units of the hidden layer for sounds.
    projector_sizes : tuple of int
        Widths of the projector.
    predictor_size : int
        Units of the hidden layer of the predictor.
    fusion : {"attention", "cat", "product", "sum"}
        Feature of a picture and its sound that is projected.
    coding : torch.nn.Module or None
        Predictive coding of map and sound.
    """

    def __init__(
        self,
        n_channels,
        n_features,
        *,
        hidden_size,
        projector_sizes,
        predictor_size,
        fusion,
        coding=None,
    ):
        super().__init__()
        self.fc = sound_layers(n_features, hidden_size, n_channels)
        self.coding = coding
        self.fuse = FUSIONS[fusion]
        n_fused = 2 * n_channels if fusion == "cat" else n_channels
        n_outputs = projector_sizes[-1]
        self.projector = _projector((n_fused, *projector_sizes))
        self.predictor = nn.Sequential(
            *_block(n_outputs, predictor_size), nn.Linear(predictor_size, n_outputs)
        )

    def embedding(self, v, e):
        """Projections (n_samples, n_outputs) of views and their sounds."""
        return self._project(v, e, self._query(e))

    def forward(self, first, second, e):
        """Predictions and projections of two views, for the loss.

        Parameters
        ----------
        first, second : torch.Tensor of shape (n_samples, n_channels, height, width)
            Features of two views of each picture.
        e : torch.Tensor of shape (n_samples, n_patches, n_features)
            Features of the patches of each sound.

        Returns
        -------
        p1, z1, p2, z2 : torch.Tensor of shape (n_samples, n_outputs)
            Prediction and projection of the first and of the second view.
        """
        query = self._query(e)
        return *self._embed(first, e, query), *self._embed(second, e, query)

    def _embed(self, v, e, query):
        z = self._project(v, e, query)
        return self.predictor(z), z

    def _project(self, v, e, query):
        v = self._features(v, e)
        return self.projector(self.fuse(v, query, self._cosines(v, query)))

    def _features(self, v, e):
        return v if self.coding is None else self.coding(v, normalize(e.mean(1), dim=1))


def two_view_loss(loss):
    """Loss of the outputs of the head: each view predicts the projection of the other one."""

    def criterion(outputs, targets=None):
        # (l(p_1, z_2) + l(p_2, z_1)) / 2; the loss stops the gradient of z.
        p1, z1, p2, z2 = outputs
        return (loss(p1, z2) + loss(p2, z1)) / 2

    return criterion
