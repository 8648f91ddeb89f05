"""Base of the localizers of sounds in pictures."""

from functools import partial
from os import PathLike

import numpy as np
from joblib import Memory, effective_n_jobs
from sklearn.utils.validation import check_is_fitted

from sslearn.audiovisual._augmentation import ImageAugmentation
from sslearn.audiovisual._kept_features import Store, as_tensor, keep_features, stacked
from sslearn.audiovisual._monitors import monitor, warn_of_failures
from sslearn.audiovisual._pairs import Pairs
from sslearn.audiovisual._points import boxes, peaks
from sslearn.audiovisual._training_views import TrainingViews
from sslearn.audiovisual._view import View
from sslearn.audiovisual._whitening import set_scaling
from sslearn.deep_learning import Task, TorchEstimator, Training, made_ahead
from sslearn.features import LogMelPatches
from sslearn.metrics import check_boxes, consensus_iou_score, iou_auc_score
from sslearn.networks import (
    Backbone,
    EfficientNetLite0,
    LogMelStatistics,
    feature_shape,
    make_backbone,
)
from sslearn.utils import resize_maps, take_rows
from sslearn.utils.param_validation import Integral, Interval, Real, _fit_context, with_callbacks


class AudioVisualLocalizer(TorchEstimator):
    """Base of localizers of sounds in pictures, trained on pairs of picture and sound.

    See Also
    --------
    PredictiveAudioVisualLocalizer : Learns without negative pairs.
    SemanticContrastiveLocalizer : Learns from contrasts of pairs.

    Notes
    -----
    A subclass takes the parameters of ``_parameter_constraints`` in its constructor and defines:

    - ``_make_head(image_shape, sound_shape)``, which returns the trained torch module for features
      of pictures of shape (n_features, map_height, map_width) and of sounds of shape (n_patches,
      n_features). ``head.similarity(v, e)`` returns cosines (n_samples, map_height, map_width) for
      features v (n_samples, \\*image_shape) and e (n_samples, \\*sound_shape);
      ``head(first, second, e, *labels)`` what the loss takes, for the features of two views, which
      may be smaller than ``image_shape``; ``head.embedding(v, e)`` the embeddings (n_samples,
      n_components) that may collapse;
    - ``_criterion(batch_size)``, which returns the loss for mini-batches of up to that size,
      a function of the head's outputs and of targets, which are not used;
    - ``_frozen``, whether the networks of pictures and of sounds are not trained, ``(True, True)``
      if not defined. Their names in ``_parameter_groups`` start with ``image.`` and ``audio.``,
      those of the head with ``head.``;
    - ``_segmenter()``, which returns a function of a picture (height, width, 3) to labels of
      pixels, of any height and width, that :mod:`joblib` can hash; None if not defined. ``labels``
      are then those of the cells of both views, (n_samples, map_height, map_width) each, int32,
      -1 outside of the picture.

    ``_default_augmentation`` is what ``augmentation=None`` means.

    Features of frozen networks are computed once. With ``cached_views=None`` or a trained network
    of pictures, each epoch has new views of the pictures; else the two views are windows, as large
    as the crop, of the features of one of ``cached_views`` versions of the picture, which are
    drawn without the crop. ``memory`` keeps the features of each version on disk.

    Training is monitored on up to 256 pairs: ``embedding_spread_`` is about 1 for embeddings in
    all directions and 0 for a collapse; ``sound_effect_`` is how much maps change with the sound of
    another pair, relative to their contrast.

    Examples
    --------
    >>> from sslearn.audiovisual import AudioVisualLocalizer, SemanticContrastiveLocalizer
    >>> issubclass(SemanticContrastiveLocalizer, AudioVisualLocalizer)
    True
    """

    _parameter_constraints: dict = {
        **TorchEstimator._parameter_constraints,
        "image_network": [Backbone, callable, None],
        "audio_network": [Backbone, callable, None],
        "whiten": ["boolean"],
        "image_size": [Interval(Integral, 1, None, closed="left")],
        "fs": LogMelPatches._parameter_constraints["fs"],
        # One patch of log-mel spectra at least.
        "sound_duration": [Interval(Real, 0.975, 3600, closed="both")],
        "augmentation": [ImageAugmentation, None],
        "cached_views": [Interval(Integral, 1, None, closed="left"), None],
        "memory": [str, PathLike, Memory, None],
        "n_jobs": [Integral, None],
    }
    _default_training = Training("adamw", weight_decay=1e-4, schedule="constant", keep="last")
    _default_augmentation = ImageAugmentation()
    validation_fraction = None
    _frozen = (True, True)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, X_val=None, y_val=None):
        """Train on pairs of picture and sound.

        Parameters
        ----------
        X : DataFrame with columns image and audio, or array-like of shape (n_samples, 2)
            Pictures and sounds. A cell is a path or an array: a picture of shape (height, width,
            3), uint8; a sound of shape (n_times,) or (n_channels, n_times) at ``fs``.
        y : None
            Not used: boxes are for scores only.
        X_val : like X, default=None
            Pairs for ``valid_error`` of ``history_``.
        y_val : array-like of shape (n_val, 4) or (n_val, n_boxes, 4), or list of (n_i, 4), \
default=None
            Boxes of ``X_val``, as in :meth:`score`. They choose the epoch only if
            ``training.keep`` is ``"valid_error"``.

        Returns
        -------
        self : AudioVisualLocalizer
            The fitted estimator.

        Raises
        ------
        ValueError
            If a pair is not valid or cannot be read, which the message names by its row, only one
            of ``X_val`` and ``y_val`` is given, or training diverges.

        Warns
        -----
        CollapsedEmbeddingWarning
            If all embeddings are nearly equal at the end.
        DeafMapWarning
            If maps hardly depend on the sound at the end.
        """
        X = self._check_X(X, reset=True)
        X_val, y_val = self._check_held_out(X_val, y_val)
        self._sound_shape = self._patches(X, [0]).shape[1:]
        targets = np.zeros(len(X) + (0 if X_val is None else len(X_val)), dtype=np.float32)

        def error(outputs, train_rows, valid_rows):
            rows = valid_rows.numpy() - len(X)
            return 1.0 - iou_auc_score(take_rows(y_val, rows), outputs(valid_rows))

        criterion = self._criterion(min(self.batch_size, len(X)))
        task = Task("", targets, criterion, error)
        try:
            return self._train(X, y, [task], np.dtype(np.float32), X_val)
        finally:
            self.__dict__.pop("_views", None)

    def similarity_map(self, X, *, size=None):
        """Compute how similar each part of a picture is to its sound.

        Parameters
        ----------
        X : DataFrame with columns image and audio, or array-like of shape (n_samples, 2)
            Pictures and sounds, as in :meth:`fit`.
        size : int, default=None
            Height and width of the maps, which are resized bilinearly; those of the network's map
            of features if None.

        Returns
        -------
        maps : ndarray of shape (n_samples, map_height, map_width) or (n_samples, size, size)
            Cosines, in [-1, 1].

        Raises
        ------
        ValueError
            If a pair is not valid or cannot be read, which the message names by its row, or
            ``size`` is not positive.
        """
        if size is None:
            return self._maps(X, None)
        if not (isinstance(size, Integral) and not isinstance(size, bool) and size > 0):
            raise ValueError(f"size must be a positive integer or None; got {size!r}.")
        return self._maps(X, partial(resize_maps, shape=(size, size)))

    def predict(self, X):
        """Find the point that is most similar to the sound.

        Parameters
        ----------
        X : DataFrame with columns image and audio, or array-like of shape (n_samples, 2)
            Pictures and sounds, as in :meth:`fit`.

        Returns
        -------
        points : ndarray of shape (n_samples, 2)
            x from left and y from top, as fractions of the picture: the middle of the pixel with
            the largest similarity among 224 x 224, the upper left one of equals.

        Raises
        ------
        ValueError
            If a pair is not valid or cannot be read, which the message names by its row.
        """
        return self._maps(X, peaks)

    def predict_boxes(self, X, *, threshold=0.5):
        """Find the box of the region around the point that is most similar to the sound.

        Parameters
        ----------
        X : DataFrame with columns image and audio, or array-like of shape (n_samples, 2)
            Pictures and sounds, as in :meth:`fit`.
        threshold : float, default=0.5
            Least similarity of the region, from 0 for the smallest of the picture to 1 for the
            largest.

        Returns
        -------
        boxes : ndarray of shape (n_samples, 4)
            x_min, y_min, x_max and y_max as fractions of the picture; all of it where the map is
            constant.

        Raises
        ------
        ValueError
            If a pair is not valid or cannot be read, which the message names by its row, or
            ``threshold`` is not in [0, 1].
        """
        is_number = isinstance(threshold, Real) and not isinstance(threshold, bool)
        if not (is_number and 0 <= threshold <= 1):
            raise ValueError(f"threshold must be in [0, 1]; got {threshold!r}.")
        return self._maps(X, partial(boxes, threshold=threshold))

    def score(self, X, y, sample_weight=None):
        """Compute the share of pictures whose map overlaps the true boxes by half.

        Parameters
        ----------
        X : DataFrame with columns image and audio, or array-like of shape (n_samples, 2)
            Pictures and sounds, as in :meth:`fit`.
        y : array-like of shape (n_samples, 4) or (n_samples, n_boxes, 4), or list of (n_i, 4)
            Boxes x_min, y_min, x_max, y_max as fractions of the picture; NaN for absent ones.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the pairs.

        Returns
        -------
        score : float
            :func:`sslearn.metrics.consensus_iou_score`.

        Raises
        ------
        ValueError
            If pairs or boxes are not valid, or differ in number.

        Warns
        -----
        UndefinedMetricWarning
            If a picture has no box with area, or a map is constant; both score 0.
        """
        check_is_fitted(self)
        pairs = self._check_X(X, reset=False)
        y, maps = _check_boxes(y, pairs, "y"), self._forward(pairs, None)
        return consensus_iou_score(y, maps, sample_weight=sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags

    @property
    def _chosen_augmentation(self):
        return self._default_augmentation if self.augmentation is None else self.augmentation

    def _segmenter(self):
        return None

    def _check_X(self, X, reset=True, name="X"):
        if reset:
            self._forget()
        pairs = Pairs(X, fs=self.fs, name=name)
        if len(pairs) < 1 + reset:
            raise ValueError(f"{name} must have at least 2 pairs; got {len(pairs)}.")
        return pairs

    def _check_held_out(self, X_val, y_val):
        """Pairs and boxes for the validation error, both or none."""
        if not self._has_validation(X_val, y_val):
            return None, None
        training = self._chosen_training
        if "valid_loss" in (training.monitor, training.keep):
            raise ValueError(
                "training must not use 'valid_loss', which these localizers do not compute; got "
                f"{training}. Use 'valid_error'."
            )
        X_val = self._check_X(X_val, reset=False, name="X_val")
        return X_val, _check_boxes(y_val, X_val, "y_val")

    def _maps(self, X, finish):
        check_is_fitted(self)
        return self._forward(self._check_X(X, reset=False), finish)

    def _build(self):
        from sslearn.audiovisual._module import AudioVisualModule, Encoder

        image = make_backbone(self.image_network or EfficientNetLite0(block=4), self._image_shape)
        audio = make_backbone(self.audio_network or LogMelStatistics(), self._sound_shape)
        image_shape = feature_shape(image, self._image_shape)
        sound_shape = feature_shape(audio, self._sound_shape)
        image_frozen, audio_frozen = self._frozen
        return AudioVisualModule(
            Encoder(image, image_shape[0], frozen=image_frozen, scaled=self.whiten),
            Encoder(audio, sound_shape[1], frozen=audio_frozen, scaled=self.whiten),
            self._make_head(image_shape, sound_shape),
        )

    @property
    def _image_shape(self):
        return 3, self.image_size, self.image_size

    def _branches(self, module):
        return [module.trained()]

    def _chunk_size(self):
        return self.batch_size

    def _patches(self, pairs, rows):
        """Log-mel patches of sounds."""
        sounds = pairs.sounds(rows, duration=self.sound_duration)
        patches = LogMelPatches(self.fs, duration=self.sound_duration)
        return patches.transform([sound[None] for sound in sounds])

    def _sounds(self, pairs, rows, module):
        """Prepared sounds."""
        import torch

        patches = torch.from_numpy(self._patches(pairs, rows))
        return module.audio.prepare(patches.to(_device(module)))

    def _kept_sounds(self, pairs, module):
        """Function of rows that returns their prepared sounds, which are kept if frozen."""
        import torch

        if not module.audio.frozen:
            return lambda rows: self._sounds(pairs, rows, module)
        chunks = torch.arange(len(pairs), device="cpu").split(self.batch_size)
        prepare = partial(self._sounds, pairs, module=module)
        sounds = torch.cat(list(made_ahead(prepare, chunks, effective_n_jobs(self.n_jobs))))
        return lambda rows: sounds[rows]

    def _loader(self, X, module):
        """Loader of the whole pictures."""
        device = _device(module)

        def load(rows):
            rows = rows.numpy()
            views = [View().picture(image, self.image_size) for image in X.images(rows)]
            return module.image.prepare(as_tensor(views, device)), self._sounds(X, rows, module)

        return lambda parts: made_ahead(load, parts, effective_n_jobs(self.n_jobs))

    def _fit_loader(self, X, module, seed=None):
        sounds = self._kept_sounds(X, module)
        store = Store(self.memory, self.batch_size, effective_n_jobs(self.n_jobs))
        if seed is None:
            return self._held_out_loader(X, sounds, module, store)
        augmentation = self._chosen_augmentation
        augmentation._validate_params()
        self._views = TrainingViews(
            X,
            sounds,
            module.image,
            augmentation=augmentation,
            size=self.image_size,
            seed=seed,
            device=_device(module),
            n_versions=self.cached_views if module.image.frozen else None,
            segment=self._segmenter(),
            store=store,
            map_shape=feature_shape(module.image.network, self._image_shape)[1:],
        )
        set_scaling(module, sounds, self._views)
        return self._views

    def _held_out_loader(self, X, sounds, module, store):
        """Loader of the whole pictures, whose frozen features are kept for all epochs."""
        if not module.image.frozen:
            return self._loader(X, module)
        whole, device = [[View()]] * len(X), _device(module)
        kept = keep_features(store, X, whole, module.image, self.image_size, device)

        def load(rows):
            return stacked([kept[row].get()[0] for row in rows], device), sounds(rows)

        return lambda parts: map(load, parts)

    def _set_fitted(self, module, curves):
        super()._set_fitted(module, curves)
        self.embedding_spread_, self.sound_effect_ = monitor(module, self._views, self.batch_size)
        warn_of_failures(self.embedding_spread_, self.sound_effect_)


def _device(module):
    return next(module.parameters()).device


def _check_boxes(y, pairs, name):
    """Boxes, one entry per pair."""
    y = check_boxes(y, name=name)
    if len(y) != len(pairs):
        raise ValueError(
            f"{name} must hold boxes of each pair of {pairs.name}, {len(pairs)}; got {len(y)}."
        )
    return y
