"""The command ``sslearn train``."""

import click

from sslearn.cli._arrays import array_option, channels_option, list_arrays_option
from sslearn.cli._options import SHARE, check_target, jobs_option
from sslearn.cli._output import note
from sslearn.cli._recipes import RECIPES, SETTING, Recipe

# Recipes whose classes are azimuths.
_AZIMUTH_ALONE = ("phase_network", "spectrogram_network")


@click.command(
    epilog="""\b
Examples:
  sslearn train --recipe siamese clips/table.csv --groups room -o model.sslearn
  sslearn train --recipe laplacian_eigenmaps clips/table.csv --cv 5
  sslearn train --recipe ipdnet2 --array respeaker_usb_4 -p size=tiny clips/table.csv
"""
)
@click.argument("table", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--recipe",
    required=True,
    type=click.Choice(RECIPES),
    metavar="NAME",
    help=f"Recipe to train: {', '.join(RECIPES)}.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Model file.")
@click.option("--groups", metavar="COLUMN", help="Rooms, heads or speakers, held out as a whole.")
@click.option(
    "--target",
    type=click.Choice(["azimuth", "direction"]),
    help="Targets: azimuths alone, or elevations too. Default: all that the table and the "
    "recipe have.",
)
@array_option
@channels_option
@list_arrays_option
@click.option(
    "--option",
    "-p",
    "settings",
    type=SETTING,
    multiple=True,
    metavar="KEY=VALUE",
    help="Parameter of the recipe, such as radius=15, or of a part of it, such as "
    "kneighborslocalizer__weights=uniform. May be given many times.",
)
@click.option("--epochs", type=click.IntRange(1), help="Largest number of epochs.")
@click.option(
    "--test",
    type=SHARE,
    help="Fraction of the rows, or groups, that is held out for the errors; 0 for none. "
    "Default: 0.2.",
)
@click.option("--cv", type=click.IntRange(2), help="Number of folds, instead of --test.")
@click.option(
    "--refit/--no-refit",
    default=True,
    help="Whether the model that is saved is fitted again, on all rows (default), or is the one "
    "whose errors --test has measured.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Random seed.")
@click.option("--device", help="Torch device, such as cuda:0; a GPU if there is one.")
@jobs_option("Threads that compute features.")
@click.option(
    "--format", "fmt", type=click.Choice(["table", "csv", "jsonl"]), help="Format of the errors."
)
def train(table, **options):
    """Train a model on the labelled files of TABLE, and measure its errors on held-out files.

    TABLE is a CSV file with the columns path (relative to its folder) and azimuth, in degrees,
    counter-clockwise from the front; also elevation; for several sources azimuth_1, azimuth_2, ...
    with empty cells where one is absent; time, in seconds, where they move.

    The errors are those of files that were not in training: with --groups, of groups that were not.
    With -o the recipe is then fitted to all files and saved with these errors. Without it, nothing
    is saved.
    """
    if options["cv"] and options["test"] is not None:
        raise click.UsageError("--cv and --test exclude each other.")
    if not options["refit"] and (options["cv"] or options["test"] == 0):
        raise click.UsageError("--no-refit needs --test, which fits one model.")
    if options["output"] is None and options["test"] == 0:
        raise click.UsageError("Nothing to do: give -o, or hold out rows by --test or --cv.")
    from sslearn.cli._learning import write_report

    recipe = Recipe(options["recipe"])
    labels = _labels(table, recipe, options)
    check_target(options["output"], "--output", [table, *labels.paths])
    settings = _settings(options)
    _check_device(options["device"])
    estimator = recipe.build(settings, labels, options["array"], options["channels"])
    note(f"{len(labels.paths)} files in {table}.")
    fitted, report = _held_out(estimator, labels, options)
    if report is not None:
        write_report(report, options["fmt"])
    if options["output"]:
        _save(fitted, estimator, labels, report, settings, table, options)


def _labels(table, recipe, options):
    from sslearn.cli._labels import read_labels

    n_angles = {"azimuth": 1, "direction": 2, None: None}[options["target"]]
    if n_angles is None and recipe.name in _AZIMUTH_ALONE:
        n_angles = 1
        note(f"{recipe.name} is for azimuths alone.")
    return read_labels(table, groups=options["groups"], n_angles=n_angles, layouts=recipe.layouts)


def _check_device(name):
    if name is None:
        return
    import torch

    try:
        torch.zeros(1, device=name)
    except (AssertionError, RuntimeError) as error:
        first = str(error).partition("\n")[0]
        raise click.UsageError(f"--device {name} cannot be used: {first}.") from error


def _settings(options):
    """Parameters of the recipe from all options, each once."""
    settings = {}
    flags = {
        "max_epochs": options["epochs"],
        "device": options["device"],
        "n_jobs": options["n_jobs"],
    }
    given = [*options["settings"], *((k, v) for k, v in flags.items() if v is not None)]
    for key, value in given:
        if key in settings:
            raise click.UsageError(f"{key} is given twice, by --option or a separate option.")
        settings[key] = value
    return {"random_state": options["seed"]} | settings


def _held_out(estimator, labels, options):
    """Localizer fitted without the held-out files, and the table of errors on them."""
    from sslearn.cli._learning import held_out, report

    if options["test"] == 0:
        return None, None
    split = {"test": options["test"] or 0.2, "cv": options["cv"], "seed": options["seed"]}
    fitted, rows, y_pred = held_out(estimator, labels, **split)
    if options["groups"] is None:
        return fitted, report(labels.y[rows], y_pred)
    groups = labels.groups[rows]
    names = ", ".join(dict.fromkeys(groups.tolist()))
    note(f"Held out: {len(rows)} files of {options['groups']} {names}.")
    return fitted, report(labels.y[rows], y_pred, groups)


def _save(fitted, estimator, labels, scores, settings, table, options):
    from sslearn.cli._card import card
    from sslearn.cli._learning import fit, take_channels
    from sslearn.persistence import save

    refit = options["refit"]
    model = fit(estimator, labels) if refit else fitted
    if options["array"] or options["channels"]:
        # The model takes the microphones, wherever they are in a file.
        take_channels(model, None)
    save(model, options["output"], card=card(labels, scores, settings, table, options))
    of = "all files" if refit else "the files that were not held out"
    note(f"Saved {options['output']}, fitted to {of}.")
