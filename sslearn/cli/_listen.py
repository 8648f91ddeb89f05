"""``sslearn listen``."""

import contextlib
from functools import partial

import click

from sslearn.cli._arrays import array_option, channels_of, channels_option, list_arrays_option
from sslearn.cli._files import RAW
from sslearn.cli._locate import by_array, by_model, classical_options
from sslearn.cli._locators import ModelLocator
from sslearn.cli._options import HERTZ, SECONDS, check_target
from sslearn.cli._output import Output, is_terminal, note

# Shorter chunks cost more calls than they save time.
_CHUNK = 0.02


def _print_devices(ctx, param, value):
    if not value or ctx.resilient_parsing:
        return
    from sslearn.cli._live_audio import import_sounddevice

    for number, device in enumerate(import_sounddevice().query_devices()):
        if device["max_input_channels"]:
            channels, rate = device["max_input_channels"], device["default_samplerate"]
            click.echo(f"{number}: {device['name']} ({channels} channels, {rate:g} Hz)")
    ctx.exit()


@click.command(
    epilog="""\b
Examples:
  sslearn listen --array respeaker_usb_4 --track
  sslearn listen --model model.sslearn --seconds 60 -o minute.csv
  sslearn listen --array circular:4:0.0323 --file rec.wav --every 0.2 --format jsonl
  arecord -t raw -f S16_LE -r 16000 -c 4 | sslearn listen --array respeaker_4 --raw 16000:4:s16
"""
)
@array_option
@list_arrays_option
@channels_option
@click.option("--model", "-m", type=click.Path(exists=True, dir_okay=False), help="Model file.")
@classical_options
@click.option("--file", type=click.Path(exists=True, dir_okay=False), help="A file, not a device.")
@click.option("--fast", is_flag=True, help="Read --file as fast as it can be located.")
@click.option(
    "--raw", type=RAW, help="Standard input, samples RATE:CHANNELS:FORMAT such as 16000:4:s16."
)
@click.option("--device", help="Number or part of the name of a device, see --list-devices.")
@click.option(
    "--list-devices",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_devices,
    help="List the devices that record, and exit.",
)
@click.option("--seconds", type=SECONDS, help="Seconds after which to stop.")
@click.option("--every", type=SECONDS, help="Seconds between directions.")
@click.option(
    "--memory", type=SECONDS, help="Seconds until a sound has the weight 1/e, for --array."
)
@click.option(
    "--window", type=SECONDS, help="Seconds of audio for each direction, instead of --memory."
)
@click.option("--fs", type=HERTZ, help="Rate of the analysis in Hz.  [default: 16000]")
@click.option("--track", is_flag=True, help="Number the talkers and smooth their directions.")
@click.option("--format", "fmt", type=click.Choice(["csv", "jsonl"]), help="No drawing, but rows.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File for the rows.")
@click.pass_context
def listen(
    ctx, file, fast, raw, device, seconds, every, memory, window, track, fmt, output, **options
):  # fmt: skip
    """Locate sounds as they arrive at a microphone or in a pipe, or in a file as if they did.

    A terminal shows the azimuths on a line from the back over the left, the front and the right;
    q or Ctrl-C ends it. Otherwise each direction is a row: time in seconds, azimuth, score.
    """
    if file is None and fast:
        raise click.UsageError("--fast needs --file; a microphone has its own speed.")
    if sum(source is not None for source in (file, raw, device)) > 1:
        raise click.UsageError("--file, --raw and --device exclude each other.")
    check_target(output, "--output", filter(None, [file, options["model"]]))
    from sslearn.cli._compass import Compass, quit_key
    from sslearn.streaming import DirectionTracker, StreamingLocalizer

    localizer, fs, n_channels = _localizer(ctx, options)
    stream = StreamingLocalizer(localizer, fs=fs, hop=every, window=window, forgetting_time=memory)
    size = round(max(_CHUNK, stream.period) * fs)
    source = {"array": options["array"], "channels": options["channels"]}
    if file is not None:
        chunks = _file(file, fs, size, n_channels, fast, **source)
    elif raw is not None:
        chunks = _pipe(raw, fs, size, n_channels, **source)
    else:
        chunks = _microphone(fs, size, n_channels, device, **source)
    tables = partial(_tables, tracker=DirectionTracker() if track else None)
    is_drawn = output is None and fmt is None and is_terminal()
    with (
        quit_key() as pressed,
        contextlib.closing(chunks),
        Compass() if is_drawn else Output(fmt, output) as shown,
        contextlib.suppress(KeyboardInterrupt),
    ):
        n_found = 0
        for new in _answers(stream, _until(chunks, fs, seconds, pressed)):
            n_found += len(new.times)
            for table in tables(new):
                shown.write(table)
        if not n_found:
            note("No direction: the audio is shorter than --window, 1 s by default, or --every.")


