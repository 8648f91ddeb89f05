"""Decoding of outputs into directions as torch modules; this module imports torch."""

import numpy as np
import torch
from torch import nn

from sslearn.decoding import AdjacentDecoder, ArgmaxDecoder, MeanDecoder, open_positions
from sslearn.encoding import (
    AngleEncoding,
    GridEncoding,
    IPDEncoding,
    LikelihoodEncoding,
    SummedIPDEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import angles_to_unit_vectors, circular_difference, grid_neighbors
from sslearn.persistence._onnx_layers import angle, constant, modulus


def decoding_module(encoding):
    """Module that repeats ``inverse_transform`` of a fitted encoding.

    Parameters
    ----------
    encoding : Encoding
        Fitted encoding.

    Returns
    -------
    module : torch.nn.Module
        Module from outputs to directions in degrees, in single precision.

    Raises
    ------
    ValueError
        If there is no module for the encoding or for its decoder.
    """
    for kind, module in _MODULES.items():
        if isinstance(encoding, kind):
            return module(encoding)
    raise _inexpressible(encoding)


def _inexpressible(part):
    return ValueError(
        f"to_onnx must know the decoder of the localizer; got {part!r}, which it cannot express. "
        "Export with part='network', and decode the outputs by inverse_transform."
    )


def _vectors_to_angles(vectors):
    """Azimuth in [-180, 180) and elevation, in degrees, of vectors (..., 3)."""
    x, y, z = vectors.unbind(-1)
    azimuth, elevation = angle(x, y), angle(modulus(x, y), z)
    return torch.stack([_wrapped(torch.rad2deg(azimuth)), torch.rad2deg(elevation)], dim=-1)


def _wrapped(azimuth):
    return azimuth - 360.0 * torch.floor((azimuth + 180.0) / 360.0)


def _present(y, score, least):
    """Directions (..., n_angles), NaN where the score (...) is too low."""
    return torch.where((score < least).unsqueeze(-1), torch.nan, y)


class _Decoding(nn.Module):
    """Directions (..., n_angles), without the last axis where y of ``fit`` has none."""

    def __init__(self, encoding):
        super().__init__()
        self.n_angles = encoding.n_angles_
        self.threshold = getattr(encoding, "threshold", None)
        spec = encoding.output_spec_
        shape = (2, 3, *spec.shape) if spec.frames == "track" else (2, *spec.shape)
        example = np.random.default_rng(0).uniform(size=shape)
        # Otherwise y of fit is one azimuth for each sample.
        self.has_axis = encoding.inverse_transform(example).ndim > 1

    def forward(self, outputs):
        """Directions in degrees."""
        y = self.decode(outputs)
        return y if self.has_axis else y.squeeze(-1)


class _Angles(_Decoding):
    def __init__(self, encoding):
        super().__init__(encoding)
        self.sigmoid = encoding.scale == "sigmoid"
        self.ranges = constant((180.0, 90.0)[: self.n_angles])

    def decode(self, outputs):
        """Scaled outputs; frames are averaged as vectors."""
        codes = 2.0 * outputs - 1.0 if self.sigmoid else outputs
        y = codes * self.ranges
        azimuth, elevation = y[..., :1], y[..., 1:].clamp(-90.0, 90.0)
        if y.ndim == 2:
            return torch.cat([_wrapped(azimuth), elevation], -1)
        azimuth = torch.deg2rad(azimuth)
        elevation = torch.deg2rad(elevation) if self.n_angles > 1 else torch.zeros_like(azimuth)
        level = elevation.cos()
        vectors = [azimuth.cos() * level, azimuth.sin() * level, elevation.sin()]
        return _vectors_to_angles(torch.cat(vectors, -1).mean(1))[..., : self.n_angles]


class _UnitVectors(_Decoding):
    def __init__(self, encoding):
        super().__init__(encoding)
        self.sigmoid = encoding.scale == "sigmoid"
        self.n_missing = 3 - encoding.output_spec_.shape[-1]

    def decode(self, outputs):
        """Directions of vectors, and absence of short ones."""
        outputs = 2.0 * outputs - 1.0 if self.sigmoid else outputs
        y = _vectors_to_angles(nn.functional.pad(outputs, (0, self.n_missing)))[
            ..., : self.n_angles
        ]
        if self.threshold is None:
            return y
        return _present(y, outputs.square().sum(-1).sqrt(), self.threshold)


class _Grid(_Decoding):
    def __init__(self, encoding):
        super().__init__(encoding)
        if isinstance(encoding, LikelihoodEncoding) and encoding.n_sources_ is not None:
            raise _inexpressible(encoding)
        decoder = AdjacentDecoder(3) if encoding.decoder is None else encoding.decoder
        make = _DECODERS.get(type(decoder))
        if make is None or getattr(decoder, "weights", "scores") != "scores":
            raise _inexpressible(decoder)
        given = encoding.grid_ if encoding.grid is None else encoding.grid
        self.decoder = make(decoder, encoding.grid_, grid_neighbors(given))

    def decode(self, scores):
        """Directions of the highest scores."""
        y = self.decoder(scores.flatten(0, -2)).reshape(*scores.shape[:-1], self.n_angles)
        return y if self.threshold is None else _present(y, scores.amax(-1), self.threshold)


class _Argmax(nn.Module):
    def __init__(self, decoder, grid, neighbors):
        super().__init__()
        self.grid = constant(grid.reshape(len(grid), -1))

    def forward(self, rows):
        """Directions of the highest value."""
        return self.grid[rows.argmax(1)]


class _Mean(nn.Module):
    def __init__(self, decoder, grid, neighbors):
        super().__init__()
        positions = open_positions(grid, neighbors) if grid.ndim == 1 else None
        self.is_open = positions is not None
        self.n_angles = 1 if grid.ndim == 1 else grid.shape[1]
        self.points = constant(positions[:, None] if self.is_open else angles_to_unit_vectors(grid))

    def forward(self, rows):
        """Directions of weighted means."""
        peaks = nn.functional.one_hot(rows.argmax(1), rows.shape[1])
        weights = rows.clamp(min=0)
        weights = weights + peaks * (weights.sum(1, keepdim=True) == 0)
        mean = weights / weights.sum(1, keepdim=True) @ self.points
        return _wrapped(mean) if self.is_open else _vectors_to_angles(mean)[:, : self.n_angles]


class _Adjacent(nn.Module):
    """Weighted mean around the peak: of azimuths along the grid, or of unit vectors."""

    def __init__(self, decoder, grid, neighbors):
        super().__init__()
        self.n_adjacent = min(decoder.n_adjacent, len(grid))
        self.grid = constant(grid.reshape(len(grid), -1))
        self.on_circle = grid.ndim == 1 or np.ptp(grid[:, 1]) == 0
        neighbors = neighbors[:, :2] if self.on_circle else neighbors
        self.register_buffer("neighbors", torch.from_numpy(neighbors))
        if self.on_circle:
            azimuth = grid if grid.ndim == 1 else grid[:, 0]
            positions = open_positions(azimuth, neighbors)
            if positions is None:
                offsets = circular_difference(azimuth, azimuth[:, None])
            else:
                offsets = positions - positions[:, None]
            self.offsets = constant(offsets)
        else:
            self.vectors = constant(angles_to_unit_vectors(grid))

    def forward(self, rows):
        """Directions of the refined peaks."""
        peaks = rows.argmax(1)
        window = self._contiguous(rows, peaks) if self.on_circle else self._highest(rows, peaks)
        weights = self._weights(rows.gather(1, window).clamp(min=0), window)
        if not self.on_circle:
            return _vectors_to_angles((weights.unsqueeze(-1) * self.vectors[window]).sum(1))
        offset = (weights * self.offsets[peaks].gather(1, window)).sum(1, keepdim=True)
        at_peak = self.grid[peaks]
        return torch.cat([_wrapped(at_peak[:, :1] + offset), at_peak[:, 1:]], 1)

    def _contiguous(self, rows, peaks):
        left = right = peaks
        window = [peaks]
        before, after = self.neighbors.unbind(1)
        for _ in range((self.n_adjacent - 1) // 2):
            left, right = before[left], after[right]
            window += [left, right]
        if self.n_adjacent % 2 == 0:
            outer = torch.stack([after[right], before[left]], 1)
            at_end = outer == torch.stack([right, left], 1)
            values = torch.where(at_end, -torch.inf, rows.gather(1, outer))
            window.append(outer.gather(1, values.argmax(1, keepdim=True)).squeeze(1))
        return torch.stack(window, 1)

    def _highest(self, rows, peaks):
        around = self.neighbors[peaks]
        values = torch.where(around == peaks[:, None], -torch.inf, rows.gather(1, around))
        n_others = min(self.n_adjacent - 1, around.shape[1])
        best = values.topk(n_others, dim=1).indices
        return torch.cat([peaks[:, None], around.gather(1, best)], 1)

    @staticmethod
    def _weights(values, window):
        columns = [values[:, :1]]
        for k in range(1, window.shape[1]):
            new = (window[:, :k] != window[:, k : k + 1]).all(1, keepdim=True)
            columns.append(values[:, k : k + 1] * new)
        total = sum(columns)
        columns[0] = columns[0] + (total == 0)
        return torch.cat(columns, 1) / torch.where(total == 0, 1.0, total)


class _PhaseDifferences(_Decoding):
    """Match with the phase differences of the grid, by one matrix product."""

    def __init__(self, encoding):
        super().__init__(encoding)
        self.grid = constant(encoding.grid_.reshape(len(encoding.grid_), -1))
        n_outputs = encoding.output_spec_.shape[-1]
        # Scores are a constant, plus a product, minus a multiple of the squares of the outputs.
        impulses = np.eye(n_outputs)
        above, below = encoding.spatial_spectrum(impulses), encoding.spatial_spectrum(-impulses)
        # f(x) = c + p.x - s |x|^2 gives p = (f(e) - f(-e)) / 2, c = f(0) and s = c + p_0 - f(e)_0.
        product = (above - below) / 2
        at_zero = encoding.spatial_spectrum(np.zeros((1, n_outputs)))
        self.product, self.at_zero = constant(product), constant(at_zero)
        self.of_squares = float((at_zero + product[:1] - above[:1]).mean())
        self.detects = encoding.n_sources_ is not None
        self.least = encoding.threshold
        self._more(encoding, product)

    def _more(self, encoding, product):
        if encoding.matching == "distance":
            self.least = 1.0 - self.least

    def decode(self, outputs):
        """Directions of the highest scores."""
        squares = outputs.square().sum(-1, keepdim=True)
        scores = outputs @ self.product + self.at_zero - self.of_squares * squares
        return self._detect(scores.argmax(-1), scores.amax(-1))

    def _detect(self, index, score):
        y = self.grid[index]
        return torch.where((score > self.least).unsqueeze(-1), y, torch.nan) if self.detects else y


class _SummedPhaseDifferences(_PhaseDifferences):
    """One source after the other."""

    def _more(self, encoding, product):
        self.n_tracks = encoding.n_sources if self.detects else 1
        self.cross = constant(len(product) / 2 * product.T @ product)

    def decode(self, outputs):
        """Directions of the sources, whose vectors are subtracted in turn."""
        scores, found = outputs @ self.product, []
        for _ in range(self.n_tracks):
            index, ratio = scores.argmax(-1), scores.amax(-1)
            scores = scores - ratio.unsqueeze(-1) * self.cross[index]
            found.append(self._detect(index, ratio))
        return torch.stack(found, -2) if self.detects else found[0]


_DECODERS = {ArgmaxDecoder: _Argmax, AdjacentDecoder: _Adjacent, MeanDecoder: _Mean}
_MODULES = {
    GridEncoding: _Grid,
    UnitVectorEncoding: _UnitVectors,
    AngleEncoding: _Angles,
    IPDEncoding: _PhaseDifferences,
    SummedIPDEncoding: _SummedPhaseDifferences,
}
