"""Long clips are worked on piece by piece, with the frames of the whole clip."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.decoding import PeakDecoder
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT, IntensityLocalizer, TDOALocalizer
from sslearn.features import STFT, AudioReader
from sslearn.geometry import circular_array

MICS = circular_array(4, 0.05)
LOCALIZERS = [cls(MICS) for cls in (SRPPHAT, MVDR, MUSIC, ESPRIT, TDOALocalizer)]
LOCALIZERS += [IntensityLocalizer(), IntensityLocalizer(decoder=PeakDecoder(2))]
every_localizer = pytest.mark.parametrize("localizer", LOCALIZERS, ids=str)


@pytest.fixture
def clip():
    turns = make_plane_waves(
        4, mic_positions=MICS, azimuth_range=(-80, 80), snr=20, duration=0.5, random_state=0
    ).data
    return np.concatenate(turns, axis=1).astype(np.float32)


def in_pieces(monkeypatch):
    monkeypatch.setattr("sslearn.doa._clips._CHUNK_BYTES", 2**17)


@every_localizer
@pytest.mark.parametrize("padding", [None, "zeros", "reflect"])
@pytest.mark.parametrize("block_size", [None, 7, 150])
def test_pieces_change_nothing(localizer, padding, block_size, clip, monkeypatch):
    stft = STFT(512, hop_length=100, padding=padding)
    localizer = clone(localizer).set_params(batch_transform=stft, block_size=block_size)
    localizer.fit(clip[None])
    whole, spectrum = localizer.predict(clip[None]), localizer.spatial_spectrum(clip[None])
    in_pieces(monkeypatch)
    np.testing.assert_allclose(localizer.predict(clip[None]), whole, atol=2e-2)
    np.testing.assert_allclose(localizer.spatial_spectrum(clip[None]), spectrum, atol=2e-4)


@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_frames_in_the_middle_of_their_hops_in_pieces(padding, clip, monkeypatch):
    stft = STFT(512, hop_length=100, padding=padding, first_center=50)
    localizer = SRPPHAT(MICS, batch_transform=stft, block_size=7).fit(clip[None])
    whole = localizer.predict(clip[None])
    np.testing.assert_allclose(localizer.predict_track(clip[None])["time"][0], 350 / 16000)
    in_pieces(monkeypatch)
    np.testing.assert_allclose(localizer.predict(clip[None]), whole, atol=2e-2)


@pytest.mark.parametrize("fs", [16000, 44100, 22050])
def test_a_file_of_any_rate_in_pieces(fs, clip, tmp_path, monkeypatch):
    path = str(tmp_path / "long.wav")
    soundfile.write(path, 0.1 * np.pad(clip, ((2, 0), (0, 0))).T, fs, subtype="FLOAT")
    reader = AudioReader(offset=0.1, duration=0.6, channels=[2, 3, 4, 5])
    localizer = SRPPHAT(MICS, batch_transform=make_pipeline(reader, STFT(512, hop_length=100)))
    whole = localizer.fit([path]).spatial_spectrum([path])
    in_pieces(monkeypatch)
    np.testing.assert_allclose(localizer.spatial_spectrum([path]), whole, atol=1e-5)
    files = [str(tmp_path / f"{m}.wav") for m in range(6)]
    for file, channel in zip(files, soundfile.read(path)[0].T, strict=True):
        soundfile.write(file, channel, fs, subtype="FLOAT")
    np.testing.assert_allclose(localizer.spatial_spectrum([files]), whole, atol=1e-5)


def test_spectra_in_pieces(clip, monkeypatch):
    X = STFT(512).transform(clip[None])
    localizer = MVDR(MICS).fit(X)
    whole = localizer.spatial_spectrum(X)
    in_pieces(monkeypatch)
    np.testing.assert_allclose(localizer.spatial_spectrum(X), whole, atol=1e-5)


def test_fit_reads_no_audio(clip, tmp_path, monkeypatch):
    path = str(tmp_path / "clip.wav")
    soundfile.write(path, 0.1 * clip.T, 16000)
    localizer = SRPPHAT(MICS, batch_transform=make_pipeline(AudioReader(), STFT(512)))

    def read(*args, **kwargs):
        raise AssertionError("audio is read")

    monkeypatch.setattr("sslearn.features._audio_reader.read_audio", read)
    monkeypatch.setattr("sslearn.doa._clips.read_audio", read)
    assert localizer.fit([path]).n_features_in_ == 4
    assert localizer.n_freqs_in_ == 257


MEMORY = """
import resource, sys
from sslearn import recipes
from sslearn.geometry import circular_array
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
localizer = recipes.srp_phat(circular_array(4, 0.05)).fit(sys.argv[1:])
print(localizer.predict(sys.argv[1:])[0], peak() - before)
"""


def test_memory_of_a_long_file(clip, tmp_path):
    path = str(tmp_path / "long.wav")
    with soundfile.SoundFile(path, "w", 16000, 4) as file:
        for _ in range(150):
            file.write(0.1 * clip.T)
    done = subprocess.run([sys.executable, "-c", MEMORY, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # Five minutes; their spectra alone would take 620 MB.
    assert float(done.stdout.split()[1]) < 350
