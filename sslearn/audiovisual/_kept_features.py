"""Features of frozen networks and segments of pictures, kept in memory or on disk."""

import numpy as np
from joblib import hash as digest
from sklearn.utils.validation import check_memory


def _kept(key, value):
    """Return the value that belongs to a key; joblib compares the keys alone."""
    return value


class Store:
    """One value per sample, in memory, or on disk where a later fit finds it.

    Parameters
    ----------
    memory : str, joblib.Memory or None
        Folder of the values, which are then memory maps; None keeps them in memory.
    """

    def __init__(self, memory):
        self.on_disk = memory is not None and getattr(memory, "location", memory) is not None
        self._function = check_memory(memory).cache(_kept, ignore=["value"], mmap_mode="r")

    def fill(self, keys, compute, chunk_size):
        """Compute the values that are not stored yet.

        Parameters
        ----------
        keys : sequence
            Identity of the value of each sample.
        compute : callable
            Function of positions that yields their values.
        chunk_size : int
            Samples that are computed at once.

        Returns
        -------
        values : list
            Objects whose method ``get`` returns a value.
        """
        known = [self._function.check_call_in_cache(key, None) for key in keys]
        missing, values = np.flatnonzero(~np.array(known, dtype=bool)), {}
        for start in range(0, len(missing), chunk_size):
            rows = missing[start : start + chunk_size]
            for i, value in zip(rows.tolist(), compute(rows), strict=True):
                values[i] = self._function.call_and_shelve(keys[i], value)
        return [
            values[i] if i in values else self._function.call_and_shelve(key, None)
            for i, key in enumerate(keys)
        ]


def keep_features(memory, pairs, views, encoder, size, device, chunk_size):
    """Keep the features that a frozen network finds in views of pictures.

    Parameters
    ----------
    memory : str, joblib.Memory or None
        Where.
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
    chunk_size : int
        Pictures that are processed at once.

    Returns
    -------
    features : list
        Objects whose method ``get`` returns the features of the views of a picture, an array of
        shape (n_views, n_features, map_height, map_width).
    """
    store = Store(memory)
    weights = encoder.network.state_dict()
    network = store.on_disk and digest({k: v.cpu().numpy() for k, v in weights.items()})

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

    keys = [
        store.on_disk and (pairs.key(i), tuple(map(repr, views[i])), size, network)
        for i in range(len(pairs))
    ]
    return store.fill(keys, compute, chunk_size)


def keep_segments(memory, pairs, segment, size, chunk_size):
    """Keep the segments of pictures.

    Parameters
    ----------
    memory : str, joblib.Memory or None
        Where.
    pairs : Pairs
        Pictures.
    segment : callable
        Function of a picture that returns the label of each pixel.
    size : int
        Height and width of the labels that are kept.
    chunk_size : int
        Pictures that are processed at once.

    Returns
    -------
    segments : list
        Objects whose method ``get`` returns labels, an array of shape (size, size).
    """
    store = Store(memory)

    def compute(rows):
        for image in pairs.images(rows):
            yield resize_labels(np.asarray(segment(image)), size)

    keys = [store.on_disk and (pairs.key(i), digest(segment), size) for i in range(len(pairs))]
    return store.fill(keys, compute, chunk_size)


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
