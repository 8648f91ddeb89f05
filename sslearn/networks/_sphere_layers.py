from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Frequencies and frames of the means that a bin is compared with.
_NEIGHBORHOODS = ((3, 3), (9, 1), (1, 5))
# Measures of each bin: three products of its own, two of the first mean, one of each other.
N_INVARIANTS = 3 + 2 + len(_NEIGHBORHOODS)
# Widths of the smoothing on the sphere, in degrees; the narrowest is half a cell of 10 degrees.
_WIDTHS = (6.0, 14.0, 35.0)
# Directions whose triangles are looked up lie on whole degrees; a vote this far outside of the
# triangle that was found lies in none.
_OUTSIDE = -0.15


def intensity_invariants(x):
    """Inner products of the intensity of a bin with itself, its surroundings, and the whole clip.

    Parameters
    ----------
    x : torch.Tensor of shape (n_samples, 6, n_freqs, n_frames)
        Active, then reactive intensity.

    Returns
    -------
    invariants : torch.Tensor of shape (n_samples, 8, n_freqs, n_frames)
        Products that a rotation of the sound field does not change: how close a bin is to one
        plane wave, and how well the bins around it, and all bins, agree with it.
    """
    active, reactive = x[:, :3], x[:, 3:]
    means = [_mean_around(active, size) for size in _NEIGHBORHOODS]
    means.append(active.mean(dim=(2, 3), keepdim=True))
    return torch.stack(
        [
            _product(active, active).sqrt(),
            _product(reactive, reactive).sqrt(),
            _product(active, reactive),
            _product(means[0], means[0]).sqrt(),
            *(_product(active, mean) for mean in means),
        ],
        dim=1,
    )


def _product(a, b):
    return (a * b).sum(dim=1)


