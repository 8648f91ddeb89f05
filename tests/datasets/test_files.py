"""What every loader does with a wrong folder, a foreign table and a damaged file."""

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_array_equal

from sslearn import datasets
from sslearn.datasets import (
    load_ari,
    load_bbc_brir,
    load_cipic,
    load_librispeech,
    load_noise,
    load_r3vival,
    load_sofa,
    load_surrey_brir,
    load_thk_ku100,
    load_uwa_two_mic,
    resample_hrirs,
    structural_hrirs,
)
from sslearn.datasets._array_set import make_responses
from sslearn.simulation import make_head

WITHOUT_FOLDER = ("load_ambisonic", "load_example_recording")
LOADERS = sorted(
    name
    for name in datasets.__all__
    if name.startswith(("load_", "list_")) and name not in WITHOUT_FOLDER
)
TABLES = {
    load_librispeech: ("utterances.csv", "file,speaker,subset", "{file},1,dev"),
    load_bbc_brir: (
        "positions.csv", "file,azimuth_deg,elevation_deg,distance_m", "{file},{number},0,1",
    ),
    load_uwa_two_mic: (
        "recordings.csv", "file,set,array_angle_deg,source_distance_m",
        "{file},anechoic_1,{number},2",
    ),
    load_r3vival: (
        "rirs.csv", "file,absorption,azimuth_cw_deg,distance_m,gain", "{file},0,{number},1,1",
    ),
}  # fmt: skip


def write_table(folder, loader, file="a.wav", number="0", encoding="utf-8"):
    name, header, row = TABLES[loader]
    text = f"{header}\n{row.format(file=file, number=number)}\n"
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


@pytest.mark.parametrize("folder", [None, 5, b"folder", ["folder"]], ids=str)
@pytest.mark.parametrize("loader", LOADERS)
def test_folder_of_a_wrong_kind(loader, folder):
    with pytest.raises(TypeError, match=r"(folder|path) must be a str or a pathlib.Path; got"):
        getattr(datasets, loader)(folder)


@pytest.mark.parametrize("loader", LOADERS)
def test_empty_path_is_not_the_working_folder(loader):
    with pytest.raises(ValueError, match=r"(folder|path) must not be empty"):
        getattr(datasets, loader)("")


@pytest.mark.parametrize("file", ["../secret.wav", "a/../../secret.wav", "{absolute}", "."])
@pytest.mark.parametrize("loader", TABLES)
def test_tables_do_not_lead_out_of_their_folder(loader, file, tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    soundfile.write(tmp_path / "secret.wav", np.zeros((100, 2)), 16000)
    write_table(folder, loader, file.format(absolute=tmp_path / "secret.wav"))
    with pytest.raises(ValueError, match="must name files inside that folder"):
        loader(folder)


@pytest.mark.parametrize("loader", TABLES)
def test_missing_column_and_empty_table(loader, tmp_path):
    path = write_table(tmp_path, loader)
    name, header, _ = TABLES[loader]
    path.write_text(header + "\n")
    with pytest.raises(ValueError, match=f"{name} must hold the columns .* 0 rows"):
        loader(tmp_path)
    path.write_text("name\nx\n")
    with pytest.raises(ValueError, match=f"{name} must hold the columns .*'file'.* missing"):
        loader(tmp_path)
    path.write_text("")
    with pytest.raises(ValueError, match=f"{name} must be a table"):
        loader(tmp_path)


@pytest.mark.parametrize("loader", TABLES)
def test_table_in_another_encoding(loader, tmp_path):
    write_table(tmp_path, loader, "Köln.wav", encoding="latin-1")
    with pytest.raises(ValueError, match="must be a table of comma-separated values in UTF-8"):
        loader(tmp_path)


@pytest.mark.parametrize("number", ["left", "", "inf"])
@pytest.mark.parametrize("loader", [load_bbc_brir, load_uwa_two_mic, load_r3vival])
def test_angles_that_are_no_numbers(loader, number, tmp_path):
    write_table(tmp_path, loader, number=number)
    with pytest.raises(ValueError, match=r"must hold finite numbers in .*; got .* in row 0"):
        loader(tmp_path)


def test_subset_needs_its_column(tmp_path):
    (tmp_path / "utterances.csv").write_text("file,speaker\na.wav,1\n")
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 16000)
    assert_array_equal(load_librispeech(tmp_path).speakers, ["1"])
    with pytest.raises(ValueError, match="subset"):
        load_librispeech(tmp_path, "dev")


def test_message_says_what_is_there(tmp_path):
    (tmp_path / "HRIR_CIRC360.sofa").touch()
    with pytest.raises(ValueError, match=r"grid must be one of \['circle'\]; got 'sphere'"):
        load_thk_ku100(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"which holds HRIR_CIRC360\.sofa"):
        load_ari(tmp_path)


def test_no_file_hides_another(tmp_path, data_dir):
    source = next((data_dir / "ari").glob("dtf*.sofa"))
    for name in ("dtf_nh2.sofa", "hrtf_c_nh2.sofa", "hrtf_c_nh3.sofa"):
        (tmp_path / name).symlink_to(source)
    assert load_ari(tmp_path, "hrtf_c_nh2").name == "ari_hrtf_c_nh2"
    with pytest.raises(ValueError, match=r"one of \['dtf_nh2', 'hrtf_c_nh2', 'nh3'\]"):
        load_ari(tmp_path, "nh2")


def test_noise_of_any_format(tmp_path):
    for name in ("rain.flac", "rain.wav", "wind.WAV", "sea.ogg"):
        soundfile.write(tmp_path / name, 0.1 * np.ones(100), 16000)
    (tmp_path / "README.md").touch()
    noise = load_noise(tmp_path)
    assert list(noise.metadata["file"]) == ["rain.flac", "rain.wav", "sea.ogg", "wind.WAV"]
    assert list(noise.metadata["noise"]) == ["rain.flac", "rain.wav", "sea", "wind"]


