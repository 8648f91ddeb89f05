"""Classical localizers on audio, which is processed in chunks; no training is needed."""

from inspect import cleandoc, signature

from sklearn.pipeline import make_pipeline

from sslearn.decoding import AdjacentDecoder
from sslearn.doa import (
    ESPRIT,
    MUSIC,
    MVDR,
    SRPPHAT,
    IntensityLocalizer,
    MaskedSRPPHAT,
    TDOALocalizer,
)
from sslearn.features import STFT, AudioReader
from sslearn.utils.param_validation import Integral, Interval, validated

_PARAMETERS = {
    "mic_positions": """array-like of shape (n_mics, 3)
    Microphone positions in metres; microphone m is channel m.""",
    "convention": """{"sn3d", "n3d", "fuma"}, default="sn3d"
    Order and gains of the four channels.""",
    "fs": """float, default=16000
    Sampling rate of the audio in Hz.""",
    "n_sources": """int, default=1
    Number of sources. For several, predictions have the shape (n_samples, n_sources,
    n_angles).""",
    "n_fft": """int, default=512
    Length of a frame in samples.""",
    "hop_length": """int, default=None
    Samples between frames; a quarter of ``n_fft`` if None.""",
    "grid": """array-like of directions, default=None
    Azimuths, or azimuths and elevations, in degrees, that are searched or scored; all that the
    microphones can resolve if None.""",
    "freq_range": """tuple of (float, float) or None, default=(200, 4000)
    Lowest and highest frequency in Hz; None takes all.""",
    "block_size": """int, default=None
    Number of frames for one estimate, which makes a track per clip; None takes all of them.""",
    "block_duration": """float, default=None
    The same in seconds.""",
    "n_jobs": """int, default=None
    Number of threads over chunks of clips.""",
}

_DOCSTRING = """{summary}

Parameters
----------
{parameters}

Returns
-------
localizer : {localizer}
    Localizer of audio of shape (n_samples, n_channels, n_times), of clips of any lengths, or of
    paths of files, which are resampled to ``fs``; spectra are computed in chunks, and never stored
    for all clips.

References
----------
{reference}; see :class:`sslearn.doa.{localizer}`.

Examples
--------
>>> from sslearn import recipes
{example}
"""

_ON_AN_ARRAY = """>>> from sslearn.datasets import make_plane_waves
>>> from sslearn.geometry import circular_array
>>> mics = circular_array(4, 0.05)
>>> X, y = make_plane_waves(
...     2, mic_positions=mics, directions=[40.0, -35.0], random_state=0, return_X_y=True
... )
>>> recipes.{name}(mics).fit(X).predict(X).round().tolist()
[40.0, -35.0]"""

# A tenth of a second is less than the network was trained on.
_ROUGHLY = _ON_AN_ARRAY.replace(
    "round().tolist()\n[40.0, -35.0]", "round(-1).tolist()\n[40.0, -40.0]"
)

_AMBISONIC = """>>> import numpy as np
>>> sound = np.random.default_rng(0).standard_normal((1, 1, 4000))
>>> X = sound * [[[1.0], [1.0], [0.0], [0.0]]]  # W, Y, Z, X of a plane wave from the left
>>> abs(recipes.{name}().fit(X).predict(X)).round().tolist()
[[90.0, 0.0]]"""


def _documented(localizer, reference, example=_ON_AN_ARRAY):
    """Decorate a recipe with the docstring sections that all share; its code is unchanged."""

    def document(recipe):
        parameters = [f"{name} : {_PARAMETERS[name]}" for name in signature(recipe).parameters]
        recipe.__doc__ = _DOCSTRING.format(
            summary=cleandoc(recipe.__doc__ or ""),
            parameters="\n".join(parameters),
            localizer=localizer.__name__,
            reference=reference,
            example=example.format(name=recipe.__name__),
        )
        return recipe

    return document


def _audio_to_spectra(fs, n_fft, hop_length):
    """Transformer of audio or paths to spectra."""
    return make_pipeline(AudioReader(fs), STFT(n_fft, hop_length=hop_length))


@_documented(SRPPHAT, "DiBiase 2000")
def srp_phat(
    mic_positions,
    *,
    fs=16000,
    n_sources=1,
    n_fft=512,
    hop_length=None,
    grid=None,
    freq_range=(200, 4000),
    block_size=None,
    block_duration=None,
    n_jobs=None,
):
    """Steered response power with phase transform, on audio.

    For sources that fill the band and microphones of unequal levels: phases alone count, with equal
    weights of all frequencies. For speech in noise, and where the noise is the same in all
    channels, take :func:`mvdr` (user guide: Choosing a classical method).
    """
    return SRPPHAT(
        mic_positions,
        fs=fs,
        n_sources=n_sources,
        grid=grid,
        freq_range=freq_range,
        block_size=block_size,
        block_duration=block_duration,
        batch_transform=_audio_to_spectra(fs, n_fft, hop_length),
        n_jobs=n_jobs,
    )


