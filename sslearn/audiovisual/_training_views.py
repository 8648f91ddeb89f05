"""Mini-batches of two views of each picture, its sound and its segments."""

import numpy as np
from sklearn.base import clone

from sslearn.audiovisual._kept_features import as_tensor, keep_features, keep_segments, stacked
from sslearn.audiovisual._view import View
from sslearn.deep_learning import made_ahead


class TrainingViews:
    """Loader of two random views of each picture, new in each epoch.

    Parameters
    ----------
    pairs : Pairs
        Pictures and sounds.
    sounds : callable
        Function of positions that returns the prepared sounds.
    image : Encoder
        Encoder of pictures.
    augmentation : ImageAugmentation
        Random views.
    size : int
        Height and width of a picture in pixels.
    seed : int
        Seed of all random numbers.
    device : torch.device
        Device of the module.
    n_versions : int or None
        Number of kept versions of each picture, windows of whose features are the views; None
        draws new views of the picture itself.
    segment : callable or None
        Function of a picture that returns the label of each pixel.
    store : Store
        Where features and segments are kept.
    map_shape : tuple of (int, int)
        Height and width of the feature map.
    """

    def __init__(
        self,
        pairs,
        sounds,
        image,
        *,
        augmentation,
        size,
        seed,
        device,
        n_versions,
        segment,
        store,
        map_shape,
    ):
        self.pairs, self.sounds, self.image = pairs, sounds, image
        self.augmentation, self.size, self.seed = augmentation, size, seed
        self.device, self.map_shape, self.n_threads = device, map_shape, store.n_threads
        self.epoch, self.segments, self.features = 0, None, None
        if segment is not None:
            self.segments = keep_segments(store, pairs, segment, size)
        if n_versions is not None:
            # Windows of the feature map take the place of the crop.
            uncropped = clone(augmentation).set_params(crop=1)
            rngs = (np.random.default_rng([seed, i]) for i in range(len(pairs)))
            self.versions = [[uncropped.draw(rng) for _ in range(n_versions)] for rng in rngs]
            self.features = keep_features(store, pairs, self.versions, image, size, device)

    def __call__(self, parts):
        """Yield the inputs for each of several index tensors."""
        self.epoch += 1
        # A generator for each mini-batch, because threads may prepare more of them than are used.
        # Its seeds differ from those of the versions, of which [seed, i, 0] is one.
        jobs = (
            (rows.numpy(), np.random.default_rng([self.seed, len(self.pairs) + self.epoch, part]))
            for part, rows in enumerate(parts)
        )
        return made_ahead(lambda job: self._batch(*job), jobs, self.n_threads)

    def sample(self, n_pairs):
        """Draw pairs, independently of earlier draws.

        Parameters
        ----------
        n_pairs : int
            Largest number of pairs.

        Returns
        -------
        rows : ndarray of shape (n_rows,)
            Positions of the pairs.
        """
        # Neighbouring rows may be of one class.
        return np.random.default_rng(self.seed).permutation(len(self.pairs))[:n_pairs]

    def whole_map(self, row):
        """Features of a picture without the crop, (n_features, map_height, map_width).

        Parameters
        ----------
        row : int
            Position of the pair.

        Returns
        -------
        features : ndarray of shape (n_features, map_height, map_width)
            Output of the frozen network.
        """
        if self.features is not None:
            return self.features[row].get()[0]
        pictures = [View().picture(image, self.size) for image in self.pairs.images([row])]
        return self.image.prepare(as_tensor(pictures, self.device))[0].cpu().numpy()

    def _batch(self, rows, rng):
        views = self._new_views if self.features is None else self._windows
        pictures, labels = zip(*views(rows, rng), strict=True)
        labels = () if self.segments is None else labels
        return (*pictures, self.sounds(rows), *labels)

    def _new_views(self, rows, rng):
        """Features of two new views of each picture, or the views, and their labels."""
        images = self.pairs.images(rows)
        for _ in range(2):
            views = [self.augmentation.draw(rng) for _ in rows]
            pictures = [v.picture(x, self.size) for v, x in zip(views, images, strict=True)]
            labels = [self._labels(row, view) for row, view in zip(rows, views, strict=True)]
            yield self.image.prepare(as_tensor(pictures, self.device)), stacked(labels, self.device)

    def _windows(self, rows, rng):
        """Features in two windows of a version of each picture, and their labels."""
        kept = [self.features[row].get() for row in rows]
        for _ in range(2):
            versions = rng.integers(len(kept[0]), size=len(rows))
            windows = [self.augmentation.draw(rng).window(self.map_shape) for _ in rows]
            features = [
                whole[(version, slice(None), *window)]
                for whole, version, window in zip(kept, versions, windows, strict=True)
            ]
            labels = [
                self._labels(row, self.versions[row][version], window)
                for row, version, window in zip(rows, versions, windows, strict=True)
            ]
            yield stacked(features, self.device), stacked(labels, self.device)

    def _labels(self, row, view, window=...):
        """Labels of the cells of a view, those of the upper left pixels of the cells."""
        if self.segments is None:
            return 0
        labels = view.labels(self.segments[row].get(), self.size)
        cells = (np.arange(n) * self.size // n for n in self.map_shape)
        return labels[np.ix_(*cells)][window]
