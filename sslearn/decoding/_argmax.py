from sslearn.decoding._base import Decoder


class ArgmaxDecoder(Decoder):
    """Grid direction of the highest value (Top-1).

    See Also
    --------
    AdjacentDecoder : Decoder without the quantization of the grid.

    Examples
    --------
    >>> from sslearn.decoding import ArgmaxDecoder
    >>> ArgmaxDecoder().decode([[0.1, 0.7, 0.2]], [0.0, 10.0, 20.0]).tolist()
    [10.0]
    """

    def _decode(self, rows, grid, peaks, neighbors):
        return grid[peaks]
