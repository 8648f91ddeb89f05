import numpy as np

from sslearn.datasets._files import check_choice, find_files, read_npz
from sslearn.datasets._sofa import load_sofa
from sslearn.simulation import make_head

_THK_GRIDS = {"L2702": "sphere", "CIRC360": "circle"}


def _load_choice(paths, value, argument, *, fs, name):
    head = load_sofa(paths[check_choice(value, paths, argument)], fs=fs)
    head.name = name
    return head


def load_mit_kemar(folder, pinna="normal", *, fs=None):
    """Read KEMAR as measured at MIT: 710 directions at 1.4 m.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``MIT_KEMAR_<pinna>_pinna.sofa``.
    pinna : {"normal", "large"}, default="normal"
        Size of the pinnae.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 44100 Hz if None.

    Returns
    -------
    head : Bunch
        As :func:`load_sofa` returns it. Each set is left-right symmetric: one ear was measured.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.
    ValueError
        If ``pinna`` is unknown.

    See Also
    --------
    load_sofa : Read a head from any file.
    make_binaural : Simulate clips of a head.

    References
    ----------
    W. G. Gardner, K. D. Martin, "HRTF measurements of a KEMAR", JASA, 97(6), 1995, 3907-3908,
    doi:10.1121/1.412407.

    Examples
    --------
    >>> head = load_mit_kemar("mit_kemar", "large")  # doctest: +SKIP
    >>> head.hrirs.shape, head.fs  # doctest: +SKIP
    ((710, 2, 512), 44100.0)
    """
    paths = find_files(folder, "*.sofa", "MIT_KEMAR_(.+)_pinna")
    return _load_choice(paths, pinna, "pinna", fs=fs, name=f"mit_kemar_{pinna}")


def load_thk_ku100(folder, grid="sphere", *, distance=3.25, fs=None):
    """Read the dummy head Neumann KU100 as measured at TH Koeln, in the far and the near field.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``HRIR_<grid>.sofa`` and ``HRIR_<grid>_NF<distance in cm>.sofa``.
    grid : {"sphere", "circle"} or any in the folder, default="sphere"
        2702 directions of the whole sphere (``"L2702"`` in the files), or every degree of the
        horizontal plane (``"CIRC360"``).
    distance : float, default=3.25
        Distance in metres: 3.25, 1.0 or 0.5, on the circle 1.5, 0.75 and 0.25 as well.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 48000 Hz if None.

    Returns
    -------
    head : Bunch
        As :func:`load_sofa` returns it.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.
    ValueError
        If there is no such ``grid`` or ``distance``; the message lists those there are.

    See Also
    --------
    load_sofa : Read a head from any file.
    make_binaural : Simulate clips of a head.

    References
    ----------
    B. Bernschuetz, "A spherical far field HRIR/HRTF compilation of the Neumann KU 100", DAGA,
    2013. J. M. Arend, A. Neidhardt, C. Poerschmann, "Measurement and perceptual evaluation of a
    spherical near-field HRTF set", 29th Tonmeistertagung, 2016.

    Examples
    --------
    >>> head = load_thk_ku100("thk_ku100", "circle", distance=0.5)  # doctest: +SKIP
    >>> head.hrirs.shape, head.fs  # doctest: +SKIP
    ((360, 2, 128), 48000.0)
    """
    by_grid = {}
    for key, path in find_files(folder, "*.sofa", r"HRIR_([A-Z]+\d+\w*?(?:_NF\d+)?)").items():
        stem, _, cm = key.partition("_NF")
        by_grid.setdefault(_THK_GRIDS.get(stem, stem), {})[int(cm or 325) / 100] = path
    by_distance = by_grid[check_choice(grid, by_grid, "grid")]
    return _load_choice(by_distance, distance, "distance", fs=fs, name=f"thk_ku100_{grid}")


def load_sadie_ku100(folder, *, fs=None):
    """Read the dummy head Neumann KU100 as measured at York: 1555 directions.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``hrir_dfc.npz``.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 48000 Hz if None.

    Returns
    -------
    head : Bunch
        As :func:`load_sofa` returns it; diffuse-field compensated, ``distance`` not known (NaN).

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.

    See Also
    --------
    load_sofa : Read a head from any file.
    make_binaural : Simulate clips of a head.

    References
    ----------
    G. Kearney, T. Doyle, "A HRTF database for virtual loudspeaker rendering", 139th AES
    Convention, 2015.

    Examples
    --------
    >>> head = load_sadie_ku100("sadie_ku100")  # doctest: +SKIP
    >>> head.hrirs.shape, head.fs  # doctest: +SKIP
    ((1555, 2, 256), 48000.0)
    """
    [path] = find_files(folder, "hrir_dfc.npz").values()
    names = ("hrir", "azimuth_deg", "elevation_deg", "fs")
    hrirs, azimuth, elevation, own_fs = read_npz(path, *names)
    directions = np.stack([azimuth, elevation], axis=-1)
    return make_head(hrirs, directions, fs=own_fs, name="sadie_ku100", target_fs=fs)


def load_ari(folder, subject="nh898", *, fs=None):
    """Read a person of the ARI database: 1550 directions at 1.2 m.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``*_<subject>.sofa``.
    subject : str, default="nh898"
        ``"nh898"`` is the head as measured; of ``"nh2"`` the part that all directions share is
        removed.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 48000 Hz if None.

    Returns
    -------
    head : Bunch
        As :func:`load_sofa` returns it.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.
    ValueError
        If there is no such subject; the message lists those there are.

    See Also
    --------
    load_sofa : Read a head from any file.
    make_binaural : Simulate clips of a head.

    References
    ----------
    P. Majdak, M. J. Goupell, B. Laback, "3-D localization of virtual sound sources: effects of
    visual environment, pointing method, and training", Attention, Perception & Psychophysics,
    72(2), 2010, 454-469, doi:10.3758/APP.72.2.454.

    Examples
    --------
    >>> head = load_ari("ari", "nh2")  # doctest: +SKIP
    >>> head.hrirs.shape, head.fs  # doctest: +SKIP
    ((1550, 2, 256), 48000.0)
    """
    paths = find_files(folder, "*.sofa", r".+_(nh\d+)")
    return _load_choice(paths, subject, "subject", fs=fs, name=f"ari_{subject}")


def load_ircam_listen(folder, subject="1008", *, fs=None):
    """Read a person of the LISTEN database of IRCAM: 187 directions at 1.95 m.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``*IRC*<subject>*.sofa``.
    subject : str or int, default="1008"
        Number of the person.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; the file's own, 44100 or
        48000 Hz, if None.

    Returns
    -------
    head : Bunch
        As :func:`load_sofa` returns it, with the onset delays, which most of these files keep
        apart, put back.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such set.
    ValueError
        If there is no such subject; the message lists those there are.

    See Also
    --------
    load_sofa : Read a head from any file.
    make_binaural : Simulate clips of a head.

    References
    ----------
    O. Warusfel, "LISTEN HRTF database", IRCAM, 2002.

    Examples
    --------
    >>> head = load_ircam_listen("ircam_listen", 1002, fs=16000)  # doctest: +SKIP
    >>> head.hrirs.shape, head.fs  # doctest: +SKIP
    ((187, 2, 171), 16000.0)
    """
    paths = find_files(folder, "*.sofa", r".*IRC_?(\d{4})_.*")
    return _load_choice(paths, str(subject), "subject", fs=fs, name=f"ircam_{subject}")
