"""Convolutions on a subdivided icosahedron; this module imports torch.

Features have shape (n_samples, n_frames, n_vertices, n_orientations, n_channels). The orientations
of a vertex are the directions of its edges, or a single one for maps without orientation.
"""

from math import sqrt

import numpy as np
import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from sslearn.networks._causal_layers import with_past

N_EDGES = 6


def _surroundings(mesh, vertices, n_orientations):
    """Index (n_vertices, 7, n_orientations) of each vertex and its neighbours, in its own frame.

    It counts the orientations of all vertices, which are moved along the edges without turning.
    """
    rows = np.column_stack([vertices, mesh.neighbors[vertices]])
    turns = np.column_stack([np.zeros_like(vertices), mesh.turns[vertices]])
    orientations = np.add.outer(turns, np.arange(n_orientations)) % n_orientations
    return torch.from_numpy(rows[..., None] * n_orientations + orientations)


def _kernel_turns(n_orientations):
    """Index (6, 7 n_orientations) of the taps of a kernel, turned to each of six directions."""
    edge = np.arange(N_EDGES)
    # Turned by e edges, neighbour d gets tap d - e and orientation o the orientation o - e.
    taps = np.column_stack([np.zeros(N_EDGES, int), 1 + np.subtract.outer(edge, edge).T % N_EDGES])
    orientations = np.subtract.outer(np.arange(n_orientations), edge).T % n_orientations
    return (taps[:, :, None] * n_orientations + orientations[:, None]).reshape(N_EDGES, -1)


def _gather(x, index):
    """Features (n_samples, n_frames, len(index), -1) at an index of vertices and orientations."""
    taken = x.flatten(2, 3).index_select(2, index.flatten())
    return taken.unflatten(2, index.shape).flatten(3)


class _GatheredProduct(torch.autograd.Function):
    """Product of gathered features and kernels, which does not keep the gathered features."""

    @staticmethod
    def forward(ctx, x, index, kernels):
        """Features (n_samples, n_frames, len(index), len(kernels))."""
        y = F.linear(_gather(x, index), kernels)
        ctx.save_for_backward(x, index, kernels)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        """Gradients of the features and of the kernels."""
        x, index, kernels = ctx.saved_tensors
        # Under autocast the gradient, or a product, may be of half precision.
        grad = grad.to(kernels.dtype)
        # Y = G K.T has the gradients dK = dY.T G and dG = dY K; dx adds dG where x was gathered. G
        # has seven times the size of x: it is gathered again instead of kept.
        of_kernels = grad.flatten(0, 2).T @ _gather(x, index).flatten(0, 2).to(grad.dtype)
        of_gathered = (grad @ kernels).unflatten(3, (*index.shape[1:], -1)).flatten(2, 4)
        of_x = torch.zeros_like(x).flatten(2, 3)
        of_x.index_add_(2, index.flatten(), of_gathered.to(x.dtype))
        return of_x.view_as(x), None, of_kernels.to(kernels.dtype)


class Corners(nn.Module):
    """Append the twelve corners, as means over their five neighbours and all orientations.

    A corner has five neighbours, so that its orientations are not defined.
    """

    def __init__(self, mesh):
        super().__init__()
        neighbors = torch.from_numpy(mesh.corner_neighbors.ravel())
        self.register_buffer("neighbors", neighbors, persistent=False)

    def forward(self, x):
        """Features of all vertices from those of the vertices with six neighbours."""
        near = x.mean(3, keepdim=True).index_select(2, self.neighbors)
        corners = near.unflatten(2, (-1, 5)).mean(3)
        return torch.cat([x, corners.expand(-1, -1, -1, *x.shape[3:])], dim=2)


class HexagonalConv(nn.Module):
    """Convolution of a vertex and its six neighbours by a kernel turned to six orientations.

    Parameters
    ----------
    mesh : HexagonalMesh
        Vertices.
    n_inputs, n_outputs : int
        Channels.
    n_orientations : {1, 6}
        Orientations of the input.
    """

    def __init__(self, mesh, n_inputs, n_outputs, n_orientations):
        super().__init__()
        n_taps = (1 + N_EDGES) * n_orientations
        # The default of torch: uniform within 1 / sqrt(fan-in).
        bound = 1 / sqrt(n_taps * n_inputs)
        weight = torch.empty(n_taps, n_outputs, n_inputs).uniform_(-bound, bound)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.empty(n_outputs).uniform_(-bound, bound))
        vertices = np.arange(len(mesh.neighbors))
        self.register_buffer(
            "surroundings", _surroundings(mesh, vertices, n_orientations), persistent=False
        )
        rows = _kernel_turns(n_orientations)[:, None] * n_outputs + np.arange(n_outputs)[:, None]
        self.register_buffer("rows", torch.from_numpy(rows), persistent=False)

    def turned_kernels(self):
        """Matrix (6 n_outputs, n_taps n_inputs) of the kernels of all orientations."""
        # Whole rows are copied, which is five times faster than to turn the axes.
        kernels = self.weight.flatten(0, 1).index_select(0, self.rows.flatten())
        return kernels.unflatten(0, self.rows.shape).flatten(2).flatten(0, 1)

    def forward(self, x, kernels):
        """Features of the vertices with six neighbours from those of all vertices."""
        x = _GatheredProduct.apply(x, self.surroundings, kernels).unflatten(3, (N_EDGES, -1))
        return x + self.bias


