"""Classical localizers: they take audio, in chunks, and need no training."""

from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT, IntensityLocalizer, TDOALocalizer
from sslearn.encoding import PeakDecoder
from sslearn.features import STFT


def srp_phat(
    mic_positions,
    *,
    fs=16000,
    n_sources=1,
    n_fft=512,
    hop_length=None,
    n_jobs=None,
):
    """Steered response power with phase transform, straight from audio.

    The sturdiest of the classical localizers in rooms: try it first.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate of the audio in Hz.
    n_sources : int, default=1
        Number of sources. Predictions have the shape (n_samples, n_sources, n_angles) if there are
        several.
    n_fft : int, default=512
        Length of a frame in samples.
    hop_length : int, default=None
        Distance of neighbouring frames in samples; a quarter of ``n_fft`` if None.
    n_jobs : int, default=None
        Number of threads over chunks of clips.

    Returns
    -------
    localizer : SRPPHAT
        It takes audio of shape (n_samples, n_channels, n_times), or a list of clips of any
        lengths, in chunks, so that the spectra of all clips are never stored.

    References
    ----------
    DiBiase 2000; see :class:`sslearn.doa.SRPPHAT`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, y = make_plane_waves(
    ...     2, mic_positions=mics, directions=[40.0, -35.0], random_state=0, return_X_y=True
    ... )
    >>> recipes.srp_phat(mics).fit(X).predict(X).round().tolist()
    [40.0, -35.0]
    """
    decoder = PeakDecoder(n_sources) if n_sources > 1 else None
    return SRPPHAT(mic_positions, decoder=decoder, **_from_audio(fs, n_fft, hop_length, n_jobs))


def music(
    mic_positions,
    *,
    fs=16000,
    n_sources=1,
    n_fft=512,
    hop_length=None,
    n_jobs=None,
):
    """Wide-band MUSIC with normalized frequencies, straight from audio.

    Sharp peaks for sources that are not coherent, such as several talkers in a dry room.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate of the audio in Hz.
    n_sources : int, default=1
        Number of sources, below the number of microphones. Predictions have the shape
        (n_samples, n_sources, n_angles) if there are several.
    n_fft : int, default=512
        Length of a frame in samples.
    hop_length : int, default=None
        Distance of neighbouring frames in samples; a quarter of ``n_fft`` if None.
    n_jobs : int, default=None
        Number of threads over chunks of clips.

    Returns
    -------
    localizer : MUSIC
        It takes audio of shape (n_samples, n_channels, n_times), or a list of clips of any
        lengths, in chunks, so that the spectra of all clips are never stored.

    References
    ----------
    Schmidt 1986; Salvati, Drioli, Foresti 2014; see :class:`sslearn.doa.MUSIC`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, y = make_plane_waves(
    ...     2, mic_positions=mics, directions=[40.0, -35.0], random_state=0, return_X_y=True
    ... )
    >>> recipes.music(mics).fit(X).predict(X).round().tolist()
    [40.0, -35.0]
    """
    decoder = PeakDecoder(n_sources, refine="lorentzian") if n_sources > 1 else None
    return MUSIC(
        mic_positions,
        n_sources=n_sources,
        decoder=decoder,
        **_from_audio(fs, n_fft, hop_length, n_jobs),
    )


def mvdr(
    mic_positions,
    *,
    fs=16000,
    n_sources=1,
    n_fft=512,
    hop_length=None,
    n_jobs=None,
):
    """Minimum variance beamformer with normalized frequencies, straight from audio.

    Sharp peaks without a number of sources to be told.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate of the audio in Hz.
    n_sources : int, default=1
        Number of sources. Predictions have the shape (n_samples, n_sources, n_angles) if there are
        several.
    n_fft : int, default=512
        Length of a frame in samples.
    hop_length : int, default=None
        Distance of neighbouring frames in samples; a quarter of ``n_fft`` if None.
    n_jobs : int, default=None
        Number of threads over chunks of clips.

    Returns
    -------
    localizer : MVDR
        It takes audio of shape (n_samples, n_channels, n_times), or a list of clips of any
        lengths, in chunks, so that the spectra of all clips are never stored.

    References
    ----------
    Capon 1969; see :class:`sslearn.doa.MVDR`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, y = make_plane_waves(
    ...     2, mic_positions=mics, directions=[40.0, -35.0], random_state=0, return_X_y=True
    ... )
    >>> recipes.mvdr(mics).fit(X).predict(X).round().tolist()
    [40.0, -35.0]
    """
    decoder = PeakDecoder(n_sources, refine="lorentzian") if n_sources > 1 else None
    return MVDR(mic_positions, decoder=decoder, **_from_audio(fs, n_fft, hop_length, n_jobs))