@_documented(MaskedSRPPHAT, "Pertilä and Cakir 2017", _ROUGHLY)
def masked_srp_phat(
    mic_positions,
    *,
    fs=16000,
    n_sources=1,
    grid=None,
    block_size=None,
    block_duration=None,
    n_jobs=None,
):
    """Steered response power under learned masks, on audio of any array.

    The first to try in noise and in rooms: a network of 21,000 weights, which come with the
    package and were trained on many arrays, weights the bins of the spectrogram. Nothing is trained
    or downloaded. Frames are 32 ms long, one every 16 ms.
    """
    # An even length, so that the hop is half of it.
    n_fft = 2 * round(0.016 * fs)
    return MaskedSRPPHAT(
        mic_positions,
        fs=fs,
        n_sources=n_sources,
        grid=grid,
        block_size=block_size,
        block_duration=block_duration,
        batch_transform=_audio_to_spectra(fs, n_fft, n_fft // 2),
        n_jobs=n_jobs,
    )


@_documented(MUSIC, "Schmidt 1986; Salvati, Drioli, Foresti 2014")
def music(
    mic_positions,
    *,
    fs=16000,
    n_sources=1,
    n_fft=512,
    hop_length=None,
    grid=None,
    freq_range=(200, 4000),
    block_size=None,
    block_duration=None,
    n_jobs=None,
):
    """Wide-band MUSIC with normalized frequencies, on audio.

    Sharp peaks for incoherent sources, such as several talkers in a dry room. It needs more
    microphones than sources.
    """
    return MUSIC(
        mic_positions,
        fs=fs,
        n_sources=n_sources,
        grid=grid,
        freq_range=freq_range,
        block_size=block_size,
        block_duration=block_duration,
        batch_transform=_audio_to_spectra(fs, n_fft, hop_length),
        n_jobs=n_jobs,
    )


@_documented(MVDR, "Capon 1969")
def mvdr(
    mic_positions,
    *,
    fs=16000,
    n_sources=1,
    n_fft=512,
    hop_length=None,
    grid=None,
    freq_range=(200, 4000),
    block_size=None,
    block_duration=None,
    n_jobs=None,
):
    """Minimum variance beamformer with normalized frequencies, on audio.

    Sharp peaks, without a number of sources in the model.
    """
    return MVDR(
        mic_positions,
        fs=fs,
        n_sources=n_sources,
        grid=grid,
        freq_range=freq_range,
        block_size=block_size,
        block_duration=block_duration,
        batch_transform=_audio_to_spectra(fs, n_fft, hop_length),
        n_jobs=n_jobs,
    )


@_documented(ESPRIT, "Roy and Kailath 1989")
def esprit(
    mic_positions,
    *,
    fs=16000,
    n_sources=1,
    n_fft=512,
    hop_length=None,
    grid=None,
    freq_range=(200, 4000),
    block_size=None,
    block_duration=None,
    n_jobs=None,
):
    """ESPRIT for uniform linear and circular arrays, on audio.

    It computes directions from the eigenvectors, without a grid. It needs more microphones than
    sources.
    """
    return ESPRIT(
        mic_positions,
        fs=fs,
        n_sources=n_sources,
        grid=grid,
        freq_range=freq_range,
        block_size=block_size,
        block_duration=block_duration,
        batch_transform=_audio_to_spectra(fs, n_fft, hop_length),
        n_jobs=n_jobs,
    )


@_documented(TDOALocalizer, "Knapp and Carter 1976")
def tdoa(
    mic_positions,
    *,
    fs=16000,
    n_fft=512,
    hop_length=None,
    grid=None,
    freq_range=(200, 4000),
    block_size=None,
    block_duration=None,
    n_jobs=None,
):
    """Least squares on the time differences of GCC-PHAT, on audio.

    One source, without a search: the fastest for many microphones.
    """
    return TDOALocalizer(
        mic_positions,
        fs=fs,
        grid=grid,
        freq_range=freq_range,
        block_size=block_size,
        block_duration=block_duration,
        batch_transform=_audio_to_spectra(fs, n_fft, hop_length),
        n_jobs=n_jobs,
    )


@_documented(IntensityLocalizer, "Jarrett, Habets, Naylor 2010", _AMBISONIC)
@validated(n_sources=[Interval(Integral, 1, None, closed="left")])
def intensity(
    convention="sn3d",
    *,
    fs=16000,
    n_sources=1,
    n_fft=512,
    hop_length=None,
    grid=None,
    freq_range=(200, 4000),
    block_size=None,
    block_duration=None,
    n_jobs=None,
):
    """Histogram of the intensity of first-order ambisonic audio.

    Azimuths and elevations, from the highest peaks of the histogram of all frames and frequencies;
    azimuths alone if ``fit`` is given azimuths. ``set_params(decoder=None)`` takes the direction of
    the mean intensity instead, which early reflections pull more.
    """
    return IntensityLocalizer(
        convention,
        fs=fs,
        n_sources=n_sources,
        decoder=AdjacentDecoder(weights="parabola") if n_sources == 1 else None,
        grid=grid,
        freq_range=freq_range,
        block_size=block_size,
        block_duration=block_duration,
        batch_transform=_audio_to_spectra(fs, n_fft, hop_length),
        n_jobs=n_jobs,
    )
