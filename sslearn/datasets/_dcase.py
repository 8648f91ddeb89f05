"""Annotations of the DCASE challenge on sound event localization and detection (SELD)."""

from itertools import count

import numpy as np
import pandas as pd

from sslearn.datasets._files import check_file

_FRAME = 0.1  # seconds
_COLUMNS = ["frame", "class", "source", "azimuth", "elevation", "distance"]
_COLUMNS_2019 = ["sound_event_recording", "start_time", "end_time", "ele", "azi", "dist"]


def load_dcase_metadata(path):
    """Read the annotations of a recording of DCASE task 3, 2019 to 2024.

    Parameters
    ----------
    path : str or path-like
        CSV file: frame, class, source (track), azimuth, elevation and, from 2023 on, distance in
        centimetres, without a header; or events with a header, as in 2019.

    Returns
    -------
    metadata : DataFrame
        One row per source and frame of 100 ms in which it sounds, in the order of the frames, with
        the columns

        - ``frame`` : int, and ``time`` : float, its beginning in seconds.
        - ``class`` : int, or str in 2019.
        - ``source`` : int, distinguishes sources of one class.
        - ``azimuth``, ``elevation`` : float, degrees, as everywhere here: 90 is left.
        - ``distance`` : float, metres; NaN in 2020 to 2022.

    Raises
    ------
    TypeError
        If ``path`` is not a path.
    FileNotFoundError
        If the file is missing.
    ValueError
        If it is not such a file.

    See Also
    --------
    make_dcase_targets : Turn the table into y.
    load_ambisonic : Read the recordings in the format FOA.
    sslearn.geometry.device_array : Positions of the format MIC, ``"dcase_tetrahedron"``.

    Notes
    -----
    An event of 2019 sounds in every frame that it touches; its source is its row in the file.

    References
    ----------
    A. Politis, A. Mesaros, S. Adavanne, T. Heittola, T. Virtanen, "Overview and evaluation of sound
    event localization and detection in DCASE 2019", IEEE/ACM Trans. Audio, Speech, Language
    Process., 29, 2021, 684-698, doi:10.1109/TASLP.2020.3047233.

    Examples
    --------
    >>> import os, tempfile
    >>> from sslearn.datasets import load_dcase_metadata, make_dcase_targets
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "fold1_room1_mix001.csv")
    ...     with open(path, "w") as file:
    ...         _ = file.write("2,0,0,30,-5,180\\n3,0,0,32,-5,180\\n3,8,0,-90,0,250\\n")
    ...     metadata = load_dcase_metadata(path)
    >>> metadata[["frame", "class", "azimuth", "distance"]].values.tolist()
    [[2.0, 0.0, 30.0, 1.8], [3.0, 0.0, 32.0, 1.8], [3.0, 8.0, -90.0, 2.5]]
    >>> make_dcase_targets(metadata, n_frames=5).shape
    (5, 2, 3)
    """
    path = check_file(path)
    try:
        table = pd.read_csv(path, header=None, dtype=str, skipinitialspace=True)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no table of DCASE: {error}") from error
    with_header = table.iloc[0].tolist() == _COLUMNS_2019
    if not with_header and table.shape[1] not in (5, 6):
        raise ValueError(
            f"{path} must have 5 or 6 columns ({', '.join(_COLUMNS)}), or the header "
            f"{','.join(_COLUMNS_2019)}; got {table.shape[1]} columns."
        )
    try:
        rows = _events_to_frames(table[1:]) if with_header else _numbers(table)
    except ValueError as error:
        raise ValueError(f"{path} holds what is no number: {error}") from error
    rows.insert(1, "time", _FRAME * rows["frame"])
    valid = rows["azimuth"].between(-360, 360) & rows["elevation"].between(-90, 90)
    if not valid.all() or (rows["frame"] < 0).any():
        row = rows[~valid | (rows["frame"] < 0)].iloc[0].to_dict()
        raise ValueError(f"{path} must hold frames from 0 and angles in degrees; got {row}.")
    return rows.sort_values("frame", kind="stable", ignore_index=True)


