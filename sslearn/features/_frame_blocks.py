import numpy as np

from sslearn.features._base import MapTransformer
from sslearn.utils import check_maps
from sslearn.utils.param_validation import Integral, Interval, StrOptions, _fit_context


class FrameBlocks(MapTransformer):
    """Blocks of neighbouring frames that do not overlap, on an axis of their own.

    The number of samples stays the same: blocks form an axis, so that each remains with its clip
    and target.

    Parameters
    ----------
    n_frames : int
        Number of frames of a block.
    incomplete : {"error", "drop"}, default="error"
        What is done with frames at the end that fill no block: raise an error, or leave them out.
    unit_level : {"block", "frequency"} or None, default=None
        ``"block"`` divides each block by its root mean square, so that loud and soft blocks have
        the same weight in training and the level of the recording cancels. ``"frequency"`` divides
        each frequency of a block by its own, over maps and frames, so that high frequencies count
        as much as the louder low ones. Both keep all differences of channels.

    Attributes
    ----------
    n_features_in_ : int
        Number of maps seen in ``fit``.

    See Also
    --------
    RealImag : Maps that are cut into blocks for :class:`sslearn.networks.SNet`.

    Notes
    -----
    Frame i of block b is frame ``b n_frames + i`` of the maps. Maps stay on axis 1, so blocks may
    be joined by :class:`FeatureStack` as well as maps. Without ``unit_level``, the result is a
    view: nothing is copied.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import FrameBlocks
    >>> maps = np.arange(6.0).reshape(1, 1, 1, 6)
    >>> FrameBlocks(3).transform(maps).tolist()
    [[[[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]]]]
    """

    _parameter_constraints: dict = {
        "n_frames": [Interval(Integral, 1, None, closed="left")],
        "incomplete": [StrOptions({"error", "drop"})],
        "unit_level": [StrOptions({"block", "frequency"}), None],
    }

    def __init__(self, n_frames, *, incomplete="error", unit_level=None):
        self.n_frames = n_frames
        self.incomplete = incomplete
        self.unit_level = unit_level

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the maps; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_maps, n_freqs, n_frames)
            Maps, float32 or float64.
        y : None
            Ignored.

        Returns
        -------
        self : FrameBlocks
            The transformer.
        """
        self.n_features_in_, self._n_freqs_in = self.transform(X).shape[1:3]
        return self

    def transform(self, X):
        """Cut the frames into blocks.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_maps, n_freqs, n_frames)
            Maps, float32 or float64.

        Returns
        -------
        blocks : ndarray of shape (n_samples, n_maps, n_freqs, n_blocks, n_block_frames)
            The same values, or normalised ones; silence stays 0.

        Raises
        ------
        TypeError
            If X is not float32 or float64.
        ValueError
            If X does not have four axes, is empty or not finite, has fewer frames than a block, or
            has frames that fill no block where ``incomplete="error"``.
        """
        self._validate_params()
        X = check_maps(X)
        n_blocks, n_left = divmod(X.shape[3], self.n_frames)
        if n_blocks == 0 or (n_left and self.incomplete == "error"):
            cure = "Take another n_frames or length of clips" + (
                ', or set incomplete="drop".' if n_blocks else "."
            )
            raise ValueError(
                f"X must have a multiple of n_frames={self.n_frames} frames; got {X.shape[3]}, of "
                f"which the last {n_left} fill no block. {cure}"
            )
        blocks = X[..., : n_blocks * self.n_frames]
        blocks = blocks.reshape(*X.shape[:3], n_blocks, self.n_frames)
        return blocks if self.unit_level is None else self._normalized(blocks)

    def _normalized(self, blocks):
        # Divided by the largest value first: squares of any finite values are then finite.
        axes = (1, 4) if self.unit_level == "frequency" else (1, 2, 4)
        tiny = np.finfo(blocks.dtype).tiny
        blocks = blocks / np.maximum(np.abs(blocks).max(axis=axes, keepdims=True), tiny)
        level = np.sqrt(np.square(blocks).mean(axis=axes, keepdims=True))
        return np.divide(blocks, level, out=blocks, where=level > 0)