def esprit(
    mic_positions,
    *,
    fs=16000,
    n_sources=1,
    n_fft=512,
    hop_length=None,
    n_jobs=None,
):
    """ESPRIT for uniform lines and circles of microphones, straight from audio.

    No grid to search: the directions come out of the eigenvectors.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate of the audio in Hz.
    n_sources : int, default=1
        Number of sources, below the number of microphones. Predictions have the shape
        (n_samples, n_sources, n_angles) if there are several.
    n_fft : int, default=512
        Length of a frame in samples.
    hop_length : int, default=None
        Distance of neighbouring frames in samples; a quarter of ``n_fft`` if None.
    n_jobs : int, default=None
        Number of threads over chunks of clips.

    Returns
    -------
    localizer : ESPRIT
        It takes audio of shape (n_samples, n_channels, n_times), or a list of clips of any
        lengths, in chunks, so that the spectra of all clips are never stored.

    References
    ----------
    Roy and Kailath 1989; see :class:`sslearn.doa.ESPRIT`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.geometry import linear_array
    >>> mics = linear_array(4, 0.04)
    >>> X, y = make_plane_waves(
    ...     2, mic_positions=mics, directions=[40.0, -35.0], random_state=0, return_X_y=True
    ... )
    >>> recipes.esprit(mics).fit(X).predict(X).round().tolist()
    [40.0, -35.0]
    """
    settings = _from_audio(fs, n_fft, hop_length, n_jobs)
    return ESPRIT(mic_positions, n_sources=n_sources, **settings)


def tdoa(
    mic_positions,
    *,
    fs=16000,
    n_fft=512,
    hop_length=None,
    n_jobs=None,
):
    """Least squares on the time differences of GCC-PHAT, straight from audio.

    One source and no grid to search: the fastest for many microphones.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate of the audio in Hz.
    n_fft : int, default=512
        Length of a frame in samples.
    hop_length : int, default=None
        Distance of neighbouring frames in samples; a quarter of ``n_fft`` if None.
    n_jobs : int, default=None
        Number of threads over chunks of clips.

    Returns
    -------
    localizer : TDOALocalizer
        It takes audio of shape (n_samples, n_channels, n_times), or a list of clips of any
        lengths, in chunks, so that the spectra of all clips are never stored.

    References
    ----------
    Knapp and Carter 1976; see :class:`sslearn.doa.TDOALocalizer`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, y = make_plane_waves(
    ...     2, mic_positions=mics, directions=[40.0, -35.0], random_state=0, return_X_y=True
    ... )
    >>> recipes.tdoa(mics).fit(X).predict(X).round().tolist()
    [40.0, -35.0]
    """
    return TDOALocalizer(mic_positions, **_from_audio(fs, n_fft, hop_length, n_jobs))


def intensity(
    convention="sn3d",
    *,
    fs=16000,
    n_fft=512,
    hop_length=None,
    n_jobs=None,
):
    """Mean intensity of first-order ambisonic audio.

    The baseline for ambisonic microphones: no array geometry, no grid.

    Parameters
    ----------
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the four channels.
    fs : float, default=16000
        Sampling rate of the audio in Hz.
    n_fft : int, default=512
        Length of a frame in samples.
    hop_length : int, default=None
        Distance of neighbouring frames in samples; a quarter of ``n_fft`` if None.
    n_jobs : int, default=None
        Number of threads over chunks of clips.

    Returns
    -------
    localizer : IntensityLocalizer
        It takes audio of shape (n_samples, n_channels, n_times), or a list of clips of any
        lengths, in chunks, so that the spectra of all clips are never stored.

    References
    ----------
    See :class:`sslearn.doa.IntensityLocalizer`.

    Examples
    --------
    >>> from sslearn import recipes
    >>> import numpy as np
    >>> sound = np.random.default_rng(0).standard_normal((1, 1, 4000))
    >>> X = sound * [[[1.0], [1.0], [0.0], [0.0]]]  # W, Y, Z, X of a plane wave from the left
    >>> recipes.intensity().fit(X).predict(X).round().tolist()
    [90.0]
    """
    return IntensityLocalizer(convention, **_from_audio(fs, n_fft, hop_length, n_jobs))


def _from_audio(fs, n_fft, hop_length, n_jobs):
    """What makes a classical localizer take audio."""
    stft = STFT(n_fft, hop_length=hop_length)
    return {"fs": fs, "batch_transform": stft, "n_jobs": n_jobs}
