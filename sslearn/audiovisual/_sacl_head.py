"""Trained layers of SACL above the features of pictures and sounds."""

import torch
from torch import nn
from torch.nn.functional import normalize

from sslearn.audiovisual._head import CosineHead, sound_layers, unit_cells
from sslearn.audiovisual._segments import sounding_cells


class SemanticContrastHead(CosineHead):
    """Common space of picture cells and sounds, and the scores of all pairs of a mini-batch.

    Parameters
    ----------
    n_channels : int
        Channels of the feature map.
    n_features : int
        Features of a patch of sound.
    hidden_size : int
        Units of the hidden layer for sounds.
    adapt : bool
        Whether the map goes through a 1x1 convolution, the identity at first: the one trained layer
        for pictures where their network is frozen.
    """

    def __init__(self, n_channels, n_features, *, hidden_size, adapt):
        super().__init__()
        self.adapt = nn.Conv2d(n_channels, n_channels, 1) if adapt else nn.Identity()
        if adapt:
            nn.init.dirac_(self.adapt.weight)
            nn.init.zeros_(self.adapt.bias)
        self.fc = sound_layers(n_features, hidden_size, n_channels)

    def embedding(self, v, e):
        """Features of the cell that is most similar to the sound.

        Parameters
        ----------
        v : torch.Tensor of shape (n_samples, n_channels, height, width)
            Features of pictures.
        e : torch.Tensor of shape (n_samples, n_patches, n_features)
            Features of the patches of each sound.

        Returns
        -------
        embedding : torch.Tensor of shape (n_samples, n_channels)
            Vectors of length 1.
        """
        v = self._features(v, e)
        best = self._cosines(v, self._query(e)).flatten(1).argmax(1)
        cells = unit_cells(v).flatten(2)
        return cells[torch.arange(len(cells), device=best.device), :, best]

    def forward(self, first, second, e, *labels):
        """Scores of all pairs, for the loss.

        Parameters
        ----------
        first, second : torch.Tensor of shape (n_samples, n_channels, height, width)
            Features of two views of each picture.
        e : torch.Tensor of shape (n_samples, n_patches, n_features)
            Features of the patches of each sound.
        *labels : pair of torch.Tensor of shape (n_samples, height, width), optional
            Segment of each cell of both views, -1 where there is no picture.

        Returns
        -------
        scores : torch.Tensor of shape (2, n_samples, n_samples)
            Largest cosine of each sound (column) with the sounding cells of each picture (row).
        sound_similarity : torch.Tensor of shape (n_samples, n_samples)
            Cosines of the sounds before the trained layers, without gradient.
        """
        sounds = normalize(self._query(e), dim=1)
        cells = [unit_cells(self._features(view, e)) for view in (first, second)]
        # Cosines of every picture and every sound, (n_pictures, n_sounds, n_cells).
        maps = [torch.einsum("bchw,dc->bdhw", v, sounds).flatten(2) for v in cells]
        own = [m.diagonal(dim1=0, dim2=1).T for m in maps]
        masks = sounding_cells(own, [label.flatten(1).long() for label in labels] or None)
        # Cells outside the mask count as 0, as if their features were erased.
        scores = [
            m.masked_fill(~mask[:, None], 0.0).max(2).values
            for m, mask in zip(maps, masks, strict=True)
        ]
        given = normalize(e.detach().mean(1), dim=1)
        return torch.stack(scores), given @ given.T

    def _features(self, v, e):
        return self.adapt(v)