def _numbers(table):
    """Rows of 2020 to 2024."""
    rows = table.astype(float)
    rows.columns = _COLUMNS[: rows.shape[1]]
    if "distance" not in rows:
        rows["distance"] = np.nan
    rows["distance"] /= 100.0
    return rows.astype(dict.fromkeys(_COLUMNS[:3], int))


def _events_to_frames(table):
    """Rows of the events of 2019, one for each frame that an event touches."""
    events = table.set_axis(["class", "start", "end", "elevation", "azimuth", "distance"], axis=1)
    numbers = events.drop(columns="class").astype(float)
    # 1e-9, because 0.3 / 0.1 is below 3 in floating point.
    first = np.floor(numbers["start"] / _FRAME + 1e-9).astype(int)
    n_frames = np.ceil(numbers["end"] / _FRAME - 1e-9).astype(int) - first
    rows = numbers.assign(**{"class": events["class"], "source": range(len(events))})
    rows = rows.loc[rows.index.repeat(np.maximum(n_frames, 1))]
    rows["frame"] = first + rows.groupby(level=0).cumcount()
    return rows[_COLUMNS].reset_index(drop=True)


def make_dcase_targets(metadata, *, n_frames=None, n_sources=None):
    """Turn annotations into targets of tracks.

    Parameters
    ----------
    metadata : DataFrame
        As :func:`load_dcase_metadata` returns it, or some of its rows, such as those of a class.
    n_frames : int, default=None
        Number of frames; up to the last one that has a source if None.
    n_sources : int, default=None
        Number of places for sources; as many as sound at once if None.

    Returns
    -------
    y : ndarray of shape (n_frames, n_sources, 2) or (n_frames, n_sources, 3)
        Azimuth, elevation and, if it is known, distance of each source in each frame; NaN where
        absent. A source keeps its place as long as it sounds.

    Raises
    ------
    ValueError
        If there are more frames or sources in the table.

    See Also
    --------
    load_dcase_metadata : Read the annotations.

    Examples
    --------
    >>> import pandas as pd
    >>> from sslearn.datasets import make_dcase_targets
    >>> rows = {"frame": [0, 1, 1], "class": 0, "source": [0, 0, 1], "azimuth": [10.0, 12, -40]}
    >>> metadata = pd.DataFrame(rows).assign(elevation=0.0, distance=float("nan"))
    >>> make_dcase_targets(metadata)[..., 0].tolist()
    [[10.0, nan], [12.0, -40.0]]
    """
    rows = metadata.sort_values("frame", kind="stable")
    n_known = 1 + int(rows["frame"].max()) if len(rows) else 0
    place = _places(rows)
    n_at_once = 1 + max(place, default=0)
    n_frames = n_known if n_frames is None else n_frames
    n_sources = n_at_once if n_sources is None else n_sources
    for name, value, least in (("frames", n_frames, n_known), ("sources", n_sources, n_at_once)):
        if value < least:
            raise ValueError(f"n_{name} must be at least {least}, as in metadata; got {value}.")
    names = ["azimuth", "elevation", "distance"]
    names = names[: 2 if rows["distance"].isna().any() else 3]
    y = np.full((n_frames, n_sources, len(names)), np.nan)
    y[rows["frame"].to_numpy(), place] = rows[names].to_numpy(dtype=float)
    return y


def _places(rows):
    """Place of each row among the sources: the first free one when its source begins."""
    places, taken, last = [], {}, None
    for frame, group in rows.groupby("frame", sort=True):
        # Rows of one frame that name the same source are several ones.
        twins = group.groupby(["class", "source"]).cumcount()
        keys = list(zip(group["class"], group["source"], twins, strict=True))
        kept = {key: taken[key] for key in keys if key in taken and last == frame - 1}
        free = (place for place in count() if place not in set(kept.values()))
        taken = kept | {key: next(free) for key in keys if key not in kept}
        places += [taken[key] for key in keys]
        last = frame
    return places
