import numpy as np

from sslearn.datasets._files import check_choice, find_files, read_npz
from sslearn.geometry import interaural_polar_to_angles
from sslearn.simulation import make_head

# Interaural-polar grid of the database; its lateral angle is positive to the RIGHT.
_LATERAL = np.r_[-80, -65, -55, np.arange(-45, 46, 5), 55, 65, 80].astype(float)
_POLAR = -45.0 + 5.625 * np.arange(50)


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
    """
    return list(_subject_paths(folder))


def load_cipic(folder, subject="021", *, fs=None):
    """Read a head of the CIPIC database: 1250 directions at 1 m.

    Parameters
    ----------
    folder : str or path-like
        Folder of the database, with ``subjects/subject_NNN.npz`` (``hrir`` and ``scale`` of shape
        (2, 25, 50, ...), ``fs``).
    subject : str or int, default="021"
        Number of the subject; 021 is KEMAR with large, 165 with small pinnae, the others are
        people.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; 44100 Hz if None.

    Returns
    -------
    head : Bunch
        With keys ``hrirs`` of shape (1250, 2, n_taps), channel 0 left; ``directions`` of shape
        (1250, 2) in degrees, 90 is left; ``distance``, ``fs``, ``name``.

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
    The database counts in interaural-polar angles with a lateral angle positive to the right;
    what is returned is azimuth and elevation in the convention of this package.

    References
    ----------
    V. R. Algazi, R. O. Duda, D. M. Thompson, C. Avendano, "The CIPIC HRTF database", IEEE
    WASPAA, 2001, 99-102, doi:10.1109/ASPAA.2001.969552.
    """
    subject = f"{subject:0>3}"
    paths = _subject_paths(folder)
    path = paths[check_choice(subject, paths, "subject")]
    hrirs, scale, own_fs = read_npz(path, "hrir", "scale", "fs")
    hrirs = np.moveaxis(hrirs * scale[..., None].astype(float), 0, 2)
    return make_head(
        hrirs.reshape(-1, *hrirs.shape[2:]),
        interaural_polar_to_angles(-_LATERAL[:, None], _POLAR).reshape(-1, 2),
        fs=own_fs,
        name=f"cipic_{subject}",
        distance=1.0,
        target_fs=fs,
    )
