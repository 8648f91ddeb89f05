"""Results of the studies: rows of figures, keyed by all their settings."""

import datetime
import json
import os
import platform
from pathlib import Path

import numpy as np
from filelock import FileLock

import sslearn

RESULTS = Path(__file__).parent / "results"


def plain(value):
    """Value as JSON reads it again: lists for tuples and arrays, ``9`` for ``9.0``.

    Parameters
    ----------
    value : object
        Setting or figure.

    Returns
    -------
    value : dict, list, str, int, float, bool or None
        The plain value; a name for whatever else it is. None for NaN; dicts leave None out.
    """
    if isinstance(value, dict):
        items = ((str(name), plain(each)) for name, each in value.items())
        return {name: each for name, each in items if each is not None}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isnan(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def matches(settings, where):
    """Whether settings have the values of ``where``; a tuple there lists the allowed ones."""
    return all(
        settings.get(name) in value if isinstance(value, tuple) else settings.get(name) == value
        for name, value in where.items()
    )


class Store:
    """Rows of one study in a JSON file, one line each.

    A row consists of ``settings``, ``figures``, ``command``, which measures it again, and
    ``measured``, the date and the versions. Settings identify it: :meth:`add` replaces the row of
    equal settings and leaves all others as they are. A setting of None is the same as none.

    Parameters
    ----------
    name : str
        Stem of the file.
    folder : str or Path, default=benchmarks/results
        Folder of the file.
    """

    def __init__(self, name, folder=RESULTS):
        self.name = name
        self.path = Path(folder) / f"{name}.json"

    @property
    def rows(self):
        """All rows, in the order in which their settings were first measured."""
        return json.loads(self.path.read_text())["rows"] if self.path.exists() else []

    def select(self, **where):
        """Rows whose settings have these values; a tuple lists the allowed ones."""
        return [row for row in self.rows if matches(row["settings"], where)]

    def add(self, settings, figures, *, command, **measured):
        """Write a row, in place of the row of the same settings if there is one.

        Parameters
        ----------
        settings : dict
            All that the figures depend on.
        figures : dict
            What was measured.
        command : str
            Command that measures the row again.
        **measured : object
            Further facts of the measurement, for example the version of torch.

        Returns
        -------
        row : dict
            The row as it was written.
        """
        measured = {
            "date": datetime.date.today().isoformat(),
            "sslearn": sslearn.__version__,
            "python": platform.python_version(),
            **measured,
        }
        row = {
            "settings": plain(settings),
            "figures": plain(figures),
            "command": command,
            "measured": plain(measured),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may measure rows of one study at the same time.
        with FileLock(f"{self.path}.lock"):
            rows = self.rows
            same = [i for i, old in enumerate(rows) if old["settings"] == row["settings"]]
            for i in same:
                rows[i] = row
            self.write(rows if same else [*rows, row])
        return row

    def write(self, rows):
        """Write all rows, whole or not at all."""
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(f'{{"study": "{self.name}", "rows": [\n{lines}\n]}}\n')
        os.replace(unfinished, self.path)
