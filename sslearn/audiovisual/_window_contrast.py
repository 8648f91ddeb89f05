import numpy as np

from sslearn.audiovisual._pictures import Pictures
from sslearn.audiovisual._view import View
from sslearn.deep_learning import Task, TorchEstimator, Training
from sslearn.losses import NTXentLoss
from sslearn.networks import Backbone, SceneNet, feature_shape, make_backbone
from sslearn.utils.param_validation import Integral, Interval, Real, _fit_context, with_callbacks

_SIDE = [Interval(Integral, 1, None, closed="left")]


class WindowContrast(TorchEstimator):
    """Pretraining of a network of pictures without labels, by windows of the same region.

    Two windows are cut from one small region of a picture, and their colours are strongly changed.
    Training to match the windows of a region yields features of texture and shape. A localizer
    then takes the weights: ``SceneNet(weights=pretext.weights_)``.

    Parameters
    ----------
    network : Backbone or callable, default=None
        Network of pictures, as in :func:`sslearn.networks.make_backbone`;
        :class:`sslearn.networks.SceneNet` if None.
    image_size : int, default=64
        Pictures are stretched to this height and width, in pixels: that of the localizer.
    window_size : int, default=24
        Side of a window in pixels.
    region_size : int, default=32
        Side of the region that holds both windows of a pair, in pixels.
    n_windows : int, default=2048
        Pairs of windows in an epoch, each of a random picture.
    temperature : float, default=0.3
        Temperature of :class:`sslearn.losses.NTXentLoss`.
    lr : float, default=3e-3
        Learning rate at the start.
    max_epochs : int, default=25
        Number of epochs. The defaults make 400 steps.
    batch_size : int, default=128
        Pairs of windows per mini-batch, which are each other's negatives.
    training : Training, default=None
        Optimizer, schedule of the learning rate and precision; ``Training("adamw",
        schedule="cosine")`` if None.
    callbacks : list of skorch callbacks, default=None
        Callbacks of training. Callbacks of scikit-learn are set by ``set_callbacks``.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the previous fit.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, windows and colours.
    verbose : int, default=0
        1 shows a progress bar with the loss.

    Attributes
    ----------
    weights_ : dict of str to ndarray
        Weights of the network, to be used as its ``weights``.
    module_ : torch.nn.Module
        Fitted network, in evaluation mode.
    history_ : dict of str to ndarray
        Table with a row per epoch: ``epoch`` from 1, ``train_loss`` and ``lr`` at its end; with
        the columns ``network`` and ``valid_error`` of other estimators, which have no meaning here.
    n_iter_ : int
        Number of epochs.
    best_epoch_ : ndarray of shape (1,)
        The last epoch, whose weights are kept.

    See Also
    --------
    sslearn.networks.SceneNet : Small network for it.
    sslearn.losses.NTXentLoss : Its loss.

    Notes
    -----
    The embedding of a window is the mean of its feature map, through two dense layers of 64 that
    are dropped after the training. Colours of a window: channels in random order; no colour with
    probability 0.3; contrast by a factor of 0.6 to 1.4; a smooth field of colours of up to 0.5
    added; a negative with probability 0.3; clipped to [0, 1]. The stretched pictures are held in
    memory, ``3 image_size**2`` bytes each. On :func:`sslearn.datasets.make_scenes`, the nearest
    neighbour of the feature at the centre of an object is of its class in 0.72 to 0.83 of the cases
    (three seeds), where chance is 0.125.

    References
    ----------
    A method of this package. The loss is that of T. Chen, S. Kornblith, M. Norouzi and G. Hinton,
    "A simple framework for contrastive learning of visual representations", ICML 2020,
    arXiv:2002.05709.

    Examples
    --------
    >>> from sslearn.audiovisual import WindowContrast
    >>> from sslearn.datasets import make_scenes
    >>> from sslearn.networks import SceneNet
    >>> X = make_scenes(8, random_state=0).data
    >>> pretext = WindowContrast(n_windows=64, max_epochs=2, random_state=0).fit(X)
    >>> SceneNet(weights=pretext.weights_).count_parameters((3, 64, 64))
    24432
    """

    _parameter_constraints: dict = {
        **TorchEstimator._parameter_constraints,
        "network": [Backbone, callable, None],
        "image_size": _SIDE,
        "window_size": _SIDE,
        "region_size": _SIDE,
        "n_windows": [Interval(Integral, 2, None, closed="left")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
    }
    _default_training = Training("adamw", schedule="cosine")
    validation_fraction = None

    def __init__(
        self,
        network=None,
        *,
        image_size=64,
        window_size=24,
        region_size=32,
        n_windows=2048,
        temperature=0.3,
        lr=3e-3,
        max_epochs=25,
        batch_size=128,
        training=None,
        callbacks=None,
        device="auto",
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.network = network
        self.image_size = image_size
        self.window_size = window_size
        self.region_size = region_size
        self.n_windows = n_windows
        self.temperature = temperature
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.training = training
        self.callbacks = callbacks
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples,), DataFrame, or array-like of shape (n_samples, 2)
            Pictures, RGB arrays of shape (height, width, 3), uint8, or paths; or pairs of picture
            and sound, whose sounds are ignored.
        y : None
            Not used.

        Returns
        -------
        self : WindowContrast
            The fitted estimator.

        Raises
        ------
        TypeError
            If X holds no pictures.
        ValueError
            If a picture is not valid or cannot be read, which the message names by its row, the
            windows do not fit into the pictures, or training diverges.
        """
        self._forget()
        if not self.window_size <= self.region_size <= self.image_size:
            raise ValueError(
                "window_size must be at most region_size, and that at most image_size; got "
                f"{self.window_size}, {self.region_size} and {self.image_size}."
            )
        sources = Pictures(X)
        pictures = np.empty((len(sources), self.image_size, self.image_size, 3), dtype=np.uint8)
        for i in range(len(sources)):
            pictures[i] = View().picture(*sources.images([i]), self.image_size)
        loss = NTXentLoss(self.temperature)
        task = Task(
            name="",
            targets=np.zeros(self.n_windows, dtype=np.float32),
            criterion=lambda outputs, targets: loss(*outputs),
            error=lambda *rows: np.nan,  # no window is held out
        )
        rows = self._rows(range(self.n_windows))
        return self._train(pictures, y, [task], np.dtype(np.float32), rows=rows)

    @property
    def _window_shape(self):
        return 3, self.window_size, self.window_size

    def _build(self):
        module = make_backbone(self.network or SceneNet(), self._window_shape)
        if next(module.parameters(), None) is None:
            raise ValueError(f"network must have weights to train; got {self.network!r}.")
        return module

    def _branches(self, module):
        from sslearn.audiovisual._windows import WindowEmbedding

        return [WindowEmbedding(module, feature_shape(module, self._window_shape)[0])]

    def _fit_loader(self, X, module, seed=None):
        import torch

        from sslearn.audiovisual._windows import WindowPairs

        weight = next(module.parameters())
        sizes = self.window_size, self.region_size
        return WindowPairs(torch.from_numpy(X), *sizes, seed, weight)
