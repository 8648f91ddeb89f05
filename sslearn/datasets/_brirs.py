from pathlib import Path

import numpy as np
import pandas as pd

from sslearn.datasets._files import check_choice, find_files, read_npz
from sslearn.datasets._sofa import load_sofa
from sslearn.geometry import wrap_azimuth
from sslearn.simulation import make_head
from sslearn.utils import read_audio

_ROSTOCK_TURN = 7.0  # degrees by which the manikin was off to the left, from its time differences


def load_surrey_brir(folder, room="A", *, fs=None):
    """Read responses of a head and torso simulator, in a real room or without one.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``UniS_Anechoic_BRIR_48k.sofa`` and ``room_A_brir_16k.npz``.
    room : {"A", "anechoic"}, default="A"
        Medium office with T60 of 0.32 s, 25 azimuths, 16 kHz; or 37 azimuths without a room,
        48 kHz. All at ear height and 1.5 m.
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

    Notes
    -----
    In these files the azimuth is positive to the RIGHT, whatever the convention of the format
    says: at +90, the sound reaches channel 1 0.7 ms before channel 0. It is turned round here.

    References
    ----------
    C. Hummersone, R. Mason, T. Brookes, "Dynamic precedence effect modeling for source separation
    in reverberant environments", IEEE TASLP, 18(7), 2010, 1867-1871,
    doi:10.1109/TASL.2010.2051354.
    """
    paths = find_files(folder, "*.npz", "room_(.+)_brir_16k")
    check_choice(room, ["anechoic", *paths], "room")
    name = f"surrey_{room}"
    if room == "anechoic":
        head = load_sofa(Path(folder) / "UniS_Anechoic_BRIR_48k.sofa", fs=fs)
        head.directions[:, 0] = wrap_azimuth(-head.directions[:, 0])
        head.update(name=name, room=name)
        return head
    names = ("brir", "azimuth_deg", "elevation_deg", "distance_m", "fs")
    brirs, azimuth, elevation, distance, own_fs = read_npz(paths[room], *names)
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
        in time, so that arrival times do not tell the distance.

    Raises
    ------
    FileNotFoundError
        If the folder or a file is missing.
    OSError
        If a file is damaged.

    References
    ----------
    C. Pike, M. Romanov, "An impulse response dataset for dynamic data-based auralisation of
    advanced sound systems", 142nd AES Convention, e-Brief, 2017.
    """
    [table] = find_files(folder, "positions.csv").values()
    positions = pd.read_csv(table)
    recordings = [read_audio(Path(folder) / file) for file in positions["file"]]
    brirs, rates = zip(*recordings, strict=True)
    return make_head(
        np.stack(brirs),
        positions[["azimuth_deg", "elevation_deg"]],
        fs=rates[0],
        name="bbc",
        distance=positions["distance_m"],
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
        Whether to take 7 degrees off the azimuths: the time differences of all three say that the
        manikin looked that much to the left of where it should have. The labels are nominal if
        False.
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

    References
    ----------
    M. Geier, S. Spors et al., "Exercises for the lecture on communication acoustics", Institute of
    Communications Engineering, University of Rostock.
    """
    names = ("brir", "source_azimuth_deg", "source_elevation_deg", "distance_m", "fs")
    paths = find_files(folder, "*.npz", "brir_az(.+)").values()
    brirs, azimuth, elevation, distance, rates = zip(
        *[read_npz(path, *names) for path in paths], strict=True
    )
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
