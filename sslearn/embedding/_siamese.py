"""Embeddings trained to place samples from near directions near each other."""

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from sslearn.deep_learning import Task, TorchEstimator
from sslearn.embedding._neighborhoods import check_neighbors, neighbor_error, wrong_neighbor_rate
from sslearn.geometry import angles_to_unit_vectors, check_doa
from sslearn.losses import ContrastiveLoss
from sslearn.networks import MLP, NetworkRecipe
from sslearn.utils.param_validation import (
    Integral,
    Interval,
    Real,
    StrOptions,
    _fit_context,
    with_callbacks,
)


class SiameseEmbedding(ClassNamePrefixFeaturesOutMixin, TransformerMixin, TorchEstimator):
    """Embedding in which the distance of two recordings follows the distance of their directions.

    One network maps every sample; a contrastive loss over all pairs of a mini-batch pulls samples
    from near directions together and pushes the others apart. Nearest neighbours in the embedding
    then give the direction.

    Parameters
    ----------
    network : NetworkRecipe, default=None
        Recipe of the network; ``MLP()``, two hidden layers as wide as the input, if None.
    n_components : int, default=3
        Dimension of the embedding of each network.
    neighborhood : {"angle", "distance", "label", "precomputed"}, default="angle"
        Definition of similar samples.

        - ``"angle"``: an angle of y differs by at most ``radius``. If y holds azimuth and
          elevation, one network is trained for each, and their embeddings are concatenated.
        - ``"distance"``: their positions on the unit sphere are at most ``radius * pi / 180``
          apart. One network for azimuth and elevation; training uses proximity only.
        - ``"label"``: y holds the same integer, for example the number of a place.
        - ``"precomputed"``: they are a pair in the ``neighbors`` of ``fit``, for example of two
          places that are close. Training uses no y.
    radius : float, default=5.0
        Radius of the neighbourhood in degrees; not used by ``"label"`` and ``"precomputed"``.
    margin : {"adaptive", "adaptive_radians"} or float, default="adaptive"
        Squared distance that dissimilar samples should reach. ``"adaptive"`` is the published one:
        1 for labels and nearly 1 for angles, between 0.5 and 0.9 for ``"distance"``, where it grows
        with the distance; see :class:`sslearn.losses.ContrastiveLoss`.
    lr : float, default=1e-3
        Learning rate at the start.
    max_epochs : int, default=100
        Number of passes over the training samples.
    batch_size : int, default=128
        Samples per mini-batch; it must be large enough to hold similar pairs.
    validation_fraction : float, default=0.3
        Fraction of the samples that is held out at random, unless ``fit`` gets ``X_val``. After
        each epoch their directions are regressed from the 5 nearest training samples in the
        embedding; the epoch with the lowest median error is kept, or the last one with 0 or None.
        For ``"label"`` it is the rate of wrong labels, for ``"precomputed"`` that of nearest
        neighbours which are not similar.
    refit : bool, default=True
        Whether the networks are then trained again from the start, on all samples, for the number
        of epochs that was best for the held-out ones, at the same learning rates; callbacks that
        stop or change the rate are then not called. Not used with ``X_val``.
    training : Training, default=None
        Optimizer, schedule of the learning rate, early stopping and precision;
        :class:`sslearn.deep_learning.Training` with its defaults if None.
    callbacks : list of skorch callbacks, default=None
        Callbacks of training. Callbacks of scikit-learn are set by ``set_callbacks``.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the previous fit.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the hold-out, the order of samples, and dropout.
    verbose : int, default=0
        1 shows a progress bar with loss, validation error (degrees) and learning rate.

    Attributes
    ----------
    weights_ : dict of str to ndarray
        Weights of the networks, in the dtype of the X of ``fit``.
    network_ : NetworkRecipe
        Recipe of the fitted networks.
    module_ : torch.nn.Module
        Fitted module, in evaluation mode.
    history_ : dict of str to ndarray
        Table with a row per epoch: ``network`` (0 azimuth, 1 elevation), ``epoch`` from 1,
        ``train_loss``, ``valid_error``, ``lr`` at its end, and ``valid_loss`` where ``training``
        uses it. It is that of the training with held-out samples.
    n_iter_ : int
        Number of epochs (the longest training).
    best_epoch_ : ndarray of shape (n_networks,)
        Epoch, from 1, whose weights are kept.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has them.

    See Also
    --------
    LaplacianEigenmaps : Embedding without targets.
    sslearn.neighbors.KNeighborsLocalizer : Localize in the embedding.

    Notes
    -----
    Standardize the features before. The paper leaves open the number of epochs.

    Neighbours in the embedding should be sought among the samples that trained it, as in the paper:
    other samples are placed less accurately. A ``Pipeline`` passes all samples to the step that
    searches, so the last training uses all of them (``refit``). The published way, with a smaller
    set, is ``X_val``, which is not passed to later steps: see :meth:`fit`.

    References
    ----------
    D. Tang, M. Taseska, T. van Waterschoot, "Toward learning robust contrastive embeddings for
    binaural sound source localization", Frontiers in Neuroinformatics 16:942978, 2022,
    doi:10.3389/fninf.2022.942978.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.embedding import SiameseEmbedding
    >>> azimuth = np.random.default_rng(0).uniform(-180, 180, 200)
    >>> X = np.cos(np.deg2rad(azimuth)[:, None] + np.arange(8))
    >>> SiameseEmbedding(max_epochs=3, random_state=0).fit_transform(X, azimuth).shape
    (200, 3)

    Labels of places, of which those beside each other are similar too:

    >>> place = np.digitize(azimuth, np.arange(-150, 180, 30))
    >>> near = np.abs(np.subtract.outer(place, place)) <= 1
    >>> embedding = SiameseEmbedding(neighborhood="precomputed", max_epochs=3, random_state=0)
    >>> embedding.fit(X, neighbors=near).transform(X).shape
    (200, 3)
    """

    _parameter_constraints: dict = {
        **TorchEstimator._parameter_constraints,
        "network": [NetworkRecipe, None],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "neighborhood": [StrOptions({"angle", "distance", "label", "precomputed"})],
        "radius": [Interval(Real, 0, None, closed="left")],
        "margin": [
            StrOptions({"adaptive", "adaptive_radians"}),
            Interval(Real, 0, None, closed="neither"),
        ],
        "refit": ["boolean"],
    }

    def __init__(
        self,
        network=None,
        *,
        n_components=3,
        neighborhood="angle",
        radius=5.0,
        margin="adaptive",
        lr=1e-3,
        max_epochs=100,
        batch_size=128,
        validation_fraction=0.3,
        refit=True,
        training=None,
        callbacks=None,
        device="auto",
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.network = network
        self.n_components = n_components
        self.neighborhood = neighborhood
        self.radius = radius
        self.margin = margin
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.refit = refit
        self.training = training
        self.callbacks = callbacks
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, X_val=None, y_val=None, groups=None, neighbors=None):
        """Train the networks.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, 2), default=None
            Azimuth (or any one angle), or azimuth and elevation, in degrees; integers of shape
            (n_samples,) for ``neighborhood="label"``. Not used by ``"precomputed"``.
        X_val : array-like of shape (n_val, n_features), default=None
            Validation samples, for example of other speakers or rooms, instead of
            ``validation_fraction``; not for ``"precomputed"``. In a ``Pipeline``,
            ``transform_input=["X_val"]`` transforms them like X.
        y_val : array-like of shape (n_val,) or (n_val, 2), default=None
            Angles or labels of ``X_val``.
        groups : array-like of shape (n_samples,), default=None
            Room, head or speaker of each sample. Whole groups are then held out, about
            ``validation_fraction`` of the samples; not used with ``X_val``.
        neighbors : array-like of shape (n_pairs, 2), or array-like or sparse matrix of shape \
(n_samples, n_samples), default=None
            For ``"precomputed"``: pairs of rows of X that are similar; or a matrix that is not 0
            where they are, such as ``sklearn.neighbors.radius_neighbors_graph`` of places.
            Order and diagonal are ignored. In a ``Pipeline`` it is passed as
            ``siameseembedding__neighbors``, while y goes to the step after; a cross-validation
            cannot split it.

        Returns
        -------
        self : SiameseEmbedding
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, y or ``neighbors`` is not valid, only one of ``X_val`` and ``y_val`` is given, or
            training diverges.
        """
        X = self._check_X(X, ensure_min_samples=2)
        if self.neighborhood == "precomputed":
            if X_val is not None or y_val is not None:
                raise ValueError(
                    'X_val and y_val must be None for neighborhood="precomputed", because '
                    "neighbors joins rows of X. Set validation_fraction."
                )
            tasks = [self._precomputed_task(neighbors, len(X))]
        else:
            if neighbors is not None:
                raise ValueError(
                    'neighbors needs neighborhood="precomputed"; got neighborhood='
                    f"{self.neighborhood!r}."
                )
            y = self._check_y(y, n_samples=len(X))
            X_val, y_all = self._check_validation(X_val, y_val, y, self._check_y)
            tasks = self._make_tasks(y_all, X.dtype)
        self.network_ = MLP() if self.network is None else clone(self.network)
        self._n_networks = len(tasks)
        self._n_features_out = self.n_components * len(tasks)
        return self._train(X, y, tasks, X.dtype, X_val, self._rows(X, groups=groups))

    def transform(self, X):
        """Embed samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        embedding : ndarray of shape (n_samples, n_networks * n_components)
            Embeddings of the networks side by side, azimuth first, in the dtype of X.
        """
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        return self._forward(X).astype(X.dtype, copy=False)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.neighborhood != "precomputed"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _build(self):
        from sslearn.networks.layers import Parallel

        # One network per angle, side by side: (n_samples, n_networks * n_components).
        shapes = (self.n_features_in_,), (self._n_features_out // self._n_networks,)
        return Parallel(self.network_.build(*shapes) for _ in range(self._n_networks))

    def _branches(self, module):
        return list(module)

    def _check_y(self, y, n_samples):
        if y is None:
            raise ValueError(
                "This SiameseEmbedding requires y to be passed, but the target y is None. Only "
                'neighborhood="precomputed" needs none.'
            )
        if self.neighborhood != "label":
            return check_doa(y, n_samples=n_samples, n_angles=(1, 2))
        y = column_or_1d(y, warn=True)
        check_consistent_length(y, np.empty(n_samples))
        try:
            with np.errstate(invalid="ignore"):
                check_classification_targets(y)
        except ValueError as error:
            raise ValueError(
                'y must hold the labels of places, such as integers, for neighborhood="label": '
                f"{error}"
            ) from error
        return y

    @property
    def _loss(self):
        return ContrastiveLoss(self.margin, neighborhood=self.neighborhood, radius=self.radius)

    def _precomputed_task(self, neighbors, n_samples):
        near = check_neighbors(neighbors, n_samples)

        def targets(rows):
            # (batch_size, batch_size): only the pairs of a mini-batch are dense.
            return near[rows][:, rows].toarray()

        return Task("neighbors", targets, self._loss, wrong_neighbor_rate(near))

    def _make_tasks(self, y, dtype):
        loss = self._loss
        if self.neighborhood == "label":
            labels = np.unique(y, return_inverse=True)[1]
            return [Task("label", labels, loss, neighbor_error(labels, True))]
        if self.neighborhood == "distance":
            targets = angles_to_unit_vectors(y).astype(dtype)
            return [Task("direction", targets, loss, neighbor_error(y, False))]
        columns = [y] if y.ndim == 1 else list(y.T)
        return [
            Task(name, angle.astype(dtype), loss, neighbor_error(angle, False))
            for name, angle in zip(("azimuth", "elevation"), columns, strict=False)
        ]
