"""Tables of labelled files: the path of each, and the true directions of its sources."""

import csv
import os
import re
from collections import namedtuple

import numpy as np
import pandas as pd

from sslearn.geometry import check_doa
from sslearn.utils import audio_info

# Files and their headers, the directions of each, and its group (None without groups).
Labels = namedtuple("Labels", ["paths", "infos", "y", "groups"])

_FRAME = 0.1  # seconds of a frame of a track, as the recipes for tracks have them
_ANGLES = ("azimuth", "elevation", "distance")
_LAYOUTS = ("one", "sources", "tracks")
_TWICE = (
    "must be the only row of its file. Several sources go into columns azimuth_1, azimuth_2, and a "
    "source that moves needs a column time, in seconds"
)


def read_labels(path, *, groups=None, n_angles=None, layouts=_LAYOUTS):
    """Read a table of labelled files.

    Parameters
    ----------
    path : str
        File of cells between commas, semicolons or tabs, with a column ``path``, relative to the
        folder of the table, and ``azimuth`` (``elevation``) or ``azimuth_1``, ``azimuth_2``, ...,
        where an empty cell is an absent source. With a column ``time`` each row holds from its
        second to that of the next row of its file.
    groups : str, default=None
        Column of rooms, heads or speakers.
    n_angles : {1, 2, 3}, default=None
        Whether azimuths are wanted, elevations too, or distances in metres as well; if None,
        elevations where the table has them.
    layouts : tuple of str, default=("one", "sources", "tracks")
        Layouts of y that are wanted: one source, several, or several in each frame of 0.1 s. The
        last of them is made of a table that is laid out as none.

    Returns
    -------
    labels : Labels
        Paths, their :class:`~sslearn.utils.AudioInfo`, y in degrees, and groups.

    Raises
    ------
    ValueError
        If a column lacks, or a row is not valid; the message names its line.
    """
    table = _read_rows(path, groups)
    names = _source_names(table)
    has_elevation = any(re.fullmatch(r"elevation(_\d+)?", str(name)) for name in table)
    n_angles = n_angles or (2 if has_elevation else 1)
    directions = _directions(table, names, _ANGLES[:n_angles])
    natural = "tracks" if "time" in table else "one" if names == [""] else "sources"
    layout = natural if natural in layouts else layouts[-1]
    if _LAYOUTS.index(natural) > _LAYOUTS.index(layout):
        wanted = "one source" if layout == "one" else "sources that do not move"
        raise ValueError(f"{path} must have {wanted} in each file; got columns {list(table)}.")
    if "time" not in table:
        _refuse(table, table["path"].duplicated(), _TWICE)
    first = ~table["path"].duplicated()
    files = table[first]
    infos = _infos(files)
    if layout == "tracks":
        y = _tracks(table, directions, files, infos)
    elif layout == "sources":
        y = directions
    else:
        y = directions[:, 0] if n_angles > 1 else directions[:, 0, 0]
    options = {"sources": True, "frames": True, "absent": True}
    y = check_doa(y, n_samples=len(files), name="the directions", **options)
    return Labels(files["path"].tolist(), infos, y, _groups(table, files, groups))


