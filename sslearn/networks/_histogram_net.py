from sslearn.geometry import check_directions, quasi_uniform_grid, sphere_mesh
from sslearn.networks._base import COUNT, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_shape

_N_MAPS = 6


class HistogramNet(NetworkRecipe):
    """Histograms of intensity directions under learned masks, scored by zonal layers.

    The masks select bins by features that do not depend on the direction; under each mask the bins
    vote for their directions, and layers that treat all directions alike turn votes into scores.
    Weights that are trained at one direction therefore hold at all, and few clips are enough.

    Parameters
    ----------
    n_filters : int, default=16
        Filters of the masks' convolutions; twice as many at the lower of their two resolutions.
    n_masks : int, default=8
        Masks, with a histogram each.
    n_sphere_filters : int, default=24
        Channels of the hidden layers on the sphere.
    n_sphere_layers : int, default=3
        Layers on the sphere.
    grid : array-like of shape (n_directions, 2), default=None
        Azimuths and elevations in degrees of the scores; the grid of the encoding.
        ``quasi_uniform_grid(10)``, 429 directions, if None. Bins that point elsewhere, where the
        grid covers a part of the sphere, do not vote.

    See Also
    --------
    CRNN : The published network on the intensity.
    sslearn.doa.IntensityLocalizer : One histogram, in which all bins count alike.
    sslearn.recipes.ambisonic_histogram : The localizer around it.

    Notes
    -----
    The network is our design. The masks are those of time-frequency masking [1]_ for a histogram
    of intensity vectors [2]_ in place of a steered response.

    1. Each bin is described by inner products of its active and reactive intensity with each other,
       with the means of the active one over 3 x 3 bins, 9 frequencies and 5 frames around it, and
       with the mean of the clip: 8 numbers that no rotation of the sound field changes. Further
       maps, such as the level of W, are joined to them; they should not change either.
    2. ``conv(3 x 3), batch norm, ReLU``; the same twice after max pooling of 4 frequencies; both
       joined by a layer of 1 x 1; ``n_masks`` sigmoids in each bin.
    3. The direction of the active intensity of a bin is shared by the three corners of the grid
       around it, as in :class:`sslearn.encoding.UnbiasedEncoding`; a histogram is the mean over the
       bins, weighted by a mask.
    4. Layers of a direction's channels and their means around it, by von Mises-Fisher kernels of 6,
       14 and 35 degrees, with batch norm and ReLU between them. The last one gives a score.

    References
    ----------
    .. [1] P. Pertilä and E. Cakir, "Robust direction estimation with convolutional neural networks
       based steered response power", ICASSP, 2017.
    .. [2] C. Evers, A. H. Moore and P. A. Naylor, "Multiple source localisation in the spherical
       harmonic domain", IWAENC, 2014.

    Examples
    --------
    >>> from sslearn.networks import HistogramNet
    >>> HistogramNet().count_parameters((7, 253, 25), (429,))
    19643
    """

    _parameter_constraints: dict = {
        "n_filters": COUNT,
        "n_masks": COUNT,
        "n_sphere_filters": COUNT,
        "n_sphere_layers": COUNT,
        "grid": ["array-like", None],
    }

    def __init__(
        self, n_filters=16, *, n_masks=8, n_sphere_filters=24, n_sphere_layers=3, grid=None
    ):
        self.n_filters = n_filters
        self.n_masks = n_masks
        self.n_sphere_filters = n_sphere_filters
        self.n_sphere_layers = n_sphere_layers
        self.grid = grid

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_maps, n_freqs, n_frames)``: the 6 maps of
            :class:`sslearn.features.IntensityVector`, and further inputs of the masks.
        output_shape : tuple of int
            ``(n_directions,)``, a score for each direction of the grid.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, \\*input_shape) to (n_samples, n_directions),
            without a final activation. It takes any number of frames.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid, or the grid has another number of directions
            than there are outputs.
        """
        from sslearn.networks._sphere_layers import (
            N_INVARIANTS,
            DirectionVotes,
            HistogramModule,
            MaskNet,
            ZonalNet,
        )

        self._validate_params()
        n_more = self._check_maps(input_shape)
        mesh = sphere_mesh(self._check_grid(check_shape("output_shape", output_shape)))
        return HistogramModule(
            MaskNet(N_INVARIANTS + n_more, self.n_filters, self.n_masks),
            DirectionVotes(mesh),
            ZonalNet(mesh.vectors, self.n_masks, self.n_sphere_filters, self.n_sphere_layers),
        )

    def _check_maps(self, input_shape):
        """Number of maps beside the intensity."""
        n_maps = check_maps_shape(self, input_shape)[0]
        if n_maps < _N_MAPS:
            raise ValueError(
                f"HistogramNet needs at least {_N_MAPS} maps, the active and the reactive "
                f"intensity first; got {n_maps} in input_shape. Put "
                "IntensityVector(reactive=True) before it."
            )
        return n_maps - _N_MAPS

    def _check_grid(self, output_shape):
        grid = quasi_uniform_grid() if self.grid is None else self.grid
        grid = check_directions(grid, name="grid")
        if output_shape != (len(grid),) or grid.ndim != 2:
            raise ValueError(
                f"HistogramNet localizes one source, with a score for each direction of its grid "
                f"of shape {grid.shape}; got output_shape={output_shape}. Give it the grid of the "
                "encoding, azimuths and elevations."
            )
        return grid
