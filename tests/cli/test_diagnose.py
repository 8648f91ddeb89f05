import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from sslearn.cli import _diagnose
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array
from sslearn.utils import audio_info

MICS = circular_array(4, 0.05)
ARRAY = ("--array", "circular:4:0.05")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six recordings as they should be; and with channel 0 a second time, as channel 2."""
    folder = tmp_path_factory.mktemp("set_up")
    X, _ = make_plane_waves(
        6, mic_positions=MICS, azimuth_range=(-180, 180), snr=20, random_state=0, return_X_y=True
    )
    (folder / "good").mkdir()
    (folder / "more").mkdir()
    for i, clip in enumerate(X / np.abs(X).max()):
        soundfile.write(folder / "good" / f"{i}.wav", clip.T, 16000)
        soundfile.write(folder / "more" / f"{i}.wav", clip[[0, 1, 0, 2, 3]].T, 16000)
    return folder


def test_a_recording_that_fits(run, folder):
    done = run("diagnose", folder / "good", *ARRAY)
    assert (done.exit_code, done.stderr) == (0, "No fault found in 13 checks.\n")
    assert done.stdout == "check,value,bound,verdict,message\n"
    done = run("diagnose", folder / "good", *ARRAY, "--all", "--format", "jsonl")
    rows = pd.DataFrame(map(json.loads, done.stdout.splitlines()))
    assert rows["check"].tolist() == [
        "units", "transposed", "sampling_rate", "order", "mono", "doubled", "dead", "polarity",
        "clipped", "offset", "common_noise", "bandwidth", "plane_wave",
    ]  # fmt: skip


def test_a_pipe(run, folder):
    sound = (folder / "good" / "0.wav").read_bytes()
    done = run("diagnose", "-", *ARRAY, input=sound)
    assert (done.exit_code, done.stderr) == (0, "No fault found in 13 checks.\n")


def test_silence_is_a_fault(run, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros((16000, 4)), 16000)
    done = run("diagnose", tmp_path / "silence.wav", *ARRAY)
    assert (done.exit_code, done.stderr) == (1, "")
    assert '"Channels [0, 1, 2, 3] are silent.' in done.stdout


def test_faults_are_rows_and_exit_code_1(run, folder):
    done = run("diagnose", folder / "good", "--array", "circular:4:50")
    assert done.exit_code == 1
    assert "units,100,0.001 to 5 m,error" in done.stdout
    assert "Are they in millimetres?" in done.stdout


def test_channels_are_taken_before_the_checks(run, folder):
    right = run("diagnose", folder / "more", *ARRAY, "--channels", "0,1,3,4")
    assert right.exit_code == 0, right.stdout
    wrong = run("diagnose", folder / "more", *ARRAY, "--channels", "1-4")
    assert wrong.exit_code == 1
    assert "order," in wrong.stdout


def test_likely_faults_count_if_strict(run, tmp_path):
    X = make_plane_waves(1, mic_positions=MICS, directions=[30], duration=1.0, random_state=0)
    audio = np.clip(X.data[0] / np.abs(X.data).max() * 4, -1, 1)
    soundfile.write(tmp_path / "clipped.wav", audio.T, 16000, subtype="FLOAT")
    codes = [run("diagnose", tmp_path, *ARRAY, *o).exit_code for o in ((), ("--strict",))]
    verdicts = run("diagnose", tmp_path, *ARRAY).stdout
    assert (",warning," in verdicts, ",error," in verdicts) == (True, False)
    assert codes == [0, 1]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ((), 2, "Give --array"),
        (("--array", "circular:5:0.05"), 1, "0.wav must have a channel for each of the 5"),
        ((*ARRAY, "--channels", "0-2"), 1, "got --channels [0, 1, 2]"),
    ],
)
def test_wrong_options(run, folder, options, code, message):
    done = run("diagnose", folder / "good", *options)
    assert (done.exit_code, done.stdout) == (code, "")
    assert message in done.stderr


def test_files_of_two_rates(run, folder, tmp_path):
    soundfile.write(tmp_path / "slow.wav", np.zeros((8000, 5)), 8000)
    files = (tmp_path / "slow.wav", folder / "more" / "0.wav")
    done = run("diagnose", *files, *ARRAY, "--channels", "0-3")
    assert "one rate; got [8000, 16000] Hz" in done.stderr


def test_a_long_file_is_read_in_parts(tmp_path):
    n_times = 300 * 1000
    soundfile.write(tmp_path / "long.wav", np.zeros((n_times, 5), np.int16), 1000)
    path = str(tmp_path / "long.wav")
    parts = list(_diagnose._parts(path, audio_info(path), [0, 1, 2, 3], [path]))
    assert {part.shape for part in parts} == {(4, 5000)}
    assert len(parts) == 40
