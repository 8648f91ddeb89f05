from collections import Counter

import numpy as np
import pytest

from sslearn.simulation import ArrayReceiver, Noise, Overlap, Sounds, Trajectories, simulate
from sslearn.simulation._frames import count_frames, cut_sound, find_active
from sslearn.simulation._overlap import check_overlap, draw_overlap

RECEIVER = ArrayReceiver([[0.0, 0.05, 0.0], [0.0, -0.05, 0.0]])
KINDS = ["head_tail", "small", "start_or_end", "full"]


def draws(n_frames=40, n_draws=2000, **params):
    overlap, rng = check_overlap(Overlap(**params), 2), np.random.default_rng(0)
    return [draw_overlap(overlap, n_frames, rng) for _ in range(n_draws)]


def make(n_samples=3, **params):
    shared = {"rooms": 2, "max_order": 0, "duration": 4.0, "n_sources": 2, "random_state": 0}
    return simulate(RECEIVER, n_samples, **shared | params)


def test_kinds_are_equally_likely():
    counts = Counter(draw["overlap"] for draw in draws())
    assert 540 < counts["single"] < 660
    assert all(290 < counts[kind] < 410 for kind in KINDS)
    assert Counter(draw["overlap"] for draw in draws(single=0.0, kinds=["small"])) == {
        "small": 2000
    }


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("full", {(0, 40)}, {(0, 40)}),
        ("head_tail", {(k, 40) for k in range(10)}, {(0, 40 - k) for k in range(10)}),
        ("small", {((40 - k) // 2, (40 - k) // 2 + k) for k in range(20, 35)}, {(0, 40)}),
        (
            "start_or_end",
            {(k, 40) for k in range(20)} | {(0, 40 - k) for k in range(20)},
            {(0, 40)},
        ),
    ],
)
def test_spans_of_four_seconds_are_those_of_the_card(kind, first, second):
    found = draws(kinds=[kind], single=0.0)
    assert {(draw["start_0"], draw["stop_0"]) for draw in found} == first
    assert {(draw["start_1"], draw["stop_1"]) for draw in found} == second


def test_a_single_talker_speaks_all_the_time():
    spans = {tuple(draw.values()) for draw in draws(single=1.0)}
    assert spans == {("single", 0, 40, 0, 0)}


@pytest.mark.parametrize("n_frames", [1, 2, 3, 10])
def test_short_clips_keep_something_of_both(n_frames):
    for draw in draws(n_frames, n_draws=200, single=0.0):
        for s in range(2):
            assert 0 <= draw[f"start_{s}"] < draw[f"stop_{s}"] <= n_frames


def tones():
    """Tones of 500 and 1000 Hz, the second 40 dB below."""
    times = np.arange(64000) / 16000
    return [gain * np.sin(2 * np.pi * freq * times) for freq, gain in ((500, 1.0), (1000, 0.01))]


def test_y_and_audio_are_silent_together():
    data = make(12, sounds=tones(), overlap=Overlap(single=0.4))
    active = ~np.isnan(data.target[..., 0])
    single = data.metadata["overlap"] == "single"
    assert active.shape == (12, 40, 2) and 0 < single.sum() < 12
    assert active[single, :, 0].all() and not active[single, :, 1].any()
    assert active[~single].any(axis=1).all()
    frames = np.fft.rfft(data.data[:, 0].reshape(12, 40, 1600))
    level = np.abs(frames[..., [50, 100]])  # of the tones
    level = np.where(
        (data.metadata["source_0"] == 0).to_numpy()[:, None, None], level, level[..., ::-1]
    )
    # Sound arrives a few milliseconds late: the first frame of a pause is not silent.
    paused = ~active[:, 1:] & ~active[:, :-1]
    assert level[:, 1:][paused].max() < 0.02 * level[active].min()


def test_sources_are_equally_loud_while_they_play():
    data = make(4, sounds=tones(), overlap=Overlap(["small"], single=0.0))
    spectrum = np.square(np.abs(np.fft.rfft(data.data[..., 30400:33600]))).mean(axis=1)
    np.testing.assert_allclose(10 * np.log10(spectrum[:, 100] / spectrum[:, 200]), 0.0, atol=0.3)


@pytest.mark.parametrize(("threshold", "hears_quiet"), [(-40.0, True), (-20.0, False)])
def test_pauses_of_a_recording_are_silent_in_y(threshold, hears_quiet):
    sound = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    sound[4800:8000] = 0.0
    sound[9600:12800] *= 0.03  # -30 dB
    data = make(
        1, n_sources=1, duration=1.0, trajectories=Trajectories(moving=0.0),
        sounds=Sounds([sound], activity_threshold=threshold),
    )  # fmt: skip
    # Sound arrives a few milliseconds late: the first frame of a pause is not silent.
    expected = [True] * 4 + [False, True, True, hears_quiet, True, True]
    np.testing.assert_array_equal(~np.isnan(data.target[0, :, 0, 0]), expected)


def test_activity_is_relative_to_the_frames_that_play():
    direct = np.ones((1, 4800), dtype=np.float32)
    direct[:, 1600:3200] = 0.05  # -26 dB
    plays = np.array([True, True, False])
    assert find_active(direct, plays, -25.0, 16000).tolist() == [True, True, False]
    assert find_active(direct, plays, -20.0, 16000).tolist() == [True, False, False]
    assert not find_active(0 * direct, plays, -20.0, 16000).any()


def test_frames_of_any_rate():
    assert count_frames(64000, 16000) == 40
    assert count_frames(65599, 16000) == 40
    assert count_frames(2205, 22050) == 1
    assert count_frames(round(0.3 * 22055), 22055) == 2  # 6616 samples are shorter than 0.3 s
    cut = cut_sound(np.ones(4500), np.array([False, True]), 22050)
    assert cut[:2205].sum() == 0 and cut[2205:].all()


def test_noise_and_transformer_work_with_tracks():
    data = make(3, overlap=Overlap(), noise=Noise((-5, 15), kind="diffuse"), duration=1.0)
    assert data.target.shape == (3, 10, 2, 1)
    assert data.metadata["snr"].between(-5, 15).all()


@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({"overlap": "full"}, TypeError, "overlap must be an Overlap"),
        ({"overlap": Overlap(["none"])}, ValueError, "kinds must be some of"),
        ({"overlap": Overlap([])}, ValueError, "kinds must be some of"),
        ({"overlap": Overlap(single=1.5)}, ValueError, "'single'"),
        ({"overlap": Overlap(), "n_sources": 3}, ValueError, "n_sources=2"),
        ({"sounds": Sounds(activity_threshold=5.0)}, ValueError, "activity_threshold"),
    ],
)
def test_errors(params, error, match):
    with pytest.raises(error, match=match):
        make(1, **params)
