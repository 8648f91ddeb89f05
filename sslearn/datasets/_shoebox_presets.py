from sslearn.datasets._files import check_choice
from sslearn.geometry import circular_array, linear_array
from sslearn.simulation import Noise, Placement, ShoeboxRooms

_NAMES = ("C1", "C2", "L1", "L2")


def shoebox_preset(name):
    """Return arguments of :func:`make_shoebox` for the data of a published evaluation.

    Parameters
    ----------
    name : {"C1", "C2", "L1", "L2"}
        One or two talkers around a circle of 4 microphones with a radius of 5 cm (C), or in front
        of a line of 4 with a spacing of 8 cm (L).

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
    Clips of 2 s at 16 kHz; sources at 1.5 m on the plane of the array, all around it (C) or from
    -90 to 90 degrees (L); identical noise in all channels, its level relative to the direct sound
    [1]_. Not published, and chosen here: rooms of 4 m x 4 m x 2.5 m to 10 m x 10 m x 4 m,
    reverberation times of 0.2 to 1 s, signal-to-noise ratios of 0 to 30 dB, white noise, and, for
    two talkers, equal levels and at least 10 degrees between them.

    References
    ----------
    .. [1] L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based
       sound source localization", Neural Networks 181 (2025), 106679, arXiv:2311.12305.

    Examples
    --------
    >>> from sslearn.datasets import shoebox_preset
    >>> params = shoebox_preset("C2")
    >>> params["n_sources"], params["noise"]
    (2, Noise(kind='coherent', snr=(0.0, 30.0)))
    """
    check_choice(name, _NAMES, "name")
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
