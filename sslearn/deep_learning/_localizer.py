"""Localization by a network that is trained on encoded directions."""

from functools import partial
from os import PathLike

import numpy as np
from sklearn.base import clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sslearn.base import LocalizerMixin
from sslearn.deep_learning._activation import last_activation, range_before, takes_scores
from sslearn.deep_learning._frames import FramePredictionMixin
from sslearn.deep_learning._inputs import BatchTransformEstimator, check_same_acoustics
from sslearn.deep_learning._task import Task
from sslearn.deep_learning._threshold import ThresholdMixin
from sslearn.deep_learning._track import common_duration
from sslearn.deep_learning._validation import validation_error
from sslearn.encoding import Encoding, UnitVectorEncoding
from sslearn.geometry import check_doa, wrap_azimuth
from sslearn.losses import get_loss, get_loss_names, mixed_loss
from sslearn.networks import MLP, NetworkRecipe
from sslearn.utils import take_rows
from sslearn.utils.param_validation import (
    Integral,
    Interval,
    StrOptions,
    _fit_context,
    with_callbacks,
)

# Values of encoded targets that are kept in memory.
_TARGETS_AT_ONCE = 2**26
_check_y = partial(check_doa, n_angles=(1, 2), sources=True, frames=True, absent=True)


class NeuralLocalizer(
    ThresholdMixin, FramePredictionMixin, LocalizerMixin, BatchTransformEstimator
):
    """Localizer with a network, an encoding of the directions and a loss.

    Parameters
    ----------
    network : NetworkRecipe, default=None
        Recipe of the network; ``MLP((128, 128), activation="relu", batch_norm="before")`` if None.
    encoding : Encoding, default=None
        Encoding of the directions as training targets; ``UnitVectorEncoding()`` if None.
    loss : {"auto", "mse", "cross_entropy", "bce", "wasserstein", "nlae", "angular", \
"gibbs_weighted"} or callable, default="auto"
        Criterion of output and target: a short name, or an object such as
        ``SquaredErrorLoss("sum")``. ``"auto"`` is that of the encoding.
    activation : {"auto", "softmax", "sigmoid", "tanh"} or None, default="auto"
        Last activation of the network. ``"auto"`` is that of the encoding, a softmax for
        cross-entropy, and a sigmoid for the Gibbs-weighted loss. None is no activation; scores of
        classes are then clamped to [0, 1] in prediction.
    lr : float, default=1e-3
        Learning rate at the start.
    max_epochs : int, default=100
        Number of passes over the training samples. With 0, which needs ``weights``, nothing is
        trained: ``fit`` stores the shape of X alone, and needs no y if the encoding has a grid.
    batch_size : int, default=32
        Samples per mini-batch.
    validation_fraction : float, default=0.1
        Fraction of the samples that is held out at random, unless ``fit`` gets ``X_val``. The
        epoch with the lowest median angular error on it is kept, or the last one with 0 or None.
    training : Training, default=None
        Optimizer, schedule of the learning rate, early stopping and precision; ``Training()`` if
        None.
    callbacks : list of skorch callbacks, default=None
        Callbacks of training. Callbacks of scikit-learn are set by ``set_callbacks``.
    batch_transform : transformer, default=None
        Stateless transformer of X that is applied to each mini-batch, so that X may be larger
        than memory: raw audio, a memory map, a :class:`~sslearn.utils.StoredArray` (which may
        also hold features), a list of clips, an array of paths. It is fitted on the first
        mini-batch and must return an array with one row per sample.
    n_jobs : int, default=None
        Threads that apply ``batch_transform`` to later mini-batches while the network is training;
        -1 is one per processor. Each keeps one more mini-batch in memory. None or 1 makes
        mini-batches on demand. The results are the same.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    weights : str, Path or dict of str to array-like, default=None
        Weights that training starts from: the name of those of the package
        (:func:`sslearn.networks.packaged_weights`), a local file of safetensors or of a state dict,
        or ``weights_`` of another localizer. Random ones if None.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the previous fit.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the hold-out, the order of samples, and dropout.
    verbose : int, default=0
        1 shows a progress bar with loss, validation error (degrees) and learning rate.

    Attributes
    ----------
    weights_ : dict of str to ndarray
        Weights of the network, in the dtype of the X of ``fit``.
    network_ : NetworkRecipe
        Recipe of the fitted network.
    encoding_ : Encoding
        Fitted encoding.
    batch_transform_ : transformer or None
        Fitted copy of ``batch_transform``.
    module_ : torch.nn.Module
        Fitted module, in evaluation mode.
    history_ : dict of str to ndarray
        Table with a row per epoch: ``network`` (always 0), ``epoch`` from 1, ``train_loss``,
        ``valid_error``, ``lr`` at its end, and ``valid_loss`` where ``training`` uses it.
    n_iter_ : int
        Number of epochs.
    best_epoch_ : ndarray of shape (1,)
        Epoch, from 1, whose weights are kept.
    grid_ : ndarray of shape (n_directions,) or (n_directions, 2)
        Grid of the encoding, where it has one.
    clip_duration_ : float or None
        Seconds of the clips, if the first mini-batch has clips of one length and a step of
        ``batch_transform`` has the sampling rate ``fs``.
    n_features_in_ : int
        Size of axis 1 of X, without ``batch_transform``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has them.

    See Also
    --------
    sslearn.embedding.SiameseEmbedding : Learn a space where distance means angle instead.

    Notes
    -----
    With an encoding on a grid, the network outputs a score per class. In training, the
    cross-entropy and the Gibbs-weighted loss take raw scores and the other losses those after the
    activation. In prediction, the scores are clamped to [0, 1], averaged over frames if the network
    has an output for each frame, and decoded. ``activation=None`` with the squared error is MSE(wo)
    in [1]_; a binary cross-entropy or NLAE is not defined without an activation.

    A y of shape (n_samples, n_sources, n_angles) needs an encoding that takes several sources and a
    network with an output per source. Encodings on a grid train the outputs on the sources in
    descending order of azimuth, as in [1]_, or in any order by
    :class:`sslearn.losses.PermutationInvariantLoss`, which is the loss of the other encodings of
    several sources. The validation error uses the best order. Tracks, a y of shape
    (n_samples, n_frames, n_sources, n_angles), also need a network with an output for each frame,
    and are predicted frame by frame. Silent sources are NaN and need ``threshold`` of the encoding;
    the validation error is then the sum of all errors per true source, with 90 degrees for each
    missed source and each false alarm.

    ``MLP(separate_outputs=True)`` with ``AngleEncoding()`` is the feed-forward baseline of the
    paper [2]_: one network per angle, a tanh output, squared error. For encodings of one source
    without a grid, the input of the last activation is scaled and shifted by constants, so that the
    network's outputs are of order 1 for any range of targets; this changes the speed of learning,
    not the possible outputs. Targets that are too large to keep, such as those of
    :class:`sslearn.encoding.IPDEncoding`, are made for each mini-batch.

    References
    ----------
    .. [1] L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based
       sound source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.
    .. [2] D. Tang, M. Taseska, T. van Waterschoot, "Toward learning robust contrastive embeddings
       for binaural sound source localization", Frontiers in Neuroinformatics 16:942978, 2022,
       doi:10.3389/fninf.2022.942978.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.deep_learning import NeuralLocalizer
    >>> azimuth = np.random.default_rng(0).uniform(-180, 180, 200)
    >>> X = np.cos(np.deg2rad(azimuth)[:, None] + np.arange(8))
    >>> localizer = NeuralLocalizer(max_epochs=10, lr=0.01, random_state=0).fit(X, azimuth)
    >>> localizer.score(X, azimuth) > 0.7
    True
    """

    _parameter_constraints: dict = {
        **BatchTransformEstimator._parameter_constraints,
        "network": [NetworkRecipe, None],
        "encoding": [Encoding, None],
        "loss": [StrOptions({"auto", *get_loss_names()}), callable],
        "activation": [StrOptions({"auto", "softmax", "sigmoid", "tanh"}), None],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "weights": [str, PathLike, dict, None],
    }

    def __init__(
        self,
        network=None,
        *,
        encoding=None,
        loss="auto",
        activation="auto",
        lr=1e-3,
        max_epochs=100,
        batch_size=32,
        validation_fraction=0.1,
        training=None,
        callbacks=None,
        batch_transform=None,
        n_jobs=None,
        device="auto",
        weights=None,
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.network = network
        self.encoding = encoding
        self.loss = loss
        self.activation = activation
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.training = training
        self.callbacks = callbacks
        self.batch_transform = batch_transform
        self.n_jobs = n_jobs
        self.device = device
        self.weights = weights
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, X_val=None, y_val=None, sample_weight=None, groups=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Features, or the input of ``batch_transform``.
        y : array-like of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Azimuth, or azimuth and elevation, in degrees. Several sources and tracks need an
            encoding that takes them, with ``threshold`` if some are absent (NaN). May be None with
            ``max_epochs=0`` and a grid.
        X_val : array-like of shape (n_val, n_features) or (n_val, ...), default=None
            Validation samples, for example of other speakers or rooms, instead of
            ``validation_fraction``. In a ``Pipeline``, ``transform_input=["X_val"]`` transforms
            them like X.
        y_val : array-like of shape (n_val, ...), default=None
            Directions of ``X_val``, laid out as y.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss and in the validation error. A sample of weight 0 is
            not used at all. Samples of ``X_val`` weigh 1.
        groups : array-like of shape (n_samples,), default=None
            Room, head or speaker of each sample. Whole groups are then held out, about
            ``validation_fraction`` of the samples; not used with ``X_val``.

        Returns
        -------
        self : NeuralLocalizer
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, y or ``weights`` is not valid, ``max_epochs`` is 0 without weights, only one of
            ``X_val`` and ``y_val`` is given, y and the outputs of the network differ in frames, or
            training diverges.
        """
        X = self._check_X(X, ensure_min_samples=2 if self.max_epochs else 1)
        self._learn_inputs(X)
        first = take_rows(X, slice(0, self.batch_size))
        self.clip_duration_ = common_duration(first, self.batch_transform_)
        y = _check_y(self._grid_directions(len(X)) if y is None else y, n_samples=len(X))
        used = self._rows(X, sample_weight, groups)
        X_val, y_all = self._check_validation(X_val, y_val, y, _check_y)
        default = MLP((128, 128), activation="relu", batch_norm="before")
        self.network_ = clone(default if self.network is None else self.network)
        encoding = UnitVectorEncoding() if self.encoding is None else clone(self.encoding)
        self.encoding_ = encoding.fit(y[used.rows])
        check_same_acoustics(encoding, self.batch_transform_)
        spec = encoding.output_spec_
        loss = get_loss(spec.loss if self.loss == "auto" else self.loss)
        self._activation = last_activation(self.activation, spec, loss)
        self._scores_in_training = takes_scores(loss)
        scaled = spec.scaled and not spec.classes
        targets = self._targets(y_all, at_once=scaled)
        self._output_range = None
        if scaled:
            self._output_range = range_before(self._activation, targets[used.rows])
        if not self.max_epochs:
            return self._keep_first_weights(self._dtype)
        weight = used.padded_weight(len(y_all))
        error = validation_error(encoding, y_all, weight)
        task = Task("", targets, self._criterion(loss), error, weight)
        return self._train(X, y, [task], self._dtype, X_val, used)

    def predict(self, X):
        """Predict directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Features, or the input of ``batch_transform``.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Directions in degrees, laid out as in ``fit``, NaN where a source is absent; a decoder
            of several sources adds their axis.
        """
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        return self._map(lambda part: self._forward(part, partial(self._decode, X=part)), X)

    @property
    def grid_(self):
        """Grid of the encoding, in degrees."""
        return self.encoding_.grid_

    @available_if(lambda self: hasattr(self.encoding, "grid"))
    def spatial_spectrum(self, X):
        """Compute the scores of the directions of the grid, for encodings with a grid only.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Features, or the input of ``batch_transform``.

        Returns
        -------
        spectrum : ndarray of shape (n_samples, n_directions), (n_samples, n_sources, \
n_directions) or (n_samples, n_frames, n_sources, n_directions)
            Scores at ``grid_``. Those of classes are after the activation, clamped to [0, 1] and
            averaged over frames; not clamped if none is positive.
        """
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        return self._map(lambda part: self._forward(part, self.encoding_.spatial_spectrum), X)

    def _grid_directions(self, n_samples):
        """Directions laid out as the y of a localizer that is not trained."""
        if self.max_epochs or getattr(self.encoding, "grid", None) is None:
            raise ValueError(
                "NeuralLocalizer requires y to be passed, but the target y is None. It may be left "
                "out with max_epochs=0 and an encoding with a grid, such as UnbiasedEncoding(grid)."
            )
        return np.resize(self.encoding.grid, (n_samples, *np.shape(self.encoding.grid)[1:]))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = bool(self.max_epochs)
        return tags

    def _decode(self, outputs, X):
        dtype = X.dtype if self.batch_transform is None else self._dtype
        y = self.encoding_.inverse_transform(outputs).astype(dtype)
        # Rounding to float32 may give 180.
        azimuth = y if y.ndim == 1 else y[..., 0]
        azimuth[:] = wrap_azimuth(azimuth)
        return y

    def _targets(self, y, at_once):
        """Targets of all samples, or a function of rows where they are too large to keep."""

        def encode(rows):
            return self.encoding_.training_targets(y[rows]).astype(self._dtype)

        at_once = at_once or encode(slice(1)).size * len(y) <= _TARGETS_AT_ONCE
        return encode(slice(None)) if at_once else encode

    def _criterion(self, loss):
        from sslearn.deep_learning._head import Criterion

        spec = self.encoding_.output_spec_
        return Criterion(loss if spec.mixture is None else mixed_loss(loss, spec.mixture), spec)

    def _build(self):
        from torch import nn

        from sslearn.deep_learning._head import Head
        from sslearn.networks.layers import Affine

        spec = self.encoding_.output_spec_
        head = Head(self._activation, spec, in_training=not self._scores_in_training)
        scaling = [] if self._output_range is None else [Affine(*self._output_range)]
        return nn.Sequential(self.network_.build(self._input_shape, spec.shape), *scaling, head)
