"""``sslearn diagnose``."""

from contextlib import ExitStack

import click

from sslearn.cli._arrays import array_option, channels_of, channels_option, list_arrays_option
from sslearn.cli._files import expand, on_disk
from sslearn.cli._options import check_target
from sslearn.cli._output import Output, note, output_options

# Seconds of a part, and the most parts read of files of which some channels are taken.
_PART, _N_PARTS = 5.0, 40


@click.command(
    epilog="""\b
Example:
  sslearn diagnose rec1.wav rec2.wav --array respeaker_usb_4
  sox rec.wav -t wav - | sslearn diagnose - --array circular:4:0.0323
"""
)
@click.argument("files", nargs=-1, required=True)
@array_option
@list_arrays_option
@channels_option
@click.option("--all", "show_all", is_flag=True, help="Print the checks without a finding, too.")
@click.option("--strict", is_flag=True, help="Exit with 1 also for likely faults (warning).")
@output_options
@click.pass_context
def diagnose(ctx, files, array, channels, show_all, strict, fmt, output):
    """Check FILES, recordings of one set-up or - for standard input, against their array.

    It finds positions in millimetres, a wrong rate, swapped, dead, doubled and inverted channels,
    clipping, and noise that all channels share. Several recordings with sources in different
    directions reveal more than one. Exit code 1 if a fault is certain (error), 0 otherwise.
    """
    if array is None:
        raise click.UsageError("Give --array (see --list-arrays).")
    paths = expand(files)
    check_target(output, "--output", paths)
    with ExitStack() as stack:
        on_disks = [stack.enter_context(on_disk(path)) for path in paths]
        diagnosis = _diagnose(on_disks, array, channels)
    faults = diagnosis["verdict"].isin(["error", "warning"])
    shown = diagnosis if show_all else diagnosis[faults]
    with Output(fmt, output) as out:
        out.write(shown.rename_axis("check").reset_index())
    if not faults.any():
        note(f"No fault found in {len(diagnosis)} checks.")
    grave = diagnosis["verdict"] == "error"
    ctx.exit(int((faults if strict else grave).any()))


def _diagnose(paths, array, channels):
    """Diagnosis of the channels that are the microphones."""
    from sslearn.doa import diagnose_recording
    from sslearn.utils import audio_info

    infos = [audio_info(path) for path in paths]
    taken = [
        channels_of(array, info.n_channels, channels=channels, name=path)
        for path, info in zip(paths, infos, strict=True)
    ]
    if not any(taken):
        return diagnose_recording(paths, array.mic_positions)
    rates = {info.fs for info in infos}
    if len(rates) > 1:
        raise ValueError(f"FILES must have one rate; got {sorted(rates)} Hz.")
    X = [part for file in zip(paths, infos, taken, strict=True) for part in _parts(*file, paths)]
    return diagnose_recording(X, array.mic_positions, fs=infos[0].fs)


def _parts(path, info, channels, paths):
    """Parts of a file, evenly over it, so that those of all files fit into memory."""
    import numpy as np

    from sslearn.utils import read_audio

    longest = max(0.0, info.n_times / info.fs - _PART)
    n_parts = min(max(1, _N_PARTS // len(paths)), 1 + int(longest // _PART))
    for start in np.linspace(0, longest, n_parts):
        yield read_audio(path, offset=start, duration=_PART, channels=channels)[0]
