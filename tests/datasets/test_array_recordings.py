import numpy as np
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import (
    load_example_recording,
    load_mom_respeaker,
    load_pyramic_tdoa,
    load_uwa_two_mic,
)
from sslearn.geometry import angles_to_unit_vectors, great_circle_distance


@pytest.mark.parametrize(("calibrated", "limit"), [(True, 6e-6), (False, 70e-6)])
def test_pyramic(calibrated, limit, data_dir):
    data = load_pyramic_tdoa(data_dir / "pyramic_tdoa", calibrated=calibrated)
    assert (data.tdoas.shape, data.pairs.shape) == ((360, 47), (47, 2))
    assert (data.target.shape, data.mic_positions.shape) == ((360, 2), (48, 3))
    delays = -angles_to_unit_vectors(data.target) @ data.mic_positions.T / data.speed_of_sound
    channel, reference = data.pairs.T
    expected = delays[:, channel] - delays[:, reference]
    assert np.median(np.abs(data.tdoas - expected)) < limit


def test_pyramic_labels(data_dir):
    data = load_pyramic_tdoa(data_dir / "pyramic_tdoa", calibrated=False)
    elevations = data.metadata.assign(elevation=data.target[:, 1]).groupby("height").elevation
    assert_allclose(elevations.mean()[["low", "middle", "high"]], [-15.5, 1.0, 13.2], atol=0.1)
    azimuth = data.metadata["turntable"].to_numpy(dtype=float)
    direction = np.column_stack([azimuth, data.target[:, 1]])
    assert_allclose(great_circle_distance(data.target, direction), 0.0, atol=1e-9)


def pair_lag(clip, fs, limit=400e-6):
    """Arrival at channel 0 minus arrival at channel 1, seconds, by plain cross-correlation."""
    spectra = np.fft.rfft(clip, 2 * clip.shape[1])
    frequency = np.fft.rfftfreq(2 * clip.shape[1], 1 / fs)
    inside = (frequency > 500) & (frequency < 3000)
    lags = np.arange(-limit, limit, 1e-6)
    cross = (spectra[0] * spectra[1].conj())[inside][::20]
    power = np.exp(2j * np.pi * np.outer(lags, frequency[inside][::20])) @ cross
    return lags[power.real.argmax()]


def test_uwa_points_at_the_stated_direction(data_dir):
    recordings = load_uwa_two_mic(data_dir / "uwa_two_mic", correct_orientation=True)
    assert (recordings.data.shape, recordings.fs) == ((12, 2, 499200), 96000.0)
    assert_allclose(recordings.target[:2], [[-8.2, 0, 2], [71.8, 0, 2]])
    lags = np.array([pair_lag(clip, recordings.fs) for clip in recordings.data])
    delays = -angles_to_unit_vectors(recordings.target) @ recordings.mic_positions.T / 343.0
    assert np.sqrt(np.square(lags - (delays[:, 0] - delays[:, 1])).mean()) < 20e-6


def test_uwa_room_and_rate(data_dir):
    room = load_uwa_two_mic(data_dir / "uwa_two_mic", "room", fs=16000)
    assert (room.data.shape, room.data.dtype, room.fs) == ((12, 2, 83200), np.float32, 16000.0)
    assert_array_equal(room.target[:3, 0], [0.0, 80.0, 140.0])
    corrected = load_uwa_two_mic(data_dir / "uwa_two_mic", "room", correct_orientation=True)
    assert_allclose(corrected.target[:3, 0], [-8.8, 71.2, 131.2])
    with pytest.raises(ValueError, match=r"one of \['anechoic', 'room', 'anechoic_1'\]"):
        load_uwa_two_mic(data_dir / "uwa_two_mic", "hall")


