"""The network of masked SRP-PHAT, trained further on user recordings."""

from sklearn.pipeline import make_pipeline

from sslearn.encoding import AdjacentDecoder, UnbiasedEncoding
from sslearn.features import STFT, AudioReader, RealImag
from sslearn.utils.param_validation import Interval, Real, validated


@validated(fs=[Interval(Real, 0, None, closed="neither")])
def masked_srp_phat_network(
    mic_positions,
    *,
    n_angles=1,
    fs=16000,
    weights="masked_srp_phat",
    max_epochs=20,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Network of masked SRP-PHAT, trained further on recordings of the user's array.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    n_angles : {1, 2}, default=1
        1 for azimuths, 2 for azimuths and elevations.
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it.
    weights : str, Path, dict of str to array-like or None, default="masked_srp_phat"
        Weights that training starts from: those of the package, a local file, ``weights_`` of
        another localizer, or random ones if None.
    max_epochs : int, default=20
        Maximum number of epochs; with 0 the weights stay as they are.
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
        Localizer of audio of shape (n_samples, n_mics, n_times) or of files, for one source. Clips
        of any length work.

    Raises
    ------
    ValueError
        If ``mic_positions`` or ``n_angles`` is not valid, or no grid suits the array.

    See Also
    --------
    masked_srp_phat : The same network without training, for several sources, tracks and streams.

    Notes
    -----
    :class:`sslearn.networks.MaskedSRPNet` on spectra of 32 ms every 16 ms, unbiased labels on the
    directions that the array can resolve, every 3 degrees of azimuth or about every 8 degrees of
    the sphere. AdamW with a learning rate of 1e-3 on batches of 16, halved after 3 epochs without
    improvement; it stops after 8.

    Its ``weights_`` are ``weights`` of :class:`sslearn.doa.MaskedSRPPHAT`, which finds several
    sources with them.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> network = recipes.masked_srp_phat_network(mics)  # then network.fit(X, y)
    >>> recipes.masked_srp_phat(mics).set_params(weights=network.weights).weights
    'masked_srp_phat'
    """
    from sslearn.deep_learning import NeuralLocalizer, Training
    from sslearn.networks import MaskedSRPNet, masked_srp_grid

    # Frames of MaskedSRPPHAT, for which the weights of the package were trained.
    n_fft = 2 * round(0.016 * fs)
    stft = STFT(n_fft, hop_length=n_fft // 2)
    grid = masked_srp_grid(mic_positions, n_angles)
    return NeuralLocalizer(
        MaskedSRPNet(mic_positions, grid=grid, fs=fs),
        encoding=UnbiasedEncoding(grid, decoder=AdjacentDecoder(5 if n_angles == 1 else 3)),
        loss="cross_entropy",
        batch_size=16,
        training=Training("adamw", patience=3, n_iter_no_change=8),
        batch_transform=make_pipeline(AudioReader(fs), stft, RealImag(unit_level="clip")),
        weights=weights,
        max_epochs=max_epochs,
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
