"""Clips, first block, training steps and rows of the study of the ambisonic CRNN."""

import numpy as np
import pytest
import torch

from benchmarks.accuracy.sphere_training import __main__, clips, heads, tables, training
from benchmarks.accuracy.sphere_training.first_block import estimate_statistics, norm_after_pooling
from benchmarks.store import Store
from sslearn import recipes
from sslearn.features import ambisonic_gains
from sslearn.geometry import angles_to_unit_vectors, great_circle_distance, unit_vectors_to_angles
from sslearn.networks import CRNN
from tests.corpus import write_corpus

soundfile = pytest.importorskip("soundfile")


def anechoic(y):
    """Rooms without walls; sources are 1 m away, interferers at the opposite angles."""
    responses = np.zeros((2, len(y), 4, clips.N_TIMES), np.float16)
    for part, directions in zip(responses, (y, -y), strict=True):
        vectors = np.insert(angles_to_unit_vectors(directions), 0, 1, axis=1)
        part[..., 0] = vectors @ ambisonic_gains("sn3d").T
    return clips.Rooms(responses, y, np.ones(len(y)))


def mixer(rooms, seed=0):
    rng = np.random.default_rng(seed)
    sounds = [rng.standard_normal(20_000).astype(np.float32) for _ in range(2)]
    babble = rng.standard_normal((2, 4, 20_000)).astype(np.float16)
    return clips.Mixer([rooms], babble, sounds, sounds)


DIRECTIONS = np.array([[0.0, 0.0], [90.0, 0.0], [-120.0, 45.0], [10.0, -70.0]])


def test_clean_clips_come_from_their_directions():
    drawn = mixer(anechoic(DIRECTIONS))
    drawn.rng = np.random.default_rng(1)
    X, y = drawn.draw(4)
    assert X.shape == (4, 4, clips.N_TIMES) and X.dtype == np.float32
    assert sorted(map(tuple, y)) == sorted(map(tuple, DIRECTIONS))
    intensity = recipes.intensity(fs=16000).fit(X, y)
    errors = great_circle_distance(intensity.predict(X), y)
    assert (errors < 0.1).any()


@pytest.mark.parametrize("condition", [1, 2])
def test_noise_is_0_to_20_db_below_the_direct_sound(monkeypatch, condition):
    drawn_clips = []
    for choice in (0, condition):
        drawn = mixer(anechoic(DIRECTIONS))
        drawn.rng = np.random.default_rng(2)
        monkeypatch.setattr(drawn, "_conditions", lambda n, choice=choice: np.full(n, choice))
        drawn_clips.append(drawn.draw(4)[0])
    clean, noisy = drawn_clips
    power = np.square(clean[:, 0]).mean(axis=1) / np.square((noisy - clean)[:, 0]).mean(axis=1)
    ratio = 10 * np.log10(power)
    assert ((ratio > -0.5) & (ratio < 20.5)).all() and np.ptp(ratio) > 1


def test_turned_maps_are_those_of_turned_sound():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3, 4, clips.N_TIMES)).astype(np.float32)
    turns = clips.draw_turns(rng, 3)
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), [np.eye(3)] * 3, atol=1e-12)
    np.testing.assert_array_equal(np.abs(turns[:, 2]), [[0, 0, 1]] * 3)
    features = recipes.ambisonic_crnn().batch_transform
    sound = X.copy()
    sound[:, [3, 1, 2]] = np.einsum("nij,njt->nit", turns, X[:, [3, 1, 2]])
    found = training.turned(features.fit_transform(X), turns).numpy()
    np.testing.assert_allclose(found, features.fit_transform(sound), atol=1e-4)


def test_first_block_in_training_is_that_of_evaluation():
    torch.manual_seed(0)
    net = CRNN(dropout=0.0).build(training.SHAPE, (3,))
    x = 0.3 * torch.randn(4, *training.SHAPE)
    estimate_statistics(net, [x[:2], x[2:]])
    block = net[1]
    mean = torch.relu(block[0](x)).mean((0, 2, 3))
    torch.testing.assert_close(block[2].running_mean, mean, atol=1e-4, rtol=1e-3)
    with torch.no_grad():
        block[2].weight.uniform_(0.5, 2)
        block[2].bias.normal_()
        expected = block.eval()(x)
        block.train()
        norm_after_pooling(block)
        torch.testing.assert_close(block(x), expected, atol=1e-4, rtol=1e-4)
    assert block(x).requires_grad


def test_learning_rate_warms_up_stays_and_falls():
    rates = np.array([training.learning_rate(step, 1000) for step in range(1001)])
    assert rates[0] == 1 / 200 and (rates[200:600] == 1).all() and rates[-1] == 0
    assert (np.diff(rates[600:]) <= 0).all() and rates[800] == pytest.approx(0.5)


def test_weights_fit_the_recipe_and_outputs_agree():
    torch.manual_seed(0)
    net = training.build()
    X = np.random.default_rng(0).standard_normal((4, 4, clips.N_TIMES)).astype(np.float32)
    found = __main__.localizer_of(net, X, DIRECTIONS).predict(X)
    vectors = training.outputs(net, training.maps_of(X))
    assert great_circle_distance(found, unit_vectors_to_angles(vectors)).max() < 1


def test_head_is_that_of_the_network():
    head = heads.FrameHead(-6.0).build((25, 128), (429,))
    assert head(torch.zeros(2, 25, 128)).shape == (2, 25, 429)
    assert (head[-1].bias == -6).all()


def test_study_runs_and_goes_on_from_what_is_trained(tmp_path, capsys):
    folders = {"data": write_corpus(tmp_path / "data", 70, "ab"), "cache": tmp_path / "cache"}
    folders["out"] = tmp_path / "results"
    options = ["--quick", *(f"--{name}={folder}" for name, folder in folders.items())]
    __main__.main(["network", *options])
    store = Store("sphere_training", folders["out"])
    [row] = store.select(part="network", system="cartesian", condition="all")
    curve = row["figures"]["curve"]
    assert [point["clips"] for point in curve] == [4 * 16, 8 * 16]
    before = store.rows
    assert len(before) == 5 * 4
    __main__.main(["heads", *options])
    heads_of = {each["settings"]["system"] for each in store.select(part="heads")}
    assert heads_of == set(__main__.TARGETS) and store.rows[:20] == before
    capsys.readouterr()
    __main__.main(["network", *options])
    assert "loss" not in capsys.readouterr().out
    assert [each["figures"] for each in store.rows[:20]] == [each["figures"] for each in before]
    pytest.importorskip("matplotlib")
    tables.draw(store.rows, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").exists()
