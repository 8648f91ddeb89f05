"""Description of the training of a model, for its file."""

import os
from datetime import date

import numpy as np


def card(labels, scores, settings, table, options):
    """Training data and errors of a model, for its file.

    Parameters
    ----------
    labels : Labels
        Files that it was trained on.
    scores : DataFrame or None
        Errors on held-out files.
    settings : dict
        Parameters of the recipe.
    table : str
        Path of the table of the files.
    options : dict
        Options of ``sslearn train``.

    Returns
    -------
    card : dict
        Numbers, texts, lists and dicts.
    """
    y = labels.y if labels.y.ndim > 1 else labels.y[:, None]
    ranges = {
        name: [float(np.nanmin(y[..., k])), float(np.nanmax(y[..., k]))]
        for k, name in enumerate(("azimuth", "elevation")[: y.shape[-1]])
    }
    rates, counts, lengths = zip(*labels.infos, strict=True)
    seconds = np.array(lengths) / rates
    told = {
        "recipe": options["recipe"],
        "options": {key: _plain(value) for key, value in settings.items()},
        "date": date.today().isoformat(),
        "data": {
            "table": os.path.basename(table),
            "n_files": len(labels.paths),
            "fs": sorted(set(rates)),
            "n_channels": counts[0],
            "seconds": [float(seconds.min()), float(seconds.max())],
            **ranges,
        },
        "fitted_on": "all files" if options["refit"] else "files that were not held out",
    }
    if labels.groups is not None:
        names = sorted(set(labels.groups.tolist()))
        told["groups"] = {"column": options["groups"], "names": names}
    if scores is not None:
        share = f"{options['test'] or 0.2:g} of the files"
        split = f"{options['cv']} folds" if options["cv"] else share
        told["held_out"] = {"split": split, "errors": _nested(scores)}
    return told


def _nested(scores):
    """Rows of scores by the names of their rows."""
    if "group" in scores:
        tables = scores.groupby("group", sort=False)
        return {name: _nested(table.drop(columns="group")) for name, table in tables}
    return scores.set_index("component").to_dict("index")


def _plain(value):
    is_plain = isinstance(value, (bool, int, float, str, list, dict, type(None)))
    return value if is_plain else repr(value)
