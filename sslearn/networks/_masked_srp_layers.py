from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from sslearn.geometry import angles_to_unit_vectors, array_grid, steering_vectors
from sslearn.networks._masked_srp_net import N_SEGMENT_FRAMES
from sslearn.networks._sphere_layers import MaskNet

# Number of inputs of the masks in each bin; see bin_features.
N_FEATURES = 14
# Grids that the masks are made from: a step in degrees, subdivisions of the icosahedron.
_COARSE_STEP, _COARSE_SUBDIVISIONS = 15.0, 1
# Masks whose covariances are inverted as well, and loading of their diagonal, which is 1.
_N_INVERTED = 2
_LOADING = 1e-2
# Added to the power of each bin, as a share of the mean power of the clip.
_FLOOR = 1e-6
_TINY = 1e-8
# Widths of the smoothing over directions, in degrees.
_WIDTHS = (4.0, 10.0, 30.0)


class ArraySteering(nn.Module):
    """Constants of an array: phases of its microphones for directions and frequencies.

    Parameters
    ----------
    vectors : array-like of shape (n_directions, 3)
        Unit vectors of the directions that are scored.
    steering : array-like of shape (n_freqs, n_directions, n_mics), complex
        Their steering vectors.
    coarse : array-like of shape (n_freqs, n_coarse, n_mics), complex
        Steering vectors of the directions, fewer, that the masks are made from.
    freqs : array-like of shape (n_freqs,)
        Frequencies in Hz.
    aperture : float
        Largest delay between two microphones, in seconds.
    """

    def __init__(self, vectors, steering, coarse, freqs, aperture):
        super().__init__()
        self.register_buffer("kernels", zonal_kernels(vectors), persistent=False)
        n_mics = steering.shape[2]
        steering = torch.as_tensor(steering, dtype=torch.complex64)
        i, j = torch.triu_indices(n_mics, n_mics, offset=1)
        cross = 2 * (steering[..., i].conj() * steering[..., j])
        # Re[sum of conj(a_i) a_j H_ij] as one real product, (n_freqs, 2 n_pairs, n_directions).
        forms = torch.cat([cross.real, -cross.imag], dim=2).transpose(1, 2).contiguous()
        freqs = torch.as_tensor(freqs, dtype=torch.float32)
        constants = torch.stack(
            [freqs / 4000, torch.log2(freqs * aperture + 0.01), 0 * freqs + 1 / (n_mics - 1)]
        )
        self.register_buffer("pairs", torch.stack([i, j]), persistent=False)
        self.register_buffer("forms", forms, persistent=False)
        # As real numbers, whose precision a module can change.
        coarse = torch.as_tensor(coarse, dtype=torch.complex64).conj().resolve_conj()
        self.register_buffer("coarse", torch.view_as_real(coarse), persistent=False)
        self.register_buffer("constants", constants, persistent=False)
        self.register_buffer("log_aperture", torch.log2(torch.tensor(1e3 * float(aperture))), False)

    def response(self, phases):
        """Steered response of each bin towards few directions.

        Parameters
        ----------
        phases : torch.Tensor of shape (n_samples, n_freqs, n_mics, n_frames), complex
            Spectra of modulus 1.

        Returns
        -------
        response : torch.Tensor of shape (n_samples, n_freqs, n_coarse, n_frames)
            Mean of all pairs; 1 for a plane wave, 0 on average for noise.
        """
        n_mics = phases.shape[2]
        # |a^H x|^2 = M + the sum over M (M - 1) ordered pairs of microphones, for moduli of 1.
        beams = torch.view_as_complex(self.coarse) @ phases
        power = beams.real.square() + beams.imag.square()
        return (power / n_mics - 1) / (n_mics - 1)

    def quadratic(self, matrices):
        """``a^H H a`` of Hermitian matrices without the trace of H.

        Parameters
        ----------
        matrices : torch.Tensor of shape (n_samples, n_freqs, n_masks, n_mics, n_mics), complex
            Matrices H.

        Returns
        -------
        values : torch.Tensor of shape (n_freqs, n_samples, n_masks, n_directions)
            Values for the steering vectors a of all directions.
        """
        upper = matrices[..., self.pairs[0], self.pairs[1]]
        upper = torch.cat([upper.real, upper.imag], dim=3).transpose(0, 1)
        return (upper.flatten(1, 2) @ self.forms).unflatten(1, upper.shape[1:3])


def array_steering(mics, grid, freqs, speed_of_sound=343.0, *, shape=None):
    """Compute the steering of an array for the network.

    Parameters
    ----------
    mics : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    grid : ndarray of shape (n_directions,) or (n_directions, 2)
        Directions that are scored.
    freqs : ndarray of shape (n_freqs,)
        Frequencies in Hz.
    speed_of_sound : float, default=343.0
        Metres per second.
    shape : ndarray of shape (n_mics, 3), default=None
        Positions that determine which directions can be resolved; ``mics`` if None.

    Returns
    -------
    steering : ArraySteering
        Its buffers are in single precision.
    """
    coarse = array_grid(
        mics if shape is None else shape,
        1 if grid.ndim == 1 else 2,
        azimuth_step=_COARSE_STEP,
        n_subdivisions=_COARSE_SUBDIVISIONS,
    )
    return ArraySteering(
        angles_to_unit_vectors(grid),
        steering_vectors(mics, grid, freqs, speed_of_sound=speed_of_sound),
        steering_vectors(mics, coarse, freqs, speed_of_sound=speed_of_sound),
        freqs,
        np.linalg.norm(mics[:, None] - mics, axis=2).max() / speed_of_sound,
    )


