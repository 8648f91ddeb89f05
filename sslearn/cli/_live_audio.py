"""Audio chunk by chunk, of a file, a pipe or a microphone."""

import io
import time

import click

from sslearn.cli._output import note

_BYTES = {"PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}


def file_chunks(path, fs, size, *, channels=None, fast=False):
    """Chunks of a file, at the speed at which it was recorded.

    Parameters
    ----------
    path : str
        Audio file.
    fs : float
        Rate of the chunks in Hz; the file is resampled to it.
    size : int
        Samples of a chunk.
    channels : list of int, default=None
        Channels; all if None.
    fast : bool, default=False
        Whether chunks come as fast as they can be read.

    Yields
    ------
    chunk : ndarray of shape (n_channels, n_times)
        Further samples.
    """
    from sslearn.utils import audio_info, read_audio

    info = audio_info(path)
    # Ceiling division: -(-a // b).
    n_times = -int(-info.n_times * fs // info.fs)
    start = time.monotonic()
    for first in range(0, n_times, size):
        part = {"offset": first / fs, "duration": size / fs, "channels": channels}
        chunk, _ = read_audio(path, fs=fs, **part)
        if not fast:
            time.sleep(max(0.0, start + (first + chunk.shape[1]) / fs - time.monotonic()))
        yield chunk


def pipe_chunks(fs, size, *, n_channels, subtype, channels=None):
    """Chunks of standard input, as they come.

    Parameters
    ----------
    fs : int
        Rate in Hz.
    size : int
        Samples of a chunk.
    n_channels : int
        Channels of the samples, which follow each other.
    subtype : str
        Their format, as soundfile calls it; little-endian.
    channels : list of int, default=None
        Channels of these that are used; all if None.

    Yields
    ------
    chunk : ndarray of shape (n_channels, n_times)
        Further samples; an incomplete one at the end is dropped.
    """
    import soundfile

    format = {"format": "RAW", "endian": "LITTLE", "samplerate": fs, "subtype": subtype}
    n_bytes = size * n_channels * _BYTES[subtype]
    with click.open_file("-", "rb") as source:
        while data := source.read(n_bytes):
            chunk, _ = soundfile.read(
                io.BytesIO(data), channels=n_channels, always_2d=True, dtype="float32", **format
            )
            yield chunk.T if channels is None else chunk.T[channels]


def microphone_chunks(fs, size, *, n_channels, device=None, channels=None):
    """Chunks of a microphone, without end; a warning on stderr counts lost samples.

    Parameters
    ----------
    fs : float
        Rate in Hz.
    size : int
        Samples of a chunk.
    n_channels : int
        Channels to request from the device.
    device : int or str, default=None
        Number of the device or a part of its name; the default one if None.
    channels : list of int, default=None
        Channels of these that are used; all if None.

    Yields
    ------
    chunk : ndarray of shape (n_channels, n_times)
        Further samples.

    Raises
    ------
    OSError
        If the device cannot record so.
    """
    sounddevice = import_sounddevice()
    format = {"samplerate": fs, "channels": n_channels, "dtype": "float32"}
    try:
        with sounddevice.InputStream(device=device, latency="high", **format) as stream:
            while True:
                chunk, has_lost = stream.read(size)
                if has_lost:
                    note("Samples were lost: localization is slower than the microphone.")
                yield chunk.T if channels is None else chunk.T[channels]
    except (sounddevice.PortAudioError, ValueError) as error:
        fault = f"cannot record {n_channels} channel(s) at {fs:g} Hz"
        raise _no_device(device, fault, error) from error


def input_channels(device):
    """Number of channels that a device, the default one if None, can record."""
    sounddevice = import_sounddevice()
    try:
        return sounddevice.query_devices(device, "input")["max_input_channels"]
    except (sounddevice.PortAudioError, ValueError) as error:
        raise _no_device(device, "cannot record", error) from error


def _no_device(device, fault, error):
    name = "The default device" if device is None else f"Device {device}"
    return OSError(
        f"{name} {fault}: {error}. Choose a --device of --list-devices, or another --fs."
    )


def import_sounddevice():
    """The module sounddevice; ImportError with a cure if it or PortAudio is not installed."""
    from sslearn.utils import import_optional

    try:
        return import_optional("sounddevice", "sslearn listen")
    except OSError as error:
        raise ImportError(
            f"sslearn listen needs the library PortAudio: {error}. Install it (apt install "
            "libportaudio2, or brew install portaudio), or give a recording by --file."
        ) from error
