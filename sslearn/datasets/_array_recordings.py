import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sslearn.datasets._array_set import make_directions, read_recordings
from sslearn.datasets._files import check_choice, check_shape, find_files, read_npz, read_table
from sslearn.geometry import unit_vectors_to_angles
from sslearn.utils.param_validation import validated

_PYRAMIC = """Pyramic: time differences of 48 MEMS microphones, 360 directions, anechoic chamber.

Cross-correlation of recorded white noise, in steps of a quarter of a sample at 48 kHz; loudspeakers
at three heights, the array on a turntable. EPFL, 2018, CC BY 4.0.
"""

_UWA = """UWA: recordings of two microphones at known angles, anechoic chamber and ordinary room.

Two MEMS microphones on a bar that is turned, one loudspeaker at 2 m that plays a linear sweep from
500 to 3000 Hz in 5 s. University of Western Australia, 2021, MIT licence.
"""

_MOM = """MOM: a recording of two sources with six microphones, and one of a phone being turned.

Z. Gao et al., 2022, BSD Zero Clause licence.
"""


@validated(calibrated=["boolean"])
def load_pyramic_tdoa(folder, *, calibrated=True):
    """Read measured time differences of a 48-microphone array: 360 directions, no audio.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``pyramic_tdoa.npz``.
    calibrated : bool, default=True
        Whether the directions and the positions of the microphones are those that the authors
        fitted to these very time differences; the nominal ones if False.

    Returns
    -------
    differences : Bunch
        With keys

        - ``tdoas`` : ndarray of shape (360, 47), arrival at microphone 1 to 47 minus arrival at
          microphone 0, in seconds.
        - ``pairs`` : ndarray of shape (47, 2), channel k and reference 0 of each difference.
        - ``target`` : ndarray of shape (360, 2), azimuth and elevation in degrees.
        - ``mic_positions`` : ndarray of shape (48, 3), metres.
        - ``speed_of_sound`` : float, metres per second.
        - ``metadata`` : DataFrame with columns ``height`` (of the loudspeaker: "low", "middle" or
          "high") and ``turntable`` (degrees).
        - ``DESCR`` : str.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.
    OSError
        If the file is damaged.
    ValueError
        If the file is not as it must be.

    See Also
    --------
    sslearn.doa.directions_from_tdoas : Directions of plane waves from time differences.

    Notes
    -----
    Two in 10,000 differences are off by more than 5 cm of path, one by 0.75 ms: fit robustly.

    References
    ----------
    R. Scheibler, J. Azcarreta, R. Beuchat, C. Ferry, "Pyramic: full stack open microphone array
    architecture and dataset", IWAENC, 2018.

    Examples
    --------
    >>> differences = load_pyramic_tdoa("pyramic_tdoa")  # doctest: +SKIP
    >>> differences.tdoas.shape  # doctest: +SKIP
    (360, 47)
    """
    kind = "calibrated" if calibrated else "nominal"
    names = ("tdoa_s", f"direction_{kind}", f"mics_{kind}_m", "speed_of_sound", "reference_mic")
    [path] = find_files(folder, "pyramic_tdoa.npz").values()
    tdoas, vectors, mics, speed_of_sound, reference = read_npz(path, *names)
    height, turntable = read_npz(path, "height", "angle_deg")
    check_shape(tdoas, (None, len(mics) - 1), "tdoa_s", path)
    check_shape(vectors, (len(tdoas), 3), f"direction_{kind}", path)
    others = np.delete(np.arange(len(mics)), reference)
    return Bunch(
        tdoas=tdoas,
        pairs=np.stack([others, np.full_like(others, reference)], axis=-1),
        target=unit_vectors_to_angles(vectors),
        mic_positions=mics,
        speed_of_sound=float(speed_of_sound),
        metadata=pd.DataFrame({"height": height, "turntable": turntable}),
        DESCR=_PYRAMIC,
    )


_UWA_OFFSETS = {"anechoic": 8.2, "room": 8.8}  # degrees of the zero mark, from the differences
_UWA_SPACING = 0.08575


