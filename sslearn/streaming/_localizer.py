"""Localization in audio that arrives chunk by chunk."""

from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn.base import is_localizer
from sslearn.streaming._frames import FrameEngine, NoStateError
from sslearn.streaming._window import WindowEngine
from sslearn.utils import as_numbers, check_rate
from sslearn.utils.param_validation import Interval, Real, validated

# At most an hour: more is a number of samples.
_SECONDS = [Interval(Real, 0, 3600, closed="right"), None]


class StreamedDirections(NamedTuple):
    """New directions, their times and their scores.

    Parameters
    ----------
    times : ndarray of shape (n_new,)
        Seconds from the start of the signal.
    directions : ndarray of shape (n_new, n_sources, n_angles)
        Azimuths, or azimuths and elevations, in degrees; NaN where a source is absent.
    scores : ndarray of shape (n_new, n_sources)
        Value of ``spatial_spectrum`` at the nearest direction of ``grid_``, as in the table of
        ``predict_track``; NaN where the localizer has none, or the source is absent.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.streaming import StreamedDirections
    >>> new = StreamedDirections(np.array([0.1]), np.array([[[30.0]]]), np.array([[0.8]]))
    >>> times, directions, scores = new
    >>> directions[0, 0]
    array([30.])
    """

    times: np.ndarray
    directions: np.ndarray
    scores: np.ndarray


