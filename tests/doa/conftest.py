import numpy as np
import pytest

from sslearn.datasets import make_plane_waves
from sslearn.features import STFT


@pytest.fixture
def spectra_of_waves():
    """Spectra of clips of plane waves.

    Directions are (n,) or (n, 2) for one wave a clip, (n, n_sources, n_angles) for several.
    """

    def make(mics, directions, *, snr=None, duration=0.5, seed=0, dtype=np.float32):
        directions = np.asarray(directions, dtype=float)
        if directions.ndim == 3 and directions.shape[2] == 1:
            directions = directions[..., 0]
        elif directions.ndim < 3:
            directions = directions[:, None]
        audio = 0
        for source in range(directions.shape[1]):
            audio = (
                audio
                + make_plane_waves(
                    len(directions),
                    mic_positions=mics,
                    directions=directions[:, source],
                    duration=duration,
                    snr=snr,
                    random_state=seed + source,
                ).data
            )
        return STFT(512).transform(audio.astype(dtype))

    return make
