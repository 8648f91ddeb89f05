"""Agreement with pyroomacoustics on simulated reverberant clips: same spectra, same grid."""

import numpy as np
import pytest

from sslearn.doa import MUSIC, SRPPHAT
from sslearn.encoding import ArgmaxDecoder
from sslearn.features import STFT
from sslearn.geometry import circular_array, circular_grid
from sslearn.metrics import angular_error

pra = pytest.importorskip("pyroomacoustics")

FS, N_FFT, N_CLIPS, STEP = 16000, 512, 200, 2.0
MICS, GRID = circular_array(6, 0.05), circular_grid(STEP)
BINS = np.arange(round(200 * N_FFT / FS), round(4000 * N_FFT / FS))


@pytest.fixture(scope="module")
def spectra():
    """Clips of noise in random rooms with T60 of 0.2 to 0.5 s, with noise at 10 to 30 dB."""
    rng = np.random.default_rng(0)
    audio = np.empty((N_CLIPS, len(MICS), FS // 2), dtype=np.float32)
    for clip in audio:
        dimensions = rng.uniform([4, 4, 2.5], [8, 7, 3.5])
        absorption, _ = pra.inverse_sabine(rng.uniform(0.2, 0.5), dimensions)
        room = pra.ShoeBox(dimensions, fs=FS, materials=pra.Material(absorption), max_order=8)
        center = dimensions * rng.uniform(0.4, 0.6, 3)
        room.add_microphone_array((center + MICS).T)
        azimuth = rng.uniform(-np.pi, np.pi)
        offset = rng.uniform(0.8, 1.4) * np.array([np.cos(azimuth), np.sin(azimuth), 0])
        room.add_source(center + offset, signal=rng.standard_normal(FS))
        room.simulate(snr=rng.uniform(10, 30))
        clip[:] = room.mic_array.signals[:, FS // 4 : FS // 4 + clip.shape[1]]
    return STFT(N_FFT, hop_length=N_FFT // 2).transform(audio)


@pytest.mark.parametrize(
    ("name", "localizer"),
    [
        ("SRP", SRPPHAT(MICS)),
        ("MUSIC", MUSIC(MICS, normalize=False)),
        ("NormMUSIC", MUSIC(MICS)),
    ],
)
def test_agreement(name, localizer, spectra):
    localizer.set_params(grid=GRID, decoder=ArgmaxDecoder()).fit(spectra)
    theirs = pra.doa.algorithms[name](
        MICS[:, :2].T, FS, N_FFT, c=343.0, num_src=1, azimuth=np.deg2rad(GRID)
    )
    predicted, correlation = [], []
    for spectrum, ours in zip(spectra, localizer.spatial_spectrum(spectra), strict=True):
        theirs.locate_sources(spectrum, freq_bins=BINS)
        predicted.append(GRID[theirs.grid.values.argmax()])
        correlation.append(np.corrcoef(ours, theirs.grid.values)[0, 1])
    difference = angular_error(predicted, localizer.predict(spectra))
    assert np.mean(difference <= STEP + 1e-6) >= 0.99
    assert np.min(correlation) > 0.99
