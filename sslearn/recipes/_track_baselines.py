"""Networks that those for tracks are compared with: for one source, or one output for all.

References
----------
The papers of the networks in :mod:`sslearn.networks`.
"""

from sklearn.pipeline import make_pipeline

from sslearn.encoding import IPDEncoding, SummedIPDEncoding, UnitVectorEncoding
from sslearn.features import (
    STFT,
    AudioReader,
    IcosahedralSRP,
    LogMagnitude,
    PhaseMap,
    RealImag,
    make_feature_stack,
)
from sslearn.recipes._track_parts import (
    RATE,
    documented,
    phase_encoding,
    track_features,
    track_localizer,
)
from sslearn.utils.param_validation import validated

_MAP_WINDOW, _MAP_PERIOD = 0.256, 0.1  # seconds


@documented("the source is reported if its projection on a target is above it.")
@validated(fs=RATE)
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
    an online normalisation over 298 frames; phase differences with the squared error, 0 in silence,
    compared with the targets by inner products. Adam with a learning rate of 1e-3, multiplied by
    0.8988 after each epoch, on batches of 16 clips. y has one source, (n_samples, n_frames, 1,
    n_angles).

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

    encoding = phase_encoding(
        IPDEncoding,
        mic_positions,
        fs=fs,
        grid=grid,
        n_sources=1,
        threshold=threshold,
        non_source="zeros",
        matching="projection",
    )
    return track_localizer(
        FNSSL(),
        encoding,
        track_features(fs, 298, RealImag(drop_dc=True)),
        lr=1e-3,
        lr_factor=0.8988,
        optimizer="adam",
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@documented("a source is reported if its part in the remaining output is above it.")
@validated(fs=RATE)
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
    normalisation over 256 frames; the phase differences of all active sources together with the
    squared error. Adam with a learning rate of 1e-3, which falls to a twentieth over 20 epochs.

    Different from the paper: frames as in :func:`ipdnet2`, with an output for each 5, and the pairs
    of the first microphone instead of all, which is what the published operations of the comparison
    of 2025 amount to. The released program uses frames every 256 samples, an output for each 12,
    and clips of 20 s. A source counts in full in each active frame, not by the fraction of it in
    which it is active. The batch of 16 clips and the kept epoch, with the lowest validation loss,
    are our choice.

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
    encoding = phase_encoding(
        SummedIPDEncoding, mic_positions, fs=fs, grid=grid, n_sources=n_sources, threshold=threshold
    )
    return track_localizer(
        SRPDNN(n_sources=n_sources),
        encoding,
        track_features(fs, 256, maps),
        lr=1e-3,
        # A twentieth after 20 epochs.
        lr_factor=0.05 ** (1 / 20),
        optimizer="adam",
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@documented("a source is reported if the length of its vector is above it.")
@validated(fs=RATE)
def icodoa(
    mic_positions,
    *,
    fs=16000,
    threshold=0.5,
    max_epochs=50,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Icosahedral convolutional network on maps of steered response power (IcoDOA), on audio.

    {shared}

    See Also
    --------
    srp_phat : The steered response without a network.

    Notes
    -----
    Hann windows of 4096 samples (at 16 kHz) every 100 ms, each in the middle of its frame of y,
    :class:`sslearn.features.IcosahedralSRP` of level 2, :class:`sslearn.networks.IcoDOA`, and a
    vector for each source whose length is its activity, with the permutation-invariant squared
    error of each frame. Adam with a learning rate of 1e-4 on batches of 5 clips. The number of
    sources is that of y.

    Several sources are our extension, which the comparison of 2025 does not describe. Different
    from the paper: windows follow every 1600 samples instead of 3072, and only those of digital
    silence have no map (``min_level`` of the maps). After half of the epochs the paper continues
    with batches of 10, a tenth of the learning rate and noise: ``set_params(lr=1e-5, batch_size=10,
    warm_start=True)`` and another ``fit``. The kept epoch, with the lowest validation loss, is our
    choice. Lags are whole samples, as published; for arrays of a few centimetres
    ``set_params(batch_transform__icosahedralsrp__oversampling=8)`` makes smoother maps.

    References
    ----------
    Diaz-Guerra, Miguel, Beltran 2023; see :class:`sslearn.networks.IcoDOA`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.geometry import circular_array
    >>> recipes.icodoa([[0, 0, 0], *circular_array(4, 0.03)]).network
    IcoDOA()
    """
    from sslearn.networks import IcoDOA

    # Even lengths: the middle of a window is a sample, in the middle of a frame of y.
    hop_length = 2 * round(_MAP_PERIOD / 2 * fs)
    stft = STFT(
        2 * round(_MAP_WINDOW / 2 * fs),
        hop_length=hop_length,
        padding="zeros",
        first_center=hop_length // 2,
    )
    return track_localizer(
        IcoDOA(),
        UnitVectorEncoding(n_dims=3, threshold=threshold),
        make_pipeline(AudioReader(fs), stft, IcosahedralSRP(mic_positions, fs=fs)),
        lr=1e-4,
        batch_size=5,
        optimizer="adam",
        schedule="constant",
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
