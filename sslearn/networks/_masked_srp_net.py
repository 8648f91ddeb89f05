import numpy as np

from sslearn.geometry import array_grid, check_directions, check_mic_positions
from sslearn.networks._base import COUNT, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_shape
from sslearn.utils import band_slice
from sslearn.utils.param_validation import Interval, Real

_POSITIVE = [Interval(Real, 0, None, closed="neither")]
# Frames whose masks are made together: a second, as in training.
N_SEGMENT_FRAMES = 61
# Grids that the weights in the package were trained on.
AZIMUTH_STEP, N_SUBDIVISIONS = 3.0, 3


def masked_srp_grid(mics, n_angles=1):
    """Directions that an array can resolve, as dense as in the training of the weights."""
    return array_grid(mics, n_angles, azimuth_step=AZIMUTH_STEP, n_subdivisions=N_SUBDIVISIONS)


class MaskedSRPNet(NetworkRecipe):
    """Learned masks and steered responses: the network of masked SRP-PHAT, to be trained further.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    grid : array-like of shape (n_directions,) or (n_directions, 2), default=None
        Azimuths, or azimuths and elevations, in degrees, of the scores; the grid of the encoding.
        ``array_grid(mic_positions, azimuth_step=3.0)`` if None.
    fs : float, default=16000
        Sampling rate in Hz.
    freq_range : tuple of (float, float) or None, default=(200, 7000)
        Lowest and highest frequency in Hz; the highest is left out. None takes all.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.
    n_filters : int, default=16
        Filters of the masks' convolutions.
    n_masks : int, default=6
        Masks.
    n_direction_filters : int, default=24
        Channels of the hidden layers over the directions.
    n_layers : int, default=3
        Layers over the directions.

    See Also
    --------
    sslearn.doa.MaskedSRPPHAT : The localizer, with a description of the network.
    sslearn.recipes.masked_srp_phat_network : The network with its features and labels.

    Notes
    -----
    The input is :class:`sslearn.features.RealImag` of spectra of any number of frames; masks are
    computed for 61 frames at a time. The weights do not depend on the array: ``weights_`` of a
    localizer with this network are ``weights`` of :class:`sslearn.doa.MaskedSRPPHAT` for any other.

    Examples
    --------
    >>> from sslearn.geometry import circular_array
    >>> from sslearn.networks import MaskedSRPNet
    >>> MaskedSRPNet(circular_array(4, 0.05)).count_parameters((8, 257, 61), (120,))
    21107
    """

    _parameter_constraints: dict = {
        "mic_positions": ["array-like"],
        "grid": ["array-like", None],
        "fs": _POSITIVE,
        "freq_range": ["array-like", None],
        "speed_of_sound": _POSITIVE,
        "n_filters": COUNT,
        "n_masks": COUNT,
        "n_direction_filters": COUNT,
        "n_layers": COUNT,
    }

    def __init__(
        self,
        mic_positions,
        *,
        grid=None,
        fs=16000,
        freq_range=(200, 7000),
        speed_of_sound=343.0,
        n_filters=16,
        n_masks=6,
        n_direction_filters=24,
        n_layers=3,
    ):
        self.mic_positions = mic_positions
        self.grid = grid
        self.fs = fs
        self.freq_range = freq_range
        self.speed_of_sound = speed_of_sound
        self.n_filters = n_filters
        self.n_masks = n_masks
        self.n_direction_filters = n_direction_filters
        self.n_layers = n_layers

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(2 * n_mics, n_freqs, n_frames)``, real and imaginary parts from 0 Hz to ``fs / 2``.
        output_shape : tuple of int
            ``(n_directions,)``, a score for each direction of the grid.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, \\*input_shape) to (n_samples, n_directions), without a
            final activation. It takes any number of frames.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid, or the grid has another number of directions
            than there are outputs.
        """
        from sslearn.networks._masked_srp_layers import MaskedSRPModule

        self._validate_params()
        mics = check_mic_positions(self.mic_positions, min_mics=2)
        n_maps, n_freqs, _ = check_maps_shape(self, input_shape)
        if n_maps != 2 * len(mics):
            raise ValueError(
                f"MaskedSRPNet needs {2 * len(mics)} maps, real and imaginary parts of "
                f"{len(mics)} microphones; got {n_maps} in input_shape. Put RealImag() before it."
            )
        sizes = {
            name: getattr(self, name)
            for name in ("n_filters", "n_masks", "n_direction_filters", "n_layers")
        }
        grid = self._check_grid(mics, check_shape("output_shape", output_shape))
        band = band_slice(self.freq_range, fs=self.fs, n_fft=2 * (n_freqs - 1))
        freqs = np.linspace(0, self.fs / 2, n_freqs)[band]
        return MaskedSRPModule(sizes, band, mics, grid, freqs, self.speed_of_sound)

    def _check_grid(self, mics, output_shape):
        grid = masked_srp_grid(mics) if self.grid is None else self.grid
        grid = check_directions(grid, name="grid")
        if output_shape != (len(grid),):
            raise ValueError(
                f"MaskedSRPNet scores each direction of its grid of shape {grid.shape}; got "
                f"output_shape={output_shape}. Give it the grid of the encoding."
            )
        return grid
