"""Validation of audio, spectra and cue maps."""

import numpy as np

from sslearn.utils._numbers import as_numbers
from sslearn.utils._samples import as_samples, holds_paths
from sslearn.utils._stores import StoredArray
from sslearn.utils.param_validation import Integral, Interval, validated

_FLOATS = (np.float32, np.float64)
_COUNT = [Interval(Integral, 0, None, closed="left")]
_COUNT_OR_ANY = [*_COUNT, None]
# More channels than this, and than times, mean that the axes are swapped.
_MANY_CHANNELS = 256


def _samples(X, name):
    """Samples that are not paths: an array, or a list of arrays of several shapes."""
    X = as_samples(X, name=name)
    if holds_paths(X):
        raise TypeError(f"{name} holds paths: put AudioReader(fs) in front.")
    if isinstance(X, list) and len({sample.shape for sample in X}) == 1:
        return np.asarray(X)
    return X


def _array(X, name):
    X = _read(_samples(X, name))
    if isinstance(X, list):
        shapes = sorted({sample.shape for sample in X})
        raise ValueError(f"{name} must hold samples of one shape; got {shapes}.")
    return X


def _read(X):
    return np.asarray(X) if isinstance(X, StoredArray) else X


def _check_kind(X, kinds, expected, cure, name):
    if X.dtype.type not in kinds:
        raise TypeError(f"{name} must be {expected}; got dtype {X.dtype}. {cure}")
    # Views as another type, and libraries in C, assume the byte order of this machine.
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

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import check_finite
    >>> check_finite(np.ones((2, 3))).shape
    (2, 3)
    """
    X = X if isinstance(X, np.ndarray) and X.dtype.kind in "fc" else as_numbers(X, name)
    # The sum of finite values is finite unless it overflows: one fast pass in the usual case, and
    # einsum is the fastest.
    parts = X
    if X.dtype.kind == "c" and X.ndim and X.strides[-1] == X.itemsize:
        parts = X.view(X.real.dtype)
    with np.errstate(all="ignore"):
        if np.isfinite(np.einsum(parts, range(parts.ndim), [])):
            return X
    if X.ndim == 0:
        raise ValueError(f"{name} must have shape (n_samples, ...); got the number {X}.")
    finite = np.isfinite(X).reshape(len(X), -1).all(axis=1)
    if not finite.all():
        sample = first_sample + int(np.flatnonzero(~finite)[0])
        kind = "NaN" if np.isnan(X).any() else "infinity"
        raise ValueError(
            f"{name} contains {kind} in sample {sample}: expected finite values. "
            "Drop or repair the recording."
        )
    return X


@validated(n_channels=_COUNT_OR_ANY, min_times=_COUNT, ensure_finite=["boolean"])
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
        :func:`check_finite` on each chunk; a StoredArray is not read then.
    name : str, default="X"
        Name used in messages.

    Returns
    -------
    X : ndarray of shape (n_samples, n_channels, n_times), StoredArray or list of ndarray
        The audio; arrays are not copied, unless to the byte order of the machine.

    Raises
    ------
    TypeError
        If the samples are paths, or not float32 or float64.
    ValueError
        If the shape, the number of channels or the length is wrong, or a value is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import check_audio
    >>> clips = check_audio([np.zeros((2, 100)), np.zeros((2, 120))], n_channels=2)
    >>> [clip.shape for clip in clips]
    [(2, 100), (2, 120)]
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
    return check_finite(_read(X), name) if ensure_finite else X


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

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import check_floats
    >>> check_floats(np.zeros((2, 3), dtype=np.float32)).dtype
    dtype('float32')
    >>> check_floats(np.zeros((2, 3), dtype=int))
    Traceback (most recent call last):
        ...
    TypeError: X must ...
    """
    return _check_kind(_array(X, name), _FLOATS, "float32 or float64", "Convert it.", name)


@validated(n_channels=_COUNT_OR_ANY, ensure_finite=["boolean"])
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

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import check_spectrum
    >>> check_spectrum(np.ones((5, 2, 129, 20), dtype=complex), n_channels=2).shape
    (5, 2, 129, 20)
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

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import check_maps
    >>> check_maps(np.ones((5, 1, 129, 20))).shape
    (5, 1, 129, 20)
    """
    X = _array(X, name)
    cure = "Put a cue such as IPD before it."
    X = _check_kind(X, _FLOATS, "float32 or float64 maps", cure, name)
    _check_shape(X, ("n_samples", "n_maps", "n_freqs", "n_frames"), name)
    return check_finite(X, name)
