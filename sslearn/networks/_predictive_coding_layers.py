"""Predictive coding between a map of a picture and an embedding of a sound; it imports torch.

States ``r_1 .. r_L`` are lists from the layer next to the sound to the layer next to the picture.
``predict[l]`` maps ``r_{l+1}`` to the prediction ``p_l`` of the layer below, and ``correct[l]``
the error ``e_l`` of that prediction to a correction of ``r_{l+1}``; layer 0 is the sound.
"""

import torch
from torch import nn
from torch.nn import functional as F


def initial_feedback(top, predict, phi):
    """Start each state as the prediction from the layer above.

    Parameters
    ----------
    top : torch.Tensor
        Map of the picture, which is the first ``r_L``.
    predict : list of callable
        Predictions, from that of the sound upwards.
    phi : list of callable
        Activations of ``r_1 .. r_L``; that of ``r_L`` is not used.

    Returns
    -------
    states, predictions : list of torch.Tensor
        ``r_1 .. r_L`` and ``p_0 .. p_{L-1}``.

    Examples
    --------
    >>> import torch
    >>> from sslearn.networks.layers import initial_feedback
    >>> def half(x):
    ...     return x / 2
    >>> def same(x):
    ...     return x

    >>> states, predictions = initial_feedback(torch.tensor([4.0]), [half, half], [same, same])
    >>> states, predictions
    ([tensor([2.]), tensor([4.])], [tensor([1.]), tensor([2.])])
    """
    states, predictions = [], []
    for i in reversed(range(len(predict))):
        states.insert(0, top)
        top = predict[i](top)
        if i:
            top = phi[i - 1](top)
        predictions.insert(0, top)
    return states, predictions


def feedback(states, top, predict, rates, phi):
    """Move the states towards their predictions, from the picture down to the sound.

    Parameters
    ----------
    states : list of torch.Tensor
        ``r_1 .. r_L``.
    top : torch.Tensor
        Map of the picture, the prediction of ``r_L``.
    predict, phi : list of callable
        Predictions and activations.
    rates : list of float or torch.Tensor
        Step sizes ``b_1 .. b_L``.

    Returns
    -------
    states, predictions : list of torch.Tensor
        ``r_l = phi((1 - b_l) r_l + b_l p_l)`` and ``p_0 .. p_{L-1}``.

    Examples
    --------
    >>> import torch
    >>> from sslearn.networks.layers import feedback
    >>> def half(x):
    ...     return x / 2
    >>> def same(x):
    ...     return x

    >>> states, predictions = feedback(
    ...     [torch.tensor([2.0])], torch.tensor([4.0]), [half], [0.5], [same]
    ... )
    >>> states, predictions
    ([tensor([3.])], [tensor([1.5000])])
    """
    states, predictions = list(states), []
    for i in reversed(range(len(states))):
        states[i] = phi[i]((1 - rates[i]) * states[i] + rates[i] * top)
        top = predict[i](states[i])
        predictions.insert(0, top)
    return states, predictions


def feed_forward(states, predictions, bottom, correct, rates, phi):
    """Correct the states by the errors of the predictions, from the sound up to the picture.

    Parameters
    ----------
    states, predictions : list of torch.Tensor
        ``r_1 .. r_L`` and ``p_0 .. p_{L-1}``.
    bottom : torch.Tensor
        Embedding of the sound, ``r_0``.
    correct, phi : list of callable
        Corrections and activations.
    rates : list of float or torch.Tensor
        Step sizes ``a_1 .. a_L``.

    Returns
    -------
    states : list of torch.Tensor
        ``r_l = phi(r_l + a_l E_{l-1}(r_{l-1} - p_{l-1}))``, each with the new state below.

    Examples
    --------
    >>> import torch
    >>> from sslearn.networks.layers import feed_forward
    >>> def half(x):
    ...     return x / 2
    >>> def same(x):
    ...     return x

    >>> sound, prediction = torch.tensor([2.0]), torch.tensor([1.0])
    >>> feed_forward([torch.tensor([3.0])], [prediction], sound, [half], [1.0], [same])
    [tensor([3.5000])]
    """
    states = list(states)
    for i in range(len(states)):
        error = bottom - predictions[i]
        bottom = states[i] = phi[i](states[i] + rates[i] * correct[i](error))
    return states


