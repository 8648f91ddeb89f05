from math import prod

from sslearn.geometry import hexagonal_mesh
from sslearn.networks._base import COUNT, NetworkRecipe
from sslearn.networks._shapes import check_maps_shape, check_shape

_N_CHARTS, _N_TAPS, _N_ORIENTATIONS = 5, 7, 6
_N_COMPONENTS = 3


class IcoDOA(NetworkRecipe):
    """Rotation-equivariant convolutional network on icosahedral maps, for tracks.

    Parameters
    ----------
    n_filters : int, default=128
        Channels of each orientation. The default is the size in the comparison [3]_; the released
        models use 32.
    kernel_size : int, default=5
        Frames, the current one and those before it, of each convolution over time.

    See Also
    --------
    sslearn.features.IcosahedralSRP : Its input.
    sslearn.encoding.UnitVectorEncoding : Its targets, with ``n_dims=3``.
    sslearn.losses.PermutationInvariantLoss : Its loss for several sources.

    Notes
    -----
    For maps on ``icosahedral_charts(level)`` there are ``5 + 2 (level - 1)`` stages: a convolution
    over neighbours, ReLU, a causal convolution over time, layer normalisation over channels and
    orientations with a scale and a shift for each channel, smoothing of the corners, and ReLU.
    After each second stage, down to level 1, the mean over a vertex and its six neighbours halves
    the resolution. The last stage has no normalisation and no second ReLU, and makes one map for
    each source. The highest score over the orientations, 0 at the corners, gives a softmax over
    the 40 directions of level 1; the output is the mean of their unit vectors [1]_. Its length is
    near 1 for a sharp peak and near 0 for a flat map, and measures activity.

    A kernel has a weight for a vertex and for each of its six neighbours, turned to six
    orientations, and features are moved to a neighbour without turning on the faces of the
    icosahedron [2]_. A corner has five neighbours and no orientations: it takes the mean of its
    neighbours, in the input too, so that each of the 60 rotations of the icosahedron turns the
    output exactly as the input.

    One map for each source is our reading of the comparison in [3]_; [1]_ localizes one source.
    The module computes only the vertices with six neighbours, with 3.5 times fewer multiplications
    than square kernels on padded charts, which :meth:`count_macs` counts, as published.

    References
    ----------
    .. [1] D. Diaz-Guerra, A. Miguel, J. R. Beltran, "Direction of arrival estimation of sound
       sources using icosahedral CNNs", IEEE/ACM Trans. Audio, Speech, Language Process. 31, 2023,
       doi:10.1109/TASLP.2022.3224282.
    .. [2] T. S. Cohen, M. Weiler, B. Kicanaoglu, M. Welling, "Gauge equivariant convolutional
       networks and the icosahedral CNN", ICML 2019, arXiv:1902.04615.
    .. [3] Y. Wang, B. Yang, X. Li, "IPDnet2: an efficient and improved inter-channel phase
       difference estimation network for sound source localization", arXiv:2509.21900, 2025.

    Examples
    --------
    Ten maps of level 2, two sources:

    >>> from sslearn.networks import IcoDOA
    >>> IcoDOA().count_parameters((1, 160, 10), (2, 3))
    4625666
    """

    _parameter_constraints: dict = {"n_filters": COUNT, "kernel_size": COUNT}

    def __init__(self, n_filters=128, *, kernel_size=5):
        self.n_filters = n_filters
        self.kernel_size = kernel_size

    def build(self, input_shape, output_shape):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_maps, n_directions, n_frames)`` with the ``10 * 4**level`` directions of
            :func:`sslearn.geometry.icosahedral_charts`, of level 1 at least.
        output_shape : tuple of int
            ``(3,)`` or ``(n_sources, 3)``.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, n_maps, n_directions, n_frames) to (n_samples, n_frames,
            \\*output_shape), vectors of length up to 1. It takes any number of frames, and has a
            state.

        Raises
        ------
        ValueError
            If a parameter or a shape is not valid.
        """
        from sslearn.networks._icosahedral_layers import (
            HexagonalConv,
            IcosahedralModule,
            SoftArgmax,
            Stage,
            TimeConv,
        )

        self._validate_params()
        n_inputs, levels = self._check_input(input_shape)
        output_shape = self._check_output(output_shape)
        n_sources = prod(output_shape) // _N_COMPONENTS
        meshes = {level: hexagonal_mesh(level) for level in set(levels)}
        stages, n_orientations = [], 1
        for i, level in enumerate(levels):
            is_last = i + 1 == len(levels)
            spatial = HexagonalConv(meshes[level], n_inputs, self.n_filters, n_orientations)
            n_outputs = n_sources if is_last else self.n_filters
            temporal = TimeConv(self.n_filters, n_outputs, self.kernel_size)
            after = self._after(meshes, levels[i:])
            stages.append(Stage(spatial, temporal, after))
            n_inputs, n_orientations = self.n_filters, _N_ORIENTATIONS
        return IcosahedralModule(meshes[levels[0]], stages, SoftArgmax(meshes[1]), output_shape)

    def _after(self, meshes, levels):
        """Layers after the convolutions of the first of the remaining stages."""
        from torch import nn

        from sslearn.networks._icosahedral_layers import Corners, HexagonalPool, OrientedNorm

        if len(levels) == 1:
            return nn.Identity()
        level, following = levels[:2]
        layers = [OrientedNorm(self.n_filters), Corners(meshes[level]), nn.ReLU(inplace=True)]
        if following < level:
            layers += [HexagonalPool(meshes[level]), Corners(meshes[following])]
        return nn.Sequential(*layers)

    def _check_input(self, input_shape):
        """Number of maps, and the level of each stage."""
        n_maps, n_directions, _ = check_maps_shape(self, input_shape)
        level = next((r for r in range(1, 9) if 10 * 4**r == n_directions), None)
        if level is None:
            raise ValueError(
                "IcoDOA needs maps of 10 * 4**level directions, such as 40, 160 or 640; got "
                f"{n_directions} in input_shape. Put IcosahedralSRP before it."
            )
        # Two stages on each level above 1, then five on level 1.
        return n_maps, [max(1, level - i // 2) for i in range(5 + 2 * (level - 1))]

    def _check_output(self, output_shape):
        output_shape = check_shape("output_shape", output_shape)
        if len(output_shape) > 2 or output_shape[-1] != _N_COMPONENTS:
            raise ValueError(
                "IcoDOA outputs unit vectors, output_shape (3,) or (n_sources, 3); got "
                f"{output_shape}. Set encoding=UnitVectorEncoding(n_dims=3)."
            )
        return output_shape

    def count_macs(self, input_shape, output_shape=None):
        """Count the multiply-accumulate operations of one sample, as published.

        Parameters
        ----------
        input_shape, output_shape : tuple of int
            As in :meth:`build`.

        Returns
        -------
        n_macs : int
            Number of operations with each kernel over neighbours as a square of 3 x 3 on charts
            that are padded on all sides, and a convolution over time at each place of the charts.
        """
        module = self._build_without_memory(input_shape, output_shape)
        n_macs = 0
        for stage, level in zip(module.stages, self._check_input(input_shape)[1], strict=True):
            n_rows, n_columns = 2**level, 2 ** (level + 1)
            spatial, temporal = stage.spatial.weight, stage.temporal.weight
            # 9 taps for each 7, at all places of charts with a border of one.
            squares = 9 * spatial.numel() // _N_TAPS * (n_rows + 2) * (n_columns + 2)
            n_macs += squares * _N_ORIENTATIONS * _N_CHARTS
            n_macs += temporal.numel() * n_rows * n_columns * _N_ORIENTATIONS * _N_CHARTS
        return n_macs * input_shape[2]
