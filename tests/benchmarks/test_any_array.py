"""Clips, figures and tables of the study of localizers for any array."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.store import Store
from sslearn.datasets import make_plane_waves
from sslearn.geometry import angles_to_unit_vectors, array_dimension, circular_array

pytest.importorskip("torch")

from benchmarks.accuracy.any_array import ablations, arrays, data, systems, training
from benchmarks.accuracy.any_array.__main__ import main


@pytest.fixture
def corpus(tmp_path):
    """Folder with bursts of noise for speech, and three recordings of noise."""
    soundfile = pytest.importorskip("soundfile")
    rng, folder = np.random.default_rng(0), tmp_path / "data"
    for name in ("speech_librispeech", "noise"):
        (folder / name).mkdir(parents=True)
    rows = ["file,speaker,subset"]
    for i in range(4):
        bursts = np.repeat(rng.random(20) < 0.8, 1600) * rng.normal(0, 0.1, 32_000)
        soundfile.write(folder / "speech_librispeech" / f"{i}.flac", bursts, 16000)
        rows.append(f"{i}.flac,{i},{'test-other' if i < 3 else 'train-clean-100'}")
    (folder / "speech_librispeech" / "utterances.csv").write_text("\n".join(rows))
    for name in ("blow", "hiss", "rush"):
        soundfile.write(folder / "noise" / f"{name}.flac", rng.normal(0, 0.1, 64_000), 16000)
    return folder


def clips_of(X, directions, n_angles=1, **changed):
    """Clips around a circle of four microphones, from directions (n_clips, n_sources, 2)."""
    settings = {"kind": "circle", "noise": "white", "snr": np.full(len(X), 10.0)}
    settings |= {"mic_positions": circular_array(4, 0.05), "t60": np.full(len(X), 0.3)}
    shape = (*np.shape(directions)[:2], 3)
    sources = angles_to_unit_vectors(np.reshape(directions, (-1, 2))).reshape(shape)
    return data.Clips(audio=X, sources=sources, n_angles=n_angles, **settings | changed)


@pytest.mark.parametrize("n_mics", [4, 16])
@pytest.mark.parametrize(
    ("kind", "n_dims"),
    [("line", 1), ("circle", 2), ("irregular", 2), ("upright", 2), ("spatial", 3)],
)
def test_arrays_have_the_aperture_and_face_forwards(kind, n_dims, n_mics):
    mics = arrays.draw_array(kind, n_mics, 0.3, np.random.default_rng(0))
    apart = np.linalg.norm(mics[:, None] - mics, axis=2)
    assert mics.shape == (n_mics, 3) and array_dimension(mics) == n_dims
    assert apart.max() == pytest.approx(0.3)
    assert apart[np.triu_indices(n_mics, 1)].min() > 0.005
    np.testing.assert_allclose(mics.mean(axis=0), 0.0, atol=1e-12)
    across = {"line": [0, 2], "circle": [2], "irregular": [2], "upright": [0], "spatial": []}[kind]
    np.testing.assert_array_equal(mics[:, across], 0.0)


def test_clips_are_rendered_once_and_sources_are_where_the_array_hears(corpus, tmp_path):
    folder = tmp_path / "clips"
    first = data.simulated_tests(folder, corpus, 5, 2)
    written = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert [clips.kind for clips in first] == list(arrays.KINDS)
    assert {clips.noise for clips in first} == set(data.NOISES)
    for clips in first:
        assert clips.audio.dtype == np.int16 and clips.audio.shape[::2] == (2, 16000)
        assert (np.abs(clips.audio).max(axis=(1, 2)) == 32000).all()
        np.testing.assert_allclose(np.linalg.norm(clips.sources, axis=2), 1.0)
        if clips.kind in ("line", "upright"):
            assert (clips.sources[..., 0] >= 0).all()
        if clips.sources.shape[1] == 2:
            apart = np.rad2deg(np.arccos((clips.sources[:, 0] * clips.sources[:, 1]).sum(axis=1)))
            assert (apart > 19.9).all()
        assert ((clips.snr >= -5) & (clips.snr <= 30)).all()
    (folder / "test_0_2_0003.npz").unlink()
    again = data.simulated_tests(folder, corpus, 5, 2)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.audio, b.audio)
    changed = [path.name for path, time in written.items() if path.stat().st_mtime_ns != time]
    assert changed == ["test_0_2_0003.npz"]


def test_directions_are_those_of_the_unit_vectors():
    angles = np.array([[[40.0, 10.0], [-170.0, -30.0]]])
    np.testing.assert_allclose(clips_of(np.zeros((1, 4, 9)), angles, 2).directions, angles)
    azimuth = clips_of(np.zeros((1, 4, 9)), angles, 1).directions
    np.testing.assert_allclose(azimuth, angles[..., :1])


def test_noise_in_recordings_has_the_level_that_is_asked_for():
    rng = np.random.default_rng(7)
    recordings = pd.Series({"mic_positions": circular_array(2, 0.05)})
    audio = rng.normal(0, 0.1, (2, 2, 16000))
    for clips in data._recorded("room", recordings, audio, np.ones((2, 1, 3)), 1, seed=0):
        scale = (clips.X * audio).sum(axis=(1, 2)) / np.square(audio).sum(axis=(1, 2))
        rest = clips.X / scale[:, None, None] - audio
        ratio = np.square(audio).mean(axis=(1, 2)) / np.square(rest).mean(axis=(1, 2))
        np.testing.assert_allclose(10 * np.log10(ratio), clips.snr, atol=0.3)


@pytest.mark.parametrize("system", ["srp_phat", "music", "mvdr", "mvdr_wide", "tdoa"])
def test_systems_are_exact_on_plane_waves(system):
    angles = np.array([[[100.0, 0.0]], [[-20.0, 0.0]]])
    X, _ = make_plane_waves(
        2,
        mic_positions=circular_array(4, 0.05),
        directions=angles[:, 0, 0],
        random_state=0,
        return_X_y=True,
    )
    errors, seconds = systems.measure(system, [clips_of(X, angles)])
    assert (errors["error"] < 0.5).all() and len(errors) == 2
    assert errors["aperture (cm)"].to_numpy() == pytest.approx(10.0)
    assert 0 < seconds < 10


def test_a_source_without_a_prediction_is_missed_and_a_guess():
    clips = clips_of(np.zeros((2, 4, 9)), [[[10.0, 0], [80.0, 0]], [[-170.0, 0], [30.0, 0]]])
    found = np.array([[[82.0], [11.0]], [[175.0], [np.nan]]])
    errors = systems._describe(clips, systems._errors(clips.directions, found))
    np.testing.assert_allclose(errors["error"], [1.0, 2.0, 15.0, 90.0])
    assert errors["missed"].tolist() == [False, False, False, True]


@pytest.mark.filterwarnings("ignore::sslearn.exceptions.ArrayMismatchWarning")
def test_tdoa_leaves_clips_of_two_sources_out():
    angles = np.array([[[100.0, 0.0], [0.0, 0.0]]])
    X = np.random.default_rng(0).standard_normal((1, 4, 4000))
    one = clips_of(X, angles[:, :1])
    errors, _ = systems.measure("tdoa", [clips_of(X, angles), one])
    assert errors["sources"].tolist() == [1]


def test_strata_of_a_row():
    errors = pd.DataFrame(
        {
            "error": [1.0, 3.0, 11.0, 6.0],
            "missed": [False, False, False, True],
            "array": ["line", "line", "circle", "circle"],
            "microphones": [2, 2, 16, 3],
            "aperture (cm)": [2.0, 5.0, 6.0, 50.0],
            "noise": "white",
            "SNR (dB)": [-5.0, 5.0, 6.0, 30.0],
            "reverberation (s)": 0.5,
            "angles": [1, 1, 2, 1],
            "sources": [1, 1, 1, 2],
        }
    )
    one = errors[errors["sources"] == 1]
    figures = systems.figures(one)
    expected = {"errors": 3, "median": 3.0, "mean": 5.0, "within 5": 200 / 3, "missed": 0.0}
    assert figures == pytest.approx(expected)
    assert systems.figures(errors[errors["sources"] == 2])["missed"] == 100.0
    found = systems.strata(one)
    assert found["line mean"] == found["2-3 mics mean"] == 2.0
    assert found["2-5 cm mean"] == found["below 5 dB mean"] == 2.0
    assert found["sphere median"] == found["5-15 dB median"] == 11.0
    assert found["to 500 ms mean"] == 5.0 and "above 500 ms mean" not in found


def test_missing_data_are_named(tmp_path, monkeypatch, capsys):
    main(["measured", f"--data={tmp_path}", f"--out={tmp_path}"])
    skipped = capsys.readouterr().err
    assert all(f"skipped {room}" in skipped for room in (*data.MEASURED, "measured"))
    monkeypatch.delenv("SSLEARN_DATA", raising=False)
    with pytest.raises(SystemExit):
        main(["simulated"])
    assert "--data or SSLEARN_DATA must name the folder" in capsys.readouterr().err


def test_simulated_arrays_have_a_row_for_each_number_of_sources(corpus, tmp_path):
    folders = {"data": corpus, "cache": tmp_path / "cache", "out": tmp_path}
    options = ["--quick", *(f"--{name}={folder}" for name, folder in folders.items())]
    for system in ("srp_phat", "tdoa", "srp_phat"):
        main(["simulated", *options, "--systems", system])
    rows = Store("any_array", tmp_path).rows
    found = [(row["settings"]["system"], row["settings"]["sources"]) for row in rows]
    assert found == [("srp_phat", 1), ("srp_phat", 2), ("tdoa", 1)]
    assert rows[0]["settings"]["n_clips"] == 2 and "steps" not in rows[0]["settings"]
    assert "line mean" in rows[0]["figures"]


def test_training_continues_and_variants_are_trained_once(corpus, tmp_path, capsys):
    folders = {"data": corpus, "cache": tmp_path / "cache", "out": tmp_path}
    options = ["ablations", "--quick", *(f"--{name}={value}" for name, value in folders.items())]
    main(options)
    rows = Store("any_array", tmp_path).rows
    assert [row["settings"]["variant"] for row in rows] == list(ablations.VARIANTS)
    assert [row["figures"]["arrays"] for row in rows] == [5, 5, 5, 2, 1]
    assert len({row["figures"]["azimuth mean"] for row in rows}) > 1
    held_out, records = training.read_clips(corpus, tmp_path / "cache", 4, 1, 2)
    output = tmp_path / "cache" / "ablation_4_1_2_2_0_all"
    capsys.readouterr()
    training.train(records, held_out, output, n_steps=2, every=1)
    assert not capsys.readouterr().out
    training.train(records, held_out, output, n_steps=4, every=1)
    # From the last checkpoint on.
    assert capsys.readouterr().out.startswith("3 ")


def test_networks_of_one_array(corpus, tmp_path):
    folders = {"data": corpus, "cache": tmp_path / "cache", "out": tmp_path}
    main(["own_array", "--quick", *(f"--{name}={value}" for name, value in folders.items())])
    rows = Store("any_array", tmp_path).rows
    assert rows[0]["settings"]["n_own"] == 6
    rows = {row["settings"]["system"]: row["figures"] for row in rows}
    assert rows["phase_network"]["minutes"] > rows["mvdr_wide"]["minutes"]
    assert rows["masked_srp_phat"]["median"] < rows["phase_network"]["median"]
