import re

import numpy as np

from sslearn.datasets._array_set import read_recordings
from sslearn.datasets._files import check_choice, check_shape, find_files, read_npz, read_table
from sslearn.datasets._sofa import load_sofa
from sslearn.simulation import make_head

_ROSTOCK_TURN = 7.0  # degrees by which the manikin was off to the left, from its time differences


def _surrey_rooms(folder):
    """Files by room; of one in several rates, the highest."""
    paths = find_files(folder, "*_*k.*", r"((?:UniS|room)_.+_(?:BRIR|brir)_\d+k)").values()
    rooms = {}
    for path in sorted(paths, key=lambda path: (path.stem.startswith("room"), path.name)):
        room = re.sub(r"^(UniS_)?([Rr]oom_)?|_(BRIR|brir)_\d+k$", "", path.stem)
        rooms["anechoic" if room == "Anechoic" else room] = path
    return rooms


def load_surrey_brir(folder, room="A", *, fs=None):
    """Read responses of a head and torso simulator, in a real room or without one.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``UniS_Anechoic_BRIR_48k.sofa`` or ``room_<room>_brir_16k.npz``.
    room : {"A", "anechoic"} or any in the folder, default="A"
        Medium office with T60 of 0.32 s, 25 azimuths, 16 kHz; or 37 azimuths without a room,
        48 kHz (16 kHz if the folder holds no more). All at ear height and 1.5 m.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; as they are if None.

    Returns
    -------
    brirs : Bunch
        As :func:`load_sofa` returns a head, with ``room`` besides.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.
    ValueError
        If there is no such room; the message lists those there are.

    See Also
    --------
    load_sofa : Read a head from any file.
    make_binaural : Clips of a measured room, with ``Placement(directions="measured")``.

    Notes
    -----
    In these files the azimuth is positive to the RIGHT, against the convention of the format: at
    +90, the sound reaches channel 1 0.7 ms before channel 0. Its sign is changed here.

    References
    ----------
    C. Hummersone, R. Mason, T. Brookes, "Dynamic precedence effect modeling for source separation
    in reverberant environments", IEEE TASLP, 18(7), 2010, 1867-1871,
    doi:10.1109/TASL.2010.2051354.

    Examples
    --------
    >>> brirs = load_surrey_brir("surrey_brir", "A")  # doctest: +SKIP
    >>> brirs.hrirs.shape, brirs.fs  # doctest: +SKIP
    ((25, 2, 6259), 16000.0)
    """
    rooms = _surrey_rooms(folder)
    path = rooms[check_choice(room, rooms, "room")]
    name = f"surrey_{room}"
    if path.suffix == ".sofa":
        head = load_sofa(path, mirrored="flip_azimuth", fs=fs)
        head.update(name=name, room=name)
        return head
    names = ("brir", "azimuth_deg", "elevation_deg", "distance_m", "fs")
    brirs, azimuth, elevation, distance, own_fs = read_npz(path, *names)
    directions = np.stack([-azimuth, elevation], axis=-1)
    return make_head(
        brirs, directions, fs=own_fs, name=name, distance=distance, target_fs=fs, room=name
    )


def load_bbc_brir(folder, *, fs=None):
    """Read responses of a dummy head in a listening room: 21 loudspeakers in three dimensions.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``positions.csv`` and ``irs/*.wav``.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 48000 Hz if None.

    Returns
    -------
    brirs : Bunch
        As :func:`load_sofa` returns a head, with ``room`` besides. The loudspeakers were aligned
        in time, so that arrival times do not depend on the distance.

    Raises
    ------
    FileNotFoundError
        If the folder or a file is missing.
    OSError
        If a file is damaged.

    See Also
    --------
    load_sofa : Read a head from any file.
    make_binaural : Clips of a measured room, with ``Placement(directions="measured")``.

    References
    ----------
    C. Pike, M. Romanov, "An impulse response dataset for dynamic data-based auralisation of
    advanced sound systems", 142nd AES Convention, e-Brief, 2017.

    Examples
    --------
    >>> brirs = load_bbc_brir("bbc_brir", fs=16000)  # doctest: +SKIP
    >>> brirs.hrirs.shape, brirs.fs  # doctest: +SKIP
    ((21, 2, 5462), 16000.0)
    """
    numbers = ("azimuth_deg", "elevation_deg", "distance_m")
    table = read_table(folder, "positions.csv", "file", numbers=numbers)
    brirs, own_fs = read_recordings(folder, table["file"], n_channels=2)
    return make_head(
        brirs,
        table[["azimuth_deg", "elevation_deg"]],
        fs=own_fs,
        name="bbc",
        distance=table["distance_m"],
        target_fs=fs,
        room="bbc",
    )


def load_rostock_kemar_brir(folder, *, correct_orientation=False, fs=None):
    """Read responses of KEMAR in a seminar room with T20 of 0.56 s: 3 azimuths at 6.3 m.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``brir_az*.npz``.
    correct_orientation : bool, default=False
        Whether to subtract 7 degrees from the azimuths: by the time differences of all three, the
        manikin was turned that much to the left. The labels are nominal if False.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 44100 Hz if None.

    Returns
    -------
    brirs : Bunch
        As :func:`load_sofa` returns a head, with ``room`` besides.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.
    OSError
        If a file is damaged.

    See Also
    --------
    load_sofa : Read a head from any file.
    make_binaural : Clips of a measured room, with ``Placement(directions="measured")``.

    References
    ----------
    M. Geier, S. Spors et al., "Exercises for the lecture on communication acoustics", Institute of
    Communications Engineering, University of Rostock.

    Examples
    --------
    >>> brirs = load_rostock_kemar_brir("rostock_kemar_brir")  # doctest: +SKIP
    >>> brirs.hrirs.shape, brirs.fs  # doctest: +SKIP
    ((3, 2, 66150), 44100.0)
    """
    names = ("brir", "source_azimuth_deg", "source_elevation_deg", "distance_m", "fs")
    paths = find_files(folder, "*.npz", "brir_az(.+)").values()
    brirs, azimuth, elevation, distance, rates = zip(
        *[read_npz(path, *names) for path in paths], strict=True
    )
    for path, brir in zip(paths, brirs, strict=True):
        check_shape(brir, (2, brirs[0].shape[-1]), "brir", path)
    azimuth = np.array(azimuth) - _ROSTOCK_TURN * correct_orientation
    return make_head(
        np.stack(brirs),
        np.stack([azimuth, elevation], axis=-1),
        fs=rates[0],
        name="rostock_kemar",
        distance=distance,
        target_fs=fs,
        room="rostock",
    )
