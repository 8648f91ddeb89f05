"""Microphone arrays as they are named on a command line."""

import json
import os
import re
from collections import namedtuple

import click

# Channels of a recording that are the microphones; None where all of them are.
MicArray = namedtuple("MicArray", ["mic_positions", "channels"])

_COUNT, _METRES = r"(\d+)", r"([\d.eE+-]+)"
_SHAPES = {
    f"circular:{_COUNT}:{_METRES}": "circular_array",
    f"linear:{_COUNT}:{_METRES}": "linear_array",
    rf"rectangular:{_COUNT}x{_COUNT}:{_METRES}": "rectangular_array",
    f"spherical:{_COUNT}:{_METRES}": "spherical_array",
    f"tetrahedral:{_METRES}": "tetrahedral_array",
}
FORMS = (
    "circular:NUMBER:RADIUS, linear:NUMBER:SPACING, rectangular:ROWSxCOLUMNS:SPACING, "
    "spherical:NUMBER:RADIUS or tetrahedral:RADIUS, in metres"
)


def parse_array(text):
    """Microphone array of a text.

    Parameters
    ----------
    text : str
        Name of a device, a JSON, CSV or TSV file of positions in metres, or a shape such as
        ``"circular:4:0.0323"``; ``@30`` behind it turns its front to azimuth 30.

    Returns
    -------
    array : MicArray
        Its ``mic_positions`` of shape (n_mics, 3) in metres, and the ``channels`` of a recording of
        the device that are these microphones, None for all.

    Raises
    ------
    ValueError
        If the text is none of these, or the positions are not valid.
    """
    from sslearn.geometry import check_mic_positions, place_array

    turned = None if os.path.exists(text) else re.fullmatch(r"(.+)@([-+.\deE]+)", text)
    if turned:
        mics, channels = parse_array(turned[1])
        azimuth = _number(turned[2], "the azimuth after @")
        return MicArray(place_array(mics, azimuth=azimuth), channels)
    if os.path.isfile(text):
        return MicArray(check_mic_positions(_read_positions(text), name=text), None)
    return _shape(text) or _device(text)


def _number(text, name):
    try:
        return float(text)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, such as 0.05; got {text!r}.") from None


def _shape(text):
    """Array of a regular shape; None if the text is not of such a form."""
    from sslearn import geometry

    for pattern, name in _SHAPES.items():
        found = re.fullmatch(pattern, text)
        if found:
            *counts, length = found.groups()
            counts = [int(count) for count in counts]
            counts = [tuple(counts)] if len(counts) == 2 else counts
            length = _number(length, f"the length in {text!r}")
            return MicArray(getattr(geometry, name)(*counts, length), None)
    return None


def _device(name):
    from sslearn.geometry import device_array, get_device_names

    if name not in get_device_names():
        raise ValueError(
            f"{name!r} is no file, no shape ({FORMS}) and no device "
            f"({', '.join(get_device_names())})."
        )
    device = device_array(name)
    return MicArray(device.mic_positions, device.channels)


