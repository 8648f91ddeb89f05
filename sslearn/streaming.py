"""Localization in audio that arrives chunk by chunk."""

from typing import NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sslearn.deep_learning import NeuralLocalizer
from sslearn.features import STFT, AudioReader, stft_hop, stft_padding
from sslearn.utils import as_numbers, check_channels, check_rate
from sslearn.utils.param_validation import Interval, Real, validated

__all__ = ["StreamedDirections", "StreamingLocalizer"]

# Frames of noise that tell whether a step treats each frame alone.
_N_FRAMES = 6


class StreamedDirections(NamedTuple):
    """New directions and their times.

    Parameters
    ----------
    times : ndarray of shape (n_new,)
        Seconds from the start of the signal, as ``predict_track`` returns them.
    directions : ndarray of shape (n_new, n_sources, n_angles)
        Azimuths, or azimuths and elevations, in degrees; NaN where a source is absent.
    """

    times: np.ndarray
    directions: np.ndarray


class StreamingLocalizer:
    """Localization in audio that arrives in chunks, equal to that in the whole signal.

    Parameters
    ----------
    localizer : localizer
        Fitted localizer with an STFT, or an AudioReader and an STFT, at the start of its
        ``batch_transform``: a :class:`sslearn.deep_learning.NeuralLocalizer` whose network has a
        state, or a classical localizer with ``block_size`` or ``block_duration``.
    fs : float, default=16000
        Sampling rate of the audio in Hz, which must be that of the localizer.

    Attributes
    ----------
    period : float
        Seconds between outputs.
    latency : float
        Seconds from the time of an output, which is the middle of its frames, to the last sample
        that it needs: it is returned once ``time + latency`` seconds have been pushed.

    Raises
    ------
    NotFittedError
        If the localizer is not fitted.
    ValueError
        If a part of the localizer needs the whole signal, or ``fs`` is another rate.

    See Also
    --------
    sslearn.deep_learning.NeuralLocalizer.stream : The same for the features of a network.
    sslearn.plotting.TrackDisplay : Picture of a track.

    Notes
    -----
    The outputs are those of ``predict_frames`` or ``predict`` for the whole signal. Memory does not
    grow with the length of the signal or of the chunks. Each step of ``batch_transform`` after the
    STFT must either treat each frame alone, which is tested on noise, or have a state, as
    :class:`sslearn.features.OnlineNormalizer` does. ``offset`` and ``duration`` of an AudioReader,
    which cut files, are ignored.

    The time of a network's output is the middle of its part of the signal, as ``predict_track``
    returns it for a clip without remainder. If the STFT pads, only :meth:`flush` completes the last
    frames.

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
    >>> localizer = recipes.srp_phat(mics, block_duration=0.1).fit(X)
    >>> stream = StreamingLocalizer(localizer, fs=16000)
    >>> for chunk in np.split(X[0], 20, axis=1):  # of 20 ms
    ...     for time, directions in zip(*stream.push(chunk)):
    ...         print(f"{time:.3f} s: {directions[0, 0]:.1f} degrees")
    0.060 s: 40.0 degrees
    0.156 s: 40.0 degrees
    0.252 s: 40.0 degrees
    """

    @validated(fs=[Interval(Real, 0, None, closed="neither")])
    def __init__(self, localizer, *, fs=16000):
        steps, self.localizer = _parts(localizer)
        self.fs = fs
        reader = steps.pop(0) if steps and isinstance(steps[0], AudioReader) else None
        if not (steps and isinstance(steps[0], STFT)):
            raise ValueError(
                "batch_transform must start with an STFT, or an AudioReader and an STFT, so that "
                f"chunks of audio can be pushed; got {getattr(localizer, 'batch_transform', None)}."
            )
        _check_fs(fs, [reader, *steps, self.localizer, getattr(self.localizer, "encoding_", None)])
        self._channels = None if reader is None else reader.channels
        self._n_channels = steps[0].n_features_in_ if self._channels is None else None
        self._stages, example = _stages(steps)
        self._stream = self.localizer.stream()
        self._nothing = self._stream.step(example[..., :1])[0, :0]
        self._set_times(steps[0])
        self.reset()

    def reset(self):
        """Start a new signal.

        Returns
        -------
        self : StreamingLocalizer
            The stream.
        """
        self._states = [stage.initial_state(1) for stage in self._stages]
        self._stream.reset()
        self._n_outputs = self._n_times = 0
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
            Times and directions that this chunk completes, often none.

        Raises
        ------
        TypeError
            If the samples are not float32 or float64.
        ValueError
            If ``chunk`` has another shape or other channels, or contains NaN or infinity, or is
            known to have another sampling rate.
        """
        chunk = self._check_chunk(chunk)
        self._n_times += chunk.shape[1]
        # Pieces bound the memory of spectra and hidden layers.
        size = max(1, round(self.fs))
        starts = range(0, chunk.shape[1], size)
        return self._timed([self._step(chunk[None, :, t : t + size]) for t in starts])

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
        found = []
        if self._n_times:
            found.append(self._localize(self._stages[0].flush(self._states[0])))
            found += [self._stream.flush()[0]] if hasattr(self._stream, "flush") else []
        new = self._timed(found)
        self.reset()
        return new

    def _step(self, audio):
        spectrum, self._states[0] = self._stages[0].step(audio, self._states[0])
        return self._localize(spectrum)

    def _localize(self, X):
        """Directions (n_new, n_sources, n_angles) in further frames of the spectrum."""
        if X.shape[-1] == 0:
            return self._nothing
        for i, stage in enumerate(self._stages[1:], 1):
            X, self._states[i] = stage.step(X, self._states[i])
        return self._stream.step(X)[0]

    def _timed(self, found):
        directions = np.concatenate([self._nothing, *found])
        numbers = self._n_outputs + np.arange(len(directions))
        self._n_outputs += len(directions)
        return StreamedDirections(self._first_time + numbers * self.period, directions)

    def _set_times(self, stft):
        hop, (lead, _) = stft_hop(stft), stft_padding(stft)
        n_frames = self._stream.frames_per_output
        self.period = n_frames * hop / self.fs
        if isinstance(self.localizer, NeuralLocalizer):
            self._first_time = self.period / 2
        else:
            self._first_time = ((n_frames - 1) * hop / 2 + stft.n_fft / 2 - lead) / self.fs
        last = (n_frames - 1) * hop + stft.n_fft - lead
        self.latency = last / self.fs - self._first_time

    def _check_chunk(self, chunk):
        check_rate(chunk, self.fs)
        chunk = as_numbers(chunk, "chunk", "audio")
        if chunk.ndim != 2 or self._n_channels not in (None, len(chunk)):
            n_channels = self._n_channels or "n_channels"
            hint = " Did you mean chunk.T?" if chunk.shape[1:] == (self._n_channels,) else ""
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
        if self._channels is None:
            return chunk
        return chunk[check_channels(self._channels, len(chunk), source="chunk")]


class _Framewise:
    """Step that treats each frame alone."""

    def __init__(self, transformer):
        self.transformer = transformer

    def fits(self, X):
        """Whether the output for a frame does not depend on the other frames."""
        try:
            whole = self.transformer.transform(X)
            frames = np.split(X, X.shape[-1], axis=-1)
            joined = np.concatenate(list(map(self.transformer.transform, frames)), axis=-1)
        except ValueError:
            return False
        return joined.shape == whole.shape and np.allclose(joined, whole, rtol=1e-3, atol=1e-5)

    def initial_state(self, batch_size):
        """No state."""

    def step(self, X, state):
        """Output for further frames, and no state."""
        return self.transformer.transform(X), state


def _parts(localizer):
    """Fitted steps in front of a localizer, and the localizer itself."""
    whole, steps = localizer, []
    if isinstance(localizer, Pipeline):
        steps, localizer = _flat(localizer[:-1]), localizer[-1]
    if isinstance(localizer, type) or not hasattr(localizer, "stream"):
        raise ValueError(
            "localizer must be a fitted NeuralLocalizer, or a classical localizer with blocks; got "
            f"{localizer!r}."
        )
    check_is_fitted(whole)
    return steps + _flat(localizer.batch_transform_), localizer


def _flat(transform):
    """Steps of a transformer, also of a Pipeline of Pipelines."""
    if isinstance(transform, Pipeline):
        return [inner for _, step in transform.steps for inner in _flat(step)]
    return [] if transform in (None, "passthrough") else [transform]


def _check_fs(fs, parts):
    for part in parts:
        if getattr(part, "fs", fs) != fs:
            raise ValueError(
                f"fs must be that of {type(part).__name__} in the localizer, {part.fs:g} Hz; got "
                f"{fs!r}. Resample the audio (sslearn.utils.resample_audio)."
            )


def _stages(steps):
    """Steps with states, and their output for noise."""
    stft = steps[0]
    n_times = stft.n_fft + (_N_FRAMES - 1) * stft_hop(stft)
    X = np.random.default_rng(0).standard_normal((1, stft.n_features_in_, n_times))
    # Growing, so that a level of the whole clip is noticed.
    X = stft.transform(X.astype(np.float32) * np.linspace(0.1, 1, n_times, dtype=np.float32))
    stages = [stft]
    for step in steps[1:]:
        if not hasattr(step, "initial_state"):
            step = _Framewise(step)
            if not step.fits(X):
                raise ValueError(
                    f"{step.transformer} cannot be streamed: it does not treat each frame alone "
                    "and has no state. Train with a step that does, such as OnlineNormalizer for "
                    "levels."
                )
        stages.append(step)
        X, _ = step.step(X, step.initial_state(1))
    return stages, X
