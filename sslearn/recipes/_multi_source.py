"""Networks for tracks of several moving sources, causal in time, and what they are compared with.

References
----------
Y. Wang, B. Yang, X. Li, "IPDnet2: an efficient and improved inter-channel phase difference
estimation network for sound source localization", arXiv:2509.21900, 2025, whose comparison has all
of these systems, and the papers of the networks in :mod:`sslearn.networks`.
"""

from inspect import cleandoc, signature

from sklearn.pipeline import make_pipeline

from sslearn.encoding import IPDEncoding, SummedIPDEncoding
from sslearn.features import (
    STFT,
    AudioReader,
    LogMagnitude,
    OnlineNormalizer,
    PhaseMap,
    RealImag,
    make_feature_stack,
)
from sslearn.utils.param_validation import Interval, Real, validated

_RATE = [Interval(Real, 0, None, closed="neither")]
_HALF_FRAME, _HOP = 0.016, 0.02  # seconds
_SPEED_OF_SOUND = 340.0

_PARAMETERS = {
    "mic_positions": """array-like of shape (n_mics, 3)
    Microphone positions in metres; microphone m is channel m. The first one is the reference.""",
    "size": """{{"tiny", "small", "large"}}, default="small"
    Number of channels of the layers: 48, 96 or 256.""",
    "fs": """float, default=16000
    Sampling rate of the audio in Hz; files are resampled to it. Frames keep their duration.""",
    "n_sources": """int, default=2
    Largest number of simultaneous sources, which is the number of tracks.""",
    "grid": """array-like of shape (n_directions,) or (n_directions, 2), default=None
    Directions of the search in degrees; azimuths in steps of 1 degree if None.""",
    "threshold": """float, default={threshold}
    Threshold of detection: {meaning}""",
    "max_epochs": """int, default={max_epochs}
    Number of epochs.""",
    "n_jobs": """int, default=None
    Threads that compute the features of later mini-batches; none if None.""",
    "device": """str, default="auto"
    Torch device; ``"auto"`` is the GPU, or the CPU if there is none.""",
    "random_state": """int, RandomState instance or None, default=None
    Seed of the weights, the hold-out and the order of samples.""",
    "verbose": """int, default=0
    1 shows a progress bar over epochs.""",
}

_RETURNS = """

Returns
-------
localizer : NeuralLocalizer
    Localizer of audio of shape (n_samples, n_mics, n_times), which may be a memory map, or of
    files: features are computed for each mini-batch. y has the shape (n_samples, n_frames,
    n_sources, n_angles), with frames of 100 ms and NaN where a source is silent."""


def _documented(meaning):
    """Decorate a recipe with the docstring sections that all share; its code is unchanged."""

    def document(recipe):
        parameters = signature(recipe).parameters
        values = {name: parameter.default for name, parameter in parameters.items()}
        lines = [f"{name} : {_PARAMETERS[name]}" for name in parameters]
        shared = "\n".join(["Parameters", "----------", *lines]).format(meaning=meaning, **values)
        recipe.__doc__ = cleandoc(recipe.__doc__).replace("{shared}", shared + _RETURNS)
        return recipe

    return document


