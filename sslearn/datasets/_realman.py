"""RealMAN: speech of a loudspeaker that stands or moves, recorded by 32 microphones."""

from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sslearn.datasets._files import check_choice, file_inside, read_table
from sslearn.geometry import device_array, wrap_azimuth
from sslearn.utils import audio_info, read_audio, to_numbers
from sslearn.utils.param_validation import validated

_SPLITS, _MOTIONS = ("train", "val", "test"), ("static", "moving")
_FRAME = 0.1  # seconds
_ACTIVITY_FS = 16000
_ACTIVITY = 10**-2.5  # smallest energy of an active frame, summed over its spectrum
_MOST_MISSING = 2  # frames by which labels and audio may differ
_DESCR = """RealMAN: recorded speech in 32 scenes, one loudspeaker that stands or moves.

32 microphones, annotated directions and distances, direct-path signals; CC BY 4.0.
"""


@validated(scenes=["array-like", None], return_paths=["boolean"], return_X_y=["boolean"])
def load_realman(
    folder,
    split="train",
    *,
    motion=None,
    scenes=None,
    channels=(0, 1, 3, 5, 7),
    fs=16000,
    return_paths=False,
    return_X_y=False,
):
    """Read recordings and tracks of a local copy of the RealMAN corpus.

    Parameters
    ----------
    folder : str or path-like
        Folder of the corpus, with ``train``, ``val`` or ``test``, see Notes.
    split : {"train", "val", "test"}, default="train"
        Part of the corpus.
    motion : {"static", "moving"}, default=None
        Whether the loudspeaker stands or moves; both if None.
    scenes : list of str, default=None
        Scenes to read; all if None.
    channels : list of int, default=(0, 1, 3, 5, 7)
        Microphones, of 0 to 31. The default is the centre, where the reference is, and the four
        of the inner ring that IPDnet2 uses.
    fs : float, default=16000
        Sampling rate to which the recordings are resampled, in Hz.
    return_paths : bool, default=False
        Whether to return the paths of the files instead of reading them: all scenes together are
        far larger than memory. Recipes train on rows of paths as on audio.
    return_X_y : bool, default=False
        Whether ``(data, target)`` is returned instead of a Bunch.

    Returns
    -------
    recordings : Bunch or tuple of (list, list)
        With the keys

        - ``data`` : list of ndarray of shape (n_mics, n_times_i), float32, at ``fs``; or ndarray
          of str of shape (n_recordings, n_mics), one file per microphone, which
          :class:`sslearn.features.AudioReader` joins.
        - ``target`` : list of ndarray of shape (n_frames_i, 1, 1): azimuth in degrees in each
          whole frame of 0.1 s, NaN where the loudspeaker is silent.
        - ``mic_positions`` : ndarray of shape (n_mics, 3), metres.
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame with the columns ``file``, ``split``, ``scene``, ``motion``,
          ``speaker`` and ``distance``, in metres, averaged over a moving recording; NaN if the
          table has none.
        - ``DESCR`` : str.

    Raises
    ------
    FileNotFoundError
        If the folder, a table or a file is missing.
    OSError
        If a file is damaged.
    ValueError
        If there is no such split, scene or microphone, or a table or a file is not as in Notes.

    See Also
    --------
    shoebox_preset : Simulate clips for the same microphones, "realman".
    sslearn.geometry.device_array : Positions of all 32 microphones, "realman".

    Notes
    -----
    Expected layout of the copy:

    - Tables ``<split>/<split>_static_source_location.csv`` and
      ``<split>/<split>_moving_source_location.csv`` with the columns ``filename`` and ``angle``,
      and ``distance`` if known; a unit in brackets may follow the name. The angle is in degrees,
      counter-clockwise from microphone 1 of the inner ring: one number, or, for a moving
      loudspeaker, a comma-separated list at 10 Hz.
    - ``filename`` is ``<split>/ma_speech/<scene>/<motion>/<speaker>/<name>.flac``, with or without
      the split. Microphone m is the file ``<name>_CH<m>.flac``, and the same path in ``dp_speech``,
      without a microphone, the sound of the direct path alone.

    A frame is active if its direct sound, at 16 kHz, has a squared spectrum (1600 points, no
    window, 0 to 8 kHz) that sums to ``10 ** -2.5`` or more, a level of about 5e-5 of full scale
    [2]_. A table may list up to two frames more or fewer than the audio; only common frames are
    kept.

    Tracks of several lengths are scored like those of one: the metrics let them end with NaN, as
    ``predict`` does.

    References
    ----------
    .. [1] B. Yang et al., "RealMAN: a real-recorded and annotated microphone array dataset for
       dynamic speech enhancement and localization", NeurIPS, 2024, arXiv:2406.19959.
    .. [2] Y. Wang, B. Yang, X. Li, "IPDnet2: an efficient and improved inter-channel phase
       difference estimation network for sound source localization", 2025, arXiv:2509.21900.

    Examples
    --------
    >>> from sslearn.datasets import load_realman
    >>> recordings = load_realman("RealMAN", "val", motion="moving")  # doctest: +SKIP
    >>> recordings.data[0].shape, recordings.target[0].shape  # doctest: +SKIP
    ((5, 96000), (60, 1, 1))
    """
    check_choice(split, _SPLITS, "split")
    check_choice(motion, (*_MOTIONS, None), "motion")
    device = device_array("realman")
    channels = _check_channels(channels, len(device.mic_positions))
    motions = _MOTIONS if motion is None else (motion,)
    table = pd.concat([_read_labels(folder, split, kind) for kind in motions], ignore_index=True)
    if scenes is not None:
        for scene in scenes:
            check_choice(scene, table["scene"].unique().tolist(), "scenes")
        table = table[table["scene"].isin(scenes)].reset_index(drop=True)
    paths = [[_channel_file(folder, file, m) for m in channels] for file in table["file"]]
    tracks = [
        _track(folder, file, angles, files[0])
        for file, angles, files in zip(table["file"], table["angles"], paths, strict=True)
    ]
    if return_paths:
        data = np.array(paths, dtype=str)
    else:
        data = [read_audio(files, fs=fs)[0] for files in paths]
    if return_X_y:
        return data, tracks
    return Bunch(
        data=data,
        target=tracks,
        mic_positions=device.mic_positions[channels],
        fs=float(fs),
        metadata=table.drop(columns="angles"),
        DESCR=_DESCR,
    )


