"""Fixtures shared by all rooms."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from sslearn.geometry import great_circle_distance


@pytest.fixture(scope="session")
def data_dir():
    """Folder of measured data named by the environment variable SSLEARN_DATA."""
    folder = os.environ.get("SSLEARN_DATA")
    if not folder:
        pytest.skip("SSLEARN_DATA names no folder of measured data")
    folder = Path(folder)
    if not folder.is_dir():
        pytest.fail(f"SSLEARN_DATA={folder} is not a folder")
    return folder


def _itd(hrirs, fs, high=3000.0):
    n_fft = 2 ** int(np.ceil(np.log2(2 * hrirs.shape[-1])))
    spectra = np.fft.rfft(hrirs, n_fft)
    low_pass = 1.0 / (1.0 + (np.fft.rfftfreq(n_fft, 1 / fs) / high) ** 8)
    cross = spectra[..., 0, :] * spectra[..., 1, :].conj() * low_pass
    n_lags = 16 * n_fft
    lag = np.fft.irfft(cross, n_lags).argmax(axis=-1)
    return np.where(lag > n_lags // 2, lag - n_lags, lag) / (16.0 * fs) * 1e3


@pytest.fixture(scope="session")
def itd_at():
    """Function of a head and a direction: left minus right arrival in milliseconds."""

    def measure(head, azimuth, elevation=0.0):
        distance = great_circle_distance(head.directions, [[azimuth, elevation]])
        return _itd(head.hrirs[distance.argmin()], head.fs).item()

    return measure


@pytest.fixture(scope="session")
def itd_of():
    """Function of responses and rate: left minus right arrival in milliseconds."""
    return _itd


@pytest.fixture(autouse=True)
def keep_precision_of_torch():
    """Studies lower the precision of torch for the whole process; the next test must not see it."""
    torch = sys.modules.get("torch")
    before = torch.get_float32_matmul_precision() if torch else "highest"
    yield
    torch = sys.modules.get("torch")
    if torch and torch.get_float32_matmul_precision() != before:
        torch.set_float32_matmul_precision(before)