@_documented("a track is reported if its relative distance from a target is below.")
@validated(fs=_RATE)
def ipdnet2(
    mic_positions,
    *,
    size="small",
    fs=16000,
    n_sources=2,
    grid=None,
    threshold=0.4,
    max_epochs=80,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Causal network of Mamba blocks for tracks of phase differences (IPDnet2), on audio.

    {shared}

    Raises
    ------
    ValueError
        If ``size`` is unknown.

    See Also
    --------
    ipdnet : Its predecessor, with recurrent layers.
    sslearn.streaming.StreamingLocalizer : The fitted localizer on audio that arrives in chunks.

    Notes
    -----
    Hann windows of 512 samples every 320 (at 16 kHz) with mirrored ends, an online normalisation
    that forgets over 249 frames, real and imaginary parts without 0 Hz,
    :class:`sslearn.networks.IPDNet2`, tracks of phase differences with the permutation-invariant
    squared error of each frame, and the nearest target on a grid of 1 degree. AdamW with a learning
    rate of 5e-4, multiplied by 0.975 after each epoch, on batches of 16 clips, gradients clipped at
    a norm of 5, and the epoch with the lowest validation loss, as published; the papers train on
    clips of 4 s.

    Different from the paper: the validation clips are a random tenth (``fit`` takes ``X_val`` and
    ``y_val`` of other rooms and talkers), the grid has no direction twice, and the outputs are in
    the order of the targets, not in that of the released program (``network__output_order``).

    References
    ----------
    Wang, Yang, Li 2025.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.geometry import circular_array
    >>> mics = [[0, 0, 0], *circular_array(4, 0.03)]
    >>> recipes.ipdnet2(mics, size="tiny").network
    IPDNet2(n_units=48)
    """
    from sslearn.networks import IPDNet2

    sizes = {"tiny": IPDNet2.tiny, "small": IPDNet2.small, "large": IPDNet2.large}
    if not isinstance(size, str) or size not in sizes:
        raise ValueError(f"size must be one of {list(sizes)}; got {size!r}.")
    encoding = _phase_encoding(mic_positions, fs, n_sources, grid, threshold)
    return _localizer(
        sizes[size](),
        encoding,
        _features(fs, 249, RealImag(drop_dc=True)),
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@_documented("a track is reported if its projection on a target is above.")
@validated(fs=_RATE)
def ipdnet(
    mic_positions,
    *,
    fs=16000,
    n_sources=2,
    grid=None,
    threshold=0.5,
    max_epochs=80,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Full-band and narrow-band recurrent network for tracks (IPDnet), on audio.

    {shared}

    See Also
    --------
    ipdnet2 : Its successor, with a sixtieth of the operations.

    Notes
    -----
    :class:`sslearn.networks.IPDNet` after an online normalisation that forgets over 280 frames;
    tracks of phase differences with the permutation-invariant squared error of each frame, compared
    with the targets by inner products. Adam with a learning rate of 5e-4, multiplied by 0.975
    after each epoch, on batches of 16 clips.

    Different from the paper: frames are those of :func:`ipdnet2`, every 320 samples with an output
    for each 5, as in the comparison of 2025; the released program has frames every 256 samples,
    without padding, with an output for each 12. The number of epochs and the kept epoch, with the
    lowest validation loss, are those of :func:`ipdnet2`.

    References
    ----------
    Wang, Yang, Li 2024; see :class:`sslearn.networks.IPDNet`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.geometry import circular_array
    >>> recipes.ipdnet([[0, 0, 0], *circular_array(4, 0.03)]).network
    IPDNet()
    """
    from sslearn.networks import IPDNet

    matching = {"matching": "projection"}
    return _localizer(
        IPDNet(),
        _phase_encoding(mic_positions, fs, n_sources, grid, threshold, **matching),
        _features(fs, 280, RealImag(drop_dc=True)),
        optimizer="adam",
        clip_norm=None,
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@_documented("the source is reported if its projection on a target is above.")
@validated(fs=_RATE)
def fn_ssl(
    mic_positions,
    *,
    fs=16000,
    grid=None,
    threshold=0.5,
    max_epochs=20,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Full-band and narrow-band fusion network for one source (FN-SSL), on audio.

    {shared}

    See Also
    --------
    ipdnet : Its successor for several sources.

    Notes
    -----
    :class:`sslearn.networks.FNSSL` on the pairs of the first microphone with each other one, after
    an online normalisation that forgets over 298 frames; phase differences with the squared error,
    0 in silence, compared with the targets by inner products. Adam with a learning rate of 1e-3,
    multiplied by 0.8988 after each epoch, on batches of 16 clips. y has one source,
    (n_samples, n_frames, 1, n_angles).

    Different from the paper: frames as in :func:`ipdnet`, with an output for each 5 frames instead
    of 12 of 16 ms, and a grid of 1 degree instead of 5. The paper reports a direction in each
    active frame; the threshold is that of IPDnet. The number of epochs, after which the learning
    rate is an eighth, and the kept epoch, with the lowest validation loss, are our choice.

    References
    ----------
    Wang, Yang, Li 2023; see :class:`sslearn.networks.FNSSL`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> recipes.fn_ssl([[0, 0.04, 0], [0, -0.04, 0]]).network
    FNSSL()
    """
    from sslearn.networks import FNSSL

    matching = {"matching": "projection", "non_source": "zeros"}
    return _localizer(
        FNSSL(),
        _phase_encoding(mic_positions, fs, 1, grid, threshold, **matching),
        _features(fs, 298, RealImag(drop_dc=True)),
        lr=1e-3,
        lr_factor=0.8988,
        optimizer="adam",
        clip_norm=None,
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@_documented("a source is reported if the projection of what is left on it is above.")
@validated(fs=_RATE)
def srp_dnn(
    mic_positions,
    *,
    fs=16000,
    n_sources=2,
    grid=None,
    threshold=0.3,
    max_epochs=20,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Convolutional recurrent network for the sum of phase differences (SRP-DNN), on audio.

    {shared}

    See Also
    --------
    sslearn.encoding.SummedIPDEncoding : Its targets, and how sources are found one by one.
    srp_phat : The steered response without a network.

    Notes
    -----
    :class:`sslearn.networks.SRPDNN` on logarithmic magnitudes and phases, after an online
    normalisation that forgets over 256 frames; the phase differences of all active sources together
    with the squared error. Adam with a learning rate of 1e-3, which falls to a twentieth over 20
    epochs.

    Different from the paper: frames as in :func:`ipdnet2`, with an output for each 5, and the pairs
    of the first microphone instead of all, as its numbers of operations tell of the comparison of
    2025. The released program takes frames every 256 samples, an output for each 12, and clips of
    20 s. Targets are whole for each active frame, not weighted by the active fraction of it. The
    batch of 16 clips and the kept epoch, with the lowest validation loss, are our choice.

    References
    ----------
    Yang, Liu, Li 2022; see :class:`sslearn.networks.SRPDNN`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.geometry import circular_array
    >>> recipes.srp_dnn([[0, 0, 0], *circular_array(4, 0.03)]).network
    SRPDNN()
    """
    from sslearn.networks import SRPDNN

    maps = make_feature_stack(LogMagnitude(drop_dc=True), PhaseMap(drop_dc=True))
    encoding = SummedIPDEncoding(
        mic_positions,
        fs=fs,
        n_fft=_n_fft(fs),
        grid=grid,
        n_sources=n_sources,
        threshold=threshold,
        speed_of_sound=_SPEED_OF_SOUND,
    )
    return _localizer(
        SRPDNN(n_sources=n_sources),
        encoding,
        _features(fs, 256, maps),
        lr=1e-3,
        lr_factor=0.05 ** (1 / 20),
        optimizer="adam",
        clip_norm=None,
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


def _n_fft(fs):
    return 2 * round(_HALF_FRAME * fs)


def _features(fs, n_frames, maps):
    stft = STFT(_n_fft(fs), hop_length=round(_HOP * fs), padding="reflect")
    return make_pipeline(AudioReader(fs), stft, OnlineNormalizer(n_frames), maps)


def _phase_encoding(mic_positions, fs, n_sources, grid, threshold, **params):
    return IPDEncoding(
        mic_positions,
        fs=fs,
        n_fft=_n_fft(fs),
        grid=grid,
        n_sources=n_sources,
        threshold=threshold,
        speed_of_sound=_SPEED_OF_SOUND,
        **params,
    )


def _localizer(
    network,
    encoding,
    features,
    *,
    lr=5e-4,
    lr_factor=0.975,
    optimizer="adamw",
    clip_norm=5.0,
    **params,
):
    from sslearn.deep_learning import NeuralLocalizer, Training

    training = Training(
        optimizer,
        schedule="exponential",
        lr_factor=lr_factor,
        clip_norm=clip_norm,
        monitor="valid_loss",
        keep="valid_loss",
    )
    return NeuralLocalizer(
        network,
        encoding=encoding,
        lr=lr,
        batch_size=16,
        training=training,
        batch_transform=features,
        **params,
    )
