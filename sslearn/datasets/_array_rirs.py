import numpy as np
import pandas as pd
from scipy.constants import zero_Celsius

from sslearn.datasets._array_set import make_directions, make_responses, read_recordings
from sslearn.datasets._files import check_choice, check_shape, find_files, read_npz, read_table
from sslearn.geometry import angles_to_unit_vectors

_R3VIVAL = """R3VIVAL: responses of a room with variable absorption to 7 microphones.

A room of 9.7 x 5.5 x 2.7 m, one place of the array, loudspeakers at 1.5, 2 and 3 m, three settings
of the wall panels. Meta Reality Labs Research, CC BY 4.0.
"""

_SOFIA = """SOFiA: responses of scanning spherical arrays in an anechoic chamber.

110 microphones on a rigid sphere of 8.75 cm, 86 cardioid microphones on an open sphere of 25 cm;
measured one after another. TH Koeln, 2011, MIT licence.
"""

_POLIMI = """Politecnico di Milano: responses of an office to a line of 32 microphones.

Six loudspeakers 0.3 to 0.9 m in front of the array, in its near field. Published with a programme
for separation under GPL-3.0.
"""

_DIAGONAL = 0.0339
_R3VIVAL_MICS = (
    (0.048, 0.0, 0.0),
    (-0.048, 0.0, 0.0),
    (0.0, -_DIAGONAL, _DIAGONAL),
    (0.0, _DIAGONAL, _DIAGONAL),
    (0.0, -_DIAGONAL, -_DIAGONAL),
    (0.0, _DIAGONAL, -_DIAGONAL),
    (0.0, 0.0, 0.0),
)
_R3VIVAL_T20 = {0: 0.62, 50: 0.46, 100: 0.41}  # s, by absorption in per cent


def load_r3vival(folder, absorption=None, *, fs=None):
    """Read room responses of a seven-microphone array at three settings of the absorption.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``rirs.csv`` and the files it names.
    absorption : {0, 50, 100} or any in the table, default=None
        Part of the wall panels that absorb, in per cent: T20 of 0.62, 0.46 and 0.41 s, 20 positions
        each. All if None.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 48000 Hz if None.

    Returns
    -------
    responses : Bunch
        With keys

        - ``rirs`` : ndarray of shape (n_positions, 7, n_times), float32.
        - ``target`` : ndarray of shape (n_positions, 3), azimuth and elevation in degrees and
          distance in metres.
        - ``mic_positions`` : ndarray of shape (7, 3), metres. The last microphone stands in the
          centre and is of another make, with another level and response.
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame with columns ``file``, ``absorption`` and ``t20``.
        - ``DESCR`` : str.

    Raises
    ------
    FileNotFoundError
        If the folder or a file is missing.
    OSError
        If a file is damaged.
    ValueError
        If there is no such absorption, or the table or a file is not as it must be.

    See Also
    --------
    load_sofa_rirs : Read the responses of an array from any file.
    make_shoebox : Simulate clips of an array in rooms.

    Notes
    -----
    The azimuths of the files run clockwise; their signs are changed here. The direct sound begins
    at 10 ms whatever the distance. The loudspeakers are at the height of the array by the label;
    from the time differences they appear 0 to 6 degrees above it.

    References
    ----------
    S. V. Amengual Gari, J. M. Arend, P. Calamia, P. W. Robinson, "Optimizations of the spatial
    decomposition method for binaural reproduction", J. Audio Eng. Soc., 68, 2021, 959-976.

    Examples
    --------
    >>> responses = load_r3vival("r3vival", absorption=100)  # doctest: +SKIP
    >>> responses.rirs.shape, responses.fs  # doctest: +SKIP
    ((20, 7, 48001), 48000.0)
    """
    numbers = ("absorption", "azimuth_cw_deg", "distance_m", "gain")
    table = read_table(folder, "rirs.csv", "file", numbers=numbers)
    if absorption is not None:
        check_choice(absorption, table["absorption"].unique().tolist(), "absorption")
        table = table[table["absorption"] == absorption].reset_index(drop=True)
    rirs, own_fs = read_recordings(folder, table["file"], n_channels=len(_R3VIVAL_MICS))
    rirs *= table["gain"].to_numpy(dtype=np.float32)[:, None, None]
    metadata = table[["file", "absorption"]].assign(t20=table["absorption"].map(_R3VIVAL_T20))
    return make_responses(
        rirs,
        make_directions(-table["azimuth_cw_deg"], distance=table["distance_m"]),
        _R3VIVAL_MICS,
        fs=own_fs,
        target_fs=fs,
        metadata=metadata,
        DESCR=_R3VIVAL,
    )


