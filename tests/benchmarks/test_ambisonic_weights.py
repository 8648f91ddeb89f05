"""Clips, training steps and rows of the study of weights for ambisonics."""

import numpy as np
import pytest
import torch

from benchmarks.accuracy import _steps
from benchmarks.accuracy.ambisonic_weights import __main__, conditions, data, training
from benchmarks.store import Store
from sslearn import recipes
from sslearn.features import ambisonic_gains
from sslearn.geometry import angles_to_unit_vectors
from tests.corpus import write_corpus

soundfile = pytest.importorskip("soundfile")


@pytest.fixture
def corpus(tmp_path):
    """Folder with bursts of noise for speech, and four recordings of noise."""
    return write_corpus(tmp_path / "data", 45, "abcd")


def waves(sounds, y):
    """Plane waves (n, 4, n_times) in SN3D."""
    gains = ambisonic_gains("sn3d") @ np.insert(angles_to_unit_vectors(y), 0, 1, axis=1).T
    return gains.T[:, :, None] * sounds[:, None]


def clips_of(y, n_times=16_000):
    """Plane waves of noise, and noise that is half as loud in each channel."""
    sounds = np.random.default_rng(0).standard_normal((len(y), n_times))
    noise = np.random.default_rng(1).standard_normal((len(y), 4, n_times))
    both = np.stack([waves(sounds, y), noise / 2]) * 6000
    return data.Clips(both.astype(np.int16), y)


@pytest.mark.parametrize("noise", ["white", "diffuse", "interferer"])
@pytest.mark.parametrize("radius", [None, 0.02])
def test_noise_is_as_loud_as_the_direct_sound(tmp_path, noise, radius):
    scene = {"sounds": None, "recordings": None, "seed": 3, "duration": 0.5, "radius": radius}
    clips = data.render(tmp_path / "a.npy", 4, noise=noise, **scene)
    assert clips.sounds.shape == (2, 4, 4, 8000) and clips.y.shape == (4, 2)
    written = (tmp_path / "a.npy").stat().st_mtime_ns
    again = data.render(tmp_path / "a.npy", 4, noise=noise, **scene)
    assert (tmp_path / "a.npy").stat().st_mtime_ns == written
    np.testing.assert_array_equal(again.y, clips.y)
    assert (np.abs(clips.sounds).max(axis=(0, 2, 3)) == 32_000).all()
    sources, background = np.square(clips.sounds[:, :, 0], dtype=float).mean(axis=2)
    # Reverberation adds to the sources, and to an interferer.
    most = 20 if noise == "interferer" else 1.1
    assert (background < most * sources).all() and (background > 0.02 * sources).all()


def test_levels_of_the_noise():
    clips = clips_of(np.zeros((3, 2)))
    clean = clips.mix(np.inf)
    for snr in (0, 20):
        noise = clips.mix(snr) - clean
        level = 10 * np.log10(np.square(clean[:, 0]).mean(axis=1) / np.square(noise[:, 0]).mean(1))
        np.testing.assert_allclose(level, snr + 20 * np.log10(2), atol=0.2)
    part = clips.mix(0, slice(1, 2), slice(100, 300))
    np.testing.assert_array_equal(part, clips.mix(0)[1:2, :, 100:300])


def test_music_is_harmonic_and_never_the_same():
    rng = np.random.default_rng(0)
    first, second = (data.make_music(rng, 8000) for _ in range(2))
    assert first.dtype == np.float32 and first.shape == (8000,)
    assert np.abs(first).max() == pytest.approx(1)
    assert np.abs(np.corrcoef(first, second)[0, 1]) < 0.5


def test_excerpts_are_no_pauses():
    clips = clips_of(np.zeros((2, 2)))
    clips.sounds[0, 0, :, :12_000] = clips.sounds[0, 1, :, 4000:] = 0
    excerpts = conditions.excerpts(clips, {"seconds": 0.2, "snr": None})
    assert excerpts.X.shape == (2, 4, 3200)
    assert (np.square(excerpts.X[:, 0]).mean(axis=1) > 0.01).all()


def test_blocks_of_every_kind(tmp_path, corpus, monkeypatch):
    monkeypatch.setattr(training, "CLIPS_PER_BLOCK", 2)
    monkeypatch.setattr(training, "_N_PIECES", 1)
    blocks = training.draw_blocks(tmp_path / "training", corpus, 2, 1)
    assert [len(block.y) for block in blocks] == [2, 2, 2]
    first = [block.sounds[:, 0, 0, :1000].astype(float).ravel() for block in blocks]
    assert np.abs(np.corrcoef(first) - np.eye(3)).max() < 0.9
    names = sorted(path.name for path in (tmp_path / "training").glob("*.npy"))
    assert names == ["anechoic_0002.npy", "block_0000.npy", "block_0001.npy"]


