"""Classification networks with soft labels, from a paper.

References
----------
L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound source
localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.
"""

import numpy as np
from sklearn.pipeline import make_pipeline

from sslearn.encoding import AdjacentDecoder, UnbiasedEncoding
from sslearn.features import STFT, AudioReader, FrameBlocks, PhaseMap, RealImag
from sslearn.geometry import azimuth_grid
from sslearn.utils.param_validation import Integral, Interval, Real, validated

_RATE = [Interval(Real, 0, None, closed="neither")]
_STEP = 5.0
_HOP = 0.016  # seconds between frames
_FRAMES = 7  # frames of a block of SNet


@validated(fs=_RATE)
def phase_network(
    grid="circle",
    *,
    fs=16000,
    n_sources=1,
    max_epochs=30,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Convolutional network on the phases of four microphones (PNN), on audio.

    Parameters
    ----------
    grid : {"circle", "front"} or array-like of shape (n_classes,), default="circle"
        Azimuths of the classes in degrees. ``"circle"``: 0 to 360 in steps of 5, for microphones
        that resolve all directions. ``"front"``: -90 to 90, for a line of microphones. Both are
        open, as published: nothing wraps, and 0 and 360 are two classes. For a circle,
        :func:`sslearn.geometry.circular_grid` is the better choice: its targets do not jump at 0.
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it. Frames keep their duration.
    n_sources : {1, 2}, default=1
        Number of sources of every clip; with 2, y has the shape (n_samples, 2, 1).
    max_epochs : int, default=30
        Maximum number of epochs.
    n_jobs : int, default=None
        Threads that compute the phases of later mini-batches; none if None.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the hold-out and the order of samples.
    verbose : int, default=0
        1 shows a progress bar over epochs.

    Returns
    -------
    localizer : NeuralLocalizer
        Localizer of audio of shape (n_samples, n_channels, n_times), which may be a memory map, or
        of files: phases are computed for each mini-batch. PNN takes two microphones or more,
        PNNSplit four (``network__n_filters`` has one number fewer than there are microphones).

    Raises
    ------
    ValueError
        If ``grid`` is an unknown name, or ``n_sources`` is neither 1 nor 2.

    See Also
    --------
    spectrogram_network : Larger network on complex spectra.

    Notes
    -----
    Hann windows of 512 samples every 256 (at 16 kHz), unbiased labels, squared error summed over
    the classes without a last activation (MSE(wo)), AdamW with a learning rate of 1e-3 on batches
    of 32 clips, and weighted adjacent decoding over 3 classes.

    As published, the learning rate is divided by 10, down to 1e-4, after 4 epochs without
    improvement, and training stops after 10. The measure of improvement differs: we use the median
    error on a random tenth of the clips, and keep its best epoch. The paper monitors the validation
    loss (``training__monitor="valid_loss"``) and keeps the epoch with the lowest mean error of the
    best of three decoders, on separate clips (``fit(X, y, X_val=X_val, y_val=y_val)``). Two steps
    for small batches are not in the paper: the output layer starts at 0, and batch norm
    re-estimates its statistics from 100 mini-batches after each epoch, because running averages are
    inaccurate for levels that vary as much as those of speech.

    ``set_params(encoding=MixedEncoding(grid=...))`` is the best published system for two sources
    in most tables; ``PermutationInvariantLoss()`` accepts any order of the sources.

    References
    ----------
    Feng, Zhang, Li 2025, ``PNN`` and ``PNN-Split``.

    Examples
    --------
    >>> from sslearn import recipes
    >>> localizer = recipes.phase_network("front")
    >>> localizer.network, len(localizer.encoding.grid)
    (PNN(), 37)
    """
    from sslearn.losses import SquaredErrorLoss
    from sslearn.networks import PNN, PNNSplit

    return _label_localizer(
        _network(n_sources, PNN, PNNSplit),
        grid,
        SquaredErrorLoss("sum"),
        [PhaseMap(drop_dc=True)],
        fs=fs,
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@validated(fs=_RATE)
def spectrogram_network(
    grid="circle",
    *,
    fs=16000,
    n_sources=1,
    max_epochs=30,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Residual network on the spectra of several microphones (SNet), on audio.

    Parameters
    ----------
    grid : {"circle", "front"} or array-like of shape (n_classes,), default="circle"
        Azimuths of the classes in degrees, as in :func:`phase_network`. Combine
        :func:`sslearn.geometry.circular_grid` with ``network__padding="circular"`` of SNet.
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it. Frames keep their duration.
    n_sources : {1, 2}, default=1
        Number of sources of every clip; with 2, y has the shape (n_samples, 2, 1).
    max_epochs : int, default=30
        Maximum number of epochs.
    n_jobs : int, default=None
        Threads that compute the spectra of later mini-batches; none if None.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the hold-out and the order of samples.
    verbose : int, default=0
        1 shows a progress bar over epochs.

    Returns
    -------
    localizer : NeuralLocalizer
        Localizer of audio of shape (n_samples, n_channels, n_times), which may be a memory map, or
        of files: spectra are computed for each mini-batch. Clips of 2 s have 126 frames, 18
        blocks of 7; for other lengths, frames that do not fill a block are dropped.

    Raises
    ------
    ValueError
        If ``grid`` is an unknown name, or ``n_sources`` is neither 1 nor 2.

    See Also
    --------
    phase_network : Network on phases, which do not depend on the level of a clip.

    Notes
    -----
    Real and imaginary parts in blocks of 7 frames; squared error averaged over the classes. Each
    frequency of a block is divided by its root mean square, so that the network does not depend on
    the level or the spectrum of the source. The processing of the published recordings is unknown;
    the released code does not normalize
    (``set_params(batch_transform__frameblocks__unit_level=None)``). All else, including differences
    from the published training, is as in :func:`phase_network`.

    References
    ----------
    Feng, Zhang, Li 2025, ``SNet`` and ``SNet-Split``.

    Examples
    --------
    >>> from sslearn import recipes
    >>> recipes.spectrogram_network(n_sources=2).network
    SNetSplit()
    """
    from sslearn.networks import SNet, SNetSplit

    return _label_localizer(
        _network(n_sources, SNet, SNetSplit),
        grid,
        "mse",
        [RealImag(drop_dc=True), FrameBlocks(_FRAMES, incomplete="drop", unit_level="frequency")],
        fs=fs,
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


def _network(n_sources, single, split):
    if not isinstance(n_sources, Integral) or n_sources is True or n_sources not in (1, 2):
        raise ValueError(f"n_sources must be 1 or 2, which the networks have; got {n_sources!r}.")
    return single() if n_sources == 1 else split()


def _label_localizer(network, grid, loss, maps, *, fs, **params):
    from sslearn.deep_learning import NeuralLocalizer, Training

    hop_length = round(_HOP * fs)
    stft = STFT(2 * hop_length, hop_length=hop_length, padding="zeros")
    return NeuralLocalizer(
        network,
        encoding=UnbiasedEncoding(_grid(grid), decoder=AdjacentDecoder(3)),
        loss=loss,
        activation=None,
        training=Training(
            "adamw", patience=4, lr_factor=0.1, min_lr=1e-4, n_iter_no_change=10, norm_batches=100
        ),
        batch_transform=make_pipeline(AudioReader(fs), stft, *maps),
        **params,
    )


def _grid(grid):
    if not isinstance(grid, str):
        return grid
    if grid not in ("circle", "front"):
        raise ValueError(f'grid must be "circle", "front" or azimuths; got {grid!r}.')
    if grid == "front":
        return azimuth_grid(-90, 90, _STEP)
    # 73 classes, as published: 0 and 360 are two of them.
    return np.linspace(0.0, 360.0, round(360 / _STEP) + 1)
