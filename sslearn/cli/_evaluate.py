"""``sslearn evaluate``."""

import click

from sslearn.cli._arrays import channels_option
from sslearn.cli._files import progress
from sslearn.cli._options import check_target
from sslearn.cli._output import note, output_options

# Files between two steps of the progress bar.
_BATCH = 32


@click.command(
    epilog="""\b
Examples:
  sslearn evaluate model.sslearn clips/table.csv
  sslearn evaluate model.sslearn other/table.csv --groups room --format jsonl
"""
)
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.argument("table", type=click.Path(exists=True, dir_okay=False))
@click.option("--groups", metavar="COLUMN", help="Rooms, heads or speakers: errors of each, too.")
@channels_option
@output_options
def evaluate(model, table, groups, channels, fmt, output):
    """Measure the errors of MODEL on the labelled files of TABLE, in degrees.

    MODEL is a file that 'sslearn train' or sslearn.save has written; TABLE is as for 'sslearn
    train'. A table on a terminal shows some of the columns, --format csv all of them.
    """
    from sslearn.cli._labels import read_labels
    from sslearn.cli._learning import report, take_channels, write_report
    from sslearn.persistence import input_contract, load

    paths, infos, *_ = read_labels(table, groups=groups)
    check_target(output, "--output", [model, table, *paths])
    localizer = load(model)
    n_wanted = input_contract(localizer)["n_channels"]
    n_found = infos[0].n_channels if channels is None else len(channels)
    if n_wanted not in (None, n_found):
        raise ValueError(
            f"The files of {table} must have the {n_wanted} channels of the model; got {n_found}. "
            "Give --channels."
        )
    if channels is not None:
        take_channels(localizer, channels)
    # One prediction gives the layout of the others, and of y.
    shape = localizer.predict(paths[:1]).shape
    labels = read_labels(
        table,
        groups=groups,
        n_angles=1 if len(shape) == 1 else shape[-1],
        layouts=("one", "one", "sources", "tracks")[len(shape) - 1 :][:1],
    )
    note(f"{len(paths)} files in {table}.")
    if shape[-1] == 3 and len(shape) > 1:
        note("The errors are those of directions; distances are not measured.")
    y_pred = _predict(localizer, paths, len(shape))
    write_report(report(labels.y, y_pred, labels.groups), fmt, output)


def _predict(localizer, paths, n_axes):
    """Predictions of all files, with a progress bar."""
    import numpy as np

    # Tracks are as long as the longest file that is predicted with them.
    size = len(paths) if n_axes == 4 else _BATCH
    batches = [paths[i : i + size] for i in range(0, len(paths), size)]
    shown = progress(batches, "Evaluating", len(batches))
    return np.concatenate([localizer.predict(batch) for batch in shown])
