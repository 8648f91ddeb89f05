"""Validation of audio, spectra and cue maps, and selection of their channels and bins."""

import numpy as np

from sslearn.utils._samples import as_samples, holds_paths

_FLOATS = (np.float32, np.float64)
# No array has more microphones than this and than samples: such axes have changed places.
_MANY_CHANNELS = 256


def _samples(X, name):
    """Samples that are no paths: an array, or a list of arrays of several shapes."""
    X = as_samples(X, name=name)
    if holds_paths(X):
        raise TypeError(f"{name} holds paths: put AudioReader(fs) in front.")
    if isinstance(X, list) and len({sample.shape for sample in X}) == 1:
        return np.asarray(X)
    return X


def _array(X, name):
    X = _samples(X, name)
    if isinstance(X, list):
        shapes = sorted({sample.shape for sample in X})
        raise ValueError(f"{name} must hold samples of one shape; got {shapes}.")
    return X


def _check_kind(X, kinds, expected, cure, name):
    if X.dtype.type not in kinds:
        raise TypeError(f"{name} must be {expected}; got dtype {X.dtype}. {cure}")
    # Views as another type, and libraries in C, take every number for one of this machine.
    return X if X.dtype.isnative else X.astype(X.dtype.newbyteorder("="))


def _check_shape(X, axes, name):
    if X.ndim != len(axes):
        raise ValueError(
            f"{name} must have shape ({', '.join(axes)}); got {X.ndim} dimension(s), "
            f"each sample of shape {X.shape[1:]}."
            + (" Did you mean X[None]?" if X.ndim == len(axes) - 1 else "")
        )
    for axis, size in zip(axes, X.shape, strict=True):
        if size == 0:
            raise ValueError(f"{name} is empty: {axis} is 0 in shape {X.shape}.")
    return X


def _check_n_channels(n_found, n_channels, name, hint=""):
    if n_channels is not None and n_found != n_channels:
        raise ValueError(
            f"{name} must have n_channels={n_channels} channels on axis 1; got {n_found}.{hint}"
        )


def _check_lengths(shape, n_channels, min_times, name):
    """Raise if audio has other channels or fewer times than required, or its axes are swapped."""
    n_found, n_times = shape[1:]
    hint = ""
    if n_found > n_times:
        cure = f"{name}.T" if name.endswith("]") else f"np.moveaxis({name}, 1, 2)"
        hint = f" The axes of channels and times look swapped, as readers of files do: try {cure}."
    _check_n_channels(n_found, n_channels, name, hint)
    if n_times < min_times:
        raise ValueError(
            f"{name} must have at least {min_times} times per clip (one analysis window); "
            f"got {n_times}.{hint or ' Use longer clips or a smaller n_fft.'}"
        )
    if n_channels is None and n_found > max(n_times, _MANY_CHANNELS):
        raise ValueError(
            f"{name} must have shape (n_samples, n_channels, n_times); got {n_found} channels "
            f"of {n_times} times.{hint}"
        )


def check_finite(X, name="X", *, first_sample=0):
    """Raise if an array contains NaN or infinity.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...)
        Array to check.
    name : str, default="X"
        Name used in the message.
    first_sample : int, default=0
        Index of the first row of ``X`` in the caller's array, for chunked work.

    Returns
    -------
    X : ndarray
        The same array.

    Raises
    ------
    ValueError
        If a value is not finite; the message names the first such sample.
    """
    # The sum of finite values is finite unless it overflows: one fast pass in the usual case, and
    # einsum is the fastest.
    parts = X
    if X.dtype.kind == "c" and X.ndim and X.strides[-1] == X.itemsize:
        parts = X.view(X.real.dtype)
    with np.errstate(all="ignore"):
        if np.isfinite(np.einsum(parts, range(parts.ndim), [])):
            return X
    finite = np.isfinite(X).reshape(len(X), -1).all(axis=1)
    if not finite.all():
        sample = first_sample + int(np.flatnonzero(~finite)[0])
        kind = "NaN" if np.isnan(X).any() else "infinity"
        raise ValueError(
            f"{name} contains {kind} in sample {sample}: expected finite values. "
            "Drop or repair the recording."
        )
    return X


