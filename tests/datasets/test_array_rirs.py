import numpy as np
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import load_polimi_ula_rir, load_r3vival, load_sofia_sphere
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_difference,
    linear_array,
    unit_vectors_to_angles,
)


def arrivals(rirs, fs, before, after):
    """Arrival times (n_positions, n_mics) of the direct sounds, by cross-correlation."""
    n_up = 16
    first = np.abs(rirs).max(axis=1).argmax(axis=1)
    times = np.empty(rirs.shape[:2])
    for row, onset, responses in zip(times, first, rirs, strict=True):
        start = max(0, onset - int(before * fs))
        cut = responses[:, start : onset + int(after * fs)]
        cut = cut * np.hanning(cut.shape[1])
        spectra = np.fft.rfft(cut, 2 * cut.shape[1])
        cross = spectra * spectra[:1].conj()
        lags = np.fft.irfft(cross, n_up * 2 * cut.shape[1]).argmax(axis=1)
        lags = np.where(lags > n_up * cut.shape[1], lags - n_up * 2 * cut.shape[1], lags)
        row[:] = lags / (n_up * fs)
    return times


def first_arrivals(responses, threshold=0.25):
    """Time (n_positions, n_mics) at which each response first reaches a part of its peak."""
    size = np.abs(responses.rirs)
    first = (size > threshold * size.max(axis=2, keepdims=True)).argmax(axis=2)
    return first / responses.fs


def fitted_directions(times, mics):
    """Least-squares directions (n_positions, 2) of plane waves with these arrival times."""
    design = np.column_stack([-mics, np.ones(len(mics))])
    return unit_vectors_to_angles(np.linalg.lstsq(design, times.T)[0][:3].T)


def test_r3vival(data_dir):
    responses = load_r3vival(data_dir / "r3vival")
    assert (responses.rirs.shape, responses.rirs.dtype) == ((60, 7, 48001), np.float32)
    assert (responses.fs, responses.target.shape) == (48000.0, (60, 3))
    assert set(responses.target[:, 2]) == {1.5, 2.0, 3.0}
    assert responses.metadata["absorption"].value_counts().to_dict() == {0: 20, 50: 20, 100: 20}
    # The gain of each file is applied: the direct sound falls as one over the distance.
    peaks = np.abs(responses.rirs).max(axis=(1, 2)) * responses.target[:, 2]
    assert peaks.max() / peaks.min() < 1.5
    times = arrivals(responses.rirs, responses.fs, 0.001, 0.001)
    fitted = fitted_directions(times, responses.mic_positions)
    error = np.abs(circular_difference(fitted[:, 0], responses.target[:, 0]))
    assert error.mean() < 1.2 and error.max() < 3.2
    assert fitted[:, 1].min() > -2 and fitted[:, 1].max() < 8


def test_r3vival_part_and_rate(data_dir):
    part = load_r3vival(data_dir / "r3vival", 50, fs=16000)
    whole = load_r3vival(data_dir / "r3vival", 50)
    assert (part.rirs.shape, part.fs, part.rirs.dtype) == ((20, 7, 16001), 16000.0, np.float32)
    # The frequency response stays, not the waveform.
    low = [np.abs(np.fft.rfft(r.rirs[0, 0], round(r.fs)))[300:3000] for r in (part, whole)]
    assert_allclose(*low, rtol=0.03, atol=1e-3 * low[1].max())
    with pytest.raises(ValueError, match=r"absorption must be one of \[0, 50, 100\]; got 30"):
        load_r3vival(data_dir / "r3vival", 30)


def test_sofia_open_sphere(data_dir):
    responses = load_sofia_sphere(data_dir / "sofia_sphere", "A4")
    assert (responses.rirs.shape, responses.fs) == ((1, 86, 1431), 44100.0)
    assert (responses.cardioid, responses.rigid_sphere) == (True, False)
    assert_array_equal(responses.target, [[-180.0, 0.0, 4.0]])
    radii = np.linalg.norm(responses.mic_positions, axis=1)
    assert_allclose(radii, 0.25)
    assert responses.speed_of_sound == pytest.approx(344.75, abs=0.1)
    assert responses.weights.sum() == pytest.approx(1.0, abs=1e-3)
    fitted = fitted_directions(first_arrivals(responses), responses.mic_positions)
    assert_allclose(circular_difference(fitted[:, 0], responses.target[:, 0]), 0.0, atol=1.0)
    assert_allclose(fitted[:, 1], 0.0, atol=6.0)


def test_sofia_rigid_sphere(data_dir):
    responses = load_sofia_sphere(data_dir / "sofia_sphere", "A3")
    assert (responses.rirs.shape, responses.rigid_sphere) == ((4, 110, 700), True)
    assert_array_equal(responses.target[:, 0], [45.0, 15.0, -15.0, -45.0])
    onset = np.abs(responses.rirs).max(axis=1).argmax(axis=1)
    assert_allclose(onset, 57, atol=5)
    # Delays around the sphere are symmetric about the direction: the fit is not biased by them.
    fitted = fitted_directions(first_arrivals(responses), responses.mic_positions)
    error = circular_difference(fitted[:, 0], responses.target[:, 0])
    assert_allclose(error, 2.0, atol=1.0)
    assert_allclose(fitted[:, 1], 0.0, atol=3.0)
    together = load_sofia_sphere(data_dir / "sofia_sphere", "A1", fs=22050)
    assert (together.rirs.shape, together.fs) == ((1, 110, 826), 22050.0)
    assert together.target.shape == (1, 4, 3)
    assert_array_equal(together.target[0], responses.target)


