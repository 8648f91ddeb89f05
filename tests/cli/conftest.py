"""Runs of the program, and recordings whose direction is known."""

import io

import numpy as np
import pandas as pd
import pytest
import soundfile
from click.testing import CliRunner

from sslearn.cli import main
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array

FS = 16000


@pytest.fixture
def run():
    """Function that runs the program with arguments, and returns click's result."""

    def call(*args, **kwargs):
        return CliRunner().invoke(main, [str(arg) for arg in args], **kwargs)

    return call


@pytest.fixture
def answers(run):
    """Function that runs the program, expects exit code 0, and returns its table."""

    def call(*args, **kwargs):
        done = run(*args, **kwargs)
        assert done.exit_code == 0, done.stderr
        return pd.read_csv(io.StringIO(done.stdout))

    return call


@pytest.fixture(scope="session")
def recordings(tmp_path_factory):
    """Folder of wave_0.wav to wave_2.wav, half a second of a circle of 4 microphones."""
    folder = tmp_path_factory.mktemp("recordings")
    X, _ = make_plane_waves(
        3, mic_positions=circular_array(4, 0.05), directions=[40.0, -120.0, 170.0], snr=20,
        duration=0.5, random_state=0, return_X_y=True,
    )  # fmt: skip
    for i, clip in enumerate(X / np.abs(X).max()):
        soundfile.write(folder / f"wave_{i}.wav", clip.T, FS)
    return folder
