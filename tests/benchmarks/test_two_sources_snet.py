"""The study of SNet-Split at its smallest size, its mixtures and losses."""

import numpy as np
import pytest

from sslearn.geometry import circular_difference
from sslearn.simulation import Sounds

pytest.importorskip("torch")

from benchmarks.accuracy._steps import learning_rate
from benchmarks.accuracy.label_encodings.training import CELLS
from benchmarks.accuracy.two_sources_snet.__main__ import STEPS, STUDY, main
from benchmarks.accuracy.two_sources_snet.mixtures import Mixtures
from benchmarks.accuracy.two_sources_snet.training import AllCells, Batches, cosines
from benchmarks.store import Store


def _mixtures(**params):
    """Mixtures of noise through responses without reflections, with a gain of 0.5."""
    rng = np.random.default_rng(0)
    responses = np.zeros((3, 4, 4, 300), dtype=np.float32)
    responses[..., 110] = 0.5
    azimuths = np.array([[-40.0, -35.0, 0.0, 50.0]] * 3)
    talkers = Sounds(list(rng.normal(0, 0.1, (4, 40_000))), speakers=["a", "a", "b", "c"])
    return Mixtures(responses, azimuths, talkers, **params)


@pytest.mark.parametrize(("snr", "power"), [(100.0, 0.5), (0.0, 1.0)])
def test_two_talkers_and_noise_of_their_power(snr, power):
    mixtures = _mixtures(snr=(snr, snr))
    X, y = mixtures.draw(4, 1.0)
    assert X.shape == (4, 4, 16_000) and X.dtype == np.float32 and y.shape == (4, 2, 1)
    np.testing.assert_allclose(np.square(X).mean(), power, rtol=0.03)
    assert (np.abs(circular_difference(y[:, 0], y[:, 1])) >= 10).all()


def test_talkers_are_two_speakers():
    mixtures = _mixtures()
    player = mixtures.sounds.player(fs=16000, n_times=1600)
    pairs = [mixtures._talkers(player) for _ in range(50)]
    assert all(first != second and {first, second} != {0, 1} for first, second in pairs)


def test_all_weights_have_a_gradient_and_outputs_start_alike():
    mixtures, cells = _mixtures(), AllCells("L2", bfloat16=False)
    net = cells.network()
    x, targets, blocks = Batches(mixtures, cells, lengths=((2, 0.4),)).draw()
    assert x.shape[-2:] == (3, 7) and blocks.shape == (2, 37)
    loss = cells.step_loss(net, (x, targets, blocks))
    loss.backward()
    assert all(p.grad is not None for p in net.parameters())
    scores = cells.scores(net, x)
    assert list(scores) == list(CELLS) and scores["ULD/CE"].shape == (2, 2, 37)
    # The output layers start at 0: all directions have the same score.
    np.testing.assert_allclose(scores["ULD/CE"], 1 / 37, rtol=1e-5)


def test_rates_of_two_cosines():
    rate = cosines((400, 300))
    assert rate(0, 700) < rate(60, 700) > rate(200, 700) > rate(399, 700)
    assert rate(399, 700) < 1e-3
    assert rate(460, 700) == pytest.approx(0.5 * learning_rate(60, 300))
    assert rate(700, 700) == pytest.approx(0, abs=1e-9)
    once = cosines((400,))
    assert [once(i, 400) for i in (0, 100, 400)] == [learning_rate(i, 400) for i in (0, 100, 400)]


def test_study_runs_and_keeps_what_is_done(small_corpus, tmp_path, capsys):
    sizes = {"rooms": 1, "steps": 2, "every": 1, "own-clips": 2, "validation": 2, "test": 2}
    folders = {"data": small_corpus, "cache": tmp_path / "cache", "out": tmp_path / "results"}
    options = [f"--{name}={value}" for name, value in (sizes | folders).items()]
    options += ["--presets", "L2", "--cells", "ULD/CE"]
    main(["together", *options])
    store = Store("two_sources_snet", tmp_path / "results")
    together = store.rows
    assert len(together) == len(store.select(preset="L2", part="together")) == 22
    main(["own", *options])
    assert store.rows[:22] == together
    [own] = store.rows[22:]
    assert own["settings"]["own_clips"] == 2 and own["settings"]["cell"] == "ULD/CE"
    [row] = store.select(cell="ULD/CE", part="together")
    assert row["settings"]["steps"] == [2] and "own_clips" not in row["settings"]
    assert row["figures"]["curve"][0][0] == 2
    assert row["figures"]["best order"] <= row["figures"]["WAD-3"]
    capsys.readouterr()
    main(["all", *options])
    assert "nothing was measured" in capsys.readouterr().out


def test_study_says_that_it_needs_speech(tmp_path, capsys):
    main(["all", "--quick", "--data", str(tmp_path), "--cache", str(tmp_path)])
    assert "speech_librispeech" in capsys.readouterr().err


def test_stored_commands_select_their_rows():
    for row in Store("two_sources_snet").rows:
        args, settings = STUDY.parse(row["command"].split()[3:]), row["settings"]
        assert args.presets == [settings["preset"]] and args.part == settings["part"]
        assert settings["steps"] == (args.steps or STEPS[settings["preset"]])
        assert args.part == "together" or settings["cell"] in args.cells
