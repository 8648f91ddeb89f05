"""Training, measuring and describing models from tables of labelled files."""

import io
import json
from inspect import signature

import numpy as np
import pandas as pd
import pytest
import soundfile
from click.testing import CliRunner

import sslearn
from sslearn import recipes
from sslearn.cli import main
from sslearn.cli._recipes import RECIPES
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array
from sslearn.metrics import localization_report

EARS = [[0, 0.08, 0], [0, -0.08, 0]]


def _write_clips(folder, mics, y, **columns):
    X = make_plane_waves(
        len(y), mic_positions=mics, directions=y, duration=0.2, snr=20, random_state=0
    ).data
    names = [f"{i}.wav" for i in range(len(y))]
    for name, clip in zip(names, X, strict=True):
        soundfile.write(folder / name, 0.1 * clip.T, 16000)
    table = pd.DataFrame({"path": names, "azimuth": y, **columns})
    table.to_csv(folder / "table.csv", index=False)
    return table.assign(path=[str(folder / name) for name in names])


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Folder of 40 clips of two ears from four rooms, with table.csv."""
    folder = tmp_path_factory.mktemp("clips")
    y = np.linspace(-80, 80, 40).round(1)
    _write_clips(folder, EARS, y, room=np.arange(40) % 4, elevation=10.0)
    return folder


@pytest.fixture(scope="module")
def model(clips, tmp_path_factory):
    """Model file of eigenmaps of azimuths, which the program has trained on the clips."""
    path = tmp_path_factory.mktemp("models") / "eigenmaps.sslearn"
    done = CliRunner().invoke(
        main,
        ["train", "--recipe", "laplacian_eigenmaps", str(clips / "table.csv"), "-o", str(path),
         "--groups", "room", "--target", "azimuth", "--seed", "3", "-p", "n_neighbors=3"],
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "fitted to all files" in done.stderr
    return path


def test_the_recipes_are_those_that_learn_from_labels():
    learning = {
        name
        for name in recipes.__all__
        if "random_state" in signature(getattr(recipes, name)).parameters
    }
    assert set(RECIPES) == learning - {"sspl", "sacl"}


def test_the_saved_model_is_the_recipe_on_all_files(clips, model):
    table = pd.read_csv(clips / "table.csv")
    paths = [str(clips / name) for name in table["path"]]
    recipe = recipes.laplacian_eigenmaps(n_neighbors=3, random_state=3)
    expected = recipe.fit(paths, table["azimuth"]).predict(paths)
    np.testing.assert_allclose(sslearn.load(model).predict(paths), expected)


def test_the_printed_errors_are_those_of_groups_that_were_not_in_training(clips, answers):
    options = ("--recipe", "laplacian_eigenmaps", "--target", "azimuth", "--seed", "0")
    shown = answers("train", clips / "table.csv", *options, "--groups", "room")
    held = int(shown["group"][0])
    assert shown["n_samples"].tolist() == [10, 10]
    table = pd.read_csv(clips / "table.csv")
    table["path"] = [str(clips / name) for name in table["path"]]
    train, test = table[table["room"] != held], table[table["room"] == held]
    recipe = recipes.laplacian_eigenmaps(random_state=0).fit(train["path"], train["azimuth"])
    report = localization_report(test["azimuth"], recipe.predict(test["path"]))
    np.testing.assert_allclose(shown["mean"], report["mean"].iloc[0], rtol=1e-6)
    assert shown["mean"][0] < 15


def test_each_fold_is_held_out_once(clips, answers):
    options = ("--recipe", "laplacian_eigenmaps", "--target", "azimuth", "--cv", "4")
    shown = answers("train", clips / "table.csv", *options, "--groups", "room")
    assert sorted(shown["group"][:4]) == ["0", "1", "2", "3"]
    assert shown["n_samples"].tolist() == [10, 10, 10, 10, 40]
    assert answers("train", clips / "table.csv", *options)["n_samples"].tolist() == [40]


def test_no_refit_saves_the_model_whose_errors_are_shown(clips, answers, tmp_path):
    options = ("--recipe", "laplacian_eigenmaps", "--target", "azimuth", "--groups", "room")
    path = tmp_path / "part.sslearn"
    shown = answers("train", clips / "table.csv", *options, "--no-refit", "-o", path)
    again = answers("evaluate", path, clips / "table.csv", "--groups", "room")
    held = shown["group"][0]
    np.testing.assert_allclose(again.loc[again["group"] == held, "mean"], shown["mean"][0])


def test_a_network_of_the_two_angles(clips, answers, tmp_path):
    path = tmp_path / "siamese.sslearn"
    shown = answers(
        "train", clips / "table.csv", "--recipe", "siamese", "--groups", "room", "-o", path,
        "--epochs", "2", "-p", "radius=15", "-p", "siameseembedding__batch_size=16",
    )  # fmt: skip
    assert shown["component"].tolist() == ["azimuth", "elevation", "great_circle"] * 2
    embedding = sslearn.load(path)[-2]
    assert (embedding.radius, embedding.max_epochs, embedding.batch_size) == (15, 2, 16)


def test_a_track_network_learns_places_of_an_array(answers, run, tmp_path):
    _write_clips(tmp_path, circular_array(3, 0.05), np.array([10.0, 20.0, 30.0, 40.0]))
    path = tmp_path / "tracks.sslearn"
    options = ("--recipe", "srp_dnn", "--array", "circular:3:0.05", "--test", "0", "--epochs", "1")
    assert run("train", tmp_path / "table.csv", *options, "-o", path).exit_code == 0
    shown = answers("evaluate", path, tmp_path / "table.csv")
    assert shown[["n_samples", "n_sources"]].to_numpy().tolist() == [[4, 8]]
    done = run("train", tmp_path / "table.csv", "--recipe", "srp_dnn", "-a", "circular:4:0.05")
    assert (done.exit_code, "0.wav must have a channel for each of the 4" in done.stderr) == (1, 1)


def test_channels_that_are_no_microphones(answers, run, tmp_path):
    mics = circular_array(3, 0.05)
    _write_clips(tmp_path, mics, np.array([10.0, 20.0, 30.0, 40.0]))
    for i in range(4):
        audio, _ = soundfile.read(tmp_path / f"{i}.wav")
        soundfile.write(tmp_path / f"{i}.wav", audio[:, [0, 0, 1, 2, 1]], 16000)
    path, table = tmp_path / "m.sslearn", tmp_path / "table.csv"
    options = ("--recipe", "srp_dnn", "-a", "circular:3:0.05", "--test", "0", "--epochs", "1")
    assert run("train", table, *options, "-o", path, "--channels", "1-3").exit_code == 0
    assert answers("evaluate", path, table, "--channels", "1-3")["n_samples"].tolist() == [4]
    done = run("evaluate", path, table)
    assert (done.exit_code, "the 3 channels of the model; got 5" in done.stderr) == (1, True)
    answers("locate", tmp_path / "0.wav", "--model", path, "--channels", "1-3")


@pytest.mark.parametrize(
    ("recipe", "options"),
    [
        ("feed_forward", ()),
        ("weakly_supervised_siamese", ()),
        ("ambisonic_crnn", ()),
        ("ambisonic_histogram", ()),
        ("masked_srp_phat_network", ()),
        ("phase_network", ()),
        ("spectrogram_network", ()),
        ("ipdnet2", ("-p", "size=tiny")),
        ("icodoa", ()),
        ("ipdnet", ()),
    ],
)  # fn_ssl and tf_mamba take 6 and 12 seconds for an epoch of four clips.
def test_each_recipe_is_trained_measured_and_used(answers, run, tmp_path, recipe, options):
    is_binaural = recipe in ("feed_forward", "weakly_supervised_siamese")
    n_mics = 2 if is_binaural or recipe == "icodoa" else 4
    y = np.arange(8.0 if is_binaural else 4.0) * 10
    angles = {"elevation": y / 2} if is_binaural or "ambisonic" in recipe else {}
    _write_clips(tmp_path, circular_array(n_mics, 0.05), y, **angles)
    path, table = tmp_path / "m.sslearn", tmp_path / "table.csv"
    if recipe in ("ipdnet", "ipdnet2", "icodoa", "masked_srp_phat_network"):
        options = (*options, "-a", f"circular:{n_mics}:0.05")
    options = ("--recipe", recipe, "--test", 0, "--epochs", 1, *options)
    done = run("train", table, *options, "-o", path)
    assert done.exit_code == 0, done.stderr
    shown = answers("evaluate", path, table)
    assert shown["component"].tolist()[-1] == ("great_circle" if angles else "azimuth")
    found = answers("locate", tmp_path / "0.wav", "--model", path)
    assert {"azimuth", *angles} <= set(found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipe", "siamese", "-p", "radios=5"], "--option radios is not for recipe siamese"),
        (["--recipe", "siamese", "-p", "radius"], "must be KEY=VALUE"),
        (["--recipe", "siamese", "-a", "respeaker_4"], "--array is not for recipe siamese"),
        (["--recipe", "siamese", "--channels", "0,1"], "--channels is for recipes on arrays"),
        (["--recipe", "laplacian_eigenmaps", "--epochs", "5"], "--epochs is not for recipe"),
        (["--recipe", "siamese", "--epochs", "5", "-p", "max_epochs=6"], "given twice"),
        (["--recipe", "ipdnet2"], "needs --array"),
        (["--recipe", "siamese", "--cv", "3", "--test", "0.2"], "exclude each other"),
        (["--recipe", "siamese", "--cv", "3", "--no-refit"], "--no-refit needs --test"),
        (["--recipe", "siamese", "--test", "0"], "Nothing to do"),
        (["--recipe", "siamese", "--test", "nan"], "must be finite"),
        (["--recipe", "siamese", "-p", "knn__weights=uniform"], "names no part of the recipe"),
        (["--recipe", "siamese", "--device", "cuda:99"], "--device cuda:99 cannot be used"),
        (["--recipe", "siamese", "-o", "nowhere/m.sslearn"], "folder that exists; got 'nowhere'"),
        (["--recipe", "srp_phat"], "Invalid value for '--recipe'"),
    ],
)
def test_wrong_options(clips, run, options, message):
    done = run("train", clips / "table.csv", *options)
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr


def test_a_wrong_row_or_value_ends_the_command_in_one_line(clips, run, tmp_path):
    (tmp_path / "table.csv").write_text("path,azimuth\nmissing.wav,3\n")
    done = run("train", "--recipe", "siamese", tmp_path / "table.csv")
    assert done.exit_code == 1
    assert "line 2 (missing.wav) must name a file that exists" in done.stderr
    done = run("train", "--recipe", "laplacian_eigenmaps", clips / "table.csv", "-p", "fs=-1")
    assert (done.exit_code, "'fs'" in done.stderr) == (1, True)


def test_a_single_group_cannot_be_held_out(clips, run, tmp_path):
    lines = (clips / "table.csv").read_text().splitlines()
    rows = [f"{clips}/{line}" for line in lines[1::4]]
    (tmp_path / "table.csv").write_text("\n".join([lines[0], *rows]))
    done = run("train", "--recipe", "siamese", tmp_path / "table.csv", "--groups", "room")
    assert (done.exit_code, "at least 2 groups; got '0' alone" in done.stderr) == (1, True)


def test_evaluate_is_the_report_of_the_predictions(clips, model, answers):
    shown = answers("evaluate", model, clips / "table.csv")
    table = pd.read_csv(clips / "table.csv")
    y_pred = sslearn.load(model).predict([str(clips / name) for name in table["path"]])
    report = localization_report(table["azimuth"], y_pred)
    np.testing.assert_allclose(shown[report.columns].to_numpy(), report.to_numpy(), rtol=1e-6)


def test_evaluate_in_batches(clips, model, answers, monkeypatch):
    whole = answers("evaluate", model, clips / "table.csv")
    monkeypatch.setattr("sslearn.cli._evaluate._BATCH", 7)
    pd.testing.assert_frame_equal(answers("evaluate", model, clips / "table.csv"), whole)


def test_evaluate_tells_that_distances_are_not_measured(clips, run, tmp_path):
    paths = [str(clips / f"{i}.wav") for i in range(30)]
    y = np.column_stack([np.linspace(-60, 60, 30), np.zeros(30), np.linspace(1, 3, 30)])
    far = sslearn.recipes.laplacian_eigenmaps(n_neighbors=3, random_state=0).fit(paths, y)
    sslearn.save(far, tmp_path / "far.sslearn")
    table = pd.DataFrame({"path": paths, "azimuth": y[:, 0], "elevation": 0.0, "distance": y[:, 2]})
    table.to_csv(tmp_path / "table.csv", index=False)
    done = run("evaluate", tmp_path / "far.sslearn", tmp_path / "table.csv")
    assert done.exit_code == 0, done.stderr
    assert "distances are not measured" in done.stderr
    shown = pd.read_csv(io.StringIO(done.stdout))
    report = localization_report(y[:, :2], far.predict(paths)[:, :2])
    assert shown["component"].tolist() == ["azimuth", "elevation", "great_circle"]
    np.testing.assert_allclose(shown["mean"], report["mean"], rtol=1e-6)


@pytest.mark.parametrize("name", ["table.csv", "0.wav"])
def test_a_model_is_not_written_over_what_it_learns_from(clips, run, name):
    before = (clips / name).read_bytes()
    done = run("train", clips / "table.csv", "--recipe", "siamese", "-o", clips / name)
    assert (done.exit_code, "must not be a file that is read" in done.stderr) == (2, True)
    assert (clips / name).read_bytes() == before


def test_evaluate_refuses_other_channels_and_layouts(clips, model, run, tmp_path):
    _write_clips(tmp_path, circular_array(4, 0.05), np.array([10.0, 20.0]))
    done = run("evaluate", model, tmp_path / "table.csv")
    assert (done.exit_code, "must have the 2 channels of the model; got 4" in done.stderr) == (
        1,
        True,
    ), done.stderr
    rows = (clips / "table.csv").read_text().splitlines()[1:3]
    lines = ["path,azimuth_1,azimuth_2", *(f"{clips}/{row.split(',')[0]},1,2" for row in rows)]
    (tmp_path / "two.csv").write_text("\n".join(lines))
    done = run("evaluate", model, tmp_path / "two.csv")
    assert (done.exit_code, "must have one source in each file" in done.stderr) == (1, True)


def test_evaluate_writes_json_lines_and_refuses_what_is_no_model(clips, model, run):
    done = run("evaluate", model, clips / "table.csv", "--format", "jsonl")
    assert json.loads(done.stdout)["component"] == "azimuth"
    done = run("evaluate", clips / "0.wav", clips / "table.csv")
    assert (done.exit_code, "0.wav" in done.stderr) == (1, True)


def test_info_tells_what_the_model_learnt_from(model, run, clips):
    done = run("info", model, "--json")
    found = json.loads(done.stdout)
    assert found["contract"]["n_channels"] == 2
    card = found["card"]
    assert card["recipe"] == "laplacian_eigenmaps"
    assert card["options"] == {"n_neighbors": 3, "random_state": 3}
    data = {"table": "table.csv", "n_files": 40, "fs": [16000], "n_channels": 2}
    assert card["data"] == {**data, "seconds": [0.2, 0.2], "azimuth": [-80.0, 80.0]}
    assert card["groups"] == {"column": "room", "names": ["0", "1", "2", "3"]}
    assert card["held_out"]["errors"]["all"]["azimuth"]["n_samples"] == 10
    text = run("info", model, clips / "0.wav").stdout
    assert "  recipe: laplacian_eigenmaps\n" in text
    assert "n_channels: 2\n" in text.split("0.wav")[-1]


def test_info_goes_on_after_a_file_that_is_no_model(model, run, tmp_path):
    (tmp_path / "notes.txt").write_text("no model")
    done = run("info", tmp_path / "notes.txt", model)
    assert done.exit_code == 1
    assert "notes.txt" in done.stderr
    assert "recipe: laplacian_eigenmaps" in done.stdout


def test_locate_takes_the_model(model, answers, clips):
    found = answers("locate", clips / "20.wav", "--model", model)
    assert abs(found["azimuth"][0] - 2.1) < 10


def test_simulated_clips_are_a_table_to_learn_from(run, answers, tmp_path):
    options = ("--array", "linear:2:0.16", "--n", "12", "--rooms", "0", "--duration", "0.2")
    assert run("simulate", tmp_path / "clips", *options).exit_code == 0
    shown = answers(
        "train", tmp_path / "clips" / "table.csv", "--recipe", "laplacian_eigenmaps",
        "--test", "0.5", "-p", "laplacianeigenmaps__n_neighbors=3", "-p", "n_neighbors=2",
    )  # fmt: skip
    assert shown["n_samples"][0] == 6