def _read_rows(path, groups):
    """Rows of text, numbered by their lines, with whole paths."""
    try:
        table = _cells(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be a text file in UTF-8; {error}.") from error
    except csv.Error as error:
        raise ValueError(f"{path} must be a CSV file; {error}.") from error
    table.attrs["name"] = path
    wanted = ["path"] + ([groups] if groups else [])
    missing = [name for name in wanted if name not in table]
    if missing or table.empty:
        found = f"columns {list(table)}" if missing else "no rows"
        raise ValueError(f"{path} must have rows with the column(s) {wanted}; got {found}.")
    for name in wanted:
        _refuse(table, table[name] == "", f"must have a {name}")
    folder = os.path.dirname(path)
    table["path"] = [os.path.join(folder, name) for name in table["path"]]
    return table


def _cells(path):
    """Cells of a CSV file as a data frame, numbered by the lines; empty lines are left out."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        separator = next((mark for mark in "\t;" if mark in file.readline()), ",")
        file.seek(0)
        reader = csv.reader(file, delimiter=separator, strict=True, skipinitialspace=True)
        names = [name.strip() for name in next(reader, [])]
        rows = {}
        for row in reader:
            rows[reader.line_num] = [cell.strip() for cell in row]
    if len(names) != len(set(names)):
        raise ValueError(f"{path} must have columns of different names; got {names}.")
    rows = {line: row for line, row in rows.items() if any(row)}
    for line, row in rows.items():
        if len(row) != len(names):
            raise ValueError(
                f"{path}, line {line} must have a cell for each of the {len(names)} columns; got "
                f"{row}."
            )
    return pd.DataFrame(list(rows.values()), index=list(rows), columns=names, dtype=str)


def _column(angle, source):
    return f"{angle}_{source}" if source else angle


def _source_names(table):
    """Suffixes of the columns of sources, an empty one where there is one source."""
    found = [re.fullmatch(r"azimuth(?:_(\d+))?", str(name)) for name in table]
    names = sorted((match[1] or "" for match in found if match), key=lambda name: int(name or -1))
    if not names or (names[0] == "" and len(names) > 1):
        raise ValueError(
            f"{table.attrs['name']} must have a column azimuth, or azimuth_1, azimuth_2 and so on "
            f"for several sources, in degrees; got {list(table)}."
        )
    return names


def _directions(table, sources, angles):
    """Directions of shape (n_rows, n_sources, n_angles), NaN where absent."""
    columns = [_column(angle, source) for source in sources for angle in angles]
    lacking = [name for name in columns if name not in table]
    if lacking:
        raise ValueError(
            f"{table.attrs['name']} must have the columns {columns} in degrees; {lacking} are "
            f"missing in {list(table)}."
        )
    values = np.stack([_numbers(table, name) for name in columns], axis=1)
    values = values.reshape(len(table), len(sources), len(angles))
    absent = np.isnan(values)
    pairs = " and ".join(angles)
    _refuse(table, (absent.any(2) & ~absent.all(2)).any(1), f"must have {pairs} of a source")
    if sources == [""] and "time" not in table:
        hint = "fill the cell or remove the row"
        _refuse(table, absent.any(axis=(1, 2)), f"must have {pairs} in degrees; {hint}")
    if len(angles) > 1:
        _refuse(table, (np.abs(values[..., 1]) > 90).any(1), "must have elevations in [-90, 90]")
    return values


def _numbers(table, name):
    """Finite numbers of a column, NaN where a cell is empty."""
    values = pd.to_numeric(table[name].replace("", "nan"), errors="coerce").to_numpy(float)
    wrong = (np.isnan(values) & (table[name] != "")) | np.isinf(values)
    _refuse(table, wrong, f"must have a finite number as {name}", table[name])
    return values


def _refuse(table, wrong, rule, cells=None):
    """Raise if a row is wrong; the message names the first one by its line."""
    wrong = np.asarray(wrong)
    if wrong.any():
        line, count = table.index[wrong.argmax()], np.count_nonzero(wrong)
        got = "" if cells is None else f"; got {cells[line]!r}"
        more = f" ({count} such rows)" if count > 1 else ""
        row = f"line {line} ({os.path.basename(table['path'][line])})"
        raise ValueError(f"{table.attrs['name']}, {row} {rule}{got}{more}.")


def _infos(files):
    """Headers of the files, which must be there and have one number of channels."""
    name, infos = files.attrs["name"], []
    is_missing = [not os.path.isfile(path) for path in files["path"]]
    cure = f"paths are relative to the folder of the table, {os.path.dirname(name) or '.'!r}"
    _refuse(files, is_missing, f"must name a file that exists; {cure}", files["path"])
    for line, path in files["path"].items():
        try:
            infos.append(audio_info(path))
        except (OSError, ValueError) as error:
            raise ValueError(f"{name}, line {line}: {error}") from error
    n_channels = np.array([info.n_channels for info in infos])
    rule = f"must have {n_channels[0]} channel(s), as the first file of the table has"
    _refuse(files, n_channels != n_channels[0], rule, pd.Series(n_channels, files.index))
    return infos


def _groups(table, files, name):
    if name is None:
        return None
    first = files.set_index("path")[name].reindex(table["path"]).to_numpy()
    _refuse(table, first != table[name], f"must have the {name} of the first row of its file")
    return files[name].to_numpy(str)


def _tracks(table, directions, files, infos):
    """Directions (n_files, n_frames, n_sources, n_angles); short files end with NaN."""
    starts = _numbers(table, "time") if "time" in table else np.zeros(len(table))
    _refuse(table, np.isnan(starts), "must have a time in seconds")
    rows = pd.Series(np.arange(len(table))).groupby(table["path"].to_numpy()).indices
    # 1e-6: a length of whole frames must not lose one by rounding.
    n_frames = [int(info.n_times / info.fs / _FRAME + 1e-6) for info in infos]
    y = np.full((len(files), max(n_frames), *directions.shape[1:]), np.nan)
    for i, path in enumerate(files["path"]):
        mine = rows[path][np.argsort(starts[rows[path]], kind="stable")]
        middles = (np.arange(n_frames[i]) + 0.5) * _FRAME
        # Last row that starts at or before the middle of the frame; -1 before the first row.
        at = np.searchsorted(starts[mine], middles, side="right") - 1
        y[i, : n_frames[i]][at >= 0] = directions[mine[at[at >= 0]]]
    return y