def check_audio(X, *, n_channels=None, min_times=1, ensure_finite=True, name="X"):
    """Validate audio.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_channels, n_times) or list of (n_channels, n_times_i)
        Audio, float32 or float64, in any container that :func:`as_samples` unwraps. A memory map
        stays one.
    n_channels : int, default=None
        Required number of channels; any if None.
    min_times : int, default=1
        Minimum number of times of each clip.
    ensure_finite : bool, default=True
        Whether NaN and infinity raise an error. Callers that work in chunks pass False and call
        :func:`check_finite` on each chunk.
    name : str, default="X"
        Name used in messages.

    Returns
    -------
    X : ndarray of shape (n_samples, n_channels, n_times) or list of ndarray
        The audio; arrays are not copied, unless to the byte order of the machine.

    Raises
    ------
    TypeError
        If the samples are paths, or not float32 or float64.
    ValueError
        If the shape, the number of channels or the length is wrong, or a value is not finite.
    """
    X = _samples(X, name)
    if isinstance(X, list):
        required = {"n_channels": n_channels, "min_times": min_times}
        clips = [
            check_audio(clip[None], ensure_finite=ensure_finite, name=f"{name}[{i}]", **required)[0]
            for i, clip in enumerate(X)
        ]
        channels = {len(clip) for clip in clips}
        if len(channels) > 1:
            raise ValueError(
                f"{name} must have the same number of channels in every clip; got {channels}."
            )
        return clips
    X = _check_kind(
        X, _FLOATS, "float32 or float64 audio", "For 16-bit integers, divide by 32768.", name
    )
    _check_shape(X, ("n_samples", "n_channels", "n_times"), name)
    _check_lengths(X.shape, n_channels, min_times, name)
    return check_finite(X, name) if ensure_finite else X


def check_floats(X, *, name="X"):
    """Validate an array of any shape whose values are float32 or float64.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Array, or samples of one shape in any container that :func:`as_samples` unwraps.
    name : str, default="X"
        Name used in messages.

    Returns
    -------
    X : ndarray of shape (n_samples, ...)
        The same array, in the byte order of the machine.

    Raises
    ------
    TypeError
        If the values are not float32 or float64.
    ValueError
        If the samples differ in shape.
    """
    return _check_kind(_array(X, name), _FLOATS, "float32 or float64", "Convert it.", name)


def check_spectrum(X, *, n_channels=None, ensure_finite=True, name="X"):
    """Validate complex spectra of shape (n_samples, n_channels, n_freqs, n_frames).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
        Spectra, complex64 or complex128, as :class:`sslearn.features.STFT` returns them.
    n_channels : int, default=None
        Required number of channels; any if None.
    ensure_finite : bool, default=True
        Whether NaN and infinity raise an error.
    name : str, default="X"
        Name used in messages.

    Returns
    -------
    X : ndarray of shape (n_samples, n_channels, n_freqs, n_frames)
        The same spectra.

    Raises
    ------
    TypeError
        If the values are not complex.
    ValueError
        If the shape or the number of channels is wrong, or a value is not finite.
    """
    X = _array(X, name)
    cure = "Put an STFT before this step."
    X = _check_kind(X, (np.complex64, np.complex128), "a complex spectrum", cure, name)
    _check_shape(X, ("n_samples", "n_channels", "n_freqs", "n_frames"), name)
    _check_n_channels(X.shape[1], n_channels, name)
    return check_finite(X, name) if ensure_finite else X


def check_maps(X, *, name="X"):
    """Validate cue maps of shape (n_samples, n_maps, n_freqs, n_frames).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_maps, n_freqs, n_frames)
        Maps, float32 or float64.
    name : str, default="X"
        Name used in messages.

    Returns
    -------
    X : ndarray of shape (n_samples, n_maps, n_freqs, n_frames)
        The same maps.

    Raises
    ------
    TypeError
        If the values are not float32 or float64.
    ValueError
        If the shape is wrong or a value is not finite.
    """
    X = _array(X, name)
    cure = "Put a cue such as IPD before it."
    X = _check_kind(X, _FLOATS, "float32 or float64 maps", cure, name)
    _check_shape(X, ("n_samples", "n_maps", "n_freqs", "n_frames"), name)
    return check_finite(X, name)