def bin_features(spectrum, steering):
    """Describe each bin by numbers that depend on neither the array nor the direction.

    Parameters
    ----------
    spectrum : torch.Tensor of shape (n_samples, n_freqs, n_mics, n_frames), complex
        Spectra of a second or less.
    steering : ArraySteering
        The array.

    Returns
    -------
    features : torch.Tensor of shape (n_samples, 14, n_freqs, n_frames)
        Level against the clip, against its frequency, and against the frames before; height and
        norm of the steered response, and norm of its mean over 3 x 3 bins; its agreement with its
        means over 9 and 27 frames, 9 frequencies, 3 x 3 bins and the clip; frequency, frequency
        times aperture, and one over the number of pairs of a microphone.
    """
    power = (spectrum.real.square() + spectrum.imag.square()).mean(dim=2)
    mean_power = power.mean(dim=(1, 2), keepdim=True) + torch.finfo(power.dtype).tiny
    level = torch.log10(power / mean_power + _FLOOR)
    before = F.avg_pool1d(F.pad(level, (5, 0), mode="replicate"), 5, stride=1)[..., :-1]
    response = steering.response(unit_phases(spectrum))
    height = response.amax(dim=2)
    response = response - response.mean(dim=2, keepdim=True)
    frames = _sum_around(response, 3)
    freqs = _sum_around(response, 1)
    box = _sum_around(frames, 1)
    frames = _sum_around(frames, 3, 3)
    sums = [frames, _sum_around(frames, 3, 9), _sum_around(freqs, 1, 3), box]
    sums.append(response.mean(dim=(1, 3), keepdim=True))
    norm = _norm(response)
    norms = [_norm(around) for around in sums]
    agreements = [
        (response * around).mean(dim=2) / (norm * size + _TINY)
        for around, size in zip(sums, norms, strict=True)
    ]
    constants = steering.constants[:, :, None].expand(len(level), -1, -1, level.shape[2])
    measured = [level, level - level.mean(dim=2, keepdim=True), level - before]
    measured += [height, norm, norms[3] / 9, *agreements]
    return torch.cat([torch.stack(measured, dim=1), constants], dim=1)


def unit_phases(spectrum):
    """Spectra with a modulus of 1, or 0 where the spectrum is 0."""
    return torch.sgn(spectrum)


def _norm(response):
    return response.square().mean(dim=2).sqrt()


def _sum_around(x, dim, step=1):
    """Sum of each entry and the two that are a step before and after it, where there are any."""
    total, n_both = x.clone(), x.shape[dim] - step
    if n_both > 0:
        total.narrow(dim, step, n_both).add_(x.narrow(dim, 0, n_both))
        total.narrow(dim, 0, n_both).add_(x.narrow(dim, step, n_both))
    return total


def masked_covariances(spectrum, masks):
    """Sums over frames of the products of phases, weighted by each mask.

    Parameters
    ----------
    spectrum : torch.Tensor of shape (n_samples, n_freqs, n_mics, n_frames), complex
        Spectra.
    masks : torch.Tensor of shape (n_samples, n_masks, n_freqs, n_frames)
        Weights of the bins.

    Returns
    -------
    covariances : torch.Tensor of shape (n_samples, n_freqs, n_masks, n_mics, n_mics), complex
        Sums.
    """
    phases = unit_phases(spectrum).unsqueeze(2)
    weighted = phases * masks.transpose(1, 2).unsqueeze(3)
    return weighted @ phases.conj().transpose(3, 4)


def direction_maps(covariances, steering):
    """Maps over the directions from covariances under masks.

    Parameters
    ----------
    covariances : torch.Tensor of shape (n_samples, n_freqs, n_masks, n_mics, n_mics), complex
        Sums over frames.
    steering : ArraySteering
        The array.

    Returns
    -------
    maps : torch.Tensor of shape (n_samples, n_directions, n_maps)
        Steered responses under all masks and minimum variance spectra under the first two, each as
        it is and with a mean of 0 and a deviation of 1 over the directions, and the logarithm of
        the aperture.
    """
    n_mics = covariances.shape[3]
    weights = torch.diagonal(covariances, dim1=3, dim2=4).real.mean(dim=3)
    weights = weights.transpose(0, 1).unsqueeze(3)
    total = weights.sum(dim=0) + _TINY
    maps = steering.quadratic(covariances).sum(dim=0) / (total * n_mics * (n_mics - 1))
    few = slice(_N_INVERTED)
    inverted = (_capon(covariances[:, :, few], steering) * weights[:, :, few]).sum(dim=0)
    maps = torch.cat([maps, inverted / total[:, few]], dim=1).transpose(1, 2)
    spread = maps.std(dim=1, keepdim=True) + 1e-4
    scaled = (maps - maps.mean(dim=1, keepdim=True)) / spread
    aperture = steering.log_aperture.expand(*maps.shape[:2], 1)
    return torch.cat([maps, scaled, aperture / 4], dim=2)


