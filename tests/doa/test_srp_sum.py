"""The polynomials of SRP-PHAT leave nothing out that single precision holds."""

import numpy as np
import pytest

from sslearn.datasets import make_plane_waves
from sslearn.doa import SRPPHAT
from sslearn.features import STFT
from sslearn.geometry import circular_array, mic_pairs, propagation_delays


@pytest.mark.parametrize("radius", [0.05, 0.5])
@pytest.mark.filterwarnings("ignore::sslearn.exceptions.SpatialAliasingWarning")
def test_spectrum_is_the_plain_sum_over_pairs_and_bins(radius):
    mics = circular_array(5, radius)
    X = make_plane_waves(
        3, mic_positions=mics, azimuth_range=(-180, 180), snr=0, random_state=0
    ).data
    X = STFT(512).transform(X)
    localizer = SRPPHAT(mics).fit(X)
    delays, phasors = propagation_delays(mics, localizer.grid_), (X / np.abs(X))[:, :, 6:128]
    omega = 2 * np.pi * 16000 / 512 * np.arange(6, 128)
    expected = np.zeros((3, len(localizer.grid_)))
    for i, j in mic_pairs(5):
        cross = (phasors[:, i] * phasors[:, j].conj()).mean(axis=2)
        steering = np.exp(1j * np.multiply.outer(omega, delays[:, i] - delays[:, j]))
        expected += (cross @ steering).real / (10 * len(omega))
    np.testing.assert_allclose(localizer.spatial_spectrum(X), expected, atol=1e-5)