def test_polimi(data_dir):
    responses = load_polimi_ula_rir(data_dir / "polimi_ula_rir")
    assert (responses.rirs.shape, responses.fs) == ((6, 32, 48000), 48000.0)
    assert_allclose(responses.mic_positions, linear_array(32, 0.03), atol=1e-12)
    assert list(responses.metadata["source"]) == [1, 2, 3, 5, 7, 9]
    # (x, z) of source 1 against the centre of the array, (0, 0.465).
    expected = np.rad2deg(np.arctan2(0.465 - 0.0862883, 0.3310987))
    assert_allclose(responses.target[0, :2], [expected, 0.0])
    assert_allclose(responses.target[:, 2], [0.50, 0.35, 0.45, 0.62, 0.97, 0.95], atol=0.01)
    sources = responses.target[:, 2:] * angles_to_unit_vectors(responses.target)
    # The first sound reaches the microphones as late as they are far from the source.
    delays = np.linalg.norm(sources[:, None] - responses.mic_positions, axis=2) / 343.0
    times = first_arrivals(responses)
    assert median_residual(times, delays).max() < 50e-6
    assert median_residual(times, delays[:, ::-1])[[0, 2, 4, 5]].min() > 400e-6


def median_residual(times, delays):
    """Median over the microphones of what is left, with a common delay removed."""
    residual = times - delays
    return np.median(np.abs(residual - np.median(residual, axis=1, keepdims=True)), axis=1)


@pytest.mark.parametrize("loader", [load_r3vival, load_sofia_sphere, load_polimi_ula_rir])
def test_wrong_folder(loader, tmp_path):
    with pytest.raises(FileNotFoundError, match="existing folder"):
        loader(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="set's own folder"):
        loader(tmp_path)


R3VIVAL_TABLE = "file,absorption,azimuth_cw_deg,distance_m,gain\n"


@pytest.fixture
def r3vival(tmp_path):
    rows = []
    for i, azimuth in enumerate((90, 210)):
        soundfile.write(tmp_path / f"{i}.flac", np.full((4000, 7), 0.25), 48000)
        rows.append(f"{i}.flac,{50 * i:03d},{azimuth},1.5,{i + 1}")
    (tmp_path / "rirs.csv").write_text(R3VIVAL_TABLE + "\n".join(rows))
    return tmp_path


def test_r3vival_gain_and_azimuth(r3vival):
    responses = load_r3vival(r3vival)
    assert_array_equal(responses.rirs[:, 0, 0], [0.25, 0.5])
    assert_array_equal(responses.target, [[-90.0, 0.0, 1.5], [150.0, 0.0, 1.5]])
    assert responses.DESCR.startswith("R3VIVAL")
    assert_array_equal(load_r3vival(r3vival, 50).target, [[150.0, 0.0, 1.5]])


def test_r3vival_damaged(r3vival):
    path = r3vival / "1.flac"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match=r"1\.flac"):
        load_r3vival(r3vival)
    soundfile.write(path, np.zeros((4000, 6)), 48000)
    with pytest.raises(ValueError, match=r"1\.flac must have 7 channels of 4000 samples"):
        load_r3vival(r3vival)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"1\.flac"):
        load_r3vival(r3vival)
    (r3vival / "rirs.csv").write_text("file,absorption\n0.flac,000\n")
    with pytest.raises(ValueError, match=r"rirs\.csv must hold the columns"):
        load_r3vival(r3vival)


def test_sofia_damaged(tmp_path, data_dir):
    path = tmp_path / "A4.npz"
    whole = (data_dir / "sofia_sphere" / "A4.npz").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match=r"A4\.npz is truncated"):
        load_sofia_sphere(tmp_path)
    arrays = dict(np.load(data_dir / "sofia_sphere" / "A4.npz"))
    np.savez(path, **arrays | {"ir": arrays["ir"][:80]})
    with pytest.raises(ValueError, match=r"A4\.npz must hold ir of shape \(86, None\)"):
        load_sofia_sphere(tmp_path)
    with pytest.raises(ValueError, match=r"measurement must be one of \['A4'\]; got 'A1'"):
        load_sofia_sphere(tmp_path, "A1")


def test_polimi_damaged(tmp_path):
    mics = np.column_stack([np.zeros(3), [0.0, 0.03, 0.06]])
    arrays = {"rir_int16": np.ones((3, 50), dtype=np.int16), "scale": 0.5, "fs": 48000}
    arrays |= {"mic_xz_m": mics, "source_xz_m": [0.5, 0.53]}
    np.savez(tmp_path / "rir_source_1.npz", **arrays)
    responses = load_polimi_ula_rir(tmp_path)
    assert_array_equal(responses.rirs, np.full((1, 3, 50), 0.5))
    assert_allclose(responses.target, [[-45.0, 0.0, 0.5 * np.sqrt(2)]])
    np.savez(tmp_path / "rir_source_2.npz", **arrays | {"rir_int16": np.ones((2, 50))})
    with pytest.raises(ValueError, match=r"rir_source_2\.npz must hold rir_int16"):
        load_polimi_ula_rir(tmp_path)
    del arrays["scale"]
    np.savez(tmp_path / "rir_source_2.npz", **arrays)
    with pytest.raises(ValueError, match="must hold the array 'scale"):
        load_polimi_ula_rir(tmp_path)
