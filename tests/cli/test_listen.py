import json
import sys
import time
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import soundfile

import sslearn
from sslearn import recipes
from sslearn.cli._compass import Compass, compass_lines
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array
from sslearn.streaming import StreamingLocalizer
from sslearn.utils import read_audio

FS = 16000
ARRAY = ("--array", "circular:4:0.05")


@pytest.fixture
def microphones(monkeypatch):
    """Function that installs a module sounddevice that records some channels."""

    def install(audio, overflows=()):
        module = ModuleType("sounddevice")
        module.opened = []

        class PortAudioError(Exception):
            pass

        class InputStream:
            def __init__(self, **options):
                if options["samplerate"] != FS:
                    raise PortAudioError("Invalid sample rate")
                module.opened.append(options)
                self.start, self.n_reads = 0, 0

            def __enter__(self):
                return self

            def __exit__(self, *error):
                module.closed = True

            def read(self, n_times):
                if self.start >= audio.shape[1]:
                    raise KeyboardInterrupt
                n_channels = module.opened[-1]["channels"]
                chunk = audio[:n_channels, self.start : self.start + n_times].T
                self.start += n_times
                self.n_reads += 1
                return chunk, self.n_reads in overflows

        devices = [
            {"name": "speaker", "max_input_channels": 0, "default_samplerate": 48000.0},
            {"name": "array", "max_input_channels": len(audio), "default_samplerate": 16000.0},
        ]
        module.PortAudioError, module.InputStream = PortAudioError, InputStream
        module.query_devices = lambda device=None, kind=None: devices[1] if kind else devices
        monkeypatch.setitem(sys.modules, "sounddevice", module)
        return module

    return install


def _wave(duration=1.0, azimuth=40.0):
    X = make_plane_waves(
        1, mic_positions=circular_array(4, 0.05), directions=[azimuth], snr=20,
        duration=duration, random_state=0,
    ).data  # fmt: skip
    return (X[0] / np.abs(X).max()).astype(np.float32)


