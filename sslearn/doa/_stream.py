import warnings
from copy import copy

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn.utils import check_spectrum
from sslearn.utils.param_validation import Integral, Interval, Real, validated


class _SpectrumStream:
    """Base of streams with one output per ``n_frames`` frames of spectra."""

    def __init__(self, localizer, n_frames, batch_size, scores):
        if not isinstance(batch_size, Integral) or batch_size < 1:
            raise ValueError(f"batch_size must be a positive integer; got {batch_size!r}.")
        self.batch_size = batch_size
        self.scores = scores
        self.frames_per_output = n_frames
        # The fitted localizer of spectra instead of audio.
        self.localizer = copy(localizer).set_params(
            batch_transform=None, block_size=n_frames, block_duration=None
        )
        self.localizer.batch_transform_ = None
        self._min_frames = min(n_frames, localizer._min_frames)
        self.reset()
        shape = (batch_size, localizer.n_features_in_, localizer.n_freqs_in_, self._min_frames)
        noise = np.random.default_rng(0).standard_normal((2, *shape))
        with warnings.catch_warnings(action="ignore"):
            self._nothing = self._localize(noise[0] + 1j * noise[1])[:, :0]
        self.reset()

    def reset(self):
        """Restart at the first frame of new signals.

        Returns
        -------
        self : object
            The stream.
        """
        self._frames, self._n_frames = [], 0
        return self

    def step(self, X):
        """Predict directions where the next frames complete a block.

        Parameters
        ----------
        X : array-like of shape (batch_size, n_channels, n_freqs, n_frames)
            Spectra of any number of further frames.

        Returns
        -------
        y : ndarray of shape (batch_size, n_blocks, n_sources, n_angles)
            Directions in degrees, as ``predict`` returns them, with their scores as last column if
            ``scores`` is set.

        Raises
        ------
        ValueError
            If X has the wrong number of signals, channels or frequencies, or is not finite.
        """
        X = check_spectrum(X, n_channels=self.localizer.n_features_in_)
        expected = (self.batch_size, self.localizer.n_freqs_in_)
        if (len(X), X.shape[2]) != expected:
            raise ValueError(
                f"X must hold batch_size={expected[0]} signals with {expected[1]} frequencies, as "
                f"in fit; got shape {X.shape}."
            )
        self._frames.append(X)
        self._n_frames += X.shape[3]
        n_left = self._n_frames % self.frames_per_output
        if n_left == self._n_frames:
            return self._nothing
        X = np.concatenate(self._frames, axis=3)
        n_done = self._n_frames - n_left
        self._frames, self._n_frames = [X[..., n_done:].copy()], n_left
        return self._localize(X[..., :n_done])

    def flush(self):
        """Predict directions in the last block, which is shorter, and restart.

        Returns
        -------
        y : ndarray of shape (batch_size, n_blocks, n_sources, n_angles)
            Directions in degrees; of no block if too few frames are left for the method.
        """
        last = self._nothing
        if self._n_frames >= self._min_frames:
            last = self._localize(np.concatenate(self._frames, axis=3))
        self.reset()
        return last


class BlockStream(_SpectrumStream):
    """Localization block by block in spectra that arrive in chunks.

    ``stream`` of a classical localizer creates it, at the first frame of a signal.

    Parameters
    ----------
    localizer : localizer
        Fitted localizer of :mod:`sslearn.doa` with ``block_size`` or ``block_duration``.
    batch_size : int, default=1
        Number of parallel signals.
    scores : bool, default=False
        Whether the scores of ``predict_track`` are a last column of the directions.

    Attributes
    ----------
    frames_per_output : int
        Number of frames of a block.

    Raises
    ------
    ValueError
        If the localizer has no blocks, or ``batch_size`` is not positive.

    See Also
    --------
    RecursiveStream : Sums over all frames, with weights that decay exponentially.
    sslearn.streaming.StreamingLocalizer : The same for audio.
    """

    def __init__(self, localizer, batch_size=1, scores=False):
        if localizer._block_frames is None:
            raise ValueError(
                f"stream needs blocks, and {type(localizer).__name__} takes all frames of a clip "
                "together. Set block_size or block_duration, or use recursive_stream."
            )
        super().__init__(localizer, localizer._block_frames, batch_size, scores)

    def _localize(self, X):
        if self.scores:
            return self.localizer._map(self.localizer._locate_and_score, X)
        return self.localizer.predict(X)


