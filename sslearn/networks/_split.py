import torch
from torch import nn


class SplitHead(nn.Module):
    """Two sources out of one sequence of frames, by a mask and its complement.

    Parameters
    ----------
    n_outputs : int
        Outputs of each source; each frame has twice as many features.
    recurrence : {"clip", "batch"}
        Whether the mask runs through the frames of a clip or of the whole batch.
    """

    def __init__(self, n_outputs, recurrence):
        super().__init__()
        self.recurrence = recurrence
        self.mask = nn.LSTM(2 * n_outputs, n_outputs, batch_first=True, bidirectional=True)
        self.output = nn.Linear(2 * n_outputs, n_outputs)

    def forward(self, h):
        """Outputs of shape (n_samples, 2, n_outputs) of features (n_samples, n_frames, ...)."""
        sequences = h.reshape(1, -1, h.shape[2]) if self.recurrence == "batch" else h
        mask = torch.sigmoid(self.mask(sequences)[0]).reshape(h.shape)
        masks = torch.stack([mask, 1 - mask], dim=1)
        means = (masks * h.unsqueeze(1)).sum(dim=2) / masks.sum(dim=2)
        return self.output(means)