def _mean_around(x, size):
    padding = [n // 2 for n in size]
    return F.avg_pool2d(x, size, stride=1, padding=padding, count_include_pad=False)


class MaskNet(nn.Module):
    """Masks of all bins from measures of each, by convolutions at two resolutions.

    Parameters
    ----------
    n_inputs, n_filters, n_masks : int
        Maps that enter, at the full and half of those at the lower resolution, and masks.
    pool_size : int
        Frequencies that become one at the lower resolution.
    """

    def __init__(self, n_inputs, n_filters, n_masks, pool_size=4):
        super().__init__()
        self.scale = nn.BatchNorm2d(n_inputs)
        self.fine = _conv_block(n_inputs, n_filters, 3)
        self.pool = nn.MaxPool2d((pool_size, 1), ceil_mode=True)
        self.coarse = nn.Sequential(
            _conv_block(n_filters, 2 * n_filters, 3), _conv_block(2 * n_filters, 2 * n_filters, 3)
        )
        self.joined = _conv_block(3 * n_filters, n_filters, 1)
        self.output = nn.Conv2d(n_filters, n_masks, 1)

    def forward(self, x):
        """Masks (n_samples, n_masks, n_freqs, n_frames) in [0, 1]."""
        fine = self.fine(self.scale(x.contiguous(memory_format=torch.channels_last)))
        coarse = F.interpolate(self.coarse(self.pool(fine)), size=fine.shape[2:])
        return torch.sigmoid(self.output(self.joined(torch.cat([fine, coarse], dim=1))))


def _conv_block(n_inputs, n_outputs, size):
    return nn.Sequential(
        nn.Conv2d(n_inputs, n_outputs, size, padding=size // 2),
        nn.BatchNorm2d(n_outputs),
        nn.ReLU(inplace=True),
    )


class DirectionVotes(nn.Module):
    """Histogram of directions over the corners of a mesh, one for each mask.

    Each bin votes for the direction of its active intensity: the three corners around it share its
    vote, so that its direction is the mean of theirs. Its length does not count.

    Parameters
    ----------
    mesh : SphereMesh
        Directions of the histogram.
    """

    def __init__(self, mesh):
        super().__init__()
        self.n_directions = len(mesh.vectors)
        self.register_buffer("around", _triangles_around(mesh))
        self.register_buffer("triangles", torch.tensor(mesh.triangles, dtype=torch.int64))
        self.register_buffer("inverses", torch.tensor(mesh.inverses, dtype=torch.float32))

    def forward(self, vectors, masks):
        """Shares of the votes.

        Parameters
        ----------
        vectors : torch.Tensor of shape (n_samples, 3, n_freqs, n_frames)
            Active intensity.
        masks : torch.Tensor of shape (n_samples, n_masks, n_freqs, n_frames)
            Weights of the votes.

        Returns
        -------
        histograms : torch.Tensor of shape (n_samples, n_directions, n_masks)
            For each direction, mean over the bins, weighted by each mask.
        """
        masks = masks.flatten(2).transpose(1, 2)
        with torch.no_grad():
            corners, shares = self._shares(vectors.flatten(2).transpose(1, 2))
            first = self.n_directions * torch.arange(masks.shape[0], device=masks.device)
            rows = (corners + first[:, None, None]).flatten()
        votes = (shares.unsqueeze(3) * masks.unsqueeze(2)).flatten(0, 2)
        counts = votes.new_zeros(masks.shape[0] * self.n_directions, masks.shape[2])
        counts = counts.index_add(0, rows, votes).view(masks.shape[0], self.n_directions, -1)
        # One vote more, so that a clip whose masks are all 0 is divided by 1.
        return counts / (1 + masks.sum(dim=1, keepdim=True))

    def _shares(self, vectors):
        """Corners (n_samples, n_bins, 3), as indices, and the share that each gets of the vote."""
        x, y, z = vectors.unbind(2)
        azimuth = torch.rad2deg(torch.atan2(y, x)).round().long() + 180
        elevation = torch.rad2deg(torch.atan2(z, torch.hypot(x, y))).round().long() + 90
        around = self.around[elevation, azimuth].long()
        # s = inv([v1 v2 v3]) u, of shape (n_samples, n_bins, 3).
        shares = (self.inverses[around] * vectors.unsqueeze(2)).sum(dim=3)
        inside = shares.amin(dim=2, keepdim=True) > _OUTSIDE * shares.sum(dim=2, keepdim=True)
        return self.triangles[around], F.normalize(shares.clamp_min(0) * inside, p=1, dim=2)


def _triangles_around(mesh):
    """Triangle around each direction on whole degrees, elevations from -90, azimuths from -180."""
    around = torch.empty(181, 361, dtype=torch.int32)
    # The table takes a second; a module on the meta device, or with weights to load, skips it.
    if not around.is_meta:
        degrees = np.stack(np.meshgrid(np.arange(-180, 181), np.arange(-90, 91)), axis=-1)
        triangles = mesh.triangles_around(degrees.reshape(-1, 2))
        around.copy_(torch.from_numpy(triangles.reshape(around.shape)))
    return around


class ZonalNet(nn.Module):
    """Layers over the directions of a grid that treat all of them alike.

    Each layer joins the channels of a direction with their means around it, by kernels of several
    widths that depend on the angle alone.

    Parameters
    ----------
    vectors : ndarray of shape (n_directions, 3)
        Unit vectors of the grid.
    n_inputs, n_filters, n_layers : int
        Channels that enter, channels of the hidden layers, layers; the last one has one channel.
    """

    def __init__(self, vectors, n_inputs, n_filters, n_layers):
        super().__init__()
        self.register_buffer("vectors", torch.tensor(vectors, dtype=torch.float32))
        sizes = [n_inputs, *[n_filters] * (n_layers - 1), 1]
        n_means = len(_WIDTHS)
        self.layers = nn.ModuleList(
            nn.Linear((1 + n_means) * n_before, n_after) for n_before, n_after in pairwise(sizes)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(n_filters) for _ in sizes[1:-1])

    def forward(self, x):
        """Scores (n_samples, n_directions) of channels (n_samples, n_directions, n_inputs)."""
        kernels = self._kernels()
        for layer, norm in zip(self.layers, self.norms, strict=False):
            x = layer(self._join(x, kernels))
            x = torch.relu(norm(x.flatten(0, 1)).view_as(x))
        return self.layers[-1](self._join(x, kernels)).squeeze(2)

    def _kernels(self):
        """Matrices (n_kernels * n_directions, n_directions) whose rows are weights of a mean."""
        # von Mises-Fisher kernels exp((cos(a) - 1) / w^2), about exp(-a^2 / (2 w^2)).
        cosine = self.vectors @ self.vectors.T
        kernels = [torch.exp((cosine - 1) / np.deg2rad(width) ** 2) for width in _WIDTHS]
        return torch.cat([kernel / kernel.sum(dim=1, keepdim=True) for kernel in kernels])

    def _join(self, x, kernels):
        """Channels and their means side by side, (n_samples, n_directions, ...)."""
        n_samples, n_directions, n_channels = x.shape
        means = kernels @ x.transpose(0, 1).reshape(n_directions, -1)
        means = means.view(-1, n_directions, n_samples, n_channels).permute(2, 1, 0, 3)
        return torch.cat([x, means.flatten(2)], dim=2)


class HistogramModule(nn.Module):
    """Masks, the votes of all bins under each of them, and layers over the directions.

    Parameters
    ----------
    masks : MaskNet
        Network that makes the masks.
    votes : DirectionVotes
        Histograms.
    scores : ZonalNet
        Network that makes scores of them.
    """

    def __init__(self, masks, votes, scores):
        super().__init__()
        self.masks = masks
        self.votes = votes
        self.scores = scores

    def forward(self, x):
        """Scores (n_samples, n_directions) of maps (n_samples, n_maps, n_freqs, n_frames)."""
        with torch.no_grad():
            invariants = torch.cat([intensity_invariants(x[:, :6]), x[:, 6:]], dim=1)
        return self.scores(self.votes(x[:, :3], self.masks(invariants)))
