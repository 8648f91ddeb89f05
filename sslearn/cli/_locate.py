"""``sslearn locate``."""

import click
from click.core import ParameterSource

from sslearn.cli._arrays import array_option, channels_option, list_arrays_option
from sslearn.cli._files import RAW, each, expand, on_disk
from sslearn.cli._locators import ArrayLocator, ModelLocator, Part, PretrainedLocator
from sslearn.cli._options import HERTZ, SECONDS, START, check_target, jobs_option
from sslearn.cli._output import Output, output_options

AMBISONIC = ("intensity", "ambisonic_histogram")
METHODS = ("srp_phat", "masked_srp_phat", "music", "mvdr", "tdoa", "esprit", *AMBISONIC)
# Options that a model decides.
_OF_ARRAYS = ("array", "method", "convention", "n_sources", "elevation", "freq_range")


def classical_options(command):
    """Give a command the options of the classical methods."""
    options = [
        click.option(
            "--method",
            type=click.Choice(METHODS),
            default="srp_phat",
            show_default=True,
            help=f"{' and '.join(AMBISONIC)} are for first-order ambisonics, without --array.",
        ),
        click.option(
            "--convention",
            type=click.Choice(["sn3d", "n3d", "fuma"]),
            help="Order and gains of ambisonic channels.  [default: sn3d]",
        ),
        click.option(
            "--sources",
            "n_sources",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            help="Number of sources, a row each.",
        ),
        click.option("--elevation", is_flag=True, help="Find elevations, too."),
        click.option(
            "--range",
            "freq_range",
            type=float,
            nargs=2,
            metavar="LOW HIGH",
            help="Frequencies used, in Hz. Default: that of the method, mostly 200 4000.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    epilog="""\b
Examples:
  sslearn locate *.wav --array respeaker_usb_4
  sslearn locate rec.flac --array circular:6:0.046@150 --sources 2 --elevation
  sslearn locate rec.flac --array array.json --every 0.5 --plot track.png -o track.csv
  sox rec.wav -t wav - | sslearn locate - --model model.sslearn --format jsonl
"""
)
@click.argument("files", nargs=-1, required=True)
@array_option
@list_arrays_option
@channels_option
@click.option("--model", "-m", type=click.Path(exists=True, dir_okay=False), help="Model file.")
@classical_options
@click.option("--every", type=SECONDS, help="Seconds of one estimate; else one per file.")
@click.option("--start", type=START, default=0.0, help="Seconds to skip.")
@click.option("--duration", type=SECONDS, help="Seconds to use from there; else all.")
@click.option("--fs", type=HERTZ, help="Rate of the analysis in Hz.  [default: 16000]")
@click.option("--raw", type=RAW, help="FILES are samples: RATE:CHANNELS:FORMAT, 16000:4:s16.")
@output_options
@click.option("--plot", "picture", type=click.Path(dir_okay=False), help="Picture of one file.")
@jobs_option("Files located at the same time.")
@click.pass_context
def locate(
    ctx, files, array, channels, model, every, start, duration, raw, fmt, output, picture, n_jobs,
    **params,
):  # fmt: skip
    """Find the directions of the sounds in FILES, in degrees.

    FILES are recordings of any rate, patterns, folders, or - for standard input. Azimuth is 0 in
    front and 90 on the left. Give the microphones by --array, or a --model.
    """
    paths = expand(files)
    if picture and len(paths) != 1:
        raise click.UsageError(f"--plot draws one file; got {len(paths)}.")
    sources = [*paths, model] if model else paths
    check_target(output, "--output", sources)
    check_target(picture, "--plot", sources)
    if picture:
        _check_format(picture)
    if model is None:
        locator = by_array(array, every, params)
    else:
        locator = by_model(ctx, model, every, n_jobs, params["fs"])
    part = Part(start, duration, channels)

    def work(name):
        with on_disk(name, raw) as path:
            table = locator.table(path, name, part)
            if picture:
                _draw(picture, locator, path, name, part, table)
        table.insert(0, "file", name)
        return table

    with Output(fmt, output) as out:
        for table in each(paths, work, n_jobs=n_jobs, label="Locating"):
            out.write(table)


def by_array(array, every, params):
    """Locator of the options of the classical methods."""
    low, high = params["freq_range"] or (0, 1)
    if not 0 <= low < high:
        raise click.UsageError(f"--range must be LOW below HIGH, in Hz; got {low:g} {high:g}.")
    method = params["method"]
    if method == "masked_srp_phat" and params["freq_range"]:
        raise click.UsageError(f"--range is not for --method {method}, which has a fixed range.")
    if method in AMBISONIC:
        if array is not None:
            raise click.UsageError(f"--method {method} is for ambisonics; leave --array out.")
    elif params["convention"]:
        raise click.UsageError(f"--convention is for --method {' and '.join(AMBISONIC)}.")
    elif array is None:
        raise click.UsageError("Give --array (see --list-arrays) or --model.")
    if method == "ambisonic_histogram":
        return PretrainedLocator(every=every, **params)
    return ArrayLocator(array=array, every=every, **params)


def by_model(ctx, model, every, n_jobs, fs):
    """Locator of a model; raise for options that the model decides."""
    for name in _OF_ARRAYS:
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = next(p.opts[0] for p in ctx.command.params if p.name == name)
            raise click.UsageError(f"{option} is not for --model, which defines it.")
    if n_jobs not in (None, 1):
        raise click.UsageError("--jobs is for --array; a model uses all cores for each file.")
    return ModelLocator(model, every=every, fs=fs)


def _check_format(picture):
    """Raise a UsageError if matplotlib, drawing without a screen, cannot write such a file."""
    from sslearn.utils import import_optional

    import_optional("matplotlib", "--plot").use("Agg")
    from matplotlib.backend_bases import FigureCanvasBase

    known = sorted(f".{suffix}" for suffix in FigureCanvasBase.get_supported_filetypes())
    if not picture.lower().endswith(tuple(known)):
        raise click.UsageError(f"--plot must end in one of {', '.join(known)}; got {picture!r}.")


def _draw(picture, locator, path, name, part, table):
    """Draw the track, or the spectrum where there is one estimate."""
    from sslearn import plotting

    if "time" in table:
        times, track = _track(table)
        display = plotting.TrackDisplay.from_predictions(None, {name: track}, times=times)
    elif isinstance(locator, ArrayLocator):
        localizer = locator.fitted(path, name, part)
        display = plotting.SpatialSpectrumDisplay.from_estimator(localizer, [path])
    else:
        raise click.UsageError("--plot of a --model draws a track; give --every.")
    display.figure_.savefig(picture, dpi=150)


def _track(table):
    """Times, and directions (n_times, n_sources, n_angles) with NaN for sources that lack."""
    import numpy as np

    times, frame = np.unique(table["time"], return_inverse=True)
    source = table.get("source", 0 * frame)
    angles = table.filter(items=["azimuth", "elevation"])
    track = np.full((len(times), np.max(source) + 1, angles.shape[1]), np.nan)
    track[frame, source] = angles
    return times, track
