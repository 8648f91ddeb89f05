"""Transformers of features as torch modules that can be exported; this module imports torch.

A spectrum is a pair of tensors, its real and its imaginary part: ONNX Runtime has few operators
for complex numbers. Constants that a transformer computes are taken from its impulse responses.
"""

import numpy as np
import torch
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional
from torch.onnx import ops

from sslearn import features
from sslearn.features import ambisonic_gains, stft_hop, stft_padding
from sslearn.geometry import mic_pairs
from sslearn.networks.layers import selective_scan
from sslearn.persistence._onnx_layers import angle, constant, modulus
from sslearn.utils import band_slice, check_pairs

_TINY = torch.finfo(torch.float32).tiny
_RATIO_LIMIT = 10**4.5  # of levels: 90 dB


def feature_module(transformer, n_freqs=None):
    """Module that repeats a fitted transformer.

    Parameters
    ----------
    transformer : transformer
        Transformer, or Pipeline of them.
    n_freqs : int, default=None
        Frequencies of the spectrum that it takes, where it takes one.

    Returns
    -------
    module : torch.nn.Module
        Module in single precision.

    Raises
    ------
    ValueError
        If there is no module for the class of the transformer.
    """
    if isinstance(transformer, Pipeline):
        modules = []
        for _, step in transformer.steps:
            if step in (None, "passthrough") or isinstance(step, features.AudioReader):
                continue
            modules.append(feature_module(step, n_freqs))
            n_freqs = step.n_fft // 2 + 1 if isinstance(step, features.STFT) else n_freqs
        return nn.Sequential(*modules)
    kind, name = type(transformer), type(transformer).__name__
    if kind not in _OF_SPECTRA | _OF_NUMBERS:
        raise ValueError(
            f"to_onnx must know every step of the pipeline; got {name}, which it cannot express. "
            "Compute the features before, and export the network alone with part='network'."
        )
    if kind in _OF_SPECTRA and n_freqs is None:
        raise ValueError(
            f"to_onnx takes audio or real features; got {name} as first step, whose input is a "
            "complex spectrum. Put STFT before it, or export with part='network'."
        )
    return (_OF_SPECTRA | _OF_NUMBERS)[kind](transformer, n_freqs)


class _STFT(nn.Module):
    """Convolutions with the window times cosines and sines."""

    def __init__(self, stft, n_freqs):
        super().__init__()
        impulses = np.eye(stft.n_fft)[:, None]
        unpadded = clone(stft).set_params(padding=None, first_center=0)
        spectra = unpadded.fit(impulses).transform(impulses)[:, 0, :, 0].T
        self.kernels = constant(np.concatenate([spectra.real, spectra.imag])[:, None])
        self.hop, self.padding = stft_hop(stft), stft_padding(stft)
        self.mode = "reflect" if stft.padding == "reflect" else "constant"

    def forward(self, x):
        """Spectra (n, n_channels, n_freqs, n_frames) of audio (n, n_channels, n_times)."""
        x = functional.pad(x, self.padding, self.mode) if any(self.padding) else x
        parts = functional.conv1d(x.flatten(0, 1).unsqueeze(1), self.kernels, stride=self.hop)
        return parts.unflatten(0, x.shape[:2]).chunk(2, dim=2)


class _OnlineNormalizer(nn.Module):
    def __init__(self, normalizer, n_freqs):
        super().__init__()
        self.forgetting = (normalizer.n_frames - 1) / (normalizer.n_frames + 1)
        # x / (level + floor) with a level of almost 0 is x / floor.
        answer = clone(normalizer).fit_transform(np.full((1, 1, 1, 1), 1e-30 + 0j))
        self.floor = float(1e-30 / answer.real.item())
        self.register_buffer("one", torch.ones(1, 1))

    def forward(self, spectrum):
        """Spectra divided by recursive averages of the level, the states of a scan."""
        levels = modulus(*spectrum).mean((1, 2)).unsqueeze(2)
        t = torch.arange(levels.shape[1], device=levels.device)
        weights = ((t - 1) / (t + 1)).clamp(max=self.forgetting)[:, None].expand_as(levels)
        # w level' + (1 - w) level as a scan h <- exp(-delta) h + delta * new: exp(-delta) = w.
        delta = -weights.clamp(min=_TINY).log()
        ones = torch.ones_like(levels)
        new = (1 - weights) * levels / delta
        smooth, _ = selective_scan(new, delta, -self.one, ones, ones, 0 * self.one[0])
        scale = smooth.unsqueeze(1).transpose(2, 3) + self.floor
        return [part / scale for part in spectrum]