def test_a_file_is_located_as_the_stream_does(answers, recordings):
    path = recordings / "wave_1.wav"
    found = answers("listen", *ARRAY, "--file", path, "--fast", "--every", "0.1")
    mics, (audio, _) = circular_array(4, 0.05), read_audio(path)
    stream = StreamingLocalizer(recipes.srp_phat(mics).fit(audio[None]), hop=0.1)
    times, directions, scores = stream.push(audio)
    assert list(found) == ["time", "azimuth", "score"]
    n = len(times)
    np.testing.assert_allclose(found["time"][:n], times)
    np.testing.assert_allclose(found["azimuth"][:n], directions[:, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(found["score"][:n], scores[:, 0], rtol=1e-5)
    np.testing.assert_allclose(found["azimuth"], -120, atol=2)


def test_a_file_of_another_rate_is_resampled_without_seams(answers, tmp_path):
    audio = _wave()
    soundfile.write(tmp_path / "slow.wav", audio.T, 12000)
    resampled, _ = read_audio(tmp_path / "slow.wav", fs=FS)
    soundfile.write(tmp_path / "fast.wav", resampled.T, FS, subtype="FLOAT")
    slow, fast = (
        answers("listen", *ARRAY, "--file", tmp_path / name, "--fast")
        for name in ("slow.wav", "fast.wav")
    )
    np.testing.assert_allclose(slow, fast, rtol=1e-4)


def test_a_file_takes_as_long_as_it_lasts(answers, recordings):
    answers("listen", *ARRAY, "--file", recordings / "wave_0.wav", "--fast")
    start = time.monotonic()
    answers("listen", *ARRAY, "--file", recordings / "wave_0.wav")
    assert time.monotonic() - start >= 0.5


def test_samples_of_a_pipe_as_they_come(run, answers, tmp_path):
    audio = _wave()
    soundfile.write(tmp_path / "wave.wav", audio.T, FS, subtype="PCM_24")
    samples = (np.round(audio.T * 2**23).clip(max=2**23 - 1).astype("<i4").ravel()).view("u1")
    samples = samples.reshape(-1, 4)[:, :3].tobytes()
    piped = answers("listen", *ARRAY, "--raw", "16000:4:s24", input=samples)
    filed = answers("listen", *ARRAY, "--file", tmp_path / "wave.wav", "--fast")
    np.testing.assert_allclose(piped, filed, rtol=1e-5)
    done = run("listen", *ARRAY, "--raw", "48000:4:s24", input=samples)
    assert (done.exit_code, "must have the rate of the analysis, 16000" in done.stderr) == (2, True)
    done = run("listen", *ARRAY, "--raw", "16000:2:s24", input=samples)
    assert (done.exit_code, "standard input must have a channel" in done.stderr) == (1, True)


def test_tracks_have_identities(answers, tmp_path):
    X = make_plane_waves(
        1, mic_positions=circular_array(4, 0.05), n_sources=2,
        directions=[[[40.0], [-100.0]]], duration=1.5, random_state=0,
    ).data  # fmt: skip
    soundfile.write(tmp_path / "two.wav", X[0].T / np.abs(X).max(), FS)
    options = ("--file", tmp_path / "two.wav", "--fast", "--sources", "2", "--track")
    found = answers("listen", *ARRAY, *options)
    assert list(found) == ["time", "track", "azimuth"]
    last = found[found["time"] > 1].groupby("track")["azimuth"].median()
    np.testing.assert_allclose(sorted(last), [-100, 40], atol=10)  # SRP-PHAT biases each a little


def test_a_model_listens(run, tmp_path):
    audio = _wave()
    soundfile.write(tmp_path / "wave.wav", audio.T, FS)
    sslearn.save(recipes.music(circular_array(4, 0.05)).fit(audio[None]), tmp_path / "m.sslearn")
    options = ("--model", tmp_path / "m.sslearn", "--file", tmp_path / "wave.wav", "--fast")
    done = run("listen", *options, "--format", "jsonl", "--seconds", "0.5")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows[-1]["time"] < 0.5
    np.testing.assert_allclose([row["azimuth"] for row in rows], 40, atol=2)
    soundfile.write(tmp_path / "two.wav", audio[:2].T, FS)
    done = run("listen", *options[:2], "--file", tmp_path / "two.wav", "--fast")
    assert (done.exit_code, "must have 4 channels; got 2" in done.stderr) == (1, True)


def test_a_file_that_is_shorter_than_the_window_is_told(run, recordings):
    options = ("--file", recordings / "wave_0.wav", "--fast", "--window")
    done = run("listen", *ARRAY, *options, "0.6")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "No direction: the audio is shorter" in done.stderr
    assert "40" in run("listen", *ARRAY, *options, "0.4").stdout


def test_a_microphone_until_it_is_interrupted(run, microphones, tmp_path):
    module = microphones(_wave(), overflows=[3])
    done = run("listen", *ARRAY, "--device", "1", "-o", tmp_path / "rows.csv")
    assert done.exit_code == 0, done.stderr
    assert module.closed
    assert (module.opened[0]["device"], module.opened[0]["channels"]) == (1, 4)
    assert done.stderr.count("Samples were lost") == 1
    found = pd.read_csv(tmp_path / "rows.csv")
    assert len(found) == 10
    np.testing.assert_allclose(found["azimuth"], 40, atol=2)


def test_a_microphone_with_other_channels(run, microphones):
    wave = _wave()
    module = microphones(np.concatenate([np.zeros_like(wave[:1]), wave, wave[:1]]))
    done = run("listen", *ARRAY, "--channels", "1-4", "--seconds", "0.5")
    assert done.exit_code == 0, done.stderr
    assert module.opened[0]["channels"] == 5
    assert abs(float(done.stdout.splitlines()[-1].split(",")[1]) - 40) < 2


def test_a_device_that_sends_more_than_its_microphones(run, microphones):
    wave = _wave()
    module = microphones(np.concatenate([wave[:1], wave, wave[:1]]))
    done = run("listen", "--array", "respeaker_usb_4", "--seconds", "0.5")
    assert done.exit_code == 0, done.stderr
    assert module.opened[0]["channels"] == 5

    def no_device(device=None, kind=None):
        raise module.PortAudioError("Error querying device -1")

    module.query_devices = no_device
    done = run("listen", "--array", "respeaker_usb_4")
    assert (done.exit_code, "The default device cannot record" in done.stderr) == (1, True)


def test_devices_are_listed(run, microphones):
    microphones(_wave())
    assert run("listen", "--list-devices").stdout == "1: array (4 channels, 16000 Hz)\n"


def test_a_rate_that_the_device_does_not_have(run, microphones):
    microphones(_wave())
    done = run("listen", *ARRAY, "--fs", "22050")
    assert done.exit_code == 1
    assert "cannot record 4 channel(s) at 22050 Hz: Invalid sample rate" in done.stderr


def test_without_the_library_of_the_system(run, monkeypatch, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    done = run("listen", *ARRAY)
    assert (done.exit_code, "libportaudio2" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fast"], "--fast needs --file"),
        ([], "Give --array"),
        ([*ARRAY, "--file", __file__, "--device", "1"], "exclude each other"),
        ([*ARRAY, "--raw", "16000:4:s16", "--device", "1"], "exclude each other"),
        ([*ARRAY, "--file", __file__, "-o", __file__], "must not be a file that is read"),
    ],
)
def test_wrong_options(run, microphones, options, message):
    microphones(_wave())
    done = run("listen", *options)
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr


def test_the_compass_points_left_for_positive_azimuths():
    ruler, line = compass_lines([0.0, 90.0, -180.0], "abc", 73)
    assert (line.index("a"), line.index("b"), line.index("c")) == (36, 18, 72)
    assert ruler[34:39] == "front"
    assert ruler.split() == ["back", "left", "front", "right", "back"]


def test_the_compass_draws_rows(capsys):
    with Compass() as compass:
        compass.write(pd.DataFrame({"time": [0.5], "track": [3], "azimuth": [-90.25]}))
    shown = capsys.readouterr().out
    assert "time 0.50  track 3  azimuth -90.2" in shown
    assert "·3·" in shown
