import numpy as np
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import load_realman
from sslearn.features import AudioReader

FS = 48000
SPEECH = {
    "train/ma_speech/Cafe/static/0010/TRAIN_S_CAFE_0010_0001": (["190.0"], "1.5", 1.0),
    "train/ma_speech/Car/static/0011/TRAIN_S_CAR_0011_0002": (["-20"], "0.8", 0.55),
    "train/ma_speech/Cafe/moving/0010/TRAIN_M_CAFE_0010_0003": (
        [str(10.0 * k) for k in range(12)],
        ",".join(["1.0"] * 6 + ["2.0"] * 6),
        1.25,
    ),
}


def write(path, audio, fs=FS):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, fs)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    rows = {"static": [], "moving": []}
    for stem, (angles, distance, seconds) in SPEECH.items():
        n_times = round(seconds * FS)
        for m in range(32):
            path = tmp_path / f"{stem}_CH{m}.flac"
            write(path, 0.1 * rng.standard_normal(n_times) * (m in (0, 1, 3, 5, 7)) + 0.001 * m)
        direct = 0.1 * rng.standard_normal(n_times)
        # Two silent frames, and a margin for the ringing of the resampling filter.
        direct[round(0.19 * FS) : round(0.41 * FS)] = 0.0
        write(tmp_path / (stem.replace("ma_speech", "dp_speech") + ".flac"), direct)
        kind = stem.split("/")[3]
        rows[kind].append(f'{stem}.flac,"{",".join(angles)}","{distance}"')
    for kind, lines in rows.items():
        table = tmp_path / "train" / f"train_{kind}_source_location.csv"
        table.write_text("\n".join(["filename,angle(°),distance(m)", *lines]), encoding="utf-8")
    return tmp_path


def test_recordings_and_tracks(folder):
    recordings = load_realman(folder)
    assert [clip.shape for clip in recordings.data] == [(5, 16000), (5, 8800), (5, 20000)]
    assert [track.shape for track in recordings.target] == [(10, 1, 1), (5, 1, 1), (12, 1, 1)]
    assert recordings.fs == 16000.0
    assert {clip.dtype for clip in recordings.data} == {np.dtype("float32")}
    metadata = recordings.metadata
    assert list(metadata["scene"]) == ["Cafe", "Car", "Cafe"]
    assert list(metadata["motion"]) == ["static", "static", "moving"]
    assert list(metadata["speaker"]) == ["0010", "0011", "0010"]
    assert_allclose(metadata["distance"], [1.5, 0.8, 1.5])
    assert set(metadata["split"]) == {"train"}


def test_angles_are_azimuths_and_silence_is_nan(folder):
    still, _, moving = (track[:, 0, 0] for track in load_realman(folder).target)
    silent = np.isin(np.arange(12), (2, 3))
    assert_array_equal(np.isnan(still), silent[:10])
    assert_allclose(still[~silent[:10]], -170.0)
    assert_array_equal(np.isnan(moving), silent)
    assert_allclose(moving[~silent], 10.0 * np.arange(12)[~silent])


def test_level_of_activity(folder):
    stem = next(iter(SPEECH))
    tone = np.sin(2 * np.pi * 1000 * np.arange(FS) / FS) * 2**0.5
    # A tone of one bin, whose spectrum is rms * 800 * sqrt(2): 10 ** -2.5 is an rms of 5e-5.
    levels = np.repeat([4.5e-5, 5.5e-5], FS // 2)
    path = folder / (stem.replace("ma_speech", "dp_speech") + ".flac")
    soundfile.write(path, levels * tone, FS, subtype="PCM_24")
    track = load_realman(folder, motion="static").target[0][:, 0, 0]
    assert_array_equal(np.isnan(track[[0, 1, 2, 3, 6, 7, 8, 9]]), [True] * 4 + [False] * 4)


def test_microphones(folder):
    recordings = load_realman(folder, channels=[0, 27, 31], scenes=["Car"], fs=FS)
    assert recordings.data[0].shape == (3, round(0.55 * FS))
    assert_allclose(recordings.data[0][1:].mean(axis=1), [0.027, 0.031], atol=1e-4)
    assert_allclose(recordings.mic_positions, [[0, 0, 0], [0.15, 0, 0], [0, 0, -0.09]], atol=1e-12)


def test_paths(folder):
    paths, tracks = load_realman(folder, motion="moving", return_paths=True, return_X_y=True)
    [stem] = (stem for stem in SPEECH if "moving" in stem)
    assert_array_equal(paths, [[str(folder / f"{stem}_CH{m}.flac") for m in (0, 1, 3, 5, 7)]])
    assert len(tracks) == 1
    audio = AudioReader(FS).transform(paths)
    assert_array_equal(audio[0], load_realman(folder, motion="moving", fs=FS).data[0])


def test_paths_in_the_table_may_start_below_the_split(folder):
    table = folder / "train" / "train_static_source_location.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("train/", ""), encoding="utf-8")
    assert load_realman(folder, motion="static").metadata["file"][0].startswith("train/ma_speech")


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"split": "dev"}, "split must be one of"),
        ({"motion": "slow"}, "motion must be one of"),
        ({"scenes": ["Office"]}, r"scenes must be one of \['Cafe', 'Car'\]; got 'Office'"),
        ({"scenes": "Cafe"}, "scenes"),
        ({"channels": [32]}, "channels must be a list of numbers from 0 to 31"),
        ({"channels": []}, "channels must be a list"),
        ({"channels": [0.5]}, "channels must be a list"),
    ],
)
def test_bad_arguments(folder, params, match):
    with pytest.raises(ValueError, match=match):
        load_realman(folder, **params)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("angle(°)", "azimuth", "must hold the column angle"),
        ("filename", "file", "must hold the columns"),
        ('"-20"', '"left"', r"row 1 of .*static_source_location.csv must hold numbers"),
        ('"-20"', '"1,2"', "must hold one angle"),
        ("ma_speech", "speech", "must hold a filename"),
        ("train/ma_speech/Car", "val/ma_speech/Car", "must hold a filename"),
    ],
)
def test_bad_tables(folder, old, new, match):
    table = folder / "train" / "train_static_source_location.csv"
    text = table.read_text(encoding="utf-8")
    assert old in text
    table.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=match):
        load_realman(folder, motion="static")


def test_angles_of_another_length(folder):
    table = folder / "train" / "train_moving_source_location.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("80.0,90.0,", ""), encoding="utf-8")
    assert len(load_realman(folder, motion="moving").target[0]) == 10
    table.write_text(text.replace("70.0,80.0,90.0,", ""), encoding="utf-8")
    with pytest.raises(ValueError, match=r"12 frames of 0\.1 s; the table holds 9"):
        load_realman(folder, motion="moving")


def test_missing_files(folder):
    stem = next(iter(SPEECH))
    path = folder / f"{stem}_CH5.flac"
    audio, fs = soundfile.read(path)
    soundfile.write(path, audio[:-100], fs)
    with pytest.raises(ValueError, match=r"_CH5\.flac. must have the rate and length"):
        load_realman(folder)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"_CH5\.flac"):
        load_realman(folder, return_paths=True)
    with pytest.raises(FileNotFoundError, match="val_static_source_location"):
        load_realman(folder, "val")
