import pytest

from sslearn.utils import band_slice, check_pairs


def test_pairs():
    assert check_pairs(None, 1, 3) == [(0, 1), (2, 1)]
    assert check_pairs([[0, 2]], 0, 3) == [(0, 2)]


@pytest.mark.parametrize(
    ("pairs", "n_channels", "message"),
    [
        (None, 1, "at least 2 channels"),
        ([[0, 3]], 3, "channels from 0 to 2"),
        ([], 3, "shape"),
        ([[0.0, 1.0]], 3, "must be integers"),
    ],
)
def test_wrong_pairs(pairs, n_channels, message):
    with pytest.raises(ValueError, match=message):
        check_pairs(pairs, 0, n_channels)


def test_bins_of_a_band():
    assert band_slice((1000, 2000), fs=8000, n_fft=80) == slice(10, 20)
    assert band_slice(None, fs=8000, n_fft=80) == slice(0, 41)


@pytest.mark.parametrize("freq_range", [(2000, 1000), (-1, 100), (0, 5000), (100, 110), (1, 2, 3)])
def test_wrong_bands(freq_range):
    with pytest.raises(ValueError, match="ild_range must"):
        band_slice(freq_range, fs=8000, n_fft=80, name="ild_range")
