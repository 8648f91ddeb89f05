import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import list_cipic_subjects, load_cipic
from sslearn.geometry import angles_to_unit_vectors, great_circle_distance


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "subjects").mkdir()
    rng = np.random.default_rng(0)
    for subject in ("003", "021"):
        np.savez(
            tmp_path / "subjects" / f"subject_{subject}.npz",
            hrir=rng.integers(-(2**15), 2**15, (2, 25, 50, 200)).astype(np.int16),
            scale=rng.uniform(0.5, 1, (2, 25, 50)).astype(np.float32) / 2**15,
            fs=np.int32(44100),
        )
    return tmp_path


def test_scale_and_order(folder):
    head = load_cipic(folder)
    archive = np.load(folder / "subjects" / "subject_021.npz")
    assert head.hrirs.shape == (1250, 2, 200)
    expected = archive["hrir"][1, 3, 7] * archive["scale"][1, 3, 7].astype(float)
    assert_allclose(head.hrirs[3 * 50 + 7, 1], expected)
    assert (head.fs, head.name) == (44100.0, "cipic_021")
    assert_array_equal(head.distance, np.ones(1250))


def test_directions_are_turned_to_our_convention(folder):
    directions = load_cipic(folder).directions.reshape(25, 50, 2)
    # Interaural-polar (-80, 0) is 80 degrees to the left; (0, 180) is behind.
    assert_allclose(directions[0, 8], [80, 0], atol=1e-9)
    assert_allclose(directions[-1, 8], [-80, 0], atol=1e-9)
    assert_allclose(great_circle_distance(directions[12, 40], [180, 0]), 0, atol=1e-6)
    assert_allclose(great_circle_distance(directions[12, 24], [0, 90]), 0, atol=1e-6)


@pytest.mark.parametrize("subject", [3, "003", "3"])
def test_subject_by_number_or_text(folder, subject):
    assert load_cipic(folder, subject).name == "cipic_003"


def test_unknown_subject_is_told_what_there_is(folder):
    with pytest.raises(ValueError, match=r"subject must be one of \['003', '021'\]; got '004'"):
        load_cipic(folder, 4)


def test_wrong_folder(folder):
    with pytest.raises(FileNotFoundError, match="existing folder"):
        list_cipic_subjects(folder / "nowhere")
    with pytest.raises(FileNotFoundError, match="set's own folder"):
        load_cipic(folder / "subjects")


def test_damaged_file(folder):
    path = folder / "subjects" / "subject_003.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(OSError, match=r"subject_003\.npz is truncated"):
        load_cipic(folder, 3)
    np.savez(path, hrir=np.zeros(3))
    with pytest.raises(ValueError, match="scale"):
        load_cipic(folder, 3)


def test_real_heads(data_dir, itd_at):
    folder = data_dir / "cipic"
    assert len(list_cipic_subjects(folder)) == 35
    grid = np.load(folder / "grid.npz")
    for subject in ("021", "165", "003"):
        head = load_cipic(folder, subject)
        expected = grid["xyz"].reshape(-1, 3)
        assert_allclose(angles_to_unit_vectors(head.directions), expected, atol=1e-9)
        assert -0.80 < itd_at(head, 80) < -0.55
        assert 0.55 < itd_at(head, -80) < 0.80
        assert abs(itd_at(head, 0)) < 0.08
    assert_allclose(
        itd_at(load_cipic(folder, fs=16000), 80), itd_at(load_cipic(folder), 80), atol=0.01
    )