class HexagonalPool(nn.Module):
    """Mean of a vertex and its six neighbours at the vertices of the next coarser mesh."""

    def __init__(self, mesh):
        super().__init__()
        index = _surroundings(mesh, mesh.coarser, N_EDGES)
        self.register_buffer("surroundings", index, persistent=False)

    def forward(self, x):
        """Features of the coarser vertices with six neighbours."""
        taken = _gather(x, self.surroundings).unflatten(3, (*self.surroundings.shape[1:], -1))
        return taken.mean(3)


class TimeConv(nn.Conv2d):
    """Convolution over the current and the last frames, for each vertex and orientation."""

    def __init__(self, n_inputs, n_outputs, kernel_size):
        super().__init__(n_inputs, n_outputs, (kernel_size, 1))

    def step(self, x, past):
        """Features of the next frames, and the frames that the ones after them need."""
        x, past = with_past(x, past, 1)
        # Channels are last in memory, as torch prefers it: nothing is copied.
        y = super().forward(x.flatten(2, 3).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return y.unflatten(2, x.shape[2:4]), past


class OrientedNorm(nn.Module):
    """Normalisation over channels and orientations, with a scale and a shift for each channel."""

    def __init__(self, n_channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_channels))
        self.bias = nn.Parameter(torch.zeros(n_channels))

    def forward(self, x):
        """Normalised features."""
        return torch.addcmul(self.bias, F.layer_norm(x, x.shape[3:]), self.weight)


class Stage(nn.Module):
    """Convolutions over neighbours and over time, and the layers after them.

    Parameters
    ----------
    spatial : HexagonalConv
        Convolution over neighbours, before a rectifier.
    temporal : TimeConv
        Convolution over time.
    after : torch.nn.Module
        Layers after both.
    """

    def __init__(self, spatial, temporal, after):
        super().__init__()
        self.spatial, self.temporal, self.after = spatial, temporal, after

    def initial_state(self, batch_size):
        """Kernels, which a stream turns once, and zeros as the frames before the first one."""
        n_vertices, n_past = len(self.spatial.surroundings), self.temporal.kernel_size[0] - 1
        shape = (batch_size, n_past, n_vertices, N_EDGES, self.temporal.in_channels)
        return self.spatial.turned_kernels(), self.temporal.weight.new_zeros(shape)

    def step(self, x, state):
        """Features of the next frames, and the state after them."""
        kernels, past = state
        x, past = self.temporal.step(self.spatial(x, kernels).relu_(), past)
        return self.after(x), (kernels, past)


class SoftArgmax(nn.Module):
    """Mean unit vector under a softmax of the highest score over the orientations.

    The scores of the corners are 0. Those that belong to the charts take part in the softmax, and
    their unit vectors cancel.
    """

    def __init__(self, mesh):
        super().__init__()
        # From NumPy, so that it has values on the meta device too.
        vectors = torch.from_numpy(mesh.vectors[: len(mesh.neighbors)])
        self.register_buffer("vectors", vectors, persistent=False)
        self.n_corners = 10

    def forward(self, x):
        """Vectors (n_samples, n_frames, n_sources, 3) of length up to 1."""
        scores = F.pad(x.amax(3), (0, 0, 0, self.n_corners))
        shares = scores.softmax(2)[:, :, : len(self.vectors)]
        return shares.transpose(2, 3) @ self.vectors.to(shares.dtype)


class IcosahedralModule(nn.Module):
    """Stages on ever coarser meshes, then one vector for each source.

    Parameters
    ----------
    mesh : HexagonalMesh
        Vertices of the input.
    stages : list of Stage
        Stages.
    head : SoftArgmax
        From the scores of the last stage to vectors.
    output_shape : tuple of int
        Shape of one output: ``(3,)`` or ``(n_sources, 3)``.
    """

    def __init__(self, mesh, stages, head, output_shape):
        super().__init__()
        self.register_buffer("places", torch.from_numpy(mesh.places), persistent=False)
        self.corners = Corners(mesh)
        self.stages = nn.ModuleList(stages)
        self.head = head
        self.output_shape = output_shape

    def initial_state(self, batch_size):
        """State before the first frame."""
        return [stage.initial_state(batch_size) for stage in self.stages]

    def step(self, x, state):
        """Outputs of the next frames, and the state after them."""
        if x.shape[3] == 0:
            return x.new_zeros((x.shape[0], 0, *self.output_shape)), state
        x = x.index_select(2, self.places).permute(0, 3, 2, 1).unsqueeze(3)
        x, after = self.corners(x), []
        for stage, before in zip(self.stages, state, strict=True):
            x, stage_state = stage.step(x, before)
            after.append(stage_state)
        return self.head(x).reshape(*x.shape[:2], *self.output_shape), after

    def forward(self, x):
        """Outputs (n_samples, n_frames, \\*output_shape) of whole clips."""
        return self.step(x, self.initial_state(x.shape[0]))[0]
