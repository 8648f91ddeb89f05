"""Microphone arrays of devices and corpora: positions, channels and the public source of both."""

from collections import namedtuple

import numpy as np

from sslearn.geometry._arrays import check_mic_positions
from sslearn.geometry._directions import angles_to_unit_vectors, check_directions

DeviceArray = namedtuple("DeviceArray", ["mic_positions", "channels", "description", "source"])

_ODAS = "ODAS, github.com/introlab/odas, config/odaslive/"
_EM32 = "mh acoustics, em32 Eigenmike microphone array release notes (v17.0), 2013, appendix"
_EM32_ANGLES = [  # azimuth, colatitude
    (0, 69), (32, 90), (0, 111), (328, 90), (0, 32), (45, 55), (69, 90), (45, 125),
    (0, 148), (315, 125), (291, 90), (315, 55), (91, 21), (90, 58), (90, 121), (89, 159),
    (180, 69), (212, 90), (180, 111), (148, 90), (180, 32), (225, 55), (249, 90), (225, 125),
    (180, 148), (135, 125), (111, 90), (135, 55), (269, 21), (270, 58), (270, 122), (271, 159),
]  # fmt: skip

_REALMAN_RINGS = [
    (radius * np.cos(turn), radius * np.sin(turn), 0.0)
    for radius in (30, 60, 90)
    for turn in np.arange(8) * np.pi / 4
]

