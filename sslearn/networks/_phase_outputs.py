from torch import nn


class PhaseOutputs(nn.Module):
    """Outputs of each bin, (n, n_outputs, n_frames, n_freqs), in the layout of the targets.

    Parameters
    ----------
    output_shape : tuple of int
        Shape of one output, whose last size is twice the number of bins times that of pairs.
    output_order : {"clean", "released"}, default="clean"
        Whether the outputs of a pair are all cosines, then all sines, or alternate.
    """

    def __init__(self, output_shape, output_order="clean"):
        super().__init__()
        self.output_shape = output_shape
        # Targets of a source are (parts, bins, pairs), released ones (bins, parts, pairs).
        self.axes = (0, 4, 1, 2, 5, 3) if output_order == "clean" else (0, 4, 1, 5, 2, 3)

    def forward(self, x):
        """Outputs of shape (n, n_frames, *output_shape)."""
        n_sources = self.output_shape[0] if len(self.output_shape) > 1 else 1
        parts = x.unflatten(1, (n_sources, 2, -1))  # n, sources, parts, pairs, frames, bins
        return parts.permute(self.axes).reshape(x.shape[0], x.shape[2], *self.output_shape)
