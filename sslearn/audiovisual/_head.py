"""Base of the trained layers above the features of pictures and sounds."""

import torch
from torch import nn
from torch.nn.functional import normalize


def unit_cells(v):
    """Divide the features of each cell by their length.

    Parameters
    ----------
    v : torch.Tensor of shape (n_samples, n_features, height, width)
        Features of pictures.

    Returns
    -------
    v : torch.Tensor of shape (n_samples, n_features, height, width)
        Features of length 1; 0 stays 0.
    """
    # torch's normalize takes six times as long along this axis.
    return v * v.square().sum(dim=1, keepdim=True).clamp_min(1e-24).rsqrt()


def sound_layers(n_features, hidden_size, n_channels):
    """Two layers from the features of a patch of sound to those of a cell of a picture."""
    return nn.Sequential(
        nn.Linear(n_features, hidden_size), nn.ReLU(), nn.Linear(hidden_size, n_channels)
    )


class CosineHead(nn.Module):
    """Base of heads that compare the cells of a picture with its sound.

    A subclass sets ``fc`` to :func:`sound_layers`, and may change the map in ``_features``.
    """

    def similarity(self, v, e):
        """Cosine of each cell and the sound of its picture.

        Parameters
        ----------
        v : torch.Tensor of shape (n_samples, n_channels, height, width)
            Features of pictures.
        e : torch.Tensor of shape (n_samples, n_patches, n_features)
            Features of the patches of each sound.

        Returns
        -------
        similarity : torch.Tensor of shape (n_samples, height, width)
            Cosines, in [-1, 1].
        """
        return self._cosines(self._features(v, e), self._query(e))

    def _features(self, v, e):
        return v

    def _query(self, e):
        return self.fc(e).mean(1)

    @staticmethod
    def _cosines(v, query):
        # cos(v_n, a) = v_n.a / (|v_n| |a|) for each cell n.
        return torch.einsum("bchw,bc->bhw", unit_cells(v), normalize(query, dim=1))