class _SpectrumMap(nn.Module):
    def __init__(self, transformer, n_freqs):
        super().__init__()
        self.transformer = transformer

    def forward(self, spectrum):
        """Maps without the lowest frequency where that is dropped."""
        return self.maps(*spectrum)[:, :, int(self.transformer.drop_dc) :]


class _PhaseMap(_SpectrumMap):
    def maps(self, real, imag):
        """Phases; the one just above -pi is rounded to pi."""
        phase = angle(real, imag)
        return torch.where(phase <= -torch.pi, torch.pi, phase)


class _LogMagnitude(_SpectrumMap):
    def maps(self, real, imag):
        """Logarithms of the magnitudes."""
        return torch.log10(modulus(real, imag) + self.transformer.offset)


class _RealImag(_SpectrumMap):
    def maps(self, real, imag):
        """Both parts, divided by the level of the clip where it is unit."""
        maps = torch.cat([real, imag], 1)
        if self.transformer.unit_level is None:
            return maps
        return maps / modulus(real, imag).mean((1, 2, 3), keepdim=True).clamp(min=_TINY)


class _LevelMap(nn.Module):
    def __init__(self, level_map, n_freqs):
        super().__init__()
        self.channels = level_map.channels
        self.floor = 10 ** (level_map.floor / 10)
        self.bins = _bins(level_map, n_freqs)

    def forward(self, spectrum):
        """Levels above the mean of the channel."""
        real, imag = (x if self.channels is None else x[:, list(self.channels)] for x in spectrum)
        power = (real.square() + imag.square())[:, :, self.bins]
        power = power / (power.mean((2, 3), keepdim=True) + _TINY)
        return 10 * torch.log10(power + self.floor)


class _PairCue(nn.Module):
    def __init__(self, cue, n_freqs):
        super().__init__()
        n_channels = cue.n_features_in_
        if cue.pairs is None and isinstance(cue, features.GCCPHAT):
            pairs = mic_pairs(n_channels).tolist()
        else:
            pairs = check_pairs(cue.pairs, getattr(cue, "reference", 0), n_channels)
        self.channels, self.references = map(list, zip(*pairs, strict=True))
        self.bins = _bins(cue, n_freqs)

    def pairs(self, spectrum):
        """Spectra in the band of channels, and of their references."""
        band = [part[:, :, self.bins] for part in spectrum]
        return [x[:, self.channels] for x in band], [x[:, self.references] for x in band]


class _IPD(_PairCue):
    def forward(self, spectrum):
        """Phase differences; 0 where a channel is silent."""
        real, imag = _cross(*self.pairs(spectrum))
        return angle(real + _TINY, imag)


class _ILD(_PairCue):
    def forward(self, spectrum):
        """Differences of level, limited to 90 dB."""
        level, reference = (modulus(*x) + _TINY for x in self.pairs(spectrum))
        ratio = (level / reference).clamp(1 / _RATIO_LIMIT, _RATIO_LIMIT)
        return 20 * torch.log10(ratio)


class _GCCPHAT(_PairCue):
    def __init__(self, cue, n_freqs):
        super().__init__(cue, n_freqs)
        self.bins = slice(0, n_freqs)
        # Correlations of cross-spectra that are 1, or 1j, at one frequency: columns of the matrix.
        impulses = np.zeros((2, n_freqs, 2, n_freqs, 1), complex)
        k = np.arange(n_freqs)
        impulses[:, k, 1, k] = 1
        impulses[0, k, 0, k], impulses[1, k, 0, k] = 1, 1j
        impulses = impulses.reshape(-1, 2, n_freqs, 1)
        of_one_pair = clone(cue).set_params(pairs=[(0, 1)])
        self.lags = constant(of_one_pair.fit(impulses).transform(impulses)[:, 0, :, 0].T)

    def forward(self, spectrum):
        """Correlations, by a matrix of cosines and sines."""
        level = modulus(*spectrum).clamp(min=_TINY)
        phasors = [part / level for part in spectrum]
        return self.lags @ torch.cat(_cross(*self.pairs(phasors)), 2)


