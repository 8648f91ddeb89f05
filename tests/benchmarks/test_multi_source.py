"""The study of two moving talkers at its smallest size, and its trainings."""

import numpy as np
import pytest

from benchmarks.store import Store

pytest.importorskip("torch")
pytest.importorskip("soundfile")


def test_study_says_which_data_are_missing(tmp_path, monkeypatch, capsys):
    from benchmarks.accuracy.multi_source.__main__ import main

    main(["untrained", f"--data={tmp_path}", f"--cache={tmp_path}"])
    assert "speech_librispeech" in capsys.readouterr().err
    monkeypatch.delenv("SSLEARN_DATA", raising=False)
    with pytest.raises(SystemExit):
        main(["trained"])
    assert "--data or SSLEARN_DATA must name the folder" in capsys.readouterr().err


def test_talkers_and_what_was_trained_stay(small_corpus, tmp_path, capsys):
    from benchmarks.accuracy.multi_source.__main__ import main

    sizes = {"n-train": 2, "n-validation": 2, "n-test": 2, "epochs": 1, "round-size": 4}
    sizes |= {"batch-size": 4, "single-first": 0, "bursts-first": 1, "hours": 0.5}
    folders = {"data": small_corpus, "cache": tmp_path / "cache", "out": tmp_path}
    options = [f"--{name}={value}" for name, value in (sizes | folders).items()]
    main(["untrained", *options, "--systems", "srp_phat"])
    main(["trained", *options, "--systems", "ipdnet2_tiny"])
    assert "skipped the test on measured responses" in capsys.readouterr().err
    classical, row = Store("multi_source", tmp_path).rows
    assert classical["settings"] == {
        **{"part": "untrained", "n_validation": 2, "n_test": 2, "seed": 0, "array": "r3vival"},
        **{"test_seed": 1, "system": "srp_phat", "test": "simulated"},
    }
    assert classical["figures"]["block"] in (0.1, 0.2, 0.4)
    assert row["settings"]["lr"] == 1e-3 and row["settings"]["hours"] == 0.5
    figures = row["figures"]
    assert figures["clips seen"] == 8 and len(figures["curve"]["valid_loss"]) == 2
    assert figures["parameters"] == pytest.approx(0.38, abs=0.01)
    assert 0 <= figures["missed"] <= 100 and "missed at the published threshold" in figures
    main(["trained", *options, "--systems", "ipdnet2_tiny"])
    assert "train_loss" not in capsys.readouterr().out
    pytest.importorskip("matplotlib")
    from benchmarks.accuracy.multi_source.tables import draw

    draw([row], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").exists()


def test_bursts_have_their_own_settings(small_corpus, tmp_path):
    from benchmarks.accuracy.multi_source.__main__ import main

    folders = {"data": small_corpus, "cache": tmp_path / "cache", "out": tmp_path}
    main(["bursts", "--steps=1", *(f"--{name}={value}" for name, value in folders.items())])
    [row] = Store("multi_source", tmp_path).rows
    assert row["settings"] == {"part": "bursts", "steps": 1, "seed": 0, "system": "ipdnet2_tiny"}
    assert row["figures"]["loss after"] != row["figures"]["loss before"]


def test_bursts_of_noise_are_learned():
    from benchmarks.accuracy.multi_source.data import ARRAYS, noise_bursts
    from sslearn import recipes
    from sslearn.networks import IPDNet2

    clips = noise_bursts(8, ARRAYS["realman"], seed=0)
    localizer = recipes.ipdnet2(ARRAYS["realman"], max_epochs=15, random_state=0)
    localizer.set_params(network=IPDNet2(16, n_layers=2), lr=3e-3, batch_size=4)
    losses = localizer.fit(clips.X, clips.y).history_["train_loss"]
    assert losses[-1] < 0.8 * losses[0]


def test_training_goes_on_where_it_was_interrupted(tmp_path):
    from benchmarks.accuracy.multi_source.data import Clips
    from benchmarks.accuracy.multi_source.training import Budget, train
    from sslearn.deep_learning import NeuralLocalizer, Training
    from sslearn.networks import MLP

    y = np.random.default_rng(0).uniform(-180, 180, 40)
    clips = Clips(np.cos(np.deg2rad(y)[:, None] + np.arange(4)), y)

    def run(folder, epochs):
        localizer = NeuralLocalizer(MLP((8,)), training=Training("adamw"))
        budget = Budget(epochs, 1.0, 16, 0, 0, 1e-2, 8, schedule="constant")
        return train(localizer, clips, clips, budget=budget, folder=tmp_path / folder, seed=0)

    run("interrupted", 1.0)
    resumed, curve = run("interrupted", 2.0)
    whole, other = run("whole", 2.0)
    seen = [16, 32, 40, 56, 72, 80]
    assert [row["clips"] for row in curve] == [row["clips"] for row in other] == seen
    assert curve[-1]["valid_loss"] < 0.9 * curve[0]["valid_loss"]
    for name, weights in whole.weights_.items():
        np.testing.assert_array_equal(resumed.weights_[name], weights)
