"""Heads of the published systems on the trained convolutions and recurrent layers, kept fixed."""

import numpy as np
import torch

from benchmarks.accuracy.sphere_training.training import BATCH_SIZE, SHAPE, turn
from sslearn import recipes
from sslearn.geometry import unit_vectors_to_angles
from sslearn.networks import CRNN
from sslearn.networks._base import NetworkRecipe

_FIRST = 6  # layer of the head in the published network


class FrameHead(NetworkRecipe):
    """Dense layers of the published network, for each frame.

    Parameters
    ----------
    output_bias : float, default=None
        As of :class:`sslearn.networks.CRNN`.
    """

    def __init__(self, output_bias=None):
        self.output_bias = output_bias

    def build(self, input_shape, output_shape):
        """Module from (n, n_frames, 128) to (n, n_frames, n_outputs)."""
        return CRNN(output_bias=self.output_bias).build(SHAPE, output_shape)[_FIRST:]


def below_head(net, maps):
    """Outputs (n, n_frames, 128) of the recurrent layers.

    Parameters
    ----------
    net : torch.nn.Module
        Trained network of ``training.build``.
    maps : iterable of torch.Tensor
        Maps (n, 6, n_freqs, n_frames) of batches.

    Returns
    -------
    features : ndarray of shape (n_clips, n_frames, 128)
        Float32.
    """
    trunk = net[0][:_FIRST].eval()
    with torch.inference_mode():
        return np.concatenate([trunk(part).numpy() for part in maps])


def turned_features(net, pool, n_clips, rng):
    """Outputs of the recurrent layers, and directions, of clips of a pool, each turned once."""
    directions = []

    def parts():
        for start in range(0, n_clips, BATCH_SIZE):
            rows = np.arange(start, min(start + BATCH_SIZE, n_clips)) % pool.n_drawn
            maps, vectors = turn(pool.maps[rows], pool.vectors[rows], rng)
            directions.append(unit_vectors_to_angles(vectors.double().numpy()))
            yield maps

    return below_head(net, parts()), np.concatenate(directions)


def trained_head(target, X, y, held_out, *, n_epochs, lr=1e-3, seed=0):
    """Localizer of the outputs of the recurrent layers, with the loss and decoder of a system."""
    localizer = recipes.ambisonic_crnn(target, max_epochs=n_epochs, random_state=seed)
    head = FrameHead(localizer.network.output_bias)
    localizer.set_params(
        network=head,
        batch_transform=None,
        lr=lr,
        batch_size=64,
        training__schedule="cosine",
        training__n_iter_no_change=None,
        training__precision="bfloat16",
        device="cpu",
    )
    return localizer.fit(X, y, X_val=held_out[0], y_val=held_out[1])