def _check_channels(channels, n_mics):
    numbers = to_numbers(channels, "channels", "microphones")
    if numbers.ndim != 1 or not len(numbers) or not np.isin(numbers, range(n_mics)).all():
        raise ValueError(
            f"channels must be a list of numbers from 0 to {n_mics - 1}; got {channels!r}."
        )
    return numbers.astype(int).tolist()


def _read_labels(folder, split, motion):
    """Table of recordings with their angles, lists of numbers."""
    name = f"{split}/{split}_{motion}_source_location.csv"
    table = read_table(folder, name, "filename", dtype=str)
    angles = _find_column(table, "angle")
    if angles is None:
        raise ValueError(f"{name} must hold the column angle; got {table.columns.tolist()}.")
    distances = _find_column(table, "distance")
    rows = []
    for i, row in table.iterrows():
        where = f"row {i} of {name}"
        distance = np.nan if distances is None else np.mean(_numbers(row[distances], where))
        file, scene, speaker = _parse(row["filename"], split, motion, where)
        rows.append({
            "file": file, "split": split, "scene": scene, "motion": motion, "speaker": speaker,
            "distance": distance, "angles": _numbers(row[angles], where),
        })  # fmt: skip
        if motion == "static" and len(rows[-1]["angles"]) != 1:
            raise ValueError(f"{where} must hold one angle of a standing loudspeaker.")
    return pd.DataFrame(rows)


def _find_column(table, name):
    """Column of this name, which a unit in brackets may follow; None if there is none."""
    found = [column for column in table if str(column).partition("(")[0].strip() == name]
    return found[0] if len(found) == 1 else None


def _numbers(text, where):
    try:
        numbers = np.array(str(text).split(","), dtype=float)
    except ValueError:
        numbers = np.array([np.nan])
    if not np.isfinite(numbers).all():
        raise ValueError(f"{where} must hold numbers, separated by commas; got {text!r}.")
    return numbers


def _parse(filename, split, motion, where):
    """Path inside the folder of the corpus, scene and speaker."""
    parts = PurePosixPath(str(filename)).parts
    parts = parts if parts[:1] == (split,) else (split, *parts)
    if len(parts) != 6 or parts[1] != "ma_speech" or parts[3] != motion:
        raise ValueError(
            f"{where} must hold a filename <split>/ma_speech/<scene>/{motion}/<speaker>/<name>; "
            f"got {filename!r}."
        )
    return str(PurePosixPath(*parts)), parts[2], parts[4]


def _channel_file(folder, file, channel):
    path = PurePosixPath(file)
    return str(file_inside(folder, path.with_name(f"{path.stem}_CH{channel}{path.suffix}")))


def _track(folder, file, angles, recording):
    """Azimuths (n_frames, 1, 1) in the whole frames of a recording, NaN where silent."""
    rate, _, n_times = audio_info(recording)
    direct, _ = read_audio(
        file_inside(folder, file.replace("ma_speech", "dp_speech", 1)), fs=_ACTIVITY_FS
    )
    # 1e-6, because 0.3 / 0.1 is below 3 in floating point.
    n_frames = int(min(n_times / rate, direct.shape[1] / _ACTIVITY_FS) / _FRAME + 1e-6)
    if len(angles) == 1:
        angles = np.repeat(angles, n_frames)
    if abs(len(angles) - n_frames) > _MOST_MISSING:
        raise ValueError(
            f"{file} must have an angle for each of its {n_frames} frames of 0.1 s; the table "
            f"holds {len(angles)}."
        )
    n_frames = min(n_frames, len(angles))
    active = _find_active(direct[0], n_frames)
    return np.where(active, wrap_azimuth(angles[:n_frames]), np.nan)[:, None, None]


def _find_active(direct, n_frames):
    """Which frames (n_frames,) of the direct sound at 16 kHz are active."""
    n_frame = round(_FRAME * _ACTIVITY_FS)
    frames = direct[: n_frames * n_frame].reshape(n_frames, n_frame).astype(float)
    return np.square(np.abs(np.fft.rfft(frames))).sum(axis=1) >= _ACTIVITY
