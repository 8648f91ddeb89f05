import numpy as np

from sslearn.features._base import ArrayTransformer
from sslearn.utils import check_spectrum
from sslearn.utils.param_validation import Integral, Interval, _fit_context, validated

_FLOOR = 1e-6


class OnlineNormalizer(ArrayTransformer):
    """Spectra divided by a causal running mean of their level.

    Parameters
    ----------
    n_frames : int, default=249
        Number of frames after which the mean becomes exponential, with a weight of
        ``2 / (n_frames + 1)`` for each new frame.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    RealImag : With ``unit_level="clip"``, a level of the whole clip, which is not causal.
    STFT : Compute the spectra, also chunk by chunk.

    Notes
    -----
    With the mean magnitude m(t) of frame t over all channels and all frequencies (0 Hz too), and L
    the number of frames, the output is ``X(t) / (mu(t) + 1e-6)`` with
    ``mu(t) = a(t) mu(t - 1) + (1 - a(t)) m(t)``,
    ``a(t) = min((t - 1) / (t + 1), (L - 1) / (L + 1))`` and ``mu(-1) = 0``.

    This is a mean over all frames so far, in which later ones weigh more, and after L frames an
    exponential mean. One level for all channels and frequencies keeps their differences
    of phase and level. As in the released code of [1]_, a(0) is -1, so that ``mu(0) = 2 m(0)``. The
    published systems use 249 frames (IPDnet2), 280 (IPDnet), 298 (FN-SSL) and 256 (SRP-DNN).

    :meth:`initial_state` and :meth:`step` normalize a signal that arrives in chunks.

    References
    ----------
    .. [1] Y. Wang, B. Yang, X. Li, "IPDnet2: an efficient and improved inter-channel phase
       difference estimation network for sound source localization", 2025, arXiv:2509.21900.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import OnlineNormalizer
    >>> spectrum = np.array([2.0, 2.0, 8.0], dtype=complex).reshape(1, 1, 1, 3)
    >>> OnlineNormalizer().transform(spectrum).real.round(3).ravel().tolist()
    [0.5, 1.0, 1.333]
    """

    _parameter_constraints: dict = {"n_frames": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, n_frames=249):
        self.n_frames = n_frames

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
        self : OnlineNormalizer
            The transformer.
        """
        self.n_features_in_, self._n_freqs_in = check_spectrum(X).shape[1:3]
        return self

    def transform(self, X):
        """Normalize whole signals.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.

        Returns
        -------
        spectrum : ndarray of shape (n_samples, n_channels, n_freqs, n_frames)
            Normalized spectra, of the same dtype. Digital silence stays 0.

        Raises
        ------
        TypeError
            If X is not complex.
        ValueError
            If X does not have four axes, is empty or not finite.
        """
        self._validate_params()
        X = check_spectrum(X)
        return self._normalize(X, self.initial_state(len(X)))[0]

    @validated(batch_size=[Interval(Integral, 1, None, closed="left")])
    def initial_state(self, batch_size=1):
        """State before the first frame.

        Parameters
        ----------
        batch_size : int, default=1
            Number of parallel signals.

        Returns
        -------
        state : tuple of (int, ndarray of shape (batch_size,))
            Number of frames so far, and the level of each signal.
        """
        return 0, np.zeros(batch_size)

    def step(self, X, state):
        """Normalize the next frames.

        Parameters
        ----------
        X : array-like of shape (batch_size, n_channels, n_freqs, n_frames)
            Any number of further frames.
        state : tuple
            State before them.

        Returns
        -------
        spectrum : ndarray of shape (batch_size, n_channels, n_freqs, n_frames)
            The frames of :meth:`transform` of the whole signal, up to rounding.
        state : tuple
            State after them.

        Raises
        ------
        TypeError
            If X is not complex.
        ValueError
            If X does not have four axes or as many signals as ``state``, or is not finite.
        """
        if np.shape(X)[-1:] == (0,):
            return np.array(X), state
        X = check_spectrum(X)
        if len(X) != len(state[1]):
            raise ValueError(
                f"X must hold batch_size={len(state[1])} signals, as state; got {len(X)}."
            )
        return self._normalize(X, state)

    def _normalize(self, X, state):
        n_seen, level = state
        forgetting = (self.n_frames - 1) / (self.n_frames + 1)
        levels = np.abs(X).mean(axis=(1, 2), dtype=np.float64).T
        # levels (n_frames, n_samples): row t is m(t) before, and mu(t) after its step.
        for t, frame in enumerate(levels, n_seen):
            weight = min((t - 1) / (t + 1), forgetting)
            level = frame[:] = weight * level + (1 - weight) * frame
        scale = (levels.T[:, None, None] + _FLOOR).astype(X.real.dtype)
        return X / scale, (n_seen + len(levels), level.copy())

    def _axis_names(self):
        return [f"channel{c}" for c in range(self.n_features_in_)], self._bin_names()
