import warnings
from functools import lru_cache

import numpy as np

from sslearn.decoding import AdjacentDecoder, PeakDecoder
from sslearn.doa._frame_sums import FrameSums, bin_power
from sslearn.doa._grid_search import GridLocalizer
from sslearn.exceptions import UncertaintyWarning
from sslearn.networks import N_SEGMENT_FRAMES, masked_srp_grid

# Sizes of the network whose weights are in the package.
SIZES = {"n_filters": 16, "n_masks": 6, "n_direction_filters": 24, "n_layers": 3}
# Range of its training: apertures in metres, spacing of the bins and highest frequency in Hz.
_APERTURES = (0.015, 0.6)
_BIN_WIDTH = (25.0, 39.0)
_LEAST_TOP = 3400.0


class MaskedSRPPHAT(GridLocalizer):
    """Steered response power under learned masks, for any array.

    A small pretrained network weights each bin, from features that depend on neither the array
    nor the direction, and maps the steered responses under these weights to a spatial spectrum.
    Nothing is trained in ``fit``.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate in Hz.
    grid : array-like of shape (n_directions,) or (n_directions, 2), default=None
        Azimuths, or azimuths and elevations, in degrees. None takes all that the array can
        resolve: every 3 degrees of azimuth, or about every 8 degrees of the sphere if ``fit`` is
        given azimuths and elevations, without the back of a line of microphones and without what
        is below a plane of them. The network was trained on grids of these spacings.
    freq_range : tuple of (float, float) or None, default=(200, 7000)
        Lowest and highest frequency in Hz; the highest is left out. None takes all.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.
    n_sources : int, default=1
        Number of sources to find: the highest peaks of the spatial spectrum.
    decoder : decoder, default=None
        From the spatial spectrum to directions. None is the centre of the highest peak,
        ``AdjacentDecoder(5)`` or on the sphere ``AdjacentDecoder(3)``, for one source, and
        ``PeakDecoder(n_sources, threshold=0.05)`` for several, which are NaN where they are
        absent.
    block_size : int, default=None
        Number of frames for one estimate, which makes a track per clip (the last block may be
        shorter); None takes all frames of a clip together.
    block_duration : float, default=None
        The same in seconds, rounded to whole frames, where ``batch_transform`` has an STFT.
    batch_transform : transformer, default=None
        Transformer that computes the spectra chunk by chunk, such as ``STFT(512, hop_length=256)``
        or ``make_pipeline(AudioReader(), STFT(512, hop_length=256))``: X may then be audio or
        paths, and the spectra of all clips are never stored. A copy is fitted on the first samples.
    weights : str, Path or dict of str to array-like, default="masked_srp_phat"
        Weights of the network: those of the package, a local file of safetensors, or ``weights_``
        of a localizer that was trained further
        (:func:`sslearn.recipes.masked_srp_phat_network`).
    n_jobs : int, default=None
        Number of threads over chunks of clips.

    Attributes
    ----------
    grid_ : ndarray of shape (n_directions,) or (n_directions, 2)
        Directions of the spatial spectrum.
    bins_ : slice
        Frequencies in use, as bins of the spectrum.
    mic_positions_ : ndarray of shape (n_mics, 3)
        Validated positions.
    batch_transform_ : transformer or None
        Fitted copy of ``batch_transform``.
    n_features_in_ : int
        Number of channels.
    n_freqs_in_ : int
        Number of frequencies of the spectra.

    Raises
    ------
    ValueError
        In ``fit``: if microphones are in one place, the array cannot resolve the angles in y, or
        ``grid`` has distances.

    Warns
    -----
    UncertaintyWarning
        In ``fit``: if the array, the frames or the band are far from those of the training.
    AmbiguityWarning, SpatialAliasingWarning
        In ``fit``: as :class:`SRPPHAT`.
    SilenceWarning
        If a channel is silent.

    See Also
    --------
    SRPPHAT : Equal weights of all bins, without a network.
    MVDR : The most accurate of the classical methods in noise.
    sslearn.networks.HistogramNet : The same idea for ambisonics.
    sslearn.recipes.masked_srp_phat : Straight from audio.

    Notes
    -----
    A method of this package; steering with learned masks follows [1]_.

    1. Each bin is described by its level against the clip, against its frequency and against the
       frames before; by height and norm of the response of its phases steered to few directions;
       by the agreement of that response with its means over 9 and 27 frames, 9 frequencies, 3 x 3
       bins and the clip; and by frequency, frequency times aperture and number of microphones.
    2. The convolutions of :class:`sslearn.networks.HistogramNet` make six masks in [0, 1] of these.
    3. Under each mask k, ``R_k(f) = sum over frames of m_k z z^H`` with the phases z of all
       channels. Its steered response, and for two of the masks the minimum variance spectrum, are
       maps over the directions of the grid.
    4. Three layers of a direction's maps and their means around it, by von Mises-Fisher kernels of
       4, 10 and 30 degrees, give a score; the softmax over the grid is the spatial spectrum. It
       sums to 1: the share near a peak measures the confidence in its direction.

    The array enters through the steering alone. Masks are made for a second at a time, and the sums
    add up over a clip of any length. The model card beside the weights lists the training
    data and the errors.

    References
    ----------
    .. [1] P. Pertilä and E. Cakir, "Robust direction estimation with convolutional neural networks
       based steered response power", ICASSP, 2017.

    Examples
    --------
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.doa import MaskedSRPPHAT
    >>> from sslearn.features import STFT
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, y = make_plane_waves(
    ...     2, mic_positions=mics, directions=[40.0, -120.0], random_state=0, return_X_y=True
    ... )
    >>> localizer = MaskedSRPPHAT(mics, batch_transform=STFT(512, hop_length=256)).fit(X)
    >>> bool(abs(localizer.predict(X) - y).max() < 2)
    True
    """

    def __init__(
        self,
        mic_positions,
        *,
        fs=16000,
        grid=None,
        freq_range=(200, 7000),
        speed_of_sound=343.0,
        n_sources=1,
        decoder=None,
        block_size=None,
        block_duration=None,
        batch_transform=None,
        weights="masked_srp_phat",
        n_jobs=None,
    ):
        self.mic_positions = mic_positions
        self.fs = fs
        self.grid = grid
        self.freq_range = freq_range
        self.speed_of_sound = speed_of_sound
        self.n_sources = n_sources
        self.decoder = decoder
        self.block_size = block_size
        self.block_duration = block_duration
        self.batch_transform = batch_transform
        self.weights = weights
        self.n_jobs = n_jobs

    def masks(self, X):
        """Weights that the network gives each bin.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, or what ``batch_transform`` takes, of clips of one length that fit into memory.

        Returns
        -------
        masks : ndarray of shape (n_samples, n_masks, n_freqs_used, n_frames)
            In [0, 1], for the frequencies ``bins_``; the responses under the first two masks are
            also sharpened.

        Raises
        ------
        ValueError
            As ``predict``.
        """
        unblocked = self.__class__(**self.get_params(deep=False))
        unblocked.__dict__.update(self.__dict__)
        unblocked.block_size = unblocked.block_duration = None
        return unblocked._map(lambda sums: sums.products, X, self._mask_sums)

    def _default_grid(self, mics, n_angles):
        return masked_srp_grid(mics, n_angles)

    def _prepare_grid(self, freqs):
        if self.grid_.ndim == 2 and self.grid_.shape[1] == 3:
            raise ValueError(
                "grid must hold azimuths, or azimuths and elevations, for MaskedSRPPHAT; got "
                f"distances as well, shape {self.grid_.shape}. Use SRPPHAT for distances."
            )
        _warn_outside(self.mic_positions_, freqs)
        vars(self).pop("_network", None)
        self._get_network()
        self._steering = self._make_steering()

    def _make_steering(self):
        from sslearn.networks.layers import array_steering

        return array_steering(
            self.mic_positions_, self.grid_, self._freqs, speed_of_sound=self.speed_of_sound
        )

    def _get_steering(self):
        """Steering of the array, which a pickle or a model file leaves out."""
        if "_steering" not in vars(self):
            self._steering = self._make_steering()
        return self._steering

    def _get_network(self):
        if isinstance(self.weights, str):
            return trained_network(self.weights)
        if "_network" not in vars(self):
            self._network = trained_network.__wrapped__(self.weights)
        return self._network

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_steering", None)
        state.pop("_network", None)
        return state

    def _block_sums(self, read, n_frames, size, n_held, sums):
        # Pieces of whole segments, so that masks do not depend on how much fits into memory.
        if size > n_held:
            n_held = max(N_SEGMENT_FRAMES, n_held - n_held % N_SEGMENT_FRAMES)
        return super()._block_sums(read, n_frames, size, n_held, sums)

    def _sums(self, X):
        import torch

        net, steering = self._get_network(), self._get_steering()
        with torch.inference_mode():
            # A clip at a time fits into the cache, and does not depend on the others.
            products = [
                sum(net.covariances(part, steering) for part in _segments(clip[None])) for clip in X
            ]
        return FrameSums(torch.cat(products).numpy(), bin_power(X), X.shape[3])

    def _mask_sums(self, X):
        """Masks in place of sums, of clips in one piece."""
        import torch

        from sslearn.networks.layers import bin_features

        net, steering = self._get_network(), self._get_steering()
        with torch.inference_mode():
            masks = [net.masks(bin_features(part, steering)).numpy() for part in _segments(X)]
        return FrameSums(np.concatenate(masks, axis=3), bin_power(X), X.shape[3])

    def _score(self, sums):
        import torch

        net, steering = self._get_network(), self._get_steering()
        with torch.inference_mode():
            products = torch.from_numpy(sums.products).split(1)
            scores = torch.cat([net.directions(clip, steering) for clip in products])
            return torch.softmax(scores, dim=1).numpy()

    def _get_decoder(self):
        if self.decoder is not None:
            return self.decoder
        if self.n_sources > 1:
            return PeakDecoder(self.n_sources, threshold=0.05)
        return AdjacentDecoder(5 if self.grid_.ndim == 1 else 3)


