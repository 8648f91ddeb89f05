import numpy as np

from sslearn.audiovisual._augmentation import ImageAugmentation
from sslearn.audiovisual._base import AudioVisualLocalizer
from sslearn.audiovisual._view import View
from sslearn.losses import NegativeCosineLoss
from sslearn.networks import PredictiveCoding
from sslearn.utils.param_validation import Integral, Interval, Real, StrOptions

_HEADS = "projector", "predictor"
# Two poolings of predictive coding leave a cell.
_LEAST_CELLS = 4
_WIDTH = [Interval(Integral, 1, None, closed="left")]


class PredictiveAudioVisualLocalizer(AudioVisualLocalizer):
    """Localizer of sounds in pictures by self-supervised predictive learning (SSPL).

    Each of two views of a picture is pooled where it is similar to the sound, and predicts the
    other one. There are no negative pairs: pictures are not compared with the sounds of others.

    Parameters
    ----------
    image_network : Backbone or callable, default=None
        Recipe of the network of pictures, which is not trained, or a callable without arguments
        that returns a torch module; ``EfficientNetLite0(block=4)`` if None.
    audio_network : Backbone or callable, default=None
        The same for log-mel patches of the sounds; ``LogMelStatistics()`` if None.
    predictive_coding : bool, default=False
        Whether cycles of predictive coding (PCM) correct the feature map by the sound, before it is
        compared with it; see :class:`sslearn.networks.PredictiveCoding`.
    n_cycles : int, default=5
        Cycles of predictive coding.
    coding_start : {"identity", "random"}, default="identity"
        Weights of predictive coding before training: ``start`` of
        :class:`~sslearn.networks.PredictiveCoding`. In the paper they are random.
    fusion : {"attention", "cat", "product", "sum"}, default="attention"
        Input of the projector: the sum over the cells weighted by the attention; or the mean of
        all cells and the vector of the sound, side by side, multiplied or added.
    hidden_size : int, default=128
        Units of the hidden layer between the features of a sound and those of a picture.
    projector_sizes : tuple of int, default=(256, 256, 256)
        Widths of the layers that project a view.
    predictor_size : int, default=64
        Units of the hidden layer that predicts the projection of the other view.
    head_lr : float, default=2e-3
        Learning rate of projector and predictor; ``lr`` if None.
    coding_lr : float, default=None
        Learning rate of predictive coding; ``lr`` if None, as in the paper. Small sets need a lower
        one: see Notes.
    whiten : bool, default=True
        Whether the features of the networks are whitened: those of pictures to unit covariance,
        those of sounds to unit variance each.
    image_size : int, default=128
        Height and width in pixels that pictures are resized to.
    fs : float, default=16000
        Sampling rate of the sounds in Hz; files are resampled to it.
    sound_duration : float, default=3.0
        Seconds taken from the middle of each sound; shorter ones are repeated.
    augmentation : ImageAugmentation, default=None
        Random views of the pictures; ``ImageAugmentation(crop=0.75)`` if None: for small pictures,
        larger crops than those of the paper are too alike.
    cached_views : int or None, default=2
        Versions of each picture whose frozen features are kept, the views being random windows of
        them. None draws new views of the pictures themselves in each epoch, as in the paper.
    memory : str, PathLike, joblib.Memory or None, default=None
        Folder in which features are kept for later fits; in memory if None.
    lr : float, default=1e-3
        Learning rate at the start.
    max_epochs : int, default=30
        Number of passes over the training pairs.
    batch_size : int, default=64
        Pairs per mini-batch.
    training : Training, default=None
        Optimizer, schedule of the learning rate, early stopping and precision; AdamW with a
        constant rate and a weight decay of 1e-4, which keeps the last epoch, if None.
    callbacks : list of skorch callbacks, default=None
        Callbacks of training. Callbacks of scikit-learn are set by ``set_callbacks``.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the previous fit.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the views and the order of samples.
    verbose : int, default=0
        1 shows a progress bar over epochs.
    n_jobs : int, default=None
        Threads that read later mini-batches; none if None.

    Attributes
    ----------
    weights_ : dict of str to ndarray
        Weights of all networks, frozen ones included.
    history_ : dict of str to ndarray
        Training loss, validation error and learning rate of each epoch.
    n_iter_ : int
        Number of epochs.
    best_epoch_ : ndarray of shape (1,)
        Epoch, from 1, whose weights are kept.
    embedding_spread_ : float
        Spread of the projections of views: about 1 in all directions, 0 collapsed.
    sound_effect_ : float
        How much maps change with the sound of another pair, relative to their contrast.

    See Also
    --------
    SemanticContrastiveLocalizer : SACL, which learns from contrasts.
    sslearn.recipes.sspl : The published configuration.
    sslearn.losses.NegativeCosineLoss : The loss.

    Notes
    -----
    With ``v_n`` the features of cell n of a view and ``a`` those of the sound, which is the mean
    over its patches of two linear layers, the map is ``S_n = cos(v_n, a)``, and the attention
    ``A_n`` is the map scaled to the range from 0 to 1. The projector maps ``sum_n A_n v_n`` to z,
    and the predictor z to p. The loss is ``-(cos(p_1, sg(z_2)) + cos(p_2, sg(z_1))) / 2``, where sg
    stops the gradient: only predictions are trained. Batch norms take one view at a time.

    With predictive coding, ``v_n`` is the output of the cycles for the map and the mean of the
    patches' features, scaled to length 1. Its step sizes have no weight decay. At the learning rate
    of the other layers its output depends strongly on the sound itself, which both views share, and
    small sets are localized worse; a twentieth of that rate is better.

    The loss hardly shows whether the maps depend on the sound; ``sound_effect_`` is near 0 if they
    do not.

    References
    ----------
    Z. Song, Y. Wang, J. Fan, T. Tan, Z. Zhang, "Self-supervised predictive learning: a
    negative-free method for sound source localization in visual scenes", CVPR 2022. Z. Song,
    J. Zhang, Y. Wang, J. Fan, Z. Zhang, "Enhancing sound source localization via false negative
    elimination", IEEE Transactions on Pattern Analysis and Machine Intelligence, 2024,
    arXiv:2408.16448. The defaults are for small sets; :func:`sslearn.recipes.sspl` has the
    networks, widths and rates of the paper. The released program keeps the epoch with the best
    score on the test set; we keep the last one. Of the other fusions, only the names are published.

    Examples
    --------
    >>> from sslearn.audiovisual import PredictiveAudioVisualLocalizer
    >>> from sslearn.datasets import make_scenes
    >>> from sslearn.networks import SceneNet
    >>> X, boxes = make_scenes(4, random_state=0, return_X_y=True)
    >>> localizer = PredictiveAudioVisualLocalizer(
    ...     SceneNet(), image_size=64, sound_duration=0.975, max_epochs=1, random_state=0
    ... )
    >>> localizer.fit(X).similarity_map(X).shape
    (4, 16, 16)
    """

    _parameter_constraints: dict = {
        **AudioVisualLocalizer._parameter_constraints,
        "predictive_coding": ["boolean"],
        "n_cycles": PredictiveCoding._parameter_constraints["n_cycles"],
        "coding_start": PredictiveCoding._parameter_constraints["start"],
        "fusion": [StrOptions({"attention", "cat", "product", "sum"})],
        "hidden_size": _WIDTH,
        "projector_sizes": ["array-like"],
        "predictor_size": _WIDTH,
        "head_lr": [Interval(Real, 0, None, closed="neither"), None],
        "coding_lr": [Interval(Real, 0, None, closed="neither"), None],
    }

    _default_augmentation = ImageAugmentation(crop=0.75)

    def __init__(
        self,
        image_network=None,
        *,
        audio_network=None,
        predictive_coding=False,
        n_cycles=5,
        coding_start="identity",
        fusion="attention",
        hidden_size=128,
        projector_sizes=(256, 256, 256),
        predictor_size=64,
        head_lr=2e-3,
        coding_lr=None,
        whiten=True,
        image_size=128,
        fs=16000,
        sound_duration=3.0,
        augmentation=None,
        cached_views=2,
        memory=None,
        lr=1e-3,
        max_epochs=30,
        batch_size=64,
        training=None,
        callbacks=None,
        device="auto",
        warm_start=False,
        random_state=None,
        verbose=0,
        n_jobs=None,
    ):
        self.image_network = image_network
        self.audio_network = audio_network
        self.predictive_coding = predictive_coding
        self.n_cycles = n_cycles
        self.coding_start = coding_start
        self.fusion = fusion
        self.hidden_size = hidden_size
        self.projector_sizes = projector_sizes
        self.predictor_size = predictor_size
        self.head_lr = head_lr
        self.coding_lr = coding_lr
        self.whiten = whiten
        self.image_size = image_size
        self.fs = fs
        self.sound_duration = sound_duration
        self.augmentation = augmentation
        self.cached_views = cached_views
        self.memory = memory
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.training = training
        self.callbacks = callbacks
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.n_jobs = n_jobs

    def _make_head(self, image_shape, sound_shape):
        from sslearn.audiovisual._sspl_head import PredictiveHead

        coding = None
        if self.predictive_coding:
            network = PredictiveCoding(self.n_cycles, start=self.coding_start)
            coding = network.build((image_shape, sound_shape[1:]))
            self._check_view(image_shape[1:])
        return PredictiveHead(
            image_shape[0],
            sound_shape[1],
            hidden_size=self.hidden_size,
            projector_sizes=self._checked_sizes(),
            predictor_size=self.predictor_size,
            fusion=self.fusion,
            coding=coding,
        )

    def _check_view(self, map_shape):
        """Raise if a kept view has fewer cells than predictive coding needs."""
        rows, columns = View(crop=self._chosen_augmentation.crop).window(map_shape)
        view = rows.stop - rows.start, columns.stop - columns.start
        if self.cached_views is not None and min(view) < _LEAST_CELLS:
            raise ValueError(
                f"predictive_coding needs views of {_LEAST_CELLS} x {_LEAST_CELLS} cells or more; "
                f"got {view[0]} x {view[1]}. Raise image_size or the crop of augmentation, or set "
                "cached_views=None."
            )

    def _checked_sizes(self):
        sizes = np.asarray(self.projector_sizes)
        if sizes.ndim != 1 or sizes.dtype.kind not in "iu" or not (len(sizes) and sizes.min() > 0):
            raise ValueError(
                "projector_sizes must be one or more positive integers; got "
                f"{self.projector_sizes!r}."
            )
        return tuple(sizes.tolist())

    def _criterion(self, batch_size):
        from sslearn.audiovisual._sspl_head import two_view_loss

        return two_view_loss(NegativeCosineLoss())

    def _parameter_groups(self):
        # The first matching pattern counts.
        coding, heads = _rate(self.coding_lr), _rate(self.head_lr)
        return [
            ("head.coding.*_rates.*", coding | {"weight_decay": 0.0}),
            ("head.coding.*", coding),
            *((f"head.{part}.*", heads) for part in _HEADS),
        ]


def _rate(lr):
    """Optimizer options of parameters with a separate learning rate, if there is one."""
    return {} if lr is None else {"lr": lr}
