"""What the networks for tracks are compared with: one source, or one output for all.

References
----------
The papers of the networks in :mod:`sslearn.networks`.
"""

from sslearn.encoding import IPDEncoding, SummedIPDEncoding
from sslearn.features import LogMagnitude, PhaseMap, RealImag, make_feature_stack
from sslearn.recipes._track_parts import (
    RATE,
    documented,
    phase_encoding,
    track_features,
    track_localizer,
)
from sslearn.utils.param_validation import validated


@documented("the source is reported if its projection on a target is above.")
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
        clip_norm=None,
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@documented("a source is reported if the projection of what is left on it is above.")
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
    encoding = phase_encoding(
        SummedIPDEncoding, mic_positions, fs=fs, grid=grid, n_sources=n_sources, threshold=threshold
    )
    return track_localizer(
        SRPDNN(n_sources=n_sources),
        encoding,
        track_features(fs, 256, maps),
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