def _capon(covariances, steering):
    """Minimum variance spectra (n_freqs, n_samples, n_masks, n_directions), 1 at their maximum."""
    power = torch.diagonal(covariances, dim1=3, dim2=4).real.mean(dim=3)[..., None, None]
    eye = torch.eye(covariances.shape[3], device=covariances.device)
    inverses = torch.linalg.inv(covariances / (power + _TINY) + _LOADING * eye)
    trace = torch.diagonal(inverses, dim1=3, dim2=4).real.sum(dim=3)
    # a^H R^-1 a is the form without the trace, plus the trace, because |a_m| = 1.
    forms = steering.quadratic(inverses) + trace.transpose(0, 1).unsqueeze(3)
    spectra = 1 / forms.clamp_min(_TINY)
    return spectra / spectra.amax(dim=3, keepdim=True)


class DirectionNet(nn.Module):
    """Layers over the directions of any grid that treat all of them alike.

    Each layer joins the channels of a direction with their means around it, by kernels of several
    widths that depend on the angle alone.

    Parameters
    ----------
    n_inputs, n_filters, n_layers : int
        Channels that enter, channels of the hidden layers, layers; the last one has one channel.
    """

    def __init__(self, n_inputs, n_filters, n_layers):
        super().__init__()
        sizes = [n_inputs, *[n_filters] * (n_layers - 1), 1]
        n_joined = 1 + len(_WIDTHS)
        self.layers = nn.ModuleList(
            nn.Linear(n_joined * n_before, n_after) for n_before, n_after in pairwise(sizes)
        )

    def forward(self, x, kernels):
        """Scores (n_samples, n_directions) of channels (n_samples, n_directions, n_inputs)."""
        for layer in self.layers[:-1]:
            x = F.relu(layer(_joined(x, kernels)))
        return self.layers[-1](_joined(x, kernels)).squeeze(2)


def zonal_kernels(vectors):
    """Matrices (n_kernels, n_directions, n_directions) whose rows are weights of a mean."""
    vectors = torch.as_tensor(vectors, dtype=torch.float64)
    cosine = vectors @ vectors.T
    kernels = [torch.exp((cosine - 1) / np.deg2rad(width) ** 2) for width in _WIDTHS]
    return torch.stack([kernel / kernel.sum(dim=1, keepdim=True) for kernel in kernels]).float()


def _joined(x, kernels):
    """Channels and their means side by side, (n_samples, n_directions, ...)."""
    means = torch.einsum("kde,nec->ndkc", kernels, x)
    return torch.cat([x, means.flatten(2)], dim=2)


class MaskedSteeringNet(nn.Module):
    """Masks of all bins, and scores of all directions of any array from the masked bins.

    Parameters
    ----------
    n_filters, n_masks : int
        Filters of the masks' convolutions, and masks.
    n_direction_filters, n_layers : int
        Channels of the hidden layers over the directions, and layers.
    """

    def __init__(self, n_filters, n_masks, n_direction_filters, n_layers):
        super().__init__()
        self.masks = MaskNet(N_FEATURES, n_filters, n_masks)
        n_maps = 2 * (n_masks + _N_INVERTED) + 1
        self.scores = DirectionNet(n_maps, n_direction_filters, n_layers)

    def covariances(self, spectrum, steering):
        """Sums over frames under each mask, which add up over the parts of a clip."""
        return masked_covariances(spectrum, self.masks(bin_features(spectrum, steering)))

    def directions(self, covariances, steering):
        """Scores (n_samples, n_directions) from sums over frames."""
        return self.scores(direction_maps(covariances, steering), steering.kernels)

    def forward(self, spectrum, steering):
        """Scores of spectra (n_samples, n_freqs, n_mics, n_frames), in segments of a second."""
        segments = spectrum.split(N_SEGMENT_FRAMES, dim=3)
        return self.directions(sum(self.covariances(x, steering) for x in segments), steering)


class MaskedSRPModule(MaskedSteeringNet):
    """Network for one array and grid, on real and imaginary parts of spectra.

    Parameters
    ----------
    sizes : dict
        Parameters of :class:`MaskedSteeringNet`.
    band : slice
        Frequencies in use.
    *steering : tuple
        Arguments of :func:`array_steering`.
    """

    def __init__(self, sizes, band, *steering):
        super().__init__(**sizes)
        self.band = band
        self._array = steering
        self._steering = None

    def forward(self, maps):
        """Scores of maps (n_samples, 2 * n_mics, n_freqs, n_frames)."""
        # Computed from the array when it is first needed; it is not part of the weights.
        if self._steering is None:
            self._steering = array_steering(*self._array)
        self._steering.to(maps)
        real, imaginary = maps[:, :, self.band].transpose(1, 2).chunk(2, dim=2)
        return super().forward(torch.complex(real, imaginary), self._steering)
