import torch
from torch import nn

from sslearn.networks._frame_layers import output_layer


class SplitHead(nn.Module):
    """Two sources from one sequence of frames, by a mask and its complement.

    Parameters
    ----------
    n_outputs : int
        Outputs of each source; a frame has ``2 * n_outputs`` features.
    recurrence : {"clip", "batch"}
        Whether the mask runs through the frames of a clip or of the whole batch.
    output_init : {"zeros", "random"}
        Weights of the output layer before training.
    """

    def __init__(self, n_outputs, recurrence, output_init):
        super().__init__()
        self.recurrence = recurrence
        self.mask = nn.LSTM(2 * n_outputs, n_outputs, batch_first=True, bidirectional=True)
        self.output = output_layer(nn.Linear(2 * n_outputs, n_outputs), output_init)

    def forward(self, h):
        """Outputs of shape (n_samples, 2, n_outputs) of features (n_samples, n_frames, ...)."""
        sequences = h.reshape(1, -1, h.shape[2]) if self.recurrence == "batch" else h
        mask = torch.sigmoid(self.mask(sequences)[0]).reshape(h.shape)
        masks = torch.stack([mask, 1 - mask], dim=1)
        # sum_t m_t h_t / sum_t m_t of both masks: (n_samples, 2, 2 n_outputs).
        means = (masks * h.unsqueeze(1)).sum(dim=2) / masks.sum(dim=2)
        return self.output(means)