def load_sofia_sphere(folder, measurement="A4", *, fs=None):
    """Read responses of a spherical array of 110 or 86 microphones without a room.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``<measurement>.npz``.
    measurement : {"A1", "A3", "A4"} or any in the folder, default="A4"
        ``"A4"``: cardioid microphones, which point outwards, on an open sphere of 25 cm, one
        loudspeaker. ``"A3"``: a rigid sphere of 8.75 cm, four loudspeakers one after another;
        ``"A1"``: the same four at once.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 44100 Hz if None.

    Returns
    -------
    responses : Bunch
        With keys

        - ``rirs`` : ndarray of shape (n_positions, n_mics, n_times), float32.
        - ``target`` : ndarray of shape (n_positions, 3), azimuth and elevation in degrees and
          distance in metres; of shape (1, 4, 3) for ``"A1"``, and for any other file of several
          sources at once.
        - ``mic_positions`` : ndarray of shape (n_mics, 3), metres.
        - ``weights`` : ndarray of shape (n_mics,), quadrature weights of the microphones.
        - ``rigid_sphere``, ``cardioid`` : bool.
        - ``speed_of_sound`` : float, metres per second, from the temperature.
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame with columns ``measurement`` and ``temperature`` (Celsius).
        - ``DESCR`` : str.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.
    OSError
        If a file is damaged.
    ValueError
        If there is no such measurement, or a file is not as it must be.

    See Also
    --------
    load_sofa_rirs : Read the responses of an array from any file.
    make_shoebox : Simulate clips of an array in rooms.

    Notes
    -----
    Colatitudes become elevations. ``"A3"`` is one long response in the file; it is cut here into
    one per loudspeaker, from 50 samples before its direct sound to 650 after. The array of
    ``"A1"`` and ``"A3"`` stood 2 to 3 degrees off: all four sources appear that much to the left of
    the nominal azimuth. In ``"A3"`` the level of the first two loudspeakers falls while the
    microphone is moved about the sphere, by about 20 and 7 dB: only the delays of these
    two depend on the direction.

    References
    ----------
    B. Bernschuetz, C. Poerschmann, S. Spors, S. Weinzierl, "SOFiA sound field analysis toolbox",
    Int. Conf. Spatial Audio (ICSA), 2011.

    Examples
    --------
    >>> responses = load_sofia_sphere("sofia_sphere", "A3")  # doctest: +SKIP
    >>> responses.rirs.shape, responses.fs  # doctest: +SKIP
    ((4, 110, 700), 44100.0)
    """
    paths = find_files(folder, "*.npz")
    path = paths[check_choice(measurement, paths, "measurement")]
    names = ("ir", "azimuth_deg", "colatitude_deg", "weight", "radius_m", "temperature_c", "fs")
    rirs, azimuth, colatitude, weights, radius, temperature, own_fs = read_npz(path, *names)
    check_shape(rirs, (len(azimuth), None), "ir", path)
    azimuth_source, colatitude_source, distance, rigid, cardioid = read_npz(
        path, "source_azimuth_deg", "source_colatitude_deg", "source_distance_m", "rigid_sphere",
        "cardioid",
    )  # fmt: skip
    target = make_directions(azimuth_source, 90.0 - colatitude_source, distance)
    [starts] = read_npz(path, source_start_sample=None)
    if starts is not None:  # one source after another
        rirs = _cut(rirs, check_shape(starts, (len(target),), "source_start_sample", path))
    else:
        rirs, target = rirs[None], target if len(target) == 1 else target[None]
    metadata = {"measurement": measurement, "temperature": float(temperature)}
    return make_responses(
        rirs,
        target,
        radius * angles_to_unit_vectors(make_directions(azimuth, 90.0 - colatitude)),
        fs=own_fs,
        target_fs=fs,
        weights=weights,
        rigid_sphere=bool(rigid),
        cardioid=bool(cardioid),
        # c = 331.3 sqrt(1 + T / 273.15) m/s with T in degrees Celsius.
        speed_of_sound=float(331.3 * np.sqrt(1.0 + temperature / zero_Celsius)),
        metadata=pd.DataFrame([metadata] * len(rirs)),
        DESCR=_SOFIA,
    )


