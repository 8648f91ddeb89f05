"""Files of a command: patterns, folders, standard input; a loop that skips files with errors."""

import contextlib
import glob
import os
import shutil
import sys
import tempfile

import click

from sslearn.cli._output import Complaints, note

EXTENSIONS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".w64", ".rf64", ".caf")
_RAW_FORMATS = {
    "s16": "PCM_16", "s24": "PCM_24", "s32": "PCM_32", "f32": "FLOAT", "f64": "DOUBLE",
}  # fmt: skip


class _RawType(click.ParamType):
    name = "raw"

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        parts = value.split(":")
        is_valid = len(parts) == 3 and parts[0].isdigit() and parts[1].isdigit()
        if not is_valid or parts[2] not in _RAW_FORMATS or 0 in (int(parts[0]), int(parts[1])):
            return self.fail(
                f"{value!r} must be RATE:CHANNELS:FORMAT, such as 16000:4:s16, with a format of "
                f"{', '.join(_RAW_FORMATS)}, little-endian.",
                param,
                ctx,
            )
        return int(parts[0]), int(parts[1]), _RAW_FORMATS[parts[2]]


RAW = _RawType()


def expand(names):
    """Audio files of names, patterns and folders, in order, each once.

    Parameters
    ----------
    names : sequence of str
        Paths, patterns (``*``, ``**``), folders, which stand for all audio files below them, and
        ``-`` for standard input.

    Returns
    -------
    paths : list of str
        Files; a name that is nothing of these, or a folder without audio, stays, so that reading
        it reports it.
    """
    found = []
    for name in names:
        if os.path.isdir(name):
            below = glob.glob(os.path.join(glob.escape(name), "**", "*"), recursive=True)
            paths = sorted(path for path in below if path.lower().endswith(EXTENSIONS)) or [name]
        elif os.path.exists(name) or name == "-":
            paths = [name]
        else:
            paths = sorted(glob.glob(name, recursive=True)) or [name]
        found += paths
    return list(dict.fromkeys(found))


@contextlib.contextmanager
def on_disk(path, raw=None):
    """Path of a file; standard input is stored in a temporary one meanwhile.

    Parameters
    ----------
    path : str
        Path, or ``-``.
    raw : tuple of (int, int, str), default=None
        Rate, channels and format of samples without a header.

    Yields
    ------
    path : str
        File to read.
    """
    if os.path.isdir(path):
        raise ValueError(f"The folder {path!r} holds no audio file ({', '.join(EXTENSIONS)}).")
    if path != "-" and raw is None:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "input.raw" if raw else "input.wav")
        with open(copy, "wb") as file, click.open_file(path, "rb") as source:
            shutil.copyfileobj(source, file)
        if os.path.getsize(copy) == 0:
            name = "standard input" if path == "-" else f"the file {path!r}"
            raise ValueError(f"{name} is empty; give a WAV or FLAC file, or samples with --raw.")
        try:
            yield _with_header(copy, *raw) if raw else copy
        except (OSError, ValueError) as error:
            # Messages name the file of the user, not the temporary copy.
            raise ValueError(str(error).replace(copy, path)) from error


def _with_header(path, fs, n_channels, subtype):
    """Copy of raw samples as RF64, which has no limit of 4 GiB."""
    import soundfile

    copy = path + ".rf64"
    raw = {"samplerate": fs, "channels": n_channels, "subtype": subtype}
    with (
        soundfile.SoundFile(path, format="RAW", endian="LITTLE", **raw) as source,
        soundfile.SoundFile(copy, "w", format="RF64", **raw) as target,
    ):
        for block in source.blocks(2**16, dtype="float64"):
            target.write(block)
    return copy


def each(paths, work, *, n_jobs=None, label="Files"):
    """Apply a function to each file; report the files that fail on stderr and go on.

    Parameters
    ----------
    paths : list of str
        Files.
    work : callable
        Function of a path.
    n_jobs : int, default=None
        Number of joblib threads.
    label : str, default="Files"
        Text in front of the progress bar, which is shown on a terminal.

    Yields
    ------
    result : object
        Result of the function for each file that did not fail, in order. After the last file
        the command ends with exit code 1 if one failed.
    """
    from joblib import Parallel, delayed

    debug = click.get_current_context().find_root().params["debug"]
    outcomes = Parallel(n_jobs, prefer="threads", return_as="generator")(
        delayed(_attempt)(work, path, debug) for path in paths
    )
    n_failed = 0
    for path, (result, error) in zip(paths, progress(outcomes, label, len(paths)), strict=True):
        if error is None:
            yield result
        else:
            n_failed += 1
            note(f"Error: {path}: {error}")
    if n_failed:
        note(f"{n_failed} of {len(paths)} file(s) failed.")
        click.get_current_context().exit(1)


def _attempt(work, path, debug):
    Complaints.name_file(path)
    try:
        return work(path), None
    except (ImportError, OSError, TypeError, ValueError) as error:
        if debug:
            raise
        return None, error
    finally:
        Complaints.name_file(None)


def progress(iterable, label, total):
    """Iterate with a progress bar on stderr if that is a terminal and there are several items."""
    if total < 2 or not sys.stderr.isatty():
        return iterable
    from rich.console import Console
    from rich.progress import track

    return track(iterable, label, total, console=Console(stderr=True), transient=True)
