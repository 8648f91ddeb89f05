"""``sslearn simulate``."""

import itertools
import os

import click

from sslearn.cli._arrays import array_option, list_arrays_option
from sslearn.cli._files import expand, progress
from sslearn.cli._options import SECONDS, jobs_option
from sslearn.cli._output import note

# Clips in memory at a time, fewer if they are longer than this many samples together.
_CHUNK, _SAMPLES = 500, 2**23
_ANGLES = ("azimuth", "elevation")


def _range_option(name, text):
    return click.option(name, type=float, nargs=2, metavar="LOW HIGH", help=text)


@click.command(
    epilog="""\b
Examples:
  sslearn simulate clips --array circular:4:0.0323 --n 200 --rooms 10 --sounds speech/
  sslearn simulate clips --head --n 500 --rooms 5 --azimuth -90 90 --elevation -45 45
  sslearn train --recipe siamese clips/table.csv --groups room -o model.sslearn
"""
)
@click.argument("folder", type=click.Path(file_okay=False))
@array_option
@list_arrays_option
@click.option("--head", is_flag=True, help="A head: the embedded one, or those of --sofa.")
@click.option(
    "--sofa", multiple=True, type=click.Path(exists=True, dir_okay=False), help="Measured heads."
)
@click.option("--ambisonic", is_flag=True, help="First-order ambisonics, SN3D.")
@click.option(
    "--n", "n_samples", type=click.IntRange(1), default=100, show_default=True, help="Clips."
)
@click.option("--sources", "n_sources", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--rooms",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="Number of rectangular rooms that are drawn; 0 has no walls.",
)
@_range_option("--t60", "Reverberation times in seconds. Default: those of the generator.")
@_range_option("--azimuth", "Directions in degrees. Default: all around; in front of a head.")
@_range_option("--elevation", "Default: 0 for arrays, -45 45 for heads, all for ambisonics.")
@_range_option("--distance", "Distances in metres. Default: 1, 1.5 or 2; 1 to 3 for ambisonics.")
@_range_option("--snr", "Signal-to-noise ratios in dB of white noise. Default: no noise.")
@click.option(
    "--sounds",
    multiple=True,
    help="Dry mono recordings: files, patterns or folders, whose subfolders are the speakers. "
    "Default: white noise.",
)
@click.option("--duration", type=SECONDS, default=1.0, show_default=True, help="Seconds.")
@click.option("--fs", type=click.IntRange(1), default=16000, show_default=True, help="Rate in Hz.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@jobs_option("Workers of joblib.")
def simulate(folder, n_samples, seed, n_jobs, **options):
    """Write labelled clips in simulated rooms to FOLDER, for sslearn train.

    FOLDER gets WAV files of 32-bit floats and table.csv with the columns path, azimuth (elevation),
    distance, room, speaker and others; azimuth_1, azimuth_2, ... for several sources. Angles are
    degrees, azimuth 90 on the left. A clip depends on --seed and its number, not on --n. The table
    grows with the files, so that the clips of an interrupted run can be used.
    """
    if os.path.isdir(folder) and os.listdir(folder):
        raise click.UsageError(f"{folder!r} must be a new or an empty folder; it holds files.")
    make = _generator(**options)
    os.makedirs(folder, exist_ok=True)
    table, rooms = os.path.join(folder, "table.csv"), None
    chunk = max(1, min(_CHUNK, int(_SAMPLES / (options["duration"] * options["fs"]))))
    starts = range(0, n_samples, chunk)
    for start in progress(starts, "Simulating", len(starts)):
        size = min(chunk, n_samples - start)
        # The rooms are those of the first chunk.
        again = {} if rooms is None else {"rooms": rooms}
        clips = make(size, random_state=_seed_of(seed, start), n_jobs=n_jobs, **again)
        rooms = clips.get("rooms")
        rows = _write(folder, start, clips)
        rows.to_csv(table, mode="a", header=start == 0, index=False, float_format="%.8g")
    note(f"{n_samples} clips of {clips.data.shape[1]} channels; the table is {table}.")


def _seed_of(seed, start):
    """Seed of a chunk, which no other seed and chunk have."""
    import numpy as np

    return int(np.random.SeedSequence((seed, start)).generate_state(1)[0])


def _generator(array, head, sofa, ambisonic, **options):
    """Generator of the receiver, with its arguments in place."""
    from functools import partial

    from sslearn import datasets

    if (array is not None) + (head or bool(sofa)) + ambisonic != 1:
        raise click.UsageError("Give one of --array, --head (or --sofa) and --ambisonic.")
    shared = _shared(**options)
    if array is not None:
        return partial(datasets.make_shoebox, mic_positions=array.mic_positions, **shared)
    if ambisonic:
        return partial(datasets.make_ambisonic, **shared)
    # Without a room the responses of the head are taken as they are.
    if options["rooms"] == 0:
        shared.update(rooms=None)
        del shared["max_order"]
    heads = [datasets.load_sofa(path) for path in sofa] or None
    return partial(datasets.make_binaural, heads=heads, **shared)


def _shared(rooms, t60, azimuth, elevation, distance, snr, sounds, **options):
    """Arguments that all generators have."""
    from sslearn.simulation import Placement, ShoeboxRooms

    if t60 is not None and rooms == 0:
        raise click.UsageError("--t60 needs --rooms; 0 has no walls.")
    given = {"azimuth_range": azimuth, "elevation_range": elevation, "distance_range": distance}
    placement = Placement().set_params(**{k: v for k, v in given.items() if v is not None})
    shared = {**options, "placement": placement, "noise": snr, "sounds": _recordings(sounds)}
    if rooms == 0:
        return {**shared, "rooms": 1, "max_order": 0}
    return {**shared, "rooms": rooms if t60 is None else ShoeboxRooms(rooms, t60=t60)}


def _recordings(names):
    """Recordings and their speakers; None for white noise."""
    if not names:
        return None
    from sslearn.simulation import Sounds

    paths = expand(names)
    folders = [os.path.normpath(name) for name in names if os.path.isdir(name)]
    return Sounds(paths, speakers=[_speaker(path, folders) for path in paths], shorter="pad")


def _speaker(path, folders):
    """First folder below the one that was named, else the name of the file."""
    root = next((f for f in folders if path.startswith(f + os.sep)), os.path.dirname(path))
    return os.path.splitext(os.path.relpath(path, root).split(os.sep)[0])[0]


def _write(folder, start, clips):
    """Write clips as WAV files; return their rows of the table."""
    import pandas as pd
    import soundfile

    names = [f"{i:06}.wav" for i in range(start, start + len(clips.data))]
    for name, clip in zip(names, clips.data, strict=True):
        path = os.path.join(folder, name)
        soundfile.write(path, clip.T, clips.fs, subtype="FLOAT")
    angles = _columns(clips.target)
    labels = clips.metadata.rename(columns=_from_one).reset_index(drop=True)
    return pd.concat([pd.DataFrame({"path": names}), angles, labels], axis=1)


def _columns(y):
    """Columns of directions (n,), (n, k) or (n, n_sources, k)."""
    import pandas as pd

    y = y[:, None] if y.ndim == 1 else y
    if y.ndim == 2:
        return pd.DataFrame(y, columns=list(_ANGLES[: y.shape[1]]))
    sources = itertools.product(range(1, y.shape[1] + 1), _ANGLES[: y.shape[2]])
    return pd.DataFrame(y.reshape(len(y), -1), columns=[f"{a}_{s}" for s, a in sources])


def _from_one(column):
    """Name of a column of several sources, counted from 1 as in a table of angles."""
    stem, _, number = column.rpartition("_")
    return f"{stem}_{int(number) + 1}" if number.isdigit() else column