def _cut(rirs, starts, before=50, after=650):
    return np.stack([rirs[:, start - before : start + after] for start in starts])


def load_polimi_ula_rir(folder, *, fs=None):
    """Read responses of an office to a line of 32 microphones, six sources in its near field.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``rir_source_<number>.npz``.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 48000 Hz if None.

    Returns
    -------
    responses : Bunch
        With keys

        - ``rirs`` : ndarray of shape (6, 32, n_times), float32.
        - ``target`` : ndarray of shape (6, 3), azimuth and elevation in degrees and distance in
          metres, seen from the centre of the array; as the authors estimated them.
        - ``mic_positions`` : ndarray of shape (32, 3), metres: along y, 3 cm apart, microphone 0
          leftmost, the sources in front (+x).
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame with columns ``file`` and ``source``.
        - ``DESCR`` : str.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.
    OSError
        If a file is damaged.
    ValueError
        If a file is not as it must be.

    See Also
    --------
    load_sofa_rirs : Read the responses of an array from any file.
    make_shoebox : Simulate clips of an array in rooms.

    Notes
    -----
    The files give x and z, with the array on x = 0 from z = 0 on. Here the centre of the array is
    the origin and z runs to the right (-y), so that microphone 0 is the leftmost as in
    :func:`sslearn.geometry.linear_array`. A line of microphones looks the same from all sides of
    its axis: nothing depends on the sense of that turn.

    References
    ----------
    M. Pezzoli, J. J. Carabias-Orti, M. Cobos, F. Antonacci, A. Sarti, "Ray-space-based multichannel
    nonnegative matrix factorization for audio source separation", IEEE Signal Process. Lett., 28,
    2021, 369-373.

    Examples
    --------
    >>> responses = load_polimi_ula_rir("polimi_ula_rir", fs=16000)  # doctest: +SKIP
    >>> responses.rirs.shape, responses.fs  # doctest: +SKIP
    ((6, 32, 16000), 16000.0)
    """
    paths = find_files(folder, "*.npz", "rir_source_(.+)")
    names = ("rir_int16", "scale", "fs", "mic_xz_m", "source_xz_m")
    rirs, scales, rates, mics, sources = zip(
        *[read_npz(path, *names) for path in paths.values()], strict=True
    )
    for path, array, positions in zip(paths.values(), rirs, mics, strict=True):
        check_shape(array, rirs[0].shape, "rir_int16", path)
        check_shape(positions, (len(array), 2), "mic_xz_m", path)
    centre = mics[0].mean(axis=0)
    # (x, z) of the files to (x, y): z runs to the right, y to the left.
    turn = np.array([1.0, -1.0])
    x, y = (turn * (np.array(sources) - centre)).T
    return make_responses(
        np.stack([rir * np.float32(scale) for rir, scale in zip(rirs, scales, strict=True)]),
        make_directions(np.rad2deg(np.arctan2(y, x)), distance=np.hypot(x, y)),
        np.pad(turn * (mics[0] - centre), ((0, 0), (0, 1))),
        fs=rates[0],
        target_fs=fs,
        metadata=pd.DataFrame(
            {
                "file": [path.name for path in paths.values()],
                "source": [int(n) if n.isdigit() else n for n in paths],
            }
        ),
        DESCR=_POLIMI,
    )
