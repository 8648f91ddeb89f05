import warnings
from copy import copy
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn.utils import check_spectrum


class BlockStream:
    """Localization block by block in spectra that arrive in chunks.

    ``stream`` of a classical localizer creates it, at the first frame of a signal.

    Parameters
    ----------
    localizer : localizer
        Fitted localizer of :mod:`sslearn.doa` with ``block_size`` or ``block_duration``.
    batch_size : int, default=1
        Number of parallel signals.

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
    sslearn.streaming.StreamingLocalizer : The same for audio.
    """

    def __init__(self, localizer, batch_size=1):
        if not isinstance(batch_size, Integral) or batch_size < 1:
            raise ValueError(f"batch_size must be a positive integer; got {batch_size!r}.")
        if localizer._block_frames is None:
            raise ValueError(
                f"stream needs blocks, and {type(localizer).__name__} takes all frames of a clip "
                "together. Set block_size or block_duration."
            )
        self.batch_size = batch_size
        self.frames_per_output = localizer._block_frames
        # The fitted localizer of spectra instead of audio.
        self.localizer = copy(localizer).set_params(
            batch_transform=None, block_size=self.frames_per_output, block_duration=None
        )
        self.localizer.batch_transform_ = None
        self._min_frames = min(self.frames_per_output, localizer._min_frames)
        shape = (batch_size, localizer.n_features_in_, localizer.n_freqs_in_, self._min_frames)
        noise = np.random.default_rng(0).standard_normal((2, *shape))
        with warnings.catch_warnings(action="ignore"):
            self._nothing = self.localizer.predict(noise[0] + 1j * noise[1])[:, :0]
        self.reset()

    def reset(self):
        """Restart at the first frame of new signals.

        Returns
        -------
        self : BlockStream
            The stream.
        """
        self._frames, self._n_frames = [], 0
        return self

    def step(self, X):
        """Predict directions in the blocks that the next frames complete.

        Parameters
        ----------
        X : array-like of shape (batch_size, n_channels, n_freqs, n_frames)
            Spectra of any number of further frames.

        Returns
        -------
        y : ndarray of shape (batch_size, n_blocks, n_sources, n_angles)
            Directions in degrees, as ``predict`` returns them.

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
        return self.localizer.predict(X[..., :n_done])

    def flush(self):
        """Predict directions in the last block, which is shorter, and restart.

        Returns
        -------
        y : ndarray of shape (batch_size, n_blocks, n_sources, n_angles)
            Directions in degrees; of no block if too few frames are left for the method.
        """
        frames, n_frames = self._frames, self._n_frames
        self.reset()
        if n_frames < self._min_frames:
            return self._nothing
        return self.localizer.predict(np.concatenate(frames, axis=3))


class BlockStreamMixin:
    """Method of a localizer of blocks of spectra."""

    def stream(self, batch_size=1):
        """Localize in signals chunk by chunk, a block at a time.

        Parameters
        ----------
        batch_size : int, default=1
            Number of parallel signals.

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
        return BlockStream(self, batch_size)
