from functools import partial

from sslearn.audiovisual._base import AudioVisualLocalizer
from sslearn.audiovisual._segments import felzenszwalb_segments, grid_segments
from sslearn.deep_learning import Training
from sslearn.losses import FalseNegativeContrastiveLoss
from sslearn.utils.param_validation import Integral, Interval, StrOptions


class SemanticContrastiveLocalizer(AudioVisualLocalizer):
    """Localizer of sounds in pictures by semantically aware contrasts (SACL).

    The cells of a picture that are most similar to its sound, within one segment of the picture,
    are pulled towards the sound and pushed away from the sounds of other pictures, but for those
    that resemble it: they may come from objects of the same kind.

    Parameters
    ----------
    image_network : Backbone or callable, default=None
        Recipe of the network of pictures, or a callable without arguments that returns a torch
        module; ``EfficientNetLite0(block=4)`` if None.
    audio_network : Backbone or callable, default=None
        The same for log-mel patches of the sounds; ``LogMelStatistics()`` if None.
    train_networks : bool, default=False
        Whether both networks are trained, as in the paper. Otherwise they are frozen, and the
        pictures have one trained layer: a 1x1 convolution of the feature map, the identity at
        first.
    segments : {"felzenszwalb", "grid"} or None, default=None
        Segments of pictures: the graph-based ones of the paper, which suit objects of even colour;
        cells of a regular grid; or no segments, which suits objects with strong textures.
    n_cells : int, default=4
        Cells of the grid per side; not used by other segments.
    negative_ratio : float, default=0.75
        Share of a mini-batch that are negatives of a picture: the sounds least similar to its own.
    temperature : float, default=0.2
        Divisor of the cosines in the loss.
    hidden_size : int, default=128
        Units of the hidden layer between the features of a sound and those of a picture.
    whiten : bool, default=True
        Whether the features of frozen networks are whitened: those of pictures to unit covariance,
        those of sounds to unit variance each.
    image_size : int, default=128
        Height and width in pixels that pictures are resized to.
    fs : float, default=16000
        Sampling rate of the sounds in Hz; files are resampled to it.
    sound_duration : float, default=3.0
        Seconds taken from the middle of each sound; shorter ones are repeated.
    augmentation : ImageAugmentation, default=None
        Random views of the pictures; ``ImageAugmentation()`` if None.
    cached_views : int or None, default=2
        Versions of each picture whose frozen features are kept, the views being random windows of
        them. None draws new views of the pictures themselves in each epoch, as in the paper, and
        so does a trained network.
    memory : str, PathLike, joblib.Memory or None, default=None
        Folder in which features and segments are kept for later fits; in memory if None.
    lr : float, default=5e-3
        Learning rate at the start.
    max_epochs : int, default=15
        Number of passes over the training pairs.
    batch_size : int, default=64
        Pairs per mini-batch, which are each other's negatives.
    training : Training, default=None
        Optimizer, schedule of the learning rate, early stopping and precision; AdamW with a rate
        that falls along half a cosine and a weight decay of 1e-4, keeping the last epoch, if None.
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
        Spread of the features of the most similar cells: about 1 in all directions, 0 collapsed.
    sound_effect_ : float
        How much maps change with the sound of another pair, relative to their contrast.

    See Also
    --------
    PredictiveAudioVisualLocalizer : SSPL, which needs no negatives.
    sslearn.recipes.sacl : The published configuration.
    sslearn.losses.FalseNegativeContrastiveLoss : The loss.

    Notes
    -----
    With ``v_n`` the features of cell n of a view and ``a`` those of a sound, which is the mean over
    its patches of two linear layers, the map is ``S_n = cos(v_n, a)``. The sounding cells are those
    of the upper half of the map with the own sound and, with segments, of the one segment in both
    views that contains most of them in the first view. The score of picture i with sound j is the
    largest ``cos(v_n(i), a(j))`` of the sounding cells, all others counting as 0. The loss of both
    views is added.

    Where no cosine of the sounding cells is positive, the score is 0 without gradient: features of
    one sign and few channels, such as plain colours, need ``whiten=True``. A large even background
    is the segment with most of the upper half; such pictures are better left unsegmented.

    Sounds are similar if their features from the audio network have a large cosine. With frozen
    networks these are the standardized features, which training does not change.

    References
    ----------
    Z. Song, J. Zhang, Y. Wang, J. Fan, Z. Zhang, "Enhancing sound source localization via false
    negative elimination", IEEE Transactions on Pattern Analysis and Machine Intelligence, 2024,
    arXiv:2408.16448. P. F. Felzenszwalb, D. P. Huttenlocher, "Efficient graph-based image
    segmentation", International Journal of Computer Vision 59, 2004. The defaults are for frozen
    networks and small pictures; :func:`sslearn.recipes.sacl` has those of the paper, whose
    temperature is 0.005 and whose rate is constant. The released program keeps the epoch with the
    best score on the test set; we keep the last one. It enlarges segments by bicubic interpolation,
    which creates wrong labels at borders; here a cell has the label of its place in the picture.
    Pictures of more than 256 x 256 pixels are shrunk before they are segmented; smaller ones have
    smaller segments.

    Examples
    --------
    >>> from sslearn.audiovisual import SemanticContrastiveLocalizer
    >>> from sslearn.datasets import make_scenes
    >>> from sslearn.networks import SceneNet
    >>> X, boxes = make_scenes(4, random_state=0, return_X_y=True)
    >>> localizer = SemanticContrastiveLocalizer(
    ...     SceneNet(), image_size=64, sound_duration=0.975, max_epochs=1, random_state=0
    ... )
    >>> localizer.fit(X).predict(X).shape
    (4, 2)
    """

    _parameter_constraints: dict = {
        **AudioVisualLocalizer._parameter_constraints,
        **FalseNegativeContrastiveLoss._parameter_constraints,
        "train_networks": ["boolean"],
        "segments": [StrOptions({"felzenszwalb", "grid"}), None],
        "n_cells": [Interval(Integral, 1, None, closed="left")],
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
    }
    _default_training = Training("adamw", schedule="cosine", weight_decay=1e-4, keep="last")

    def __init__(
        self,
        image_network=None,
        *,
        audio_network=None,
        train_networks=False,
        segments=None,
        n_cells=4,
        negative_ratio=0.75,
        temperature=0.2,
        hidden_size=128,
        whiten=True,
        image_size=128,
        fs=16000,
        sound_duration=3.0,
        augmentation=None,
        cached_views=2,
        memory=None,
        lr=5e-3,
        max_epochs=15,
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
        self.train_networks = train_networks
        self.segments = segments
        self.n_cells = n_cells
        self.negative_ratio = negative_ratio
        self.temperature = temperature
        self.hidden_size = hidden_size
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

    @property
    def _frozen(self):
        return (not self.train_networks,) * 2

    def _make_head(self, image_shape, sound_shape):
        from sslearn.audiovisual._sacl_head import SemanticContrastHead

        return SemanticContrastHead(
            image_shape[0],
            sound_shape[1],
            hidden_size=self.hidden_size,
            adapt=not self.train_networks,
        )

    def _criterion(self, batch_size):
        loss = FalseNegativeContrastiveLoss(self.negative_ratio, temperature=self.temperature)
        if loss.count_negatives(batch_size) < 1:
            raise ValueError(
                f"negative_ratio must keep a negative or more of the {batch_size} pairs of a "
                f"mini-batch; got {self.negative_ratio}. Raise it or batch_size, or add pairs."
            )
        return lambda outputs, targets: loss(*outputs)

    def _segmenter(self):
        if self.segments == "grid":
            return partial(grid_segments, n_cells=self.n_cells)
        return felzenszwalb_segments if self.segments else None
