"""Signs that training failed, which its loss does not show."""

import warnings

import numpy as np

from sslearn.exceptions import CollapsedEmbeddingWarning, DeafMapWarning

_LEAST_SPREAD, _LEAST_EFFECT = 0.1, 0.1
_N_PAIRS = 256


def monitor(module, views, batch_size):
    """Spread of the embeddings of training pairs, and effect of the sound on their maps.

    Parameters
    ----------
    module : AudioVisualModule
        Trained module, in evaluation mode.
    views : TrainingViews
        Loader of the training pairs, of which up to 256 are taken.
    batch_size : int
        Pairs per forward pass.

    Returns
    -------
    spread, effect : float
        Results of :func:`embedding_spread` and :func:`sound_effect`, the sound being that of
        another pair of the mini-batch.
    """
    import torch

    rows = torch.from_numpy(views.sample(_N_PAIRS))
    # Another sound needs another pair.
    parts = [part for part in rows.split(batch_size) if len(part) > 1]
    found = []
    with torch.inference_mode():
        for first, _, sound, *_ in views(parts):
            v, e = module.image(first), module.audio(sound)
            own, other = (module.head.similarity(v, s) for s in (e, e.roll(1, 0)))
            found.append([x.cpu().numpy() for x in (module.head.embedding(v, e), own, other)])
    embedding, own, other = map(np.concatenate, zip(*found, strict=True))
    return embedding_spread(embedding), sound_effect(own, other)


def embedding_spread(embedding):
    """Spread of the directions of embeddings.

    Parameters
    ----------
    embedding : ndarray of shape (n_samples, n_components)
        Embeddings.

    Returns
    -------
    spread : float
        Standard deviation of the embeddings, divided by their lengths, over the samples: its mean
        over the components times the root of their number. About 1 if all directions are as
        likely, 0 if all embeddings have one direction.
    """
    lengths = np.linalg.norm(embedding, axis=1, keepdims=True)
    directions = embedding / np.where(lengths > 0, lengths, 1.0)
    # Uniform directions in d dimensions have the deviation d^-1/2 in each component.
    return float(directions.std(axis=0).mean() * np.sqrt(embedding.shape[1]))


def sound_effect(own, other):
    """Change of maps where the sound is another, relative to their contrast.

    Parameters
    ----------
    own, other : ndarray of shape (n_samples, height, width)
        Similarity of pictures to their own sounds, and to those of other pairs.

    Returns
    -------
    effect : float
        Mean absolute difference of both maps, each minus its mean, over the mean absolute value of
        the own maps minus their mean: 0 if maps ignore the sound, about 1.4 if they are unrelated.
        0 if the own maps are constant.
    """
    own, other = (maps - maps.mean(axis=(1, 2), keepdims=True) for maps in (own, other))
    contrast = np.abs(own).mean()
    # Unrelated maps of one deviation: mean |own - other| is sqrt(2) mean |own|. A constant map has
    # no contrast but rounding.
    return float(np.abs(own - other).mean() / contrast) if contrast > 1e-7 else 0.0


def warn_of_failures(spread, effect):
    """Warn of a collapsed embedding, and of maps that ignore the sound.

    Parameters
    ----------
    spread, effect : float
        Results of :func:`embedding_spread` and :func:`sound_effect`.
    """
    if spread < _LEAST_SPREAD:
        warnings.warn(
            f"The embeddings of all pairs are nearly equal: a spread of {spread:.2g}, expected at "
            f"least {_LEAST_SPREAD}. Lower lr, or train longer.",
            CollapsedEmbeddingWarning,
            stacklevel=2,
        )
    if effect < _LEAST_EFFECT:
        warnings.warn(
            f"The maps hardly depend on the sound: another sound changes them by {effect:.2g} of "
            f"their contrast, expected at least {_LEAST_EFFECT}. Train on more pairs of different "
            "sounds, longer, or with another image_network.",
            DeafMapWarning,
            stacklevel=2,
        )
