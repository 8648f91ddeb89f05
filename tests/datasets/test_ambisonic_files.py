import numpy as np
import pytest
import soundfile

from sslearn.datasets import load_ambisonic, make_ambisonic
from sslearn.simulation import ShoeboxRooms

FS = 16000


@pytest.fixture
def write(tmp_path):
    def write(name, audio, fs=FS):
        path = tmp_path / name
        soundfile.write(
            path, np.asarray(audio).T, fs, subtype="FLOAT" if name[-3:] == "wav" else None
        )
        return path

    return write


def _noise(n_channels, n_times=800):
    return 0.1 * np.random.default_rng(0).standard_normal((n_channels, n_times)).astype("f4")


@pytest.mark.parametrize("convention", ["sn3d", "n3d", "fuma"])
def test_every_convention_is_read_as_sn3d(write, convention):
    params = {"rooms": ShoeboxRooms(1, t60=(0.2, 0.2)), "duration": 0.1, "random_state": 0}
    clips = make_ambisonic(2, convention=convention, **params).data
    paths = [write(f"{i}.wav", clip) for i, clip in enumerate(clips)]
    recordings = load_ambisonic(paths, convention=convention)
    expected = make_ambisonic(2, **params).data
    np.testing.assert_allclose(recordings.data, expected, atol=1e-6 * np.abs(expected).max())
    assert recordings.data.dtype == np.float32 and recordings.fs == FS
    assert recordings.metadata["file"].tolist() == [str(path) for path in paths]
    if convention == "sn3d":
        np.testing.assert_array_equal(recordings.data, clips)


def test_gains_on_paper(write):
    # A plane wave from the front, left and up: u = (2, 3, 6) / 7.
    signal = _noise(1)
    fuma = np.array([0.5**0.5, 2 / 7, 3 / 7, 6 / 7])[:, None] * signal
    n3d = np.array([1, 3**0.5 * 3 / 7, 3**0.5 * 6 / 7, 3**0.5 * 2 / 7])[:, None] * signal
    expected = np.array([1, 3 / 7, 6 / 7, 2 / 7])[:, None] * signal
    for name, audio in (("fuma", fuma), ("n3d", n3d), ("sn3d", expected)):
        recordings = load_ambisonic(str(write(f"{name}.wav", audio)), convention=name)
        np.testing.assert_allclose(recordings.data, expected[None], atol=1e-6)


def test_flac_other_rates_and_lengths(write):
    short, long = write("a.flac", _noise(4, 800)), write("b.flac", _noise(4, 900))
    recordings = load_ambisonic([short, long])
    assert [audio.shape for audio in recordings.data] == [(4, 800), (4, 900)]
    other = write("c.flac", _noise(4, 2400), fs=48000)
    with pytest.raises(ValueError, match=r"one sampling rate; got \[16000, 48000\] Hz. Set fs"):
        load_ambisonic([short, other])
    resampled = load_ambisonic([short, other], fs=16000)
    assert resampled.data.shape == (2, 4, 800) and resampled.fs == 16000.0


@pytest.mark.parametrize("n_channels", [9, 16])
@pytest.mark.parametrize("convention", ["sn3d", "n3d"])
def test_higher_orders_are_cut(write, n_channels, convention):
    audio = _noise(n_channels)
    whole = load_ambisonic(write("high.wav", audio), convention=convention)
    first = load_ambisonic(write("first.wav", audio[:4]), convention=convention)
    np.testing.assert_array_equal(whole.data, first.data)


@pytest.mark.parametrize(
    ("n_channels", "convention", "match"),
    [
        (1, "sn3d", r"must have 4 channels \(9, 16, ... of a higher order\).*; got 1"),
        (2, "sn3d", "got 2"),
        (3, "n3d", "got 3"),
        (5, "sn3d", "got 5"),
        (8, "n3d", "got 8"),
        (9, "fuma", "must have 4 channels in the convention 'fuma'; got 9"),
    ],
)
def test_wrong_number_of_channels(write, n_channels, convention, match):
    with pytest.raises(ValueError, match=match):
        load_ambisonic(write("clip.wav", _noise(n_channels)), convention=convention)


def test_refused(write, tmp_path):
    path = write("clip.wav", _noise(4))
    with pytest.raises(ValueError, match="convention must be one of"):
        load_ambisonic(path, convention="acn")
    with pytest.raises(ValueError, match="paths is empty"):
        load_ambisonic([])
    with pytest.raises(TypeError, match=r"paths must be a path or a list.*got \[None\]"):
        load_ambisonic(None)
    with pytest.raises(FileNotFoundError, match=r"none\.wav"):
        load_ambisonic(tmp_path / "none.wav")
    with pytest.raises(ValueError, match="NaN or infinity"):
        load_ambisonic(write("nan.wav", np.full((4, 10), np.nan)))
    with pytest.raises(ValueError, match="fs must be a positive"):
        load_ambisonic(path, fs=-1)
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(OSError, match=r"clip\.wav"):
        load_ambisonic(path)
