"""Features of frozen networks and segments of pictures, kept in memory or on disk."""

import os

import numpy as np
from joblib import hash as digest
from sklearn.utils.validation import check_memory

from sslearn.deep_learning import made_ahead
from sslearn.utils import keep_freed_memory


def _kept(key, value):
    """Return the value that belongs to a key; joblib compares the keys alone."""
    if value is None:
        raise LookupError(key)
    return value


class Store:
    """Values of samples, in memory, or on disk where a later fit finds them.

    Parameters
    ----------
    memory : str, PathLike, joblib.Memory or None
        Folder of the values, which are then memory maps; None keeps them in memory.
    chunk_size : int
        Samples whose values are computed at once.
    n_threads : int
        Threads that compute values.
    """

    def __init__(self, memory, chunk_size, n_threads):
        memory = check_memory(os.fspath(memory) if isinstance(memory, os.PathLike) else memory)
        self.on_disk = memory.location is not None
        self.chunk_size, self.n_threads = chunk_size, n_threads
        self._keep = memory.cache(_kept, ignore=["value"], mmap_mode="r").call_and_shelve

    def fill(self, keys, compute):
        """Compute the values that are not stored yet.

        Parameters
        ----------
        keys : sequence
            Identity of the value of each sample.
        compute : callable
            Function of positions that returns a list of their values.

        Returns
        -------
        values : list
            Objects whose method ``get`` returns a value.
        """
        values = [self._find(key) for key in keys]
        missing = [i for i, value in enumerate(values) if value is None]
        chunks = [missing[i : i + self.chunk_size] for i in range(0, len(missing), self.chunk_size)]
        for rows, found in zip(chunks, made_ahead(compute, chunks, self.n_threads), strict=True):
            for i, value in zip(rows, found, strict=True):
                values[i] = self._keep(keys[i], value)
        return values

    def _find(self, key):
        try:
            return self._keep(key, None)
        except LookupError:
            return None


def keep_features(store, pairs, views, encoder, size, device):
    """Keep the features of a frozen network for views of pictures.

    Parameters
    ----------
    store : Store
        Store to fill.
    pairs : Pairs
        Pictures.
    views : list of list of View
        Views of each picture, equally many.
    encoder : Encoder
        Encoder with the network.
    size : int
        Height and width of the views in pixels.
    device : torch.device
        Device of the network.

    Returns
    -------
    features : list
        Objects whose method ``get`` returns the features of the views of a picture, an array of
        shape (n_views, n_features, map_height, map_width).
    """
    weights = encoder.network.state_dict()
    network = store.on_disk and (
        repr(encoder.network),
        digest({name: value.cpu().numpy() for name, value in weights.items()}),
    )

    def compute(rows):
        images = pairs.images(rows)
        pictures = [
            view.picture(image, size)
            for row, image in zip(rows, images, strict=True)
            for view in views[row]
        ]
        features = encoder.prepare(as_tensor(pictures, device)).cpu().numpy()
        # Copies, because a view would keep the features of the whole chunk.
        return [part.copy() for part in np.split(features, len(rows))]

    keep_freed_memory()
    keys = [
        store.on_disk and (pairs.key(i), tuple(map(repr, views[i])), size, network)
        for i in range(len(pairs))
    ]
    return store.fill(keys, compute)


def keep_segments(store, pairs, segment, size):
    """Keep the segments of pictures.

    Parameters
    ----------
    store : Store
        Store to fill.
    pairs : Pairs
        Pictures.
    segment : callable
        Function of a picture that returns the label of each pixel.
    size : int
        Height and width of the labels that are kept.

    Returns
    -------
    segments : list
        Objects whose method ``get`` returns labels, an array of shape (size, size).
    """

    def compute(rows):
        return [resize_labels(np.asarray(segment(image)), size) for image in pairs.images(rows)]

    keys = [store.on_disk and (pairs.key(i), digest(segment), size) for i in range(len(pairs))]
    return store.fill(keys, compute)


def resize_labels(labels, size):
    """Resize labels of pixels by the nearest neighbour.

    Parameters
    ----------
    labels : ndarray of shape (height, width), int
        Labels.
    size : int
        New height and width.

    Returns
    -------
    labels : ndarray of shape (size, size), int32
        Labels.
    """
    # Centres of the new pixels, in pixels of the old labels.
    rows, columns = ((np.arange(size) + 0.5) * side / size for side in labels.shape)
    return labels[np.ix_(rows.astype(int), columns.astype(int))].astype(np.int32)


def as_tensor(pictures, device):
    """Pictures as networks take them.

    Parameters
    ----------
    pictures : list of ndarray of shape (height, width, 3), uint8
        RGB pictures of one size.
    device : torch.device
        Device of the network.

    Returns
    -------
    pictures : torch.Tensor of shape (n_samples, 3, height, width), float32
        Values from 0 to 1.
    """
    return stacked(pictures, device).permute(0, 3, 1, 2).float().div_(255).contiguous()


def stacked(arrays, device):
    """Stack arrays of one shape as a tensor.

    Parameters
    ----------
    arrays : list of ndarray
        Arrays.
    device : torch.device
        Device of the tensor.

    Returns
    -------
    tensor : torch.Tensor
        Arrays along a new first axis.
    """
    import torch

    return torch.from_numpy(np.stack(arrays)).to(device)
