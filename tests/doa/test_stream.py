"""Localization of spectra that arrive in chunks, which equals that of whole signals."""

import numpy as np
import pytest

from sslearn.datasets import make_plane_waves
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT, TDOALocalizer
from sslearn.features import STFT
from sslearn.geometry import circular_array, circular_grid

MICS = circular_array(4, 0.05)
GRID = circular_grid(10.0)
LOCALIZERS = {
    "SRPPHAT": SRPPHAT(MICS, grid=GRID),
    "SRPPHAT-2": SRPPHAT(MICS, grid=GRID, n_sources=2),
    "MVDR": MVDR(MICS, grid=GRID),
    "MUSIC": MUSIC(MICS, grid=GRID),
    "ESPRIT": ESPRIT(MICS),
    "TDOALocalizer": TDOALocalizer(MICS, grid=GRID),
}


@pytest.fixture(scope="module")
def spectra():
    X, _ = make_plane_waves(
        2, mic_positions=MICS, directions=[40.0, -70.0], duration=0.3, snr=10, random_state=0,
        return_X_y=True,
    )  # fmt: skip
    return STFT(256).transform(X)


@pytest.mark.parametrize("name", LOCALIZERS)
@pytest.mark.parametrize("size", [1, 3, 7, 40])
def test_chunks_give_the_blocks_of_the_whole(name, size, spectra):
    localizer = LOCALIZERS[name].set_params(block_size=10).fit(spectra)
    stream = localizer.stream(batch_size=2)
    cuts = range(size, spectra.shape[3], size)
    parts = [stream.step(part) for part in np.split(spectra, cuts, axis=3)]
    found = np.concatenate([*parts, stream.flush()], axis=1)
    np.testing.assert_allclose(found, localizer.predict(spectra), atol=1e-6)
    assert stream.flush().shape == (2, 0, *found.shape[2:])


def test_a_last_block_of_too_few_frames_is_left_out(spectra):
    stream = MUSIC(MICS, n_sources=2, block_size=5).fit(spectra).stream(2)
    assert stream.step(spectra[..., :6]).shape == (2, 1, 2, 1)
    assert stream.flush().shape == (2, 0, 2, 1)


def test_the_localizer_stays(spectra):
    localizer = SRPPHAT(MICS, block_size=5, batch_transform=None).fit(spectra)
    before = localizer.get_params()
    localizer.stream().step(spectra[:1])
    assert localizer.get_params() == before


def test_what_cannot_be_streamed_is_refused(spectra):
    localizer = SRPPHAT(MICS).fit(spectra)
    with pytest.raises(ValueError, match="Set block_size"):
        localizer.stream()
    localizer = SRPPHAT(MICS, block_size=5).fit(spectra)
    with pytest.raises(ValueError, match="batch_size"):
        localizer.stream(0)
    with pytest.raises(ValueError, match="batch_size=1"):
        localizer.stream().step(spectra)
    with pytest.raises(ValueError, match="n_channels=4"):
        localizer.stream().step(spectra[:1, :2])
