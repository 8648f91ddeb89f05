"""Networks on first-order ambisonics: those of a paper, and one of this package.

References
----------
L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus classification for
neural network based audio source localization", WASPAA 2019.
"""

import warnings

from sklearn.pipeline import make_pipeline

from sslearn.encoding import (
    AdjacentDecoder,
    AngleEncoding,
    ArgmaxDecoder,
    GaussianEncoding,
    GibbsWeightedEncoding,
    OneHotEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.exceptions import UncertaintyWarning
from sslearn.features import STFT, AudioReader, IntensityVector, LevelMap, make_feature_stack
from sslearn.geometry import quasi_uniform_grid
from sslearn.utils import check_range
from sslearn.utils.param_validation import Interval, Real, validated

_RATE = [Interval(Real, 0, None, closed="neither")]
_HOP = 0.032  # seconds between frames
_STEP = 10.0
_WIDTH = 2 * _STEP
_WEIGHTS = "ambisonic_histogram"  # in the package
# Hz: bands that they were trained for begin at or below the first, and end between the others.
_LOWEST, _TOPS = 200, (2000, 4000)
_TARGETS = {
    "spherical": "mse",
    "angular": "angular",
    "cartesian": "mse",
    "one_hot": "cross_entropy",
    "gibbs": "mse",
    "gibbs_weighted": "gibbs_weighted",
    "unbiased": "cross_entropy",
}


@validated(fs=_RATE)
def ambisonic_crnn(
    target="cartesian",
    *,
    convention="sn3d",
    fs=16000,
    max_epochs=150,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Convolutional recurrent network on the intensity of first-order ambisonics.

    Parameters
    ----------
    target : {"cartesian", "spherical", "angular", "one_hot", "gibbs", "gibbs_weighted", \
"unbiased"}, default="cartesian"
        Training target. Regressions: the unit vector (``"cartesian"``), or azimuth and elevation
        with a squared error (``"spherical"``) or the angle on the sphere (``"angular"``).
        Classifications on 429 directions: the nearest one (``"one_hot"``), a bell around the
        direction with a squared error (``"gibbs"``), or the nearest one with lower costs for its
        neighbours (``"gibbs_weighted"``). ``"unbiased"``, which is not in the paper: weights of the
        three directions around the true one, decoded between them.
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the channels; see :class:`sslearn.features.IntensityVector`.
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it. Frames keep their duration.
    max_epochs : int, default=150
        Maximum number of epochs.
    n_jobs : int, default=None
        Threads that compute the features of later mini-batches; none if None.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the hold-out and the order of samples.
    verbose : int, default=0
        1 shows a progress bar over epochs.

    Returns
    -------
    localizer : NeuralLocalizer
        Localizer of audio of shape (n_samples, 4, n_times), which may be a memory map, or of files,
        in azimuth and elevation. 13,312 samples at 16 kHz are the published 25 frames; any length
        works.

    Raises
    ------
    ValueError
        If ``target`` is unknown.

    See Also
    --------
    intensity : Intensity without a network.

    Notes
    -----
    Sine windows of 1024 samples every 512 (at 16 kHz), active and reactive intensity in 513 bins,
    :class:`sslearn.networks.CRNN`, a sigmoid (``"one_hot"``, ``"unbiased"``: softmax) in each
    frame, mean over frames, Nadam with a learning rate of 1e-3 on batches of 64, early stopping
    after 20 epochs without improvement. The published systems decode a class as its direction.

    Differences from the paper: we keep the epoch with the lowest median error on a random tenth of
    the clips, the paper the one with the lowest validation loss on separate rooms. The outputs of
    ``"gibbs_weighted"`` start with a bias of -6; otherwise the first epochs are spent on making 428
    of 429 scores small. Regressions start scaled to the mean and the deviation of the targets. A
    last frame that is not full is dropped; the released code pads it. Learning rate and batch size
    are our interpretation of the published information.

    Features are computed in each epoch, which takes little time compared with the network. To
    compute them once, pass ``localizer.batch_transform.fit_transform(X)`` as X to
    ``localizer.set_params(batch_transform=None)``. ``set_params(training__precision="bfloat16")``
    halves the training time on processors with support for it.

    References
    ----------
    Perotin, Défossez, Vincent, Serizel, Guérin 2019.

    Examples
    --------
    >>> from sslearn import recipes
    >>> localizer = recipes.ambisonic_crnn("angular")
    >>> localizer.network, localizer.encoding, localizer.loss
    (CRNN(), AngleEncoding(scale='sigmoid'), 'angular')
    """
    from sslearn.deep_learning import NeuralLocalizer, Training
    from sslearn.networks import CRNN

    if not isinstance(target, str) or target not in _TARGETS:
        raise ValueError(f"target must be one of {list(_TARGETS)}; got {target!r}.")
    return NeuralLocalizer(
        CRNN(output_bias=-6.0 if target == "gibbs_weighted" else None),
        encoding=_encoding(target),
        loss=_TARGETS[target],
        batch_size=64,
        training=Training("nadam", n_iter_no_change=20),
        batch_transform=_features(fs, IntensityVector(convention, fs=fs)),
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@validated(fs=_RATE)
def ambisonic_histogram(
    convention="sn3d",
    *,
    fs=16000,
    freq_range=(50, 4000),
    weights=None,
    max_epochs=None,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Histograms of intensity directions with learned masks.

    Parameters
    ----------
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the channels; see :class:`sslearn.features.IntensityVector`.
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it. Frames keep their duration.
    freq_range : tuple of (float, float) or None, default=(50, 4000)
        Lowest and highest frequency in Hz; the highest is left out and at most half of ``fs``. None
        takes all.
    weights : {"pretrained"}, str, Path or dict of str to array-like, default=None
        Weights to start from: ``"pretrained"`` are those of the package; a file, or ``weights_`` of
        another such localizer. Random ones if None.
    max_epochs : int, default=None
        Maximum number of epochs. With 0 nothing is trained: ``fit`` loads ``weights`` and needs no
        y. None is 0 with weights, and 60 without.
    n_jobs : int, default=None
        Threads that compute the features of later mini-batches; none if None.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the hold-out and the order of samples.
    verbose : int, default=0
        1 shows a progress bar over epochs.

    Returns
    -------
    localizer : NeuralLocalizer
        Localizer of audio of shape (n_samples, 4, n_times), which may be a memory map, or of files,
        in azimuth and elevation. Any length works, one in each call.

    Raises
    ------
    FileNotFoundError, ValueError
        In ``fit``: if ``weights`` names nothing of the package and no file, or they are those of
        another network. Here and in ``fit``: if ``freq_range`` is not in order.

    Warns
    -----
    UncertaintyWarning
        If the weights of the package were not trained for the band.

    See Also
    --------
    ambisonic_crnn : Published networks.
    intensity : Intensity without a network, and for several sources.
    sslearn.networks.model_card : ``model_card("ambisonic_histogram")`` lists the training data
        of the weights, their errors and limits.

    Notes
    -----
    A system of this package: :class:`sslearn.networks.HistogramNet` on the intensity and the level
    of W from 50 to 4000 Hz, the frames of the published networks, unbiased labels on their 429
    directions, decoded between them. Adam with a learning rate of 3e-3 on batches of 16, halved
    after 5 epochs without improvement.

    With ``weights="pretrained"`` no training is needed. They were trained on one talker, white
    noise or tones like music in simulated rooms of 0.2 to 1 s, at 0.5 to 3 m, in all directions,
    without noise, with white or diffuse noise, or with one interferer beside a talker, from -5 to
    30 dB, in excerpts of 0.25 to 2 s; a quarter of the clips came from tetrahedra of microphones by
    :class:`sslearn.features.AmbisonicEncoder`. They hold for every ``convention``, for every ``fs``
    and for bands up to 2 to 4 kHz: set ``freq_range`` below the frequency above which an encoded
    array receives higher orders. They find one source: the talker beside other sounds, any one of
    several talkers. ``max_epochs=10`` trains them further on user recordings, with a tenth of the
    learning rate.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_ambisonic
    >>> from sslearn.metrics import median_angular_error
    >>> X, y = make_ambisonic(3, rooms=1, random_state=0, return_X_y=True)
    >>> localizer = recipes.ambisonic_histogram(weights="pretrained").fit(X)
    >>> bool(median_angular_error(y, localizer.predict(X)) < 5)
    True
    """
    from sslearn.deep_learning import NeuralLocalizer, Training
    from sslearn.networks import HistogramNet

    is_packaged = isinstance(weights, str) and weights == "pretrained"
    if is_packaged:
        _warn_outside(fs, freq_range)
    intensity = IntensityVector(convention, fs=fs, freq_range=freq_range)
    level = LevelMap(channels=[0], fs=fs, freq_range=freq_range)
    return NeuralLocalizer(
        HistogramNet(),
        encoding=_encoding("unbiased"),
        loss=_TARGETS["unbiased"],
        # The higher rate would undo given weights in the first epochs.
        lr=3e-3 if weights is None else 3e-4,
        batch_size=16,
        training=Training(patience=5, n_iter_no_change=15),
        batch_transform=_features(fs, make_feature_stack(intensity, level)),
        weights=_WEIGHTS if is_packaged else weights,
        max_epochs=(60 if weights is None else 0) if max_epochs is None else max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


def _warn_outside(fs, freq_range):
    """Warn where the weights of the package were not trained."""
    low, high = check_range((0, fs / 2) if freq_range is None else freq_range, "freq_range", 0)
    if low > _LOWEST or not _TOPS[0] <= high <= _TOPS[1]:
        warnings.warn(
            f"The weights of ambisonic_histogram were not trained for {low:g} to {high:g} Hz, but "
            f"for bands that begin at 50 Hz and end between {_TOPS[0]} and {_TOPS[1]} Hz. Set "
            "freq_range, or compare it with recipes.intensity, which suits any band.",
            UncertaintyWarning,
            stacklevel=4,
        )


def _features(fs, maps):
    # 512 at 16 kHz; the sine window of 2 hops is that of the paper.
    hop_length = round(_HOP * fs)
    stft = STFT(2 * hop_length, hop_length=hop_length, window="cosine")
    return make_pipeline(AudioReader(fs), stft, maps)


def _encoding(target):
    if target == "cartesian":
        return UnitVectorEncoding("sigmoid")
    if target in ("spherical", "angular"):
        return AngleEncoding("sigmoid")
    grid = quasi_uniform_grid(_STEP)
    if target == "unbiased":
        return UnbiasedEncoding(grid, decoder=AdjacentDecoder(3))
    if target == "one_hot":
        return OneHotEncoding(grid, decoder=ArgmaxDecoder())
    encoding = GaussianEncoding if target == "gibbs" else GibbsWeightedEncoding
    return encoding(grid, width=_WIDTH, decoder=ArgmaxDecoder())
