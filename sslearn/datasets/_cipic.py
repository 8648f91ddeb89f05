import numpy as np

from sslearn.datasets._files import check_choice, check_folder, check_shape, find_files, read_npz
from sslearn.geometry import interaural_polar_to_angles, unit_vectors_to_angles
from sslearn.simulation import make_head
from sslearn.utils.param_validation import Integral, validated

# Interaural-polar grid of the database; its lateral angle is positive to the RIGHT.
_LATERAL = np.r_[-80, -65, -55, np.arange(-45, 46, 5), 55, 65, 80].astype(float)
_POLAR = -45.0 + 5.625 * np.arange(50)
_GRID = (len(_LATERAL), len(_POLAR))
_SPECIAL = ("horizontal_large", "horizontal_small", "frontal_large", "frontal_small")


def _subject_paths(folder):
    return find_files(folder, "subjects/subject_*.npz", r"subject_(\d{3})")


def list_cipic_subjects(folder):
    """Subjects of the CIPIC database in a folder.

    Parameters
    ----------
    folder : str or path-like
        Folder of the database, with ``subjects/subject_NNN.npz``.

    Returns
    -------
    subjects : list of str
        Numbers of three digits, for example ``"021"``.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no subject.

    See Also
    --------
    load_cipic : Read the head of a subject.

    Examples
    --------
    >>> list_cipic_subjects("cipic")[:3]  # doctest: +SKIP
    ['003', '008', '011']
    """
    return list(_subject_paths(folder))


@validated(subject=[str, Integral])
def load_cipic(folder, subject="021", *, fs=None):
    """Read a head of the CIPIC database: 1250 directions at 1 m.

    Parameters
    ----------
    folder : str or path-like
        Folder of the database, with ``subjects/subject_NNN.npz`` (``hrir`` and ``scale`` of shape
        (2, 25, 50, ...), ``fs``) and ``kemar_special.npz``.
    subject : str or int, default="021"
        Number of the subject; 021 is KEMAR with large, 165 with small pinnae, the others are
        people. ``"horizontal_large"``, ``"horizontal_small"``, ``"frontal_large"`` and
        ``"frontal_small"`` are KEMAR in 72 directions of the horizontal and in 99 of the frontal
        plane.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 44100 Hz if None.

    Returns
    -------
    head : Bunch
        With keys ``hrirs`` of shape (n_directions, 2, n_taps), channel 0 left; ``directions`` of
        shape (n_directions, 2) in degrees, 90 is left; ``distance``, ``fs``, ``name``. There are
        1250 directions in the standard set.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no subject.
    OSError
        If the subject's file is damaged.
    ValueError
        If there is no such subject; the message lists those there are.

    See Also
    --------
    list_cipic_subjects : The subjects of a folder.
    load_sofa : Any other head.

    Notes
    -----
    The database uses interaural-polar angles with a lateral angle positive to the right; the
    loader returns azimuth and elevation in the convention of this package.

    References
    ----------
    V. R. Algazi, R. O. Duda, D. M. Thompson, C. Avendano, "The CIPIC HRTF database", IEEE
    WASPAA, 2001, 99-102, doi:10.1109/ASPAA.2001.969552.

    Examples
    --------
    >>> head = load_cipic("cipic", "003")  # doctest: +SKIP
    >>> head.hrirs.shape, head.fs  # doctest: +SKIP
    ((1250, 2, 200), 44100.0)
    """
    subject = f"{subject:0>3}"
    paths = _subject_paths(folder)
    special = check_folder(folder) / "kemar_special.npz"
    check_choice(subject, [*paths, *_SPECIAL] if special.is_file() else paths, "subject")
    if subject in _SPECIAL:
        return _load_special(special, subject, fs)
    path = paths[subject]
    hrirs, scale, own_fs = read_npz(path, "hrir", "scale", "fs")
    check_shape(hrirs, (2, *_GRID, None), "hrir", path)
    check_shape(scale, (2, *_GRID), "scale", path)
    # (2, 25, 50, n_taps) to (25, 50, 2, n_taps); integers times the scale of each response.
    hrirs = np.moveaxis(hrirs * scale[..., None].astype(float), 0, 2)
    return make_head(
        hrirs.reshape(-1, *hrirs.shape[2:]),
        interaural_polar_to_angles(-_LATERAL[:, None], _POLAR).reshape(-1, 2),
        fs=own_fs,
        name=f"cipic_{subject}",
        distance=1.0,
        target_fs=fs,
    )


def _load_special(path, subject, fs):
    """KEMAR on a uniform grid of the horizontal (clockwise in the file) or the frontal plane."""
    is_horizontal = subject.startswith("horizontal")
    angles = "horizontal_azimuth_cw_deg" if is_horizontal else "frontal_elevation_deg"
    hrirs, angles, own_fs = read_npz(path, subject, angles, "fs")
    check_shape(hrirs, (2, len(angles), None), subject, path)
    if is_horizontal:
        directions = np.stack([-angles, np.zeros_like(angles)], axis=1)
    else:  # from the right (0) over the top (90) to the left (180)
        angles_rad = np.deg2rad(angles)
        vectors = [np.zeros_like(angles), -np.cos(angles_rad), np.sin(angles_rad)]
        directions = unit_vectors_to_angles(np.stack(vectors, axis=1))
    return make_head(
        np.moveaxis(hrirs, 0, 1),
        directions,
        fs=own_fs,
        name=f"cipic_{subject}",
        distance=1.0,
        target_fs=fs,
    )