class StreamingLocalizer:
    """Localization in audio that arrives in chunks of any size.

    Parameters
    ----------
    localizer : localizer
        Fitted localizer of audio, or Pipeline or search over one.
    fs : float, default=16000
        Sampling rate of the audio in Hz, which must be that of the localizer.
    hop : float, default=None
        Seconds between outputs, rounded to whole frames or blocks. None is every frame or block
        where the localizer has these, and 0.1 s otherwise.
    window : float, default=None
        Seconds of audio in each call of ``predict``; a number selects the mode ``"window"``. In
        this mode None is the length of the clips in ``fit`` where it is known, as the ``duration``
        of an AudioReader in the localizer or the ``clip_duration_`` of a
        :class:`sslearn.deep_learning.NeuralLocalizer`, and 1 s otherwise.
    forgetting_time : float, default=None
        Seconds after which the weight of a frame is 1/e; a number selects the mode
        ``"recursive"`` of the classical localizers. In this mode None is 0.3 s.

    Attributes
    ----------
    mode_ : {"frames", "blocks", "recursive", "window"}
        Memory of the stream, see Notes.
    period : float
        Seconds between outputs.
    latency : float
        Seconds from the time of an output, which is the middle of its newest part, to the last
        sample that it needs: it is returned once ``time + latency`` seconds have been pushed. NaN
        before the first chunk, if the number of channels is unknown until then.

    Raises
    ------
    NotFittedError
        If the localizer is not fitted.
    ValueError
        If the localizer does not take audio, ``fs`` is another rate, or the parameters contradict
        each other or the localizer.

    See Also
    --------
    DirectionTracker : Tracks of talkers in the directions.
    sslearn.deep_learning.NeuralLocalizer.stream : The same for the features of a network.
    sslearn.plotting.TrackDisplay : Picture of a track.

    Notes
    -----
    The first of these modes that fits is used, unless ``window`` or ``forgetting_time`` is set:

    - ``"frames"``: a :class:`sslearn.deep_learning.NeuralLocalizer` whose network has a state,
      behind an STFT and steps that treat each frame alone (which is tested on noise) or have a
      state, as :class:`sslearn.features.OnlineNormalizer`. The outputs are those of
      ``predict_frames`` for the whole signal.
    - ``"blocks"``: a classical localizer with ``block_size`` or ``block_duration`` behind an STFT.
      The outputs are those of ``predict`` for the whole signal.
    - ``"recursive"``: a classical localizer without them. It locates by the sums
      ``S_n = s_n + exp(-hop / forgetting_time) S_(n-1)`` of cross-spectra, covariances or
      intensity, with the sums ``s_n`` over the frames of hop n.
    - ``"window"``: any other localizer. Each output is that of ``predict`` for the latest
      ``window`` seconds; of several frames in it, the last one.

    The time of an output is the middle of its frames, block or hop, or of the window, or of the
    last frame within the window. If the STFT pads, only :meth:`flush` completes the last frames.
    Memory does not grow with the length of the signal or of the chunks. Except in windows,
    ``offset`` and ``duration`` of an AudioReader, which cut files, are ignored.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.geometry import circular_array
    >>> from sslearn.streaming import StreamingLocalizer
    >>> mics = circular_array(4, 0.05)
    >>> X, _ = make_plane_waves(
    ...     1,
    ...     mic_positions=mics,
    ...     directions=[40.0],
    ...     duration=0.4,
    ...     random_state=0,
    ...     return_X_y=True,
    ... )
    >>> stream = StreamingLocalizer(recipes.srp_phat(mics).fit(X), fs=16000, hop=0.1)
    >>> stream.mode_
    'recursive'
    >>> for chunk in np.split(X[0], 20, axis=1):  # of 20 ms
    ...     for time, directions, scores in zip(*stream.push(chunk)):
    ...         print(f"{time:.3f} s: {directions[0, 0]:.1f} degrees, score {scores[0]:.2f}")
    0.060 s: 40.0 degrees, score 1.00
    0.156 s: 40.0 degrees, score 1.00
    0.252 s: 40.0 degrees, score 1.00
    """

    @validated(
        fs=[Interval(Real, 0, None, closed="neither")],
        hop=_SECONDS,
        window=_SECONDS,
        forgetting_time=_SECONDS,
    )
    def __init__(self, localizer, *, fs=16000, hop=None, window=None, forgetting_time=None):
        if isinstance(localizer, type) or not is_localizer(localizer):
            raise ValueError(
                f"localizer must be a fitted localizer, or a pipeline of one; got {localizer!r}."
            )
        check_is_fitted(localizer)
        _check_fs(fs, localizer)
        self.localizer = localizer
        self.fs = fs
        self.hop = hop
        self.window = window
        self.forgetting_time = forgetting_time
        self._engine = self._choose()
        self.reset()

    @property
    def mode_(self):
        """Memory of the stream: see Notes of the class."""
        return self._engine.mode

    @property
    def period(self):
        """Seconds between outputs."""
        return self._engine.period

    @property
    def latency(self):
        """Seconds from the time of an output to the last sample that it needs."""
        return self._engine.latency

    def reset(self):
        """Start a new signal.

        Returns
        -------
        self : StreamingLocalizer
            The stream.
        """
        self._engine.reset()
        self._n_outputs = self._n_times = 0
        self._n_channels = self._engine.n_channels
        return self

    def push(self, chunk):
        """Localize in the next samples.

        Parameters
        ----------
        chunk : array-like of shape (n_channels, n_times)
            Any number of further samples, float32 or float64.

        Returns
        -------
        new : StreamedDirections
            Times, directions and scores that this chunk completes, often none.

        Raises
        ------
        TypeError
            If the samples are not float32 or float64.
        ValueError
            If ``chunk`` has another shape or other channels, or contains NaN or infinity, or is
            known to have another sampling rate.
        """
        chunk = self._check_chunk(chunk)
        # Where some channels are selected, their total is known from the first chunk on.
        self._n_times, self._n_channels = self._n_times + chunk.shape[1], len(chunk)
        # Pieces bound the memory of spectra and hidden layers.
        size = max(1, round(self.fs))
        starts = range(0, chunk.shape[1], size)
        return self._timed([self._engine.step(chunk[:, t : t + size]) for t in starts])

    def flush(self):
        """Localize in the end of the signal, and start a new one.

        Returns
        -------
        new : StreamedDirections
            Times and directions of the last frames: those that the padding of the STFT completes,
            and a last block that is shorter.

        Raises
        ------
        ValueError
            If the signal is too short for its mirror image.
        """
        new = self._timed([self._engine.flush()] if self._n_times else [])
        self.reset()
        return new

    def _choose(self):
        if self.window is not None and self.forgetting_time is not None:
            raise ValueError(
                f"window and forgetting_time must not both be set; got {self.window:g} s and "
                f"{self.forgetting_time:g} s. Leave one of them None."
            )
        if self.window is None:
            try:
                return FrameEngine(self.localizer, self.fs, self.hop, self.forgetting_time)
            except NoStateError as error:
                reason = error
        if self.forgetting_time is None:
            return WindowEngine(self.localizer, self.fs, self.hop, self.window)
        raise ValueError(
            "forgetting_time needs a classical localizer (sslearn.doa) behind an STFT; got "
            f"{self.localizer!r}. {reason} Use window instead."
        ) from reason

    def _timed(self, found):
        found = np.concatenate([self._engine.nothing, *found])
        numbers = self._n_outputs + np.arange(len(found))
        self._n_outputs += len(found)
        times = self._engine.first_time + numbers * self._engine.period
        directions = found[..., :-1]
        scores = np.where(np.isnan(directions[..., 0]), np.nan, found[..., -1])
        return StreamedDirections(times, directions, scores)

    def _check_chunk(self, chunk):
        check_rate(chunk, self.fs)
        chunk, known = as_numbers(chunk, "chunk", "audio"), self._n_channels
        if chunk.ndim != 2 or known not in (None, len(chunk)):
            n_channels = known or "n_channels"
            hint = " Did you mean chunk.T?" if chunk.shape[1:] == (known,) else ""
            raise ValueError(
                f"chunk must have shape ({n_channels}, n_times); got {chunk.shape}.{hint}"
            )
        if chunk.dtype not in (np.float32, np.float64):
            raise TypeError(
                f"chunk must be float32 or float64; got {chunk.dtype}. For 16-bit integers, divide "
                "by 32768."
            )
        if not np.isfinite(chunk).all():
            raise ValueError("chunk contains NaN or infinity: expected finite values.")
        return chunk


def _check_fs(fs, localizer):
    params = localizer.get_params()
    for name, value in params.items():
        owner, _, last = name.rpartition("__")
        if last == "fs" and value not in (None, fs):
            kind = type(params[owner] if owner else localizer).__name__
            raise ValueError(
                f"fs must be that of {kind} in the localizer, {value:g} Hz; got {fs!r}. Resample "
                "the audio (sslearn.utils.resample_audio)."
            )