class RecursiveStream(_SpectrumStream):
    """Localization by sums over frames with exponentially decaying weights.

    ``recursive_stream`` of a classical localizer creates it, at the first frame of a signal.

    Parameters
    ----------
    localizer : localizer
        Fitted localizer of :mod:`sslearn.doa`.
    n_frames : int
        Number of frames between outputs.
    forgetting : float
        Factor of the sums from one output to the next, at least 0 and below 1.
    scores : bool, default=False
        Whether the scores of ``predict_track`` are a last column of the directions.

    Attributes
    ----------
    frames_per_output : int
        Number of frames between outputs.

    Raises
    ------
    ValueError
        If ``n_frames`` is too small for the method.

    See Also
    --------
    BlockStream : Blocks that are independent of each other.
    sslearn.streaming.StreamingLocalizer : The same for audio.

    Notes
    -----
    ``S_n = s_n + forgetting * S_(n-1)`` with the sums ``s_n`` over the frames of block n: of
    cross-spectra (each of modulus 1 where the method whitens), covariances or intensity, and of the
    power, which selects the frequencies. The histogram of intensity directions selects them block
    by block.
    """

    def __init__(self, localizer, n_frames, forgetting, scores=False):
        if n_frames < localizer._min_frames:
            raise ValueError(
                f"n_frames must be at least {localizer._min_frames} for "
                f"{type(localizer).__name__}; got {n_frames}. Use a longer hop."
            )
        self.forgetting = forgetting
        super().__init__(localizer, n_frames, 1, scores)

    def reset(self):
        """Restart at the first frame of a new signal.

        Returns
        -------
        self : RecursiveStream
            The stream.
        """
        self._past = None
        return super().reset()

    def _localize(self, X):
        y = self.localizer._map(self._locate_in_all, X)
        return y if self.scores else y[..., :-1]

    def _locate_in_all(self, sums):
        """Directions and scores of a block and the decayed sums of all blocks before it."""
        self._past = sums if self._past is None else sums + self._past.scaled(self.forgetting)
        return self.localizer._locate_and_score(self._past)


class BlockStreamMixin:
    """Method of a localizer of blocks of spectra."""

    def stream(self, batch_size=1, *, scores=False):
        """Localize in signals chunk by chunk, a block at a time.

        Parameters
        ----------
        batch_size : int, default=1
            Number of parallel signals.
        scores : bool, default=False
            Whether the scores of ``predict_track`` are a last column of the directions.

        Returns
        -------
        stream : BlockStream
            Its ``step(X)`` takes the next frames of spectra and returns the directions of the
            blocks that they complete, laid out as by ``predict``; ``flush()`` returns those of the
            last block, and ``reset()`` starts new signals.

        Raises
        ------
        ValueError
            If neither ``block_size`` nor ``block_duration`` is set.

        Notes
        -----
        ``batch_transform`` is not applied: X is spectra.
        :class:`sslearn.streaming.StreamingLocalizer` takes audio.
        """
        check_is_fitted(self)
        return BlockStream(self, batch_size, scores)

    @validated(
        n_frames=[Interval(Integral, 1, None, closed="left")],
        forgetting=[Interval(Real, 0, 1, closed="left")],
        scores=["boolean"],
    )
    def recursive_stream(self, n_frames, *, forgetting, scores=False):
        """Localize in a signal chunk by chunk, with exponentially decaying weights.

        Parameters
        ----------
        n_frames : int
            Number of frames between outputs; ``block_size`` and ``block_duration`` are not used.
        forgetting : float
            Factor of all earlier sums, from one output to the next, in [0, 1).
        scores : bool, default=False
            Whether the scores of ``predict_track`` are a last column of the directions.

        Returns
        -------
        stream : RecursiveStream
            Its methods are those of :meth:`stream`, for one signal.

        Raises
        ------
        ValueError
            If ``n_frames`` is too small for the method.

        Notes
        -----
        ``S_n = s_n + forgetting * S_(n-1)``: directions come from sums ``S_n`` over frames, where
        ``s_n`` is that over the frames of block n alone.
        """
        check_is_fitted(self)
        return RecursiveStream(self, n_frames, forgetting, scores)
