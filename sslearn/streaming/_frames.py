"""Audio in chunks to frames of spectra, and on to a localizer that keeps a state."""

import numpy as np
from sklearn.pipeline import Pipeline

from sslearn.deep_learning import NeuralLocalizer
from sslearn.features import STFT, AudioReader, stft_hop, stft_padding
from sslearn.utils import check_channels, split_pipeline

# Frames of noise, to test whether a step treats each frame alone.
_N_FRAMES = 6
# Seconds between outputs, and until sums over frames have faded to 1/e, where none are given.
DEFAULT_HOP, DEFAULT_FORGETTING_TIME = 0.1, 0.3


class NoStateError(ValueError):
    """A localizer, or a step before it, needs more than the next frames."""


class FrameEngine:
    """Localization of audio in chunks by the frames of an STFT.

    Parameters
    ----------
    localizer : localizer
        Fitted localizer, or Pipeline that ends with one.
    fs : float
        Sampling rate in Hz.
    hop : float or None
        Seconds between outputs; blocks and frames in between are dropped.
    forgetting_time : float or None
        Seconds after which sums over frames have faded to 1/e.

    Attributes
    ----------
    mode : {"frames", "blocks", "recursive"}
        Memory of the localizer: the state of a network, blocks, or fading sums.
    period, first_time, latency : float
        Seconds between outputs, time of the first, and from a time to the last sample needed.
    n_channels : int or None
        Number of channels of the audio, where all are used.
    nothing : ndarray of shape (0, n_sources, n_angles + 1)
        Output for no frame.

    Raises
    ------
    NoStateError
        If the localizer needs the whole signal.
    """

    def __init__(self, localizer, fs, hop, forgetting_time):
        steps, self._localizer = _parts(localizer)
        reader = steps.pop(0) if steps and isinstance(steps[0], AudioReader) else None
        if not (steps and isinstance(steps[0], STFT)):
            raise NoStateError(
                "batch_transform must start with an STFT, or an AudioReader and an STFT, so that "
                f"the frames of chunks are known; got {steps}."
            )
        self._channels = None if reader is None else reader.channels
        self.n_channels = steps[0].n_features_in_ if self._channels is None else None
        self._stages, example = _stages(steps)
        seconds_per_frame = stft_hop(steps[0]) / fs
        self.mode, self._stream = _stream(self._localizer, seconds_per_frame, hop, forgetting_time)
        self.nothing = self._stream.step(example[..., :1])[0, :0]
        self._set_times(steps[0], fs, hop)
        self.reset()

    def reset(self):
        """Start a new signal."""
        self._states = [stage.initial_state(1) for stage in self._stages]
        self._stream.reset()
        self._n_outputs = 0

    def step(self, audio):
        """Directions and scores (n_new, n_sources, n_angles + 1) that the next samples complete."""
        if self._channels is not None:
            audio = audio[check_channels(self._channels, len(audio), source="chunk")]
        spectrum, self._states[0] = self._stages[0].step(audio[None], self._states[0])
        return self._thinned(self._localize(spectrum))

    def flush(self):
        """Directions and scores in the end of the signal."""
        found = self._localize(self._stages[0].flush(self._states[0]))
        if hasattr(self._stream, "flush") and self.mode == "blocks":
            found = np.concatenate([found, self._stream.flush()[0]])
        return self._thinned(found)

    def _localize(self, X):
        if X.shape[-1] == 0:
            return self.nothing
        for i, stage in enumerate(self._stages[1:], 1):
            X, self._states[i] = stage.step(X, self._states[i])
        return self._stream.step(X)[0]

    def _thinned(self, found):
        """The last output of each hop."""
        numbers = self._n_outputs + 1 + np.arange(len(found))
        self._n_outputs += len(found)
        return found[numbers % self._thinning == 0]

    def _set_times(self, stft, fs, hop):
        hop_length, (lead, _) = stft_hop(stft), stft_padding(stft)
        n_frames = self._stream.frames_per_output
        period = n_frames * hop_length / fs
        if isinstance(self._localizer, NeuralLocalizer):
            first_time = period / 2
        else:
            first_time = ((n_frames - 1) * hop_length / 2 + stft.n_fft / 2 - lead) / fs
        # Last sample of the first output, relative to the start of the signal.
        last = (n_frames - 1) * hop_length + stft.n_fft - lead
        self.latency = last / fs - first_time
        self._thinning = 1 if hop is None else max(1, round(hop / period))
        self.period = self._thinning * period
        self.first_time = first_time + (self._thinning - 1) * period


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


def _stream(localizer, seconds_per_frame, hop, forgetting_time):
    """Mode and stream of a localizer of frames."""
    if not hasattr(localizer, "recursive_stream"):
        network = localizer.module_[0]
        if not (hasattr(network, "initial_state") and hasattr(network, "step")):
            raise NoStateError(f"{type(localizer.network_).__name__} has no state.")
        if forgetting_time is not None:
            raise NoStateError(f"{type(localizer.network_).__name__} keeps its own state.")
        return "frames", localizer.stream(scores=True)
    has_blocks = localizer.block_size is not None or localizer.block_duration is not None
    if has_blocks and forgetting_time is None:
        return "blocks", localizer.stream(scores=True)
    n_frames = max(1, round((DEFAULT_HOP if hop is None else hop) / seconds_per_frame))
    time = DEFAULT_FORGETTING_TIME if forgetting_time is None else forgetting_time
    # f^(time / hop) = 1 / e.
    forgetting = np.exp(-n_frames * seconds_per_frame / time)
    return "recursive", localizer.recursive_stream(n_frames, forgetting=forgetting, scores=True)


def _parts(localizer):
    """Fitted steps in front of a localizer of frames, and the localizer itself."""
    steps, last = split_pipeline(localizer)
    if not hasattr(last, "stream"):
        raise NoStateError(f"{type(last).__name__} does not predict frame by frame.")
    steps = [inner for step in [*steps, last.batch_transform_] for inner in _flat(step)]
    return steps, last


def _flat(transform):
    """Steps of a transformer, also of a Pipeline of Pipelines."""
    if isinstance(transform, Pipeline):
        return [inner for _, step in transform.steps for inner in _flat(step)]
    return [] if transform in (None, "passthrough") else [transform]


def _stages(steps):
    """Steps with states, and their output for noise."""
    stft = steps[0]
    n_times = stft.n_fft + (_N_FRAMES - 1) * stft_hop(stft)
    X = np.random.default_rng(0).standard_normal((1, stft.n_features_in_, n_times))
    # A growing level reveals steps that normalize by the level of the whole clip.
    X = stft.transform(X.astype(np.float32) * np.linspace(0.1, 1, n_times, dtype=np.float32))
    stages = [stft]
    for step in steps[1:]:
        if not hasattr(step, "initial_state"):
            step = _Framewise(step)
            if not step.fits(X):
                raise NoStateError(f"{step.transformer} does not treat each frame alone.")
        stages.append(step)
        X, _ = step.step(X, step.initial_state(1))
    return stages, X
