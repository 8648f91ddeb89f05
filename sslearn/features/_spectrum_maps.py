import numpy as np

from sslearn.features._base import ArrayTransformer
from sslearn.utils import check_spectrum
from sslearn.utils.param_validation import Interval, Real, StrOptions, _fit_context


class SpectrumMap(ArrayTransformer):
    """Base of maps whose values depend on one bin of the spectrum each."""

    _parameter_constraints: dict = {"drop_dc": ["boolean"]}

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the spectra; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The transformer.
        """
        self.n_features_in_, self._n_freqs_in = self._check_spectrum(X).shape[1:3]
        return self

    def _axis_names(self):
        maps = [f"{part}_{c}" for part in self._parts for c in range(self.n_features_in_)]
        return maps, self._bin_names(slice(int(self.drop_dc), self._n_freqs_in))

    def _check_spectrum(self, X):
        X = check_spectrum(X)
        if self.drop_dc and X.shape[2] == 1:
            raise ValueError(
                "X must have at least 2 frequencies to drop the first of them; got shape "
                f"{X.shape}. Set drop_dc=False."
            )
        return X


class PhaseMap(SpectrumMap):
    """Phases of each channel, in radians.

    Parameters
    ----------
    drop_dc : bool, default=False
        Whether the bin of 0 Hz, whose phase is 0 or pi, is left out.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    IPD : Differences of phase between channels.
    RealImag : Level as well as phase.

    Notes
    -----
    ``angle(X)`` in (-pi, pi], up to the precision of the dtype; 0 where a channel is silent. It
    is the input of the phase networks of [1]_ and [2]_, the latter without the bin of 0 Hz.

    References
    ----------
    .. [1] S. Chakrabarty and E. A. P. Habets, "Multi-speaker DOA estimation using deep
       convolutional networks trained with noise signals", IEEE Journal of Selected Topics in
       Signal Processing 13(1), 2019, doi:10.1109/JSTSP.2019.2901664.
    .. [2] L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based
       sound source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import PhaseMap
    >>> spectrum = np.array([1j, -2.0]).reshape(1, 1, 2, 1)
    >>> PhaseMap().transform(spectrum).ravel().round(3).tolist()
    [1.571, 3.142]
    """

    _parts = ("phase",)

    def __init__(self, *, drop_dc=False):
        self.drop_dc = drop_dc

    def transform(self, X):
        """Compute the phase of each bin.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.

        Returns
        -------
        maps : ndarray of shape (n_samples, n_channels, n_freqs, n_frames)
            Phases in radians, one frequency less if ``drop_dc``; float32 for complex64 spectra.

        Raises
        ------
        TypeError
            If X is not complex.
        ValueError
            If X does not have four axes, is empty or not finite, or holds only the bin of 0 Hz,
            which ``drop_dc`` drops.
        """
        self._validate_params()
        X = self._check_spectrum(X)[:, :, int(self.drop_dc) :]
        maps = np.empty(X.shape, X.real.dtype)
        for sample, phase in zip(X, maps, strict=True):
            # Adding 0 turns -0.0 into 0.0: arctan2(0.0, -0.0) is pi, but silence must have phase 0.
            np.arctan2(sample.imag + 0.0, sample.real + 0.0, out=phase)
            # Phases just above -pi may be rounded to it.
            np.copyto(phase, np.pi, where=phase == -phase.dtype.type(np.pi))
        return maps


class LogMagnitude(SpectrumMap):
    """Logarithm of the magnitude of each channel.

    Parameters
    ----------
    offset : float, default=1e-6
        Number added to the magnitudes, so that silence has a logarithm.
    drop_dc : bool, default=False
        Whether the bin of 0 Hz is left out.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    LevelMap : Levels in dB above the mean of a clip.
    PhaseMap : The phases.

    Notes
    -----
    ``log10(|X| + offset)``. No bin depends on another one, so chunks of a signal have the same maps
    as the whole. With the phases it is the input of :class:`sslearn.networks.SRPDNN` [1]_.

    References
    ----------
    .. [1] B. Yang, H. Liu and X. Li, "SRP-DNN: Learning direct-path phase difference for multiple
       moving sound source localization", ICASSP 2022, arXiv:2202.07859.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import LogMagnitude
    >>> spectrum = np.array([100j, -1.0, 0.0]).reshape(1, 1, 3, 1)
    >>> LogMagnitude().transform(spectrum).ravel().round(3).tolist()
    [2.0, 0.0, -6.0]
    """

    _parameter_constraints: dict = {
        "offset": [Interval(Real, 0, None, closed="neither")],
        **SpectrumMap._parameter_constraints,
    }

    _parts = ("log_magnitude",)

    def __init__(self, *, offset=1e-6, drop_dc=False):
        self.offset = offset
        self.drop_dc = drop_dc

    def transform(self, X):
        """Compute the logarithms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.

        Returns
        -------
        maps : ndarray of shape (n_samples, n_channels, n_freqs, n_frames)
            Logarithms to base 10, one frequency less if ``drop_dc``; float32 for complex64
            spectra.

        Raises
        ------
        TypeError
            If X is not complex.
        ValueError
            If X does not have four axes, is empty or not finite, or holds only the bin of 0 Hz,
            which ``drop_dc`` drops.
        """
        self._validate_params()
        maps = np.abs(self._check_spectrum(X)[:, :, int(self.drop_dc) :])
        # log10(|X| + offset), in place: no second array of the size of the spectrum.
        maps += maps.dtype.type(self.offset)
        return np.log10(maps, out=maps)


class RealImag(SpectrumMap):
    """Real parts of all channels, then their imaginary parts.

    Parameters
    ----------
    unit_level : {"clip"} or None, default=None
        ``"clip"`` divides each clip by its mean magnitude over channels, frequencies (0 Hz too)
        and frames, which removes the level and keeps all differences of channels.
    drop_dc : bool, default=False
        Whether the bin of 0 Hz is left out.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    PhaseMap : Phases alone.
    LogMagnitude : Level alone.
    FrameBlocks : Cuts the frames into the blocks that :class:`sslearn.networks.SNet` takes.

    Notes
    -----
    With ``n_channels`` microphones, map m is the real part of microphone m and map
    ``n_channels + m`` its imaginary part. This is the input of the networks of [1]_, without
    normalization; ``unit_level`` is our addition.

    References
    ----------
    .. [1] L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based
       sound source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import RealImag
    >>> spectrum = np.array([3 + 4j, 1 - 2j]).reshape(1, 2, 1, 1)
    >>> RealImag().transform(spectrum).ravel().tolist()
    [3.0, 1.0, 4.0, -2.0]
    """

    _parameter_constraints: dict = {
        "unit_level": [StrOptions({"clip"}), None],
        **SpectrumMap._parameter_constraints,
    }

    _parts = ("real", "imag")

    def __init__(self, *, unit_level=None, drop_dc=False):
        self.unit_level = unit_level
        self.drop_dc = drop_dc

    def transform(self, X):
        """Split the spectra into real and imaginary parts.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.

        Returns
        -------
        maps : ndarray of shape (n_samples, 2 * n_channels, n_freqs, n_frames)
            Real, then imaginary parts, one frequency less if ``drop_dc``; float32 for complex64
            spectra. Digital silence stays 0.

        Raises
        ------
        TypeError
            If X is not complex.
        ValueError
            If X does not have four axes, is empty or not finite, or holds only the bin of 0 Hz,
            which ``drop_dc`` drops.
        """
        self._validate_params()
        X = self._check_spectrum(X)
        kept = X[:, :, int(self.drop_dc) :]
        maps = np.concatenate([kept.real, kept.imag], axis=1)
        if self.unit_level == "clip":
            for sample, sample_maps in zip(X, maps, strict=True):
                # X / max(mean |X|, tiny): digital silence stays 0 instead of 0 / 0.
                level = np.abs(sample).mean(dtype=np.float64)
                sample_maps /= max(level, np.finfo(maps.dtype).tiny)
        return maps