def load_uwa_two_mic(folder, room="anechoic", *, correct_orientation=False, fs=None):
    """Read recordings of a sweep by two microphones at twelve known angles, in two rooms.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``recordings.csv`` and the files it names.
    room : {"anechoic", "room"} or any in the table, default="anechoic"
        Anechoic chamber, or an ordinary room: all runs of it, as the column ``set`` of the table
        numbers them (``"anechoic_1"``, ``"anechoic_2"``). The name of a run reads that one.
    correct_orientation : bool, default=False
        Whether to subtract 8.2 degrees (chamber) or 8.8 degrees (room) from the azimuths: the
        error of the zero mark of the mount, by the time differences of all recordings of the set.
        The angles are nominal if False.
    fs : float, default=None
        Sampling rate to which the recordings are resampled, in Hz; 96000 Hz if None.

    Returns
    -------
    recordings : Bunch
        With keys

        - ``data`` : ndarray of shape (n_recordings, 2, n_times), float32; 12 recordings a run.
        - ``target`` : ndarray of shape (n_recordings, 3), azimuth and elevation in degrees and
          distance in metres.
        - ``mic_positions`` : ndarray of shape (2, 3), metres: along y, channel 0 on the left, with
          the nominal spacing of 85.75 mm (the time differences fit 81 to 82 mm).
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame with columns ``file``, ``room``, ``run`` and ``array_angle``.
        - ``DESCR`` : str.

    Raises
    ------
    FileNotFoundError
        If the folder or a file is missing.
    OSError
        If a file is damaged.
    ValueError
        If there is no such room, or the table or a file is not as it must be.

    See Also
    --------
    sslearn.doa.SRPPHAT : Localization by steered response power.
    make_plane_waves : Simulate clips of an array without a room.

    Notes
    -----
    At angle 0 the source is broadside, which is the front here; as the angle of the mount grows,
    the sound reaches channel 0 first, so that the source moves to the left. Two microphones cannot
    resolve front and back: compare angles from broadside, ``arcsin(sin(azimuth))``.

    References
    ----------
    R. Leman, B. Travaglione, M. Hodkiewicz, "Time domain beamforming", recordings and code, System
    Health Lab, University of Western Australia, 2021.

    Examples
    --------
    >>> recordings = load_uwa_two_mic("uwa_two_mic", "room")  # doctest: +SKIP
    >>> recordings.data.shape, recordings.fs  # doctest: +SKIP
    ((12, 2, 499200), 96000.0)
    """
    numbers = ("array_angle_deg", "source_distance_m")
    table = read_table(folder, "recordings.csv", "file", "set", numbers=numbers)
    rooms = table["set"].astype(str).str.replace(r"_\d+$", "", regex=True)
    check_choice(room, dict.fromkeys([*rooms, *table["set"]]), "room")
    table = table.assign(room=rooms)[(rooms == room) | (table["set"] == room)]
    table = table.reset_index(drop=True)
    [place] = table["room"].unique()
    if correct_orientation:
        check_choice(place, _UWA_OFFSETS, "room, if correct_orientation=True,")
    data, fs = read_recordings(folder, table["file"], n_channels=2, fs=fs)
    azimuth = table["array_angle_deg"]
    azimuth = azimuth - _UWA_OFFSETS[place] if correct_orientation else azimuth
    return Bunch(
        data=data,
        target=make_directions(azimuth, distance=table["source_distance_m"]),
        mic_positions=np.array([[0.0, _UWA_SPACING / 2, 0.0], [0.0, -_UWA_SPACING / 2, 0.0]]),
        fs=fs,
        metadata=table[["file", "room", "set", "array_angle_deg"]].rename(
            columns={"set": "run", "array_angle_deg": "array_angle"}
        ),
        DESCR=_UWA,
    )


_MOM_FILES = {"two_sources": "respeaker_two_sources.flac", "phone_turning": "phone_turning.flac"}
MOM_SOURCES = ((101.0, 25.0), (291.0, 61.0))


def load_mom_respeaker(folder, recording="two_sources", *, fs=None):
    """Read a recording of two sources that sound together, or of a phone that is being turned.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``respeaker_two_sources.flac`` and ``phone_turning.flac``.
    recording : {"two_sources", "phone_turning"}, default="two_sources"
        ``"two_sources"``: 5 s, a ring of six microphones, next to silence until 0.5 s.
        ``"phone_turning"``: 15 s, two microphones of a phone that is turned by hand, once round.
    fs : float, default=None
        Sampling rate to which the recording is resampled, in Hz; 48000 Hz if None.

    Returns
    -------
    recordings : Bunch
        With keys

        - ``data`` : ndarray of shape (1, n_mics, n_times), float32.
        - ``target`` : ndarray of shape (1, 2, 2), azimuth and elevation of the two sources in
          degrees, read from a figure of the authors to about 1 degree; None for the phone, for
          which there is no truth: from the axis of the phone, the source moves from about 55
          degrees to 180 (at 5.5 s), 0 (at 11.5 s) and 90.
        - ``mic_positions`` : ndarray of shape (n_mics, 3), metres.
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame with the column ``file``.
        - ``DESCR`` : str.

    Raises
    ------
    FileNotFoundError
        If the folder or a file is missing.
    OSError
        If a file is damaged.
    ValueError
        If there is no such recording, or a file is not as it must be.

    See Also
    --------
    sslearn.doa.SRPPHAT : Localization by steered response power.
    make_plane_waves : Simulate clips of an array without a room.

    References
    ----------
    Z. Gao et al., "MOM: microphone based 3D orientation measurement", ACM/IEEE Int. Conf. Inf.
    Process. in Sensor Networks (IPSN), 2022, 132-144.

    Examples
    --------
    >>> recordings = load_mom_respeaker("mom_respeaker")  # doctest: +SKIP
    >>> recordings.data.shape, recordings.fs  # doctest: +SKIP
    ((1, 6, 240000), 48000.0)
    """
    file = _MOM_FILES[check_choice(recording, _MOM_FILES, "recording")]
    is_ring = recording == "two_sources"
    mics = mom_ring() if is_ring else np.array([[0.076, 0.0, 0.0], [-0.076, 0.0, 0.0]])
    data, fs = read_recordings(folder, [file], n_channels=len(mics), fs=fs)
    return Bunch(
        data=data,
        target=make_directions(*np.transpose(MOM_SOURCES))[None] if is_ring else None,
        mic_positions=mics,
        fs=fs,
        metadata=pd.DataFrame({"file": [file]}),
        DESCR=_MOM,
    )


def mom_ring(radius=0.046):
    angles = np.deg2rad(150.0 + 60.0 * np.arange(6))
    return radius * np.stack([np.cos(angles), np.sin(angles), np.zeros(6)], axis=-1)