def _segments(X):
    """Parts of spectra of at most a second, (n, n_freqs, n_channels, n_frames), near 1."""
    import torch

    loudest = np.abs(X).max(axis=(1, 2, 3), keepdims=True)
    X = (X / np.where(loudest > 0, loudest, 1)).astype(np.complex64).swapaxes(1, 2)
    for start in range(0, X.shape[3], N_SEGMENT_FRAMES):
        yield torch.from_numpy(np.ascontiguousarray(X[..., start : start + N_SEGMENT_FRAMES]))


@lru_cache(maxsize=2)
def trained_network(weights="masked_srp_phat"):
    """Network with weights of the package, or with those of a file or a dict."""
    from torch import nn

    from sslearn.networks.layers import MaskedSteeringNet, load_state

    net = MaskedSteeringNet(**SIZES)
    # The names are those of a localizer, whose network comes first.
    load_state(nn.Sequential(net), weights)
    return net.eval().requires_grad_(False)


def _aperture(mics):
    return np.linalg.norm(mics[:, None] - mics, axis=2).max()


def _warn_outside(mics, freqs):
    """Warn where the network was not trained."""
    reasons = []
    if not _APERTURES[0] <= _aperture(mics) <= _APERTURES[1]:
        reasons.append(f"an aperture of {_aperture(mics):.3g} m, not 0.02 to 0.5 m")
    width = np.diff(freqs[:2])
    if not ((width >= _BIN_WIDTH[0]) & (width <= _BIN_WIDTH[1])).all():
        reasons.append(f"bins every {width[0]:.3g} Hz, not 31.25 Hz (frames of 32 ms)")
    if freqs.max(initial=0) < _LEAST_TOP - 100:
        reasons.append(f"nothing above {freqs.max(initial=0):.0f} Hz, not up to 3.4 kHz or more")
    if reasons:
        warnings.warn(
            f"MaskedSRPPHAT was not trained for {'; for '.join(reasons)}. Compare it with MVDR, "
            "which suits any array and band.",
            UncertaintyWarning,
            stacklevel=5,
        )