# Name: positions in millimetres, in the axes of the source, first channel, description, source.
_DEVICES = {
    "respeaker_usb_4": (
        [(-32, 0), (0, -32), (32, 0), (0, 32)],
        1,
        "Seeed ReSpeaker USB 4 Mic Array (Mic Array v2.0), with the firmware of 6 channels: 0 is "
        "processed, 1 to 4 are the microphones, 5 is playback. Microphone 0 is at azimuth 180.",
        _ODAS + "respeaker_usb_4_mic_array.cfg; github.com/respeaker/usb_4_mic_array, odas.cfg",
    ),
    "respeaker_4": (
        [(-40.5, 0), (0, 40.5), (40.5, 0), (0, -40.5)],
        0,
        "Seeed ReSpeaker 4-Mic Array, a hat for the Raspberry Pi. Microphone 0 is at azimuth 180.",
        _ODAS + "respeaker_4_mic_array.cfg",
    ),
    "respeaker_6": (
        [(-23.2, 40.1), (-46.3, 0), (-23.2, -40.1), (23.2, -40.1), (46.3, 0), (23.2, 40.1)],
        0,
        "Seeed ReSpeaker 6-Mic Circular Array, for the Raspberry Pi; the last two of 8 channels "
        "are playback. Microphone 0 is at azimuth 120.",
        _ODAS + "respeaker_6_mic_array.cfg",
    ),
    "respeaker_7": (
        [(0, 0), (-16, 27.7), (-32, 0), (-16, -27.7), (16, -27.7), (32, 0), (16, 27.7)],
        0,
        "Seeed ReSpeaker Mic Array (v1) with a microphone, 0, in the centre; microphone 1 is at "
        "azimuth 120.",
        _ODAS + "respeaker.cfg",
    ),
    "matrix_creator": (
        [
            (20.091, -48.504), (-20.091, -48.504), (-48.504, -20.091), (-48.504, 20.091),
            (-20.091, 48.504), (20.091, 48.504), (48.504, 20.091), (48.504, -20.091),
        ],
        0,
        "MATRIX Creator, a hat for the Raspberry Pi. Microphone 0 is at azimuth -67.5.",
        _ODAS + "matrix_creator.cfg",
    ),
    "matrix_voice": (
        [
            (0, 0), (-38.133, 3.576), (-20.98, 32.043), (11.971, 36.381), (35.908, 13.323),
            (32.805, -19.767), (4.999, -37.972), (-26.571, -27.584),
        ],
        0,
        "MATRIX Voice, a hat for the Raspberry Pi, with a microphone, 0, in the centre; microphone "
        "1 is at azimuth 174.6.",
        _ODAS + "matrix_voice.cfg",
    ),
    "minidsp_uma8": (
        [(0, 0), (0, 43), (37, 21), (37, -21), (0, -43), (-37, -21), (-37, 21)],
        0,
        "miniDSP UMA-8, with the firmware of 8 raw channels, of which the last is silent, and a "
        "microphone, 0, in the centre; microphone 1 is at azimuth 90.",
        _ODAS + "minidsp.cfg",
    ),
    "ps_eye": (
        [(0, -30), (0, 10), (0, -10), (0, 30)],
        0,
        "Sony PlayStation Eye, whose camera looks to the front (x). Microphone 0 is at azimuth "
        "-90.",
        _ODAS + "pseye.cfg",
    ),
    "kinect_v1": (
        [(20, -113), (20, 36), (20, 76), (20, 113)],
        0,
        "Microsoft Kinect (Xbox 360, model 1473), whose cameras look to the front (x), as "
        "libfreenect numbers its channels. Microphone 0 is alone, on the right, at azimuth -80.",
        "G. Salvi, MS Kinect microphone array geometry, 2013, giampierosalvi.blogspot.com/2013/12/"
        "ms-kinect-microphone-array-geometry.html",
    ),
    "eigenmike_em32": (
        42.0 * angles_to_unit_vectors([(azimuth, 90 - polar) for azimuth, polar in _EM32_ANGLES]),
        0,
        "mh acoustics Eigenmike em32, a rigid sphere of 4.2 cm: AmbisonicEncoder(baffle='rigid') "
        "makes ambisonics of it. Microphone 0 is at azimuth 0, elevation 21.",
        _EM32 + "; github.com/junh1024/adt-fork, matlab/EigenMikeGrid.m",
    ),
    "dcase_tetrahedron": (
        42.0 * angles_to_unit_vectors([(45, 35), (-45, -35), (135, -35), (-135, 35)]),
        0,
        "Microphone format of the DCASE data for sound event localization, 2019 to 2024: four "
        "capsules of an Eigenmike em32, a rigid sphere of 4.2 cm. Microphone 0 is at azimuth 45, "
        "elevation 35.",
        "dcase.community/challenge2019/task-sound-event-localization-and-detection",
    ),
    "core_sound_tetramic": (
        [(8.5, 8.5, 8.5), (8.5, -8.5, -8.5), (-8.5, 8.5, -8.5), (-8.5, -8.5, 8.5)],
        0,
        "Core Sound TetraMic, four cardioids that look outwards: AmbisonicEncoder(baffle="
        "'cardioid') makes ambisonics of them. Microphone 0 is at azimuth 45, elevation 35.",
        "github.com/facebookresearch/BinauralSDM, Src/create_MicGeometry.m",
    ),
    "realman": (
        [
            (0, 0, 0), *_REALMAN_RINGS, (-120, 0, 0), (120, 0, 0), (150, 0, 0),
            (0, 0, 90), (0, 0, 45), (0, 0, -45), (0, 0, -90),
        ],
        0,
        "Array of the RealMAN corpus: a microphone, 0, in the centre, three rings of 8 with radii "
        "of 3, 6 and 9 cm, and 7 more on two axes. Microphone 1 is at azimuth 0. IPDnet2 uses "
        "microphones 0, 1, 3, 5 and 7.",
        "github.com/Audio-WestlakeU/RealMAN",
    ),
}  # fmt: skip


def get_device_names():
    """Names of the devices of :func:`device_array`.

    Returns
    -------
    names : list of str
        Names in alphabetical order.

    Examples
    --------
    >>> from sslearn.geometry import get_device_names
    >>> get_device_names()[:3]
    ['core_sound_tetramic', 'dcase_tetrahedron', 'eigenmike_em32']
    """
    return sorted(_DEVICES)