def _localizer(ctx, options):
    """Fitted localizer, its sampling rate and its number of channels."""
    params = dict(options)
    array, model, fs = params.pop("array"), params.pop("model"), params["fs"]
    del params["channels"]
    is_model = model is not None
    found = by_model(ctx, model, None, None, fs) if is_model else by_array(array, None, params)
    if isinstance(found, ModelLocator):
        return found.estimator, found.fs, found.n_channels
    n_channels = 4 if array is None else len(array.mic_positions)
    return _fitted(found, n_channels), found.fs, n_channels


def _fitted(locator, n_channels):
    """Fitted classical localizer, which stores the number of channels alone."""
    import numpy as np

    noise = np.random.default_rng(0).standard_normal((1, n_channels, round(locator.fs)))
    return locator.localizer.fit(noise, np.zeros((1, 2)) if locator.elevation else None)


def _microphone(fs, size, n_channels, device, *, array, channels):
    from sslearn.cli._live_audio import input_channels, microphone_chunks

    device = int(device) if device is not None and device.isdigit() else device
    if channels is None and array is not None and array.channels is not None:
        # Firmwares of one device differ in whether they send more than the microphones.
        sends_more = input_channels(device) != n_channels
        channels = list(array.channels) if sends_more else None
    if channels is not None:
        n_channels = max(channels) + 1
    if n_channels is None:
        raise click.UsageError("--model does not state its number of channels; give --channels.")
    note("Listening; q or Ctrl-C ends.")
    options = {"n_channels": n_channels, "device": device, "channels": channels}
    return microphone_chunks(fs, size, **options)


def _file(path, fs, size, n_channels, fast, **source):
    from sslearn.cli._live_audio import file_chunks
    from sslearn.utils import audio_info

    channels = _channels(path, audio_info(path).n_channels, n_channels, **source)
    return file_chunks(path, fs, size, channels=channels, fast=fast)


def _pipe(raw, fs, size, n_channels, **source):
    from sslearn.cli._live_audio import pipe_chunks

    rate, found, subtype = raw
    if rate != fs:
        raise click.UsageError(f"--raw must have the rate of the analysis, {fs:g} Hz; got {rate}.")
    channels = _channels("standard input", found, n_channels, **source)
    return pipe_chunks(rate, size, n_channels=found, subtype=subtype, channels=channels)


def _channels(name, n_found, n_wanted, *, array, channels):
    """Channels that are the microphones of the array, or of the model."""
    if array is not None:
        return channels_of(array, n_found, channels=channels, name=name)
    if n_wanted not in (None, len(channels or range(n_found))):
        raise ValueError(f"{name} must have {n_wanted} channels; got {n_found}. Give --channels.")
    return channels


def _until(chunks, fs, seconds, pressed):
    """Chunks up to a number of seconds, or until a key is pressed."""
    left = None if seconds is None else round(seconds * fs)
    for chunk in chunks:
        chunk = chunk[:, :left]
        yield chunk
        left = None if left is None else left - chunk.shape[1]
        if left == 0 or pressed():
            return


def _answers(stream, chunks):
    """Directions in each chunk, and those that the end completes."""
    for chunk in chunks:
        yield stream.push(chunk)
    yield stream.flush()


def _tables(new, tracker):
    """Table of the directions at each time."""
    from sslearn.base import track_table

    for time, directions, scores in zip(*new, strict=True):
        if tracker is None:
            table = track_table(directions[None, None], [time], scores=scores[None, None])
            several = directions.shape[0] > 1
            yield table.drop(columns=["sample"] if several else ["sample", "source"])
        else:
            tracks = tracker.update(time, directions, scores)
            table = track_table(tracks.directions[None, None], [time])
            table["source"] = tracks.identities
            yield table.drop(columns=["sample", "score"]).rename(columns={"source": "track"})