def test_without_reflections_there_is_one_wave(tmp_path):
    scene = {"sounds": None, "recordings": None, "seed": 1, "duration": 0.2, "max_order": 0}
    clips = data.render(tmp_path / "a.npy", 2, noise="white", **scene)
    gains = waves(np.ones((2, 1)), clips.y)[:, :, 0]
    sounds = clips.sounds[0].astype(float)
    np.testing.assert_allclose(sounds[:, 1:], gains[:, 1:, None] * sounds[:, :1], atol=2)


def test_batches_and_their_targets():
    y = np.array([[30.0, 20.0], [-100.0, -40.0]])
    localizer = recipes.ambisonic_histogram()
    blocks = [clips_of(y, 48_000)] * 30
    batches = training.Batches(blocks, localizer, np.random.default_rng(0))
    shapes = set()
    for _ in range(5):
        maps, targets = batches.draw()
        assert len(maps) == len(targets) and maps.shape[1] == 7
        assert 128 <= maps.shape[2] <= 253 and 6 <= maps.shape[3] <= 61
        shapes.add(tuple(maps.shape[1:]))
        decoded = localizer.encoding.inverse_transform(targets.numpy())
        assert {tuple(row) for row in decoded.round(3)} <= {tuple(row) for row in y}
    assert len(shapes) > 1


def test_training_continues_where_it_stopped(tmp_path, capsys):
    class Batches:
        rng = None

        def draw(self):
            return torch.tensor(self.rng.standard_normal(3), dtype=torch.float32)

    def loss(net, batch):
        return (net(batch) - 1).square().sum()

    settings = {"lr": 0.1, "every": 2, "report": lambda net: "none"}
    net = torch.nn.Linear(3, 1)
    start = {name: value.clone() for name, value in net.state_dict().items()}
    _steps.train_steps(net, Batches(), loss, tmp_path, n_steps=4, **settings)
    again = torch.nn.Linear(3, 1)
    _steps.train_steps(again, Batches(), loss, tmp_path, n_steps=4, **settings)
    np.testing.assert_array_equal(again.weight.detach(), net.weight.detach())
    _steps.train_steps(again, Batches(), loss, tmp_path, n_steps=6, **settings)
    assert not torch.equal(again.weight, net.weight)
    assert not torch.equal(net.weight, start["weight"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["2", "4", "6"]
    assert lines[-1].endswith("errors none")


def test_figures_of_plane_waves():
    y = np.array([[100.0, 0.0], [-20.0, 40.0]])
    waves = conditions.Condition({}, clips_of(y).mix(np.inf), y)
    intensity = recipes.intensity().fit(waves.X, y)
    figures = __main__.figures(intensity, waves)
    assert figures["mean"] < 0.5 and figures["within 5"] == 100 and figures["tested"] == 2
    raised = conditions.Condition({}, waves.X, y + np.array([0.0, 30.0]))
    assert __main__.figures(intensity, raised)["mean"] > 20
    raised.azimuth_only = True
    assert __main__.figures(intensity, raised)["mean"] < 0.5


def test_study_runs_and_skips_what_is_missing(corpus, tmp_path, capsys):
    folders = {"data": corpus, "cache": tmp_path / "cache", "out": tmp_path / "results"}
    options = [f"--{name}={folder}" for name, folder in folders.items()]
    __main__.main(["all", "--quick", *options])
    skipped = capsys.readouterr().err
    assert "skipped r3vival" in skipped and "skipped sofia" in skipped
    store = Store("ambisonic_weights", folders["out"])
    assert len(store.rows) == 3 * (4 + 3 * 6 + 3 + 3 + 4 + 3)
    where = {"part": "simulated", "test": "speech", "system": "masked_histogram"}
    [row] = store.select(**where, noise="interferer", seconds=0.25)
    assert row["settings"]["snr"] == 10 and row["figures"]["tested"] == 4
    [row] = store.select(**where, noise="none", seconds=4)
    assert row["figures"]["mean"] < 20 and "snr" not in row["settings"]
    assert row["command"] == "python -m benchmarks.accuracy.ambisonic_weights simulated --quick"