class _IntensityVector(nn.Module):
    def __init__(self, intensity, n_freqs):
        super().__init__()
        self.gains = constant(np.linalg.inv(ambisonic_gains(intensity.convention)))
        self.bins = _bins(intensity, n_freqs)
        self.normalize, self.reactive = intensity.normalize, intensity.reactive

    def forward(self, spectrum):
        """Intensity of spectra whose plane waves are 1 and their unit vectors."""
        real, imag = (
            torch.einsum("wc,ncft->nwft", self.gains, x[:, :, self.bins]) for x in spectrum
        )
        pressure, velocity = (real[:, :1], imag[:, :1]), (real[:, 1:], imag[:, 1:])
        parts = _cross(velocity, pressure)[: 1 + self.reactive]
        intensity = 3**0.5 * torch.cat(parts, 1)
        if not self.normalize:
            return intensity
        return intensity / ((real.square() + imag.square()).sum(1, keepdim=True) + _TINY)


class _FeatureStack(nn.Module):
    def __init__(self, stack, n_freqs):
        super().__init__()
        parts = [(name, part) for name, part in stack.transformer_list if part != "drop"]
        weights = stack.transformer_weights or {}
        self.weights = [weights.get(name, 1) for name, _ in parts]
        self.parts = nn.ModuleList(
            nn.Identity() if part == "passthrough" else feature_module(part, n_freqs)
            for _, part in parts
        )

    def forward(self, x):
        """Features of all parts."""
        return torch.cat([w * part(x) for w, part in zip(self.weights, self.parts, strict=True)], 1)


class _FrameBlocks(nn.Module):
    def __init__(self, blocks, n_freqs):
        super().__init__()
        self.n_frames = blocks.n_frames
        self.drop = blocks.incomplete == "drop"
        self.axes = {None: None, "block": (1, 2, 4), "frequency": (1, 4)}[blocks.unit_level]

    def forward(self, x):
        """Blocks; frames that fill no block are an error of the runtime, unless dropped."""
        x = x[..., : x.shape[3] // self.n_frames * self.n_frames] if self.drop else x
        blocks = self._cut(x)
        if self.axes is None:
            return blocks
        level = blocks.square().mean(self.axes, keepdim=True).sqrt()
        return blocks / torch.where(level > 0, level, 1.0)

    def _cut(self, x):
        if not torch.compiler.is_exporting():
            return x.unflatten(3, (-1, self.n_frames))
        # The tracer cannot prove that frames fill blocks: an operator without its checks.
        shape = torch.tensor([0, 0, 0, -1, self.n_frames])
        of_blocks = (*x.shape[:3], x.shape[3] // self.n_frames, self.n_frames)
        return ops.symbolic("Reshape", (x, shape), dtype=x.dtype, shape=of_blocks, version=14)


class _TimePooling(nn.Module):
    def __init__(self, pooling, n_freqs):
        super().__init__()
        self.circular = pooling.statistic == "circular"

    def forward(self, x):
        """Means over frames."""
        if not self.circular:
            return x.mean(-1)
        return torch.stack([x.cos().mean(-1), x.sin().mean(-1)], -1)


class _StandardScaler(nn.Module):
    def __init__(self, scaler, n_freqs):
        super().__init__()
        self.mean = constant(scaler.mean_ if scaler.with_mean else 0.0)
        self.scale = constant(scaler.scale_ if scaler.with_std else 1.0)

    def forward(self, x):
        """Features of mean 0 and deviation 1."""
        return (x - self.mean) / self.scale


def _bins(transformer, n_freqs):
    return band_slice(transformer.freq_range, fs=transformer.fs, n_fft=2 * (n_freqs - 1))


def _cross(spectrum, reference):
    """Both parts of the spectrum times the conjugate reference."""
    (a, b), (c, d) = spectrum, reference
    return a * c + b * d, b * c - a * d


_OF_SPECTRA = {
    features.OnlineNormalizer: _OnlineNormalizer,
    features.PhaseMap: _PhaseMap,
    features.LogMagnitude: _LogMagnitude,
    features.RealImag: _RealImag,
    features.LevelMap: _LevelMap,
    features.IPD: _IPD,
    features.ILD: _ILD,
    features.GCCPHAT: _GCCPHAT,
    features.IntensityVector: _IntensityVector,
}
_OF_NUMBERS = {
    features.STFT: _STFT,
    features.FeatureStack: _FeatureStack,
    features.FrameBlocks: _FrameBlocks,
    features.TimePooling: _TimePooling,
    features.Flatten: lambda flatten, n_freqs: nn.Flatten(),
    StandardScaler: _StandardScaler,
}
