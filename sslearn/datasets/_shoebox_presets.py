from sslearn.datasets._files import check_choice
from sslearn.geometry import circular_array, device_array, linear_array
from sslearn.simulation import Noise, Overlap, Placement, ShoeboxRooms, Trajectories

_NAMES = ("C1", "C2", "L1", "L2", "realman")


def shoebox_preset(name):
    """Return arguments of :func:`make_shoebox` for the data of a published evaluation.

    Parameters
    ----------
    name : {"C1", "C2", "L1", "L2", "realman"}
        One or two talkers around a circle of 4 microphones with a radius of 5 cm (C), or in front
        of a line of 4 with a spacing of 8 cm (L). "realman": two talkers, who move and pause,
        around the five microphones of the RealMAN corpus that IPDnet2 uses.

    Returns
    -------
    params : dict
        Keyword arguments. Speech is not among them: pass ``sounds``.

    Raises
    ------
    ValueError
        If there is no such preset.

    See Also
    --------
    make_shoebox : Simulate clips with them.

    Notes
    -----
    C and L: clips of 2 s at 16 kHz; sources at 1.5 m on the plane of the array, all around it (C)
    or from -90 to 90 degrees (L); identical noise in all channels, its level relative to the direct
    sound [1]_. Not published, and chosen here: rooms of 4 m x 4 m x 2.5 m to 10 m x 10 m x 4 m,
    reverberation times of 0.2 to 1 s, signal-to-noise ratios of 0 to 30 dB, white noise, and, for
    two talkers, equal levels and at least 10 degrees between them.

    realman: clips of 4 s at 16 kHz with frames of 0.1 s, the overlaps of :class:`Overlap` and noise
    at -5 to 15 dB of all speech [2]_. The corpus is recorded; for a simulation, the rooms are those
    of IPDnet [3]_, 6 m x 6 m x 2.5 m to 10 m x 8 m x 6 m with reverberation times of 0.2 to 1.3 s,
    and their noise is diffuse. Chosen here: distances of 0.5 to 3 m, 42 % of the talkers move (the
    share of the hours in the corpus), equal levels, and a diffuse tail of the reverberation.

    References
    ----------
    .. [1] L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based
       sound source localization", Neural Networks 181 (2025), 106679, arXiv:2311.12305.
    .. [2] Y. Wang, B. Yang, X. Li, "IPDnet2: an efficient and improved inter-channel phase
       difference estimation network for sound source localization", 2025, arXiv:2509.21900.
    .. [3] Y. Wang, B. Yang, X. Li, "IPDnet: a universal direct-path IPD estimation network for
       sound source localization", IEEE/ACM Trans. Audio, Speech, Language Process. 32 (2024),
       5051-5064, arXiv:2405.07021.

    Examples
    --------
    >>> from sslearn.datasets import shoebox_preset
    >>> params = shoebox_preset("C2")
    >>> params["n_sources"], params["noise"]
    (2, Noise(kind='coherent', snr=(0.0, 30.0)))
    """
    check_choice(name, _NAMES, "name")
    if name == "realman":
        return {
            "mic_positions": device_array("realman").mic_positions[[0, 1, 3, 5, 7]],
            "n_sources": 2,
            "placement": Placement(distance_range=(0.5, 3.0), min_separation=0.0),
            "rooms": ShoeboxRooms(
                100, dimensions=((6.0, 6.0, 2.5), (10.0, 8.0, 6.0)), t60=(0.2, 1.3)
            ),
            "trajectories": Trajectories(moving=0.42),
            "overlap": Overlap(),
            "noise": Noise((-5.0, 15.0), kind="diffuse", reference="reverberant"),
            "fs": 16000,
            "duration": 4.0,
            "mixing_time": "auto",
        }
    circular = name[0] == "C"
    return {
        "mic_positions": circular_array(4, 0.05) if circular else linear_array(4, 0.08),
        "n_sources": int(name[1]),
        "placement": Placement(
            azimuth_range=(-180.0, 180.0) if circular else (-90.0, 90.0), distances=(1.5,)
        ),
        "rooms": ShoeboxRooms(100),
        "noise": Noise((0.0, 30.0), kind="coherent"),
        "fs": 16000,
        "duration": 2.0,
    }
