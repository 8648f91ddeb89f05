"""Networks for tracks of several moving sources, with one output for each.

References
----------
Y. Wang, B. Yang, X. Li, "IPDnet2: an efficient and improved inter-channel phase difference
estimation network for sound source localization", arXiv:2509.21900, 2025, which compares all of
these systems, and the papers of the networks in :mod:`sslearn.networks`.
"""

from sslearn.encoding import IPDEncoding
from sslearn.features import RealImag
from sslearn.recipes._track_parts import (
    RATE,
    documented,
    phase_encoding,
    track_features,
    track_localizer,
)
from sslearn.utils.param_validation import validated


@documented("a track is reported if its relative distance from the nearest target is below it.")
@validated(fs=RATE)
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
    over 249 frames, real and imaginary parts without 0 Hz, :class:`sslearn.networks.IPDNet2`,
    tracks of phase differences with the permutation-invariant squared error of each frame, and the
    nearest target on a grid of 1 degree. AdamW with a learning rate of 5e-4, multiplied by 0.975
    after each epoch, on batches of 16 clips, gradients clipped at a norm of 5, and the epoch with
    the lowest validation loss, as published; the papers train on clips of 4 s.

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
    encoding = phase_encoding(
        IPDEncoding, mic_positions, fs=fs, grid=grid, n_sources=n_sources, threshold=threshold
    )
    return track_localizer(
        sizes[size](),
        encoding,
        track_features(fs, 249, RealImag(drop_dc=True)),
        clip_norm=5.0,
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@documented("a track is reported if its projection on a target is above it.")
@validated(fs=RATE)
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
    :class:`sslearn.networks.IPDNet` after an online normalisation over 280 frames; tracks of phase
    differences with the permutation-invariant squared error of each frame, compared with the
    targets by inner products. Adam with a learning rate of 5e-4, multiplied by 0.975 after each
    epoch, on batches of 16 clips.

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

    encoding = phase_encoding(
        IPDEncoding,
        mic_positions,
        fs=fs,
        grid=grid,
        n_sources=n_sources,
        threshold=threshold,
        matching="projection",
    )
    return track_localizer(
        IPDNet(),
        encoding,
        track_features(fs, 280, RealImag(drop_dc=True)),
        optimizer="adam",
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )


@documented("a track is reported if its projection on a target is above it.")
@validated(fs=RATE)
def tf_mamba(
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
    """IPDnet with Mamba blocks instead of recurrent layers (TF-Mamba), on audio.

    {shared}

    See Also
    --------
    ipdnet : The same with recurrent layers.
    ipdnet2 : Its successor, with a fortieth of the operations.

    Notes
    -----
    :class:`sslearn.networks.TFMamba` with the frames, targets and decoding of :func:`ipdnet` and
    the normalisation and training of :func:`ipdnet2`, which is how we read the comparison of 2025.
    The program of its authors is not released, and their system localizes one source.

    References
    ----------
    Xiao, Das 2025; see :class:`sslearn.networks.TFMamba`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.geometry import circular_array
    >>> recipes.tf_mamba([[0, 0, 0], *circular_array(4, 0.03)]).network
    TFMamba()
    """
    from sslearn.networks import TFMamba

    encoding = phase_encoding(
        IPDEncoding,
        mic_positions,
        fs=fs,
        grid=grid,
        n_sources=n_sources,
        threshold=threshold,
        matching="projection",
    )
    return track_localizer(
        TFMamba(),
        encoding,
        track_features(fs, 249, RealImag(drop_dc=True)),
        clip_norm=5.0,
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
