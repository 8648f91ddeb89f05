"""Clips, training and figures of the study of weights for any head."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.heads_weights import clips, data, systems, training
from benchmarks.accuracy.heads_weights.__main__ import main
from benchmarks.store import Store
from sslearn import recipes
from sslearn.datasets import make_binaural, structural_hrirs
from sslearn.features import BinauralCues
from sslearn.geometry import great_circle_distance
from sslearn.simulation import Placement, Sounds


def test_heads_of_tests_are_in_no_training(measured_heads):
    groups = [data.training_heads, data.new_heads, data.held_out_heads]
    names = [list(group(measured_heads)) for group in groups]
    assert names[1:] == [["cipic 003", "cipic 012"], ["cipic 010"]]
    assert not set(names[0]) & {*names[1], *names[2]}
    assert {"cipic 008", "cipic 021", "mit_kemar large", "sadie_ku100"} <= set(names[0])


def test_diffuse_noise_has_the_coherence_of_the_head():
    head = structural_hrirs(fs=16000)
    mixing = clips.diffuse_mixing(head.hrirs)
    assert mixing.shape == (257, 2, 2)
    rng = np.random.default_rng(0)
    noise = clips.diffuse(rng.standard_normal((200, 2, 512)), mixing)
    spectra = np.fft.rfft(noise)
    measured = np.einsum("nef,ngf->feg", spectra, spectra.conj()) / 200 / 512
    expected = mixing @ mixing.conj().swapaxes(1, 2)
    np.testing.assert_allclose(measured[5:-5], expected[5:-5], atol=0.3 * np.abs(expected).max())
    coherence = [expected[k, 1, 0].real / expected[k, 0, 0].real for k in (3, 60)]
    assert coherence[0] > 0.8 > 0.3 > abs(coherence[1])


def test_tail_continues_level_and_decay_of_the_reflections():
    rng = np.random.default_rng(1)
    times = np.arange(8000) / clips.FS
    full = rng.standard_normal((20, 2, 8000)) * 10 ** (-3 * times / 0.4)
    cut = np.where(times < 0.065, full, 0)
    mixing = np.broadcast_to(np.eye(2), (257, 2, 2))
    whole = clips.with_tail(cut, np.full(20, 0.4), mixing, rng)
    np.testing.assert_array_equal(whole[..., times < 0.055], np.float32(full)[..., times < 0.055])
    for start in (0.055, 0.1, 0.3):
        at = (times >= start) & (times < start + 0.02)
        ratio = np.square(whole[..., at]).sum() / np.square(full[..., at]).sum()
        assert 10 * np.log10(ratio) == pytest.approx(0, abs=0.5)


def test_level_of_the_noise(monkeypatch):
    played = []
    recorder = SimpleNamespace(fit_transform=lambda X: played.append(X) or X)
    monkeypatch.setattr(clips, "BinauralCues", lambda fs: recorder)
    brirs, mixing = np.zeros((2, 2, 100)), np.broadcast_to(np.eye(2), (257, 2, 2))
    brirs[..., 0] = 1.0
    for snr in (np.zeros(2), np.full(2, 90.0)):
        clips.cues(brirs, mixing, snr, Sounds(), Sounds(), 0.5, np.random.default_rng(0))
    noisy, clean = played
    ratio = np.square(clean).mean(axis=(1, 2)) / np.square(noisy - clean).mean(axis=(1, 2))
    np.testing.assert_allclose(ratio, 1, rtol=1e-3)


def test_delay_of_a_larger_head():
    seconds = []
    for scale in (1.0, 1.06):
        head = clips.resized(structural_hrirs([[90.0, 0.0]], fs=48000), scale)
        placement = Placement(directions="measured")
        scene = {"heads": head, "placement": placement, "batch_transform": BinauralCues()}
        seconds.append(systems.time_difference(make_binaural(1, random_state=0, **scene).data))
    assert seconds[1] / seconds[0] == pytest.approx(1.06, abs=0.01)


def test_frame_of_a_head_that_was_askew():
    head = structural_hrirs(fs=48000)
    np.testing.assert_allclose(clips.ear_frame(head), np.eye(3), atol=0.02)
    # The ears point 10 degrees too far to the left, and 5 up on the left.
    yaw, roll = np.deg2rad([10, 5])
    left = np.array([-np.sin(yaw), np.cos(yaw), 0]) * np.cos(roll) + [0, 0, np.sin(roll)]
    front = np.array([np.cos(yaw), np.sin(yaw), 0])
    frame = np.stack([front, left, np.cross(front, left)])
    expected = head.directions.copy()
    head.directions = clips.turned(head.directions, frame.T)
    np.testing.assert_allclose(clips.ear_frame(head), frame, atol=0.02)
    found = clips.turned(head.directions, clips.ear_frame(head))
    assert great_circle_distance(found, expected).max() < 1.5


def test_time_difference_of_a_delay():
    rng = np.random.default_rng(0)
    left = rng.standard_normal(16000)
    X = np.stack([np.stack([left, np.roll(left, k)]) for k in (-6, 0, 6)])
    cues = BinauralCues().fit_transform(X)
    seconds = systems.time_difference(cues)
    np.testing.assert_allclose(seconds, np.array([-6, 0, 6]) / 16000, atol=3e-6)
    azimuth = systems.azimuth_of(seconds)
    radians = np.deg2rad(azimuth)
    np.testing.assert_allclose(0.0875 / 343 * (radians + np.sin(radians)), seconds, atol=1e-7)


def test_figures_of_confused_front_and_back():
    y = np.array([[30.0, 0.0], [150.0, 10.0], [-100.0, 0.0], [0.0, 40.0]])
    found = np.array([[151.0, 0.0], [152.0, 14.0], [-100.0, 0.0], [-176.0, 40.0]])
    row = systems.figures(y, found)
    assert row["front for back"] == pytest.approx(200 / 3)
    assert row["azimuth mean"] == pytest.approx((1 + 2 + 0 + 4) / 4)
    assert row["azimuth as found mean"] == pytest.approx((121 + 2 + 0 + 176) / 4)
    assert (row["clips"], row["elevation median"]) == (4, 0.0)
    front = systems.figures(y[:, :2], np.array([29.0, 30.0, -80.0, 0.0]))
    assert front["azimuth mean"] == pytest.approx(0.25)
    assert front["lateral within 5"] == 100 and "angle median" not in front


def test_scaler_is_folded_exactly():
    rng = np.random.default_rng(0)
    X = 3 + 5 * rng.standard_normal((300, 729)).astype(np.float32)
    y = np.column_stack([rng.uniform(-180, 180, 300), rng.uniform(-45, 45, 300)])
    scaler = StandardScaler().fit(X)
    localizer = recipes.feed_forward(weights="heads", device="cpu", random_state=0)[-1]
    localizer.set_params(weights=None, max_epochs=2).fit(scaler.transform(X), y)
    folded = training.fold_scaler(localizer.weights_, scaler)
    assert {value.dtype for value in folded.values()} == {np.dtype(np.float32)}
    kept = recipes.feed_forward(weights="heads", device="cpu")[-1]
    kept.set_params(weights=folded).fit(X)
    expected = localizer.spatial_spectrum(scaler.transform(X))
    np.testing.assert_allclose(kept.spatial_spectrum(X), expected, atol=1e-5)


def test_interrupted_training_continues(measured_heads, tmp_path, capsys):
    drawn = training.render(tmp_path / "cues", measured_heads, 1, 2)
    assert [part.X.shape for part in drawn] == [(40, 729), (8, 729)]
    rendered = capsys.readouterr().out
    assert rendered.count("held_out") == 1 and rendered.count("training") == 5
    again = training.render(tmp_path / "cues", measured_heads, 1, 2)
    np.testing.assert_array_equal(again[0].X, drawn[0].X)
    stages = ((1, 1e-3), (1, 1e-4))
    whole = training.train(*drawn, tmp_path / "whole", stages=stages)
    training.train(*drawn, tmp_path / "parts", stages=stages[:1])
    capsys.readouterr()
    resumed = training.train(*drawn, tmp_path / "parts", stages=stages)
    assert capsys.readouterr().out.count("stage_1") == 1
    for name, value in whole.items():
        np.testing.assert_array_equal(resumed[name], value)


def test_study_runs_and_keeps_its_rows(measured_heads, tmp_path, capsys):
    folders = {"data": measured_heads, "cache": tmp_path / "cache", "out": tmp_path / "results"}
    options = [f"--{name}={path}" for name, path in folders.items()]
    main([*options, "--quick"])
    skipped = capsys.readouterr().err
    assert all(f"skipped {room}" in skipped for room in data.measured_rooms(measured_heads))
    store = Store("heads_weights", tmp_path / "results")
    settings = {"responses": 6, "seed": 0, "quick": True}
    settings |= {"test": "heads seen", "system": "heads", "snr": "all"}
    assert store.rows[0]["settings"] == settings
    rows = store.select(test="CIPIC, heads never seen", system="time difference")
    assert [row["figures"]["clips"] for row in rows] == [18, 6, 6, 6]
    assert "elevation median" not in rows[0]["figures"]
    # Clips are rendered once.
    assert len(list((tmp_path / "cache" / "tests").iterdir())) == 2