def check_channels(channels, n_channels, *, source="X"):
    """Validate a list of channels.

    Parameters
    ----------
    channels : array-like of int
        Channels, in the order in which they are wanted.
    n_channels : int
        Number of channels there are.
    source : str, default="X"
        What has the channels, used in messages.

    Returns
    -------
    channels : ndarray of int
        The same channels.

    Raises
    ------
    ValueError
        If there is none, one is no integer, or one does not exist.

    Examples
    --------
    >>> from sslearn.utils import check_channels
    >>> check_channels([3, 1], 4).tolist()
    [3, 1]
    """
    checked = np.asarray(channels)
    if checked.ndim != 1 or len(checked) == 0 or checked.dtype.kind not in "iu":
        raise ValueError(f"channels must be a list of integers; got {channels!r}.")
    if checked.min() < 0 or checked.max() >= n_channels:
        raise ValueError(
            f"channels must be between 0 and {n_channels - 1}, the last of {source}; got "
            f"{channels!r}."
        )
    return checked


def check_pairs(pairs, reference, n_channels):
    """Validate the pairs of channels to compare.

    Parameters
    ----------
    pairs : array-like of shape (n_pairs, 2) or None
        Channel and reference of each pair; None pairs every channel with ``reference``.
    reference : int
        Reference channel if ``pairs`` is None.
    n_channels : int
        Number of channels.

    Returns
    -------
    pairs : list of (int, int)
        Channel and reference of each pair.

    Raises
    ------
    TypeError
        If ``reference`` is a bool.
    ValueError
        If a channel does not exist, an entry is not a pair, or there is none.

    Examples
    --------
    >>> from sslearn.utils import check_pairs
    >>> check_pairs(None, reference=0, n_channels=3)
    [(1, 0), (2, 0)]
    """
    if pairs is None:
        if isinstance(reference, (bool, np.bool_)):  # an index of another kind
            raise TypeError(f"reference must be an int, the index of a channel; got {reference}.")
        if not (reference < n_channels and n_channels > 1):
            raise ValueError(
                f"reference must be one of at least 2 channels of X; got reference={reference} "
                f"and n_channels={n_channels}."
            )
        return [(channel, reference) for channel in range(n_channels) if channel != reference]
    checked = np.asarray(pairs)
    if checked.ndim != 2 or checked.shape[1] != 2 or checked.dtype.kind not in "iu":
        raise ValueError(f"pairs must be integers of shape (n_pairs, 2); got {pairs!r}.")
    if len(checked) == 0 or checked.min() < 0 or checked.max() >= n_channels:
        raise ValueError(
            f"pairs must hold at least one pair, of channels from 0 to {n_channels - 1}; "
            f"got {pairs!r}."
        )
    return [tuple(pair) for pair in checked.tolist()]


def band_slice(freq_range, *, fs, n_fft, name="freq_range"):
    """Select the bins ``round(f n_fft / fs)`` from the low to below the high frequency.

    Parameters
    ----------
    freq_range : tuple of (float, float) or None
        Lowest and highest frequency, in Hz; None for every bin.
    fs : float
        Sampling rate, in Hz.
    n_fft : int
        Length of the Fourier transform.
    name : str, default="freq_range"
        Name used in messages.

    Returns
    -------
    bins : slice
        Bins of the band.

    Raises
    ------
    ValueError
        If the frequencies are out of order, above half of ``fs``, or contain no bin.

    Examples
    --------
    >>> from sslearn.utils import band_slice
    >>> band_slice((200, 4000), fs=16000, n_fft=512)
    slice(6, 128, None)
    """
    if freq_range is None:
        return slice(0, n_fft // 2 + 1)
    band = np.asarray(freq_range, dtype=np.float64)
    if band.shape != (2,) or not 0 <= band[0] < band[1] <= fs / 2:
        raise ValueError(
            f"{name} must be (low, high) in Hz with 0 <= low < high <= fs / 2 = {fs / 2:g}; "
            f"got {freq_range}. Lower the range or raise fs."
        )
    low, high = (round(f * n_fft / fs) for f in band.tolist())
    if low >= high:
        raise ValueError(
            f"{name} must hold at least one of the bins, which are {fs / n_fft:g} Hz apart; "
            f"got {freq_range}. Widen the range or raise n_fft."
        )
    return slice(low, high)