def srp(recording, directions, freq_range=(300, 5000), start=0.6):
    """Power of the whitened and steered sum, averaged over frames."""
    frames = recording.data[0][:, int(start * recording.fs) :]
    frames = frames[:, : frames.shape[1] // 2048 * 2048].reshape(len(frames), -1, 2048)
    spectra = np.fft.rfft(frames * np.hanning(2048))
    frequency = np.fft.rfftfreq(2048, 1 / recording.fs)
    inside = (frequency > freq_range[0]) & (frequency < freq_range[1])
    spectra = spectra[:, :, inside] / np.abs(spectra[:, :, inside])
    delays = -angles_to_unit_vectors(directions) @ recording.mic_positions.T / 343.0
    phase = np.exp(2j * np.pi * frequency[inside] * delays[..., None])
    return np.square(np.abs(np.einsum("dmf,mtf->dtf", phase, spectra))).mean(axis=(1, 2))


def test_mom_points_at_the_louder_source(data_dir):
    recording = load_mom_respeaker(data_dir / "mom_respeaker")
    assert (recording.data.shape, recording.fs) == ((1, 6, 240000), 48000.0)
    assert_array_equal(recording.target, [[[101.0, 25.0], [-69.0, 61.0]]])
    assert_allclose(np.linalg.norm(recording.mic_positions, axis=1), 0.046)
    azimuth, elevation = np.meshgrid(np.arange(-180, 180, 4), np.arange(0, 90, 4))
    grid = np.column_stack([azimuth.ravel(), elevation.ravel()]).astype(float)
    strongest = grid[srp(recording, grid).argmax()]
    assert great_circle_distance(strongest[None], recording.target[0, :1]).item() < 5.0


def test_mom_phone(data_dir):
    recording = load_mom_respeaker(data_dir / "mom_respeaker", "phone_turning", fs=16000)
    assert recording.data.shape == (1, 2, 240000)
    assert recording.target is None
    assert np.ptp(recording.mic_positions[:, 0]) == pytest.approx(0.152)
    with pytest.raises(ValueError, match=r"recording must be one of \['two_sources', 'phone_"):
        load_mom_respeaker(data_dir / "mom_respeaker", "three")


@pytest.mark.parametrize("loader", [load_pyramic_tdoa, load_uwa_two_mic, load_mom_respeaker])
def test_wrong_folder(loader, tmp_path):
    with pytest.raises(FileNotFoundError, match="found none"):
        loader(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="found none"):
        loader(tmp_path)


def test_pyramic_damaged(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {"tdoa_s": np.zeros((5, 3)), "speed_of_sound": 345.0, "reference_mic": 0}
    arrays |= {f"direction_{kind}": np.eye(3)[[0, 1, 2, 0, 1]] for kind in KINDS}
    arrays |= {f"mics_{kind}_m": rng.standard_normal((4, 3)) for kind in KINDS}
    arrays |= {"height": np.repeat("low", 5), "angle_deg": np.arange(5)}
    path = tmp_path / "pyramic_tdoa.npz"
    np.savez(path, **arrays)
    data = load_pyramic_tdoa(tmp_path)
    assert_array_equal(data.pairs, [[1, 0], [2, 0], [3, 0]])
    assert_allclose(data.target[:3], [[0, 0], [90, 0], [0, 90]], atol=1e-12)
    np.savez(path, **arrays | {"tdoa_s": np.zeros((5, 2))})
    with pytest.raises(ValueError, match=r"pyramic_tdoa\.npz must hold tdoa_s of shape \(None, 3"):
        load_pyramic_tdoa(tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(OSError, match="truncated"):
        load_pyramic_tdoa(tmp_path)


KINDS = ("nominal", "calibrated")


def test_uwa_damaged(tmp_path):
    (tmp_path / "recordings.csv").write_text(
        "file,set,array_angle_deg,source_distance_m\na.flac,room,190,2.0\nb.flac,room,0,2.0\n"
    )
    noise = 0.1 * np.random.default_rng(0).standard_normal((4000, 2))
    soundfile.write(tmp_path / "a.flac", noise, 96000)
    with pytest.raises(FileNotFoundError, match=r"b\.flac"):
        load_uwa_two_mic(tmp_path, "room")
    soundfile.write(tmp_path / "b.flac", noise[:2000], 96000)
    with pytest.raises(ValueError, match=r"b\.flac must have 2 channels of 4000 samples"):
        load_uwa_two_mic(tmp_path, "room")
    soundfile.write(tmp_path / "b.flac", noise, 96000)
    recordings = load_uwa_two_mic(tmp_path, "room")
    assert_array_equal(recordings.target, [[-170.0, 0.0, 2.0], [0.0, 0.0, 2.0]])
    assert_allclose(recordings.data[0], noise.T, atol=1e-4)
    path = tmp_path / "b.flac"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(OSError, match=r"b\.flac"):
        load_uwa_two_mic(tmp_path, "room")
    with pytest.raises(ValueError, match=r"room must be one of \['room'\]; got 'anechoic'"):
        load_uwa_two_mic(tmp_path)


def test_mom_damaged(tmp_path):
    path = tmp_path / "respeaker_two_sources.flac"
    soundfile.write(path, np.zeros((100, 2)), 48000)
    with pytest.raises(ValueError, match=r"respeaker_two_sources\.flac must have 6 channels"):
        load_mom_respeaker(tmp_path)
    path.write_bytes(b"no audio")
    with pytest.raises(OSError, match="no readable audio file"):
        load_mom_respeaker(tmp_path)


def test_example_recording_is_a_part_of_the_data_set(data_dir):
    example = load_example_recording()
    whole = load_mom_respeaker(data_dir / "mom_respeaker", fs=16000)
    part = whole.data[..., 9600:22400]
    # One gain: the file was scaled to use its 16 bits.
    assert np.corrcoef(example.data.ravel(), part.ravel())[0, 1] > 0.9999
    assert_array_equal(example.target, whole.target)
    assert_array_equal(example.mic_positions, whole.mic_positions)


def test_example_recording_needs_no_data_set():
    example = load_example_recording(fs=8000)
    assert (example.data.shape, example.data.dtype, example.fs) == ((1, 6, 6400), np.float32, 8000)
    assert example.path.is_file() and example.path.stat().st_size < 150_000
    assert (example.path.parent / "LICENSE.txt").is_file()
    directions = np.array([[101.0, 25.0], [-79.0, 25.0], [11.0, 25.0], [-169.0, 25.0]])
    assert srp(example, directions, freq_range=(300, 3500), start=0.0).argmax() == 0
