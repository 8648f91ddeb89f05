from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from sslearn.datasets._array_recordings import MOM_SOURCES, mom_ring
from sslearn.datasets._array_set import make_directions, read_recordings

_FOLDER = Path(__file__).parent / "recordings"
_FILE = "respeaker_two_sources.flac"

_DESCR = """A recording that ships with the package: two loudspeakers, six microphones, 0.8 s.

A ReSpeaker ring of six microphones, cut from 0.6 s to 1.4 s of a recording of Z. Gao et al. (2022)
and resampled from 48 to 16 kHz. BSD Zero Clause licence; recordings/README.md has the source.
"""


def load_example_recording(*, fs=None):
    """Read the recording that ships with the package: two sources on six microphones.

    Parameters
    ----------
    fs : float, default=None
        Sampling rate to which the recording is resampled, in Hz; 16000 Hz if None.

    Returns
    -------
    recordings : Bunch
        With keys

        - ``data`` : ndarray of shape (1, 6, n_times), float32; 0.8 s.
        - ``target`` : ndarray of shape (1, 2, 2), azimuth and elevation of the two sources in
          degrees, read from a figure of the authors to about 1 degree.
        - ``mic_positions`` : ndarray of shape (6, 3), metres.
        - ``fs`` : float, Hz.
        - ``path`` : Path, the FLAC file.
        - ``metadata`` : DataFrame with the column ``file``.
        - ``DESCR`` : str.

    See Also
    --------
    load_mom_respeaker : All 5 s of it at 48 kHz, from a local copy of the data set.
    sslearn.doa.SRPPHAT : Localization by steered response power.

    Notes
    -----
    Both sources play noise at the same time. The first is easy; the second is quieter, close to the
    zenith and biased by the first.

    References
    ----------
    Z. Gao et al., "MOM: microphone based 3D orientation measurement", ACM/IEEE Int. Conf. Inf.
    Process. in Sensor Networks (IPSN), 2022, 132-144.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.datasets import load_example_recording
    >>> from sslearn.geometry import sphere_grid
    >>> recording = load_example_recording()
    >>> recording.data.shape, recording.target[0].tolist()
    ((1, 6, 12800), [[101.0, 25.0], [-69.0, 61.0]])
    >>> upper = [direction for direction in sphere_grid(5) if direction[1] >= 0]
    >>> localizer = recipes.srp_phat(recording.mic_positions, grid=upper, freq_range=(300, 5000))
    >>> localizer.fit(recording.data).predict(recording.data).round(-1).tolist()
    [[100.0, 30.0]]
    """
    data, fs = read_recordings(_FOLDER, [_FILE], n_channels=6, fs=fs)
    path = _FOLDER / _FILE
    return Bunch(
        data=data,
        target=make_directions(*zip(*MOM_SOURCES, strict=True))[None],
        mic_positions=mom_ring(),
        fs=fs,
        path=path,
        metadata=pd.DataFrame({"file": [_FILE]}),
        DESCR=_DESCR,
    )