def device_array(name):
    """Microphone array of a device or a corpus.

    Parameters
    ----------
    name : str
        Name of the device, one of :func:`get_device_names`.

    Returns
    -------
    device : namedtuple
        With the fields

        - ``mic_positions`` : ndarray of shape (n_mics, 3), metres: x front, y left, z up.
        - ``channels`` : tuple of int, channels of a recording that are these microphones, in the
          order of the positions; for :class:`sslearn.features.AudioReader`.
        - ``description`` : str, with the direction of microphone 0.
        - ``source`` : str, public source of the positions and channels.

    Raises
    ------
    ValueError
        If there is no such device.

    See Also
    --------
    place_array : Turn an array, if the front of the device is not yours.
    circular_array, linear_array : Arrays of your own.

    Notes
    -----
    The axes are those of the source: the front (x) is the viewing direction of the camera, if a
    device has one; boards lie flat, seen from above. Sources: the configuration files of ODAS
    (``respeaker_*``, ``matrix_*``, ``minidsp_uma8``, ``ps_eye``), [1]_ (``eigenmike_em32``), the
    pages of the DCASE challenge (``dcase_tetrahedron``), a measurement by G. Salvi
    (``kinect_v1``), the code of Meta's BinauralSDM (``core_sound_tetramic``) and that of the
    RealMAN corpus (``realman``).
    Numbering and firmware differ between lots: clap beside microphone 0 to make sure.

    References
    ----------
    .. [1] mh acoustics, "em32 Eigenmike microphone array release notes (v17.0)", 2013.
    .. [2] F. Grondin, F. Michaud, "Lightweight and optimized sound source localization and
       tracking methods for open and closed microphone array configurations", Robotics and
       Autonomous Systems 113, 2019, doi:10.1016/j.robot.2019.01.002 (ODAS).

    Examples
    --------
    >>> from sslearn.geometry import device_array
    >>> device = device_array("respeaker_usb_4")
    >>> device.mic_positions.tolist()
    [[-0.032, 0.0, 0.0], [0.0, -0.032, 0.0], [0.032, 0.0, 0.0], [0.0, 0.032, 0.0]]
    >>> device.channels
    (1, 2, 3, 4)
    """
    if name not in get_device_names():
        raise ValueError(f"name must be one of {get_device_names()}; got {name!r}.")
    places, first, description, source = _DEVICES[name]
    mics = np.zeros((len(places), 3))
    mics[:, : len(places[0])] = np.asarray(places) / 1000.0
    mics.flags.writeable = False
    return DeviceArray(mics, tuple(range(first, first + len(mics))), description, source)


def place_array(mic_positions, *, azimuth=0.0, center=(0.0, 0.0, 0.0)):
    """Turn an array about the vertical axis, then move it.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    azimuth : float, default=0.0
        Azimuth in degrees to which the front of the array is turned.
    center : array-like of shape (3,), default=(0.0, 0.0, 0.0)
        Place of its origin in metres.

    Returns
    -------
    mic_positions : ndarray of shape (n_mics, 3)
        Turned and moved positions.

    Raises
    ------
    ValueError
        If the positions are not valid, or ``azimuth`` or ``center`` is not finite.

    See Also
    --------
    circular_array, linear_array, rectangular_array, device_array : Arrays around the origin.

    Examples
    --------
    >>> from sslearn.geometry import circular_array, place_array
    >>> place_array(circular_array(4, 0.0323), azimuth=45).round(4)[0].tolist()
    [0.0228, 0.0228, 0.0]
    """
    mics = check_mic_positions(mic_positions)
    front = angles_to_unit_vectors(check_directions(np.array([azimuth])))[0]
    center = np.asarray(center, dtype=float)
    if center.shape != (3,) or not np.isfinite(center).all():
        raise ValueError(f"center must be three finite numbers, in metres; got {center.tolist()}.")
    # p -> x front + y left + z up, a rotation about z by the azimuth.
    left = np.array([-front[1], front[0], 0.0])
    return mics @ [front, left, [0.0, 0.0, 1.0]] + center
