"""Parts that the networks for tracks of moving sources share."""

from inspect import cleandoc, signature

from sklearn.pipeline import make_pipeline

from sslearn.features import STFT, AudioReader, OnlineNormalizer
from sslearn.utils.param_validation import Interval, Real

RATE = [Interval(Real, 0, None, closed="neither")]
_FRAME, _HOP = 0.032, 0.02  # seconds
_SPEED_OF_SOUND = 340.0

_PARAMETERS = {
    "mic_positions": """array-like of shape (n_mics, 3)
    Microphone positions in metres; microphone m is channel m. The first one is the reference.""",
    "size": """{{"tiny", "small", "large"}}, default="small"
    Number of channels of the layers: 48, 96 or 256.""",
    "fs": """float, default=16000
    Sampling rate of the audio in Hz; files are resampled to it. Frames keep their duration.""",
    "n_sources": """int, default=2
    Largest number of simultaneous sources, which is the number of tracks.""",
    "grid": """array-like of shape (n_directions,) or (n_directions, 2), default=None
    Directions of the search in degrees; azimuths in steps of 1 degree if None, or
    ``sphere_grid(5)`` where y has elevations. A line of microphones needs those of one side.""",
    "threshold": """float, default={threshold}
    Threshold of detection: {meaning}""",
    "max_epochs": """int, default={max_epochs}
    Number of epochs.""",
    "n_jobs": """int, default=None
    Threads that compute the features of later mini-batches; none if None.""",
    "device": """str, default="auto"
    Torch device; ``"auto"`` is the GPU, or the CPU if there is none.""",
    "random_state": """int, RandomState instance or None, default=None
    Seed of the weights, the hold-out and the order of samples.""",
    "verbose": """int, default=0
    1 shows a progress bar over epochs.""",
}

_RETURNS = """

Returns
-------
localizer : NeuralLocalizer
    Localizer of audio of shape (n_samples, n_mics, n_times), which may be a memory map, or of
    files: features are computed for each mini-batch. y has the shape (n_samples, n_frames,
    n_sources, n_angles), with frames of 100 ms and NaN where a source is silent."""


def documented(meaning):
    """Decorate a recipe with the docstring sections that all share; its code is unchanged."""

    def document(recipe):
        parameters = signature(recipe).parameters
        values = {name: parameter.default for name, parameter in parameters.items()}
        lines = [f"{name} : {_PARAMETERS[name]}" for name in parameters]
        shared = "\n".join(["Parameters", "----------", *lines]).format(meaning=meaning, **values)
        recipe.__doc__ = cleandoc(recipe.__doc__).replace("{shared}", shared + _RETURNS)
        return recipe

    return document


def track_features(fs, n_frames, maps):
    """Maps of audio or files, divided by a recursive mean of the level over ``n_frames``."""
    stft = STFT(_frame_length(fs), hop_length=round(_HOP * fs), padding="reflect")
    return make_pipeline(AudioReader(fs), stft, OnlineNormalizer(n_frames), maps)


def phase_encoding(kind, mic_positions, *, fs, **params):
    """Encoding of phase differences, of class ``kind``, for the frames of these recipes."""
    return kind(
        mic_positions,
        fs=fs,
        n_fft=_frame_length(fs),
        speed_of_sound=_SPEED_OF_SOUND,
        **params,
    )


def _frame_length(fs):
    # A multiple of 32, because IPDnet2 joins 16 frequencies; 1408 at 44.1 kHz.
    return 32 * max(1, round(_FRAME / 32 * fs))


def track_localizer(
    network,
    encoding,
    features,
    *,
    lr=5e-4,
    batch_size=16,
    optimizer="adamw",
    schedule="exponential",
    lr_factor=0.975,
    clip_norm=None,
    **params,
):
    """Localizer with the training settings that most of these recipes share."""
    from sslearn.deep_learning import NeuralLocalizer, Training

    training = Training(
        optimizer,
        schedule=schedule,
        lr_factor=lr_factor,
        clip_norm=clip_norm,
        monitor="valid_loss",
        keep="valid_loss",
    )
    return NeuralLocalizer(
        network,
        encoding=encoding,
        lr=lr,
        batch_size=batch_size,
        training=training,
        batch_transform=features,
        **params,
    )