class _Norms(nn.Module):
    """Batch norms of one cycle; the feedback to the top layer has none, as released."""

    def __init__(self, n_channels):
        super().__init__()
        self.feedback = nn.ModuleList([nn.BatchNorm2d(n_channels) for _ in range(2)])
        self.feedback.append(nn.Identity())
        self.feed_forward = nn.ModuleList([nn.BatchNorm2d(n_channels) for _ in range(3)])


def _activations(norms):
    return [lambda x, norm=norm: F.gelu(norm(x)) for norm in norms]


class PredictiveCodingModule(nn.Module):
    """Three layers of predictive coding, see :class:`sslearn.networks.PredictiveCoding`.

    Parameters
    ----------
    n_channels : int
        Channels C of the map.
    n_sound : int
        Length D of the embedding of the sound.
    n_cycles : int
        Cycles, with the initial one.
    """

    def __init__(self, n_channels, n_sound, n_cycles):
        super().__init__()
        same = {"kernel_size": 3, "padding": 1, "bias": False}
        self.predict = nn.ModuleList(
            [
                nn.Conv2d(n_channels, n_sound, 1),
                nn.Sequential(nn.Conv2d(n_channels, n_channels, **same), nn.MaxPool2d(2)),
                nn.Sequential(nn.Conv2d(n_channels, n_channels, **same), nn.MaxPool2d(2)),
            ]
        )
        self.correct = nn.ModuleList(
            [
                nn.ConvTranspose2d(n_sound, n_channels, 1, bias=False),
                nn.ConvTranspose2d(n_channels, n_channels, 3, stride=2, bias=False),
                nn.ConvTranspose2d(n_channels, n_channels, **same),
            ]
        )
        self.output = nn.Conv2d(n_channels, n_channels, 1)
        self.feedback_rates, self.feed_forward_rates = (
            nn.ParameterList([torch.full((n_channels, 1, 1), start) for _ in range(3)])
            for start in (0.5, 1.0)
        )
        self.cycles = nn.ModuleList([_Norms(n_channels) for _ in range(n_cycles)])

    def forward(self, features, sound):
        """Replace a map (B, C, h, w) by one that predicts the sound (B, D)."""
        sound = sound[:, :, None, None]
        predict = [self._predict_sound, *self.predict[1:]]
        correct = [self.correct[0], *self._enlarge(features)]
        b, a = (
            [F.relu(r) for r in rates] for rates in (self.feedback_rates, self.feed_forward_rates)
        )
        for t, norms in enumerate(self.cycles):
            phi = _activations(norms.feedback)
            if t == 0:
                states, predictions = initial_feedback(features, predict, phi)
            else:
                states, predictions = feedback(states, features, predict, b, phi)
            phi = _activations(norms.feed_forward)
            states = feed_forward(states, predictions, sound, correct, a, phi)
        return self.output(states[-1])

    def _predict_sound(self, x):
        # Of size 1 x 1: the error is the same in all cells, and broadcast over them.
        return F.gelu(self.predict[0](x)).mean(dim=(2, 3), keepdim=True)

    def _enlarge(self, features):
        """Corrections whose outputs have the sizes of the second layer and of the map."""
        height, width = features.shape[2:]

        def second(error):
            # One row and column too many where the size is even, which the pooling halves exactly:
            # means of neighbours lie in the middle, while a cut would move the map by half a cell.
            large = self.correct[1](error)
            excess = large.shape[2] - height // 2, large.shape[3] - width // 2
            return F.avg_pool2d(large, (1 + excess[0], 1 + excess[1]), stride=1)

        def top(error):
            error = F.interpolate(error, (height, width), mode="bilinear", align_corners=True)
            return self.correct[2](error)

        return second, top
