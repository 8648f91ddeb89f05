"""Progress bar of a training."""

from contextlib import contextmanager

import numpy as np


@contextmanager
def epoch_bar(description, max_epochs, verbose):
    """Show a progress bar over epochs.

    Parameters
    ----------
    description : str
        Text before the bar.
    max_epochs : int
        Number of epochs of the full bar.
    verbose : int
        No bar if 0.

    Yields
    ------
    show : callable
        Function of the row of ``history_`` of an epoch.
    """
    if not verbose:
        yield lambda row: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    figures = (
        "loss {task.fields[loss]:.4f}  error {task.fields[error]:.2f}  lr {task.fields[lr]:.0e}"
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(figures),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns) as progress:
        task = progress.add_task(
            description, total=max_epochs, loss=np.nan, error=np.nan, lr=np.nan
        )
        yield lambda row: progress.update(
            task, advance=1, loss=row["train_loss"], error=row["valid_error"], lr=row["lr"]
        )
