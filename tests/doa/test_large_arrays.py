"""Steering that does not fit into memory is made piece by piece, with the same result."""

import pytest
from numpy.testing import assert_allclose
from sklearn import config_context

from sslearn.datasets import make_plane_waves
from sslearn.doa import MUSIC, MVDR, SRPPHAT
from sslearn.features import STFT
from sslearn.geometry import circular_array


@pytest.mark.parametrize("method", [SRPPHAT, MVDR, MUSIC])
def test_spectrum_does_not_depend_on_memory(method):
    mics = circular_array(8, 0.05)
    X = STFT(512).transform(
        make_plane_waves(2, mic_positions=mics, snr=10, random_state=0, return_X_y=True)[0]
    )
    kept = method(mics).fit(X).spatial_spectrum(X)
    with config_context(working_memory=1):
        pieces = method(mics).fit(X).spatial_spectrum(X)
    assert_allclose(pieces, kept, rtol=1e-5, atol=1e-6)