def test_repeated_runs_and_other_rooms(tmp_path):
    rows = ["file,set,array_angle_deg,source_distance_m"]
    rng = np.random.default_rng(0)
    for run in ("anechoic_1", "anechoic_2", "hall"):
        soundfile.write(tmp_path / f"{run}.wav", 0.1 * rng.standard_normal((100, 2)), 96000)
        rows.append(f"{run}.wav,{run},20,2.0")
    (tmp_path / "recordings.csv").write_text("\n".join(rows))
    both = load_uwa_two_mic(tmp_path, correct_orientation=True)
    assert list(both.metadata["run"]) == ["anechoic_1", "anechoic_2"]
    assert_array_equal(both.target[:, 0], [11.8, 11.8])
    second = load_uwa_two_mic(tmp_path, "anechoic_2")
    assert_array_equal(second.data, both.data[1:])
    assert_array_equal(second.metadata["room"], ["anechoic"])
    assert load_uwa_two_mic(tmp_path, "hall").target[0, 0] == 20.0
    with pytest.raises(ValueError, match=r"correct_orientation=True, must be one of"):
        load_uwa_two_mic(tmp_path, "hall", correct_orientation=True)
    with pytest.raises(ValueError, match="'hall', 'anechoic_1', 'anechoic_2'"):
        load_uwa_two_mic(tmp_path, "room")


def test_surrey_rooms_of_both_formats(tmp_path, data_dir):
    source = data_dir / "surrey_brir"
    (tmp_path / "UniS_Anechoic_BRIR_16k.sofa").symlink_to(source / "UniS_Anechoic_BRIR_16k.sofa")
    (tmp_path / "UniS_Room_B_BRIR_16k.sofa").symlink_to(source / "UniS_Anechoic_BRIR_16k.sofa")
    assert load_surrey_brir(tmp_path, "anechoic").fs == 16000.0
    other = load_surrey_brir(tmp_path, "B")
    assert (other.name, other.room) == ("surrey_B", "surrey_B")
    with pytest.raises(ValueError, match=r"room must be one of \['anechoic', 'B'\]"):
        load_surrey_brir(tmp_path)


CIPIC = {
    "hrir": np.ones((2, 25, 50, 8), np.int16), "scale": np.ones((2, 25, 50)), "fs": np.int32(44100)
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hrir": np.full((2, 25, 50, 8), np.nan)}, "hrirs contains NaN"),
        ({"hrir": np.ones((2, 24, 50, 8))}, "hrir of shape"),
        ({"scale": np.ones((2, 25))}, "scale of shape"),
        ({"hrir": np.full((2, 25, 50, 8), "a")}, "hrir of shape"),
        ({"fs": 0}, "fs must be a positive, finite rate"),
        ({"fs": np.array([44100, 48000])}, "fs must be a positive, finite rate"),
    ],
)
def test_spoilt_cipic(change, message, tmp_path):
    (tmp_path / "subjects").mkdir()
    np.savez(tmp_path / "subjects" / "subject_021.npz", **CIPIC | change)
    with pytest.raises(ValueError, match=message):
        load_cipic(tmp_path)


def test_npz_that_declares_too_much(tmp_path):
    (tmp_path / "subjects").mkdir()
    path = tmp_path / "subjects" / "subject_021.npz"
    np.savez(path, **CIPIC | {"hrir": np.ones((2, 25, 50, 1), np.int16)})
    path.write_bytes(path.read_bytes().replace(b"(2, 25, 50, 1)", b"(9999999,9999)"))
    with pytest.raises(OSError, match=r"subject_021\.npz"):
        load_cipic(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hrirs": np.full((2, 2, 8), np.nan)}, "head 'it'.hrirs contains NaN"),
        ({"hrirs": np.ones((3, 2, 8))}, "directions must have shape"),
        ({"hrirs": np.ones((2, 3, 8))}, "hrirs must be floats of shape"),
        ({"hrirs": 1j * np.ones((2, 2, 8))}, "got complex128"),
        ({"distance": 0.0}, "positive distances"),
        ({"distance": [1.0, 2.0, 3.0]}, "2 positive distances"),
        ({"fs": -1}, "fs must be a positive"),
        ({"fs": "x"}, "fs must be a positive"),
    ],
)
def test_a_head_is_checked(change, message):
    given = {"hrirs": np.ones((2, 2, 8)), "directions": [[0, 0], [90, 0]], "fs": 8000} | change
    with pytest.raises(ValueError, match=message):
        make_head(name="it", **given)


def test_a_head_that_is_none():
    with pytest.raises(TypeError, match="head must be a Bunch"):
        resample_hrirs("x", 8000)
    head = structural_hrirs([[90, 0]], fs=16000)
    head.hrirs[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        resample_hrirs(head, 8000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rirs": np.full((1, 2, 8), np.nan)}, "rirs contains NaN"),
        ({"target": [[np.nan, 0, 1]]}, "target contains NaN"),
        ({"rirs": np.ones((1, 3, 8))}, r"rirs must have shape \(1, 2, n_times\)"),
        ({"fs": 0}, "fs must be a positive"),
    ],
)
def test_responses_are_checked(change, message):
    given = {"rirs": np.ones((1, 2, 8)), "target": [[0, 0, 1]], "fs": 8000} | change
    with pytest.raises(ValueError, match=message):
        make_responses(mic_positions=[[0, 0, 0], [0, 1, 0]], **given)


def test_path_of_a_file():
    with pytest.raises(TypeError, match="path must be a str"):
        load_sofa(None)
