from sklearn.base import BaseEstimator

from sslearn.utils.param_validation import Integral, Interval, Real, StrOptions


class Training(BaseEstimator):
    """Training recipe: optimizer, schedule, early stopping and precision.

    Parameters
    ----------
    optimizer : {"adam", "adamw", "nadam", "sgd"}, default="adam"
        Optimizer.
    schedule : {"plateau", "exponential", "cosine", "constant"}, default="plateau"
        Schedule of the learning rate. ``"plateau"`` multiplies it by ``lr_factor`` after
        ``patience`` epochs without improvement, ``"exponential"`` after each epoch; ``"cosine"``
        lowers it along half a cosine, to ``min_lr`` at the last step of the last epoch.
    patience : int, default=20
        Epochs without improvement after which ``"plateau"`` lowers the learning rate.
    lr_factor : float, default=0.5
        Factor of the learning rate on a plateau or after each epoch, in (0, 1).
    min_lr : float, default=0.0
        Lowest learning rate of a schedule.
    n_iter_no_change : int, default=None
        Epochs without improvement after which training stops; no early stopping if None.
    monitor : {"valid_error", "valid_loss", "train_loss"}, default="valid_error"
        Column of ``history_`` in which a new minimum is an improvement; ``"train_loss"`` without
        validation samples.
    keep : {"valid_error", "valid_loss", "last"}, default="valid_error"
        Epoch whose weights are kept: that with the lowest validation error or loss, or the last
        one. Always the last without validation samples.
    weight_decay : float, default=None
        Weight decay, decoupled from the gradient for ``"adamw"`` and added to it for the others.
        None takes the default of torch, 0.01 for ``"adamw"`` and 0 for the others.
    clip_norm : float, default=None
        Largest norm of the gradient of all weights together; longer gradients are scaled to it.
        None does not limit them.
    precision : {"full", "bfloat16"}, default="full"
        Arithmetic of training. ``"bfloat16"`` multiplies float32 in 16 bits, twice as fast in
        large networks on processors with support for it; weights, loss and predictions keep 32
        bits.
    norm_batches : int, default=None
        Mini-batches from which batch norm re-estimates its means and variances after each epoch,
        with frozen weights. None keeps the running averages, which are inaccurate for small
        batches with a wide range of sound levels.
    drop_last : bool, default=False
        Whether the last mini-batch of an epoch is left out if it is smaller than the others; its
        samples differ from epoch to epoch. A single mini-batch is always used.

    See Also
    --------
    NeuralLocalizer : Use it as ``training``.
    sslearn.embedding.SiameseEmbedding : Use it as ``training``.

    Notes
    -----
    The validation loss is the mean over mini-batches, like the training loss, with the weights at
    the end of the epoch and without dropout. It is computed and recorded in ``history_`` only if
    ``monitor`` or ``keep`` names it. For other schedules, combine ``schedule="constant"`` with a
    callback such as ``skorch.callbacks.LRScheduler``.

    Examples
    --------
    >>> from sslearn.deep_learning import NeuralLocalizer, Training
    >>> localizer = NeuralLocalizer(training=Training("adamw", patience=5))
    >>> localizer.set_params(training__schedule="cosine").training
    Training(optimizer='adamw', patience=5, schedule='cosine')
    """

    _parameter_constraints: dict = {
        "optimizer": [StrOptions({"adam", "adamw", "nadam", "sgd"})],
        "schedule": [StrOptions({"plateau", "exponential", "cosine", "constant"})],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "lr_factor": [Interval(Real, 0, 1, closed="neither")],
        "min_lr": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), None],
        "monitor": [StrOptions({"valid_error", "valid_loss", "train_loss"})],
        "keep": [StrOptions({"valid_error", "valid_loss", "last"})],
        "weight_decay": [Interval(Real, 0, None, closed="left"), None],
        "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
        "precision": [StrOptions({"full", "bfloat16"})],
        "norm_batches": [Interval(Integral, 1, None, closed="left"), None],
        "drop_last": ["boolean"],
    }

    def __init__(
        self,
        optimizer="adam",
        *,
        schedule="plateau",
        patience=20,
        lr_factor=0.5,
        min_lr=0.0,
        n_iter_no_change=None,
        monitor="valid_error",
        keep="valid_error",
        weight_decay=None,
        clip_norm=None,
        precision="full",
        norm_batches=None,
        drop_last=False,
    ):
        self.optimizer = optimizer
        self.schedule = schedule
        self.patience = patience
        self.lr_factor = lr_factor
        self.min_lr = min_lr
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.keep = keep
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.precision = precision
        self.norm_batches = norm_batches
        self.drop_last = drop_last