def _read_positions(path):
    """Positions (n_mics, 3) of a JSON, CSV or TSV file; a third coordinate that lacks is 0."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
        rows = _json_rows(text) if path.lower().endswith(".json") else _text_rows(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be a text file in UTF-8; {error}.") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not rows or {len(row) for row in rows} not in ({2}, {3}):
        raise ValueError(
            f"{path} must hold a row of x, y (and z) in metres for each microphone; got rows of "
            f"{sorted({len(row) for row in rows})} numbers."
        )
    return [[*row, 0.0][:3] for row in rows]


def _json_rows(text):
    rows = json.loads(text)
    rows = rows.get("mic_positions") if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ValueError('must hold [[x, y, z], ...] in metres, or these as "mic_positions".')
    return [[_number(x, f"row {i}") for x in row] for i, row in enumerate(rows, 1)]


def _text_rows(text):
    """Rows of numbers; a header of x, y and z gives their order."""
    # One separator in a file: a comma next to another one is a decimal comma, which is no number.
    separator = next((mark for mark in ";\t," if mark in text), None)
    lines = [[cell.strip() for cell in line.strip().split(separator)] for line in text.splitlines()]
    lines = [(i, line) for i, line in enumerate(lines, 1) if any(line)]
    names = [name.strip('"').lower() for name in lines[0][1]] if lines else []
    if {"x", "y"} <= set(names):
        order = [names.index(name) for name in "xyz" if name in names]
        lines = [(i, [line[k] for k in order if k < len(line)]) for i, line in lines[1:]]
    return [[_number(x, f"line {i}") for x in line] for i, line in lines]


class _ArrayType(click.ParamType):
    name = "array"

    def convert(self, value, param, ctx):
        if isinstance(value, MicArray):
            return value
        try:
            return parse_array(value)
        except (OSError, TypeError, ValueError) as error:
            return self.fail(str(error), param, ctx)


class _ChannelsType(click.ParamType):
    name = "channels"

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        parts = [re.fullmatch(r"(\d+)(?:-(\d+))?", part) for part in value.split(",")]
        if not all(parts):
            return self.fail(f"{value!r} must be like 0,2 or 1-4, counted from 0.", param, ctx)
        spans = [(int(part[1]), int(part[2] or part[1])) for part in parts]
        channels = [i for low, high in spans for i in range(low, high + 1)]
        if len(channels) != len(set(channels)) or any(low > high for low, high in spans):
            return self.fail(f"{value!r} must hold rising ranges, no channel twice.", param, ctx)
        return channels


ARRAY = _ArrayType()
CHANNELS = _ChannelsType()

array_option = click.option(
    "--array",
    "-a",
    type=ARRAY,
    metavar="ARRAY",
    help="Microphones: a device (see --list-arrays), a JSON or CSV file of positions in metres, or "
    f"a shape, {FORMS}. @30 behind it turns its front to azimuth 30.",
)
channels_option = click.option(
    "--channels",
    type=CHANNELS,
    metavar="LIST",
    help="Channels of the recording that are the microphones, such as 1-4 or 0,2, counted from 0. "
    "Default: all, or those of the device.",
)


def _print_arrays(ctx, param, value):
    if not value or ctx.resilient_parsing:
        return
    from sslearn.geometry import device_array, get_device_names

    with_text = [(name, device_array(name).description) for name in get_device_names()]
    formatter = ctx.make_formatter()
    formatter.write_dl(with_text)
    click.echo(formatter.getvalue(), nl=False)
    ctx.exit()


list_arrays_option = click.option(
    "--list-arrays",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_arrays,
    help="List the devices that are known by name, and exit.",
)


def channels_of(array, n_channels, *, channels=None, name="The recording"):
    """Channels of a recording that are the microphones of an array.

    Parameters
    ----------
    array : MicArray
        The array.
    n_channels : int
        Number of channels of the recording.
    channels : list of int, default=None
        Requested channels.
    name : str, default="The recording"
        Name of the recording in messages.

    Returns
    -------
    channels : list of int or None
        Channels to read; None for all.

    Raises
    ------
    ValueError
        If the recording does not have them, or their number is not that of the microphones.
    """
    n_mics = len(array.mic_positions)
    if channels is None and n_channels == n_mics:
        return None
    if channels is None and array.channels is not None:
        channels = list(array.channels)
    if channels is None or len(channels) != n_mics:
        found = n_channels if channels is None else f"--channels {channels}"
        raise ValueError(
            f"{name} must have a channel for each of the {n_mics} microphones of --array; got "
            f"{found}. Give --channels, such as 0-{n_mics - 1}, or the array of this recording."
        )
    if max(channels) >= n_channels:
        raise ValueError(
            f"{name} has {n_channels} channels, 0 to {n_channels - 1}; channel {max(channels)} is "
            "wanted. Give --channels."
        )
    return channels
