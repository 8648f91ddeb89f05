"""Estimates of how long rendering takes, on a clock that counts image sources."""

import warnings

import numpy as np
import pytest

from sslearn.datasets import (
    make_ambisonic,
    make_binaural,
    make_shoebox,
    make_shoebox_rooms,
    structural_hrirs,
)
from sslearn.exceptions import DurationWarning
from sslearn.geometry import circular_array
from sslearn.simulation import _chunks, _duration


class Clock:
    """Replaces rendering: each clip takes seconds by its room, its head and whether it is new."""

    def __init__(self, monkeypatch, seconds):
        self.now, self.n_clips, self.seconds, self.built = 0.0, 0, seconds, set()
        monkeypatch.setattr(_chunks, "render_clip", self.render)
        monkeypatch.setattr(_duration, "perf_counter", lambda: self.now)

    def render(self, scene, row, i):
        head = getattr(row, "head_row", 0)
        self.now += self.seconds(scene, row) + 30.0 * (head not in self.built)
        self.built.add(head)
        self.n_clips += 1
        return np.ones((scene.receiver.n_channels, scene.n_times), np.float32), False, None


def by_room(scene, row):
    axes = _duration.image_sources(scene, row, 0).axes
    return 0.2 + 1e-6 * np.prod([len(axis["offset"]) for axis in axes])


@pytest.fixture
def announced(monkeypatch):
    """Function that runs a call on a clock, and returns what was said and what it took."""

    def run(call, seconds=by_room):
        clock = Clock(monkeypatch, seconds)
        estimates = []
        estimate = _duration._estimate

        def spy(*args):
            estimates.append((estimate(*args), clock.now))
            return estimates[-1][0]

        monkeypatch.setattr(_duration, "_estimate", spy)
        call()
        monkeypatch.setattr(_duration, "_estimate", estimate)
        [(said, before)] = estimates
        return said, clock.now - before

    return run


ROOMS = make_shoebox_rooms(8, t60=(0.2, 1.0), random_state=0)


@pytest.mark.filterwarnings("ignore::sslearn.exceptions.DurationWarning")
@pytest.mark.parametrize("seed", range(3))
def test_estimate_in_rooms_is_near(announced, seed):
    params = {"rooms": ROOMS, "duration": 0.05, "random_state": seed}
    for call in (
        lambda: make_shoebox(80, mic_positions=circular_array(4, 0.05), **params),
        lambda: make_ambisonic(80, **params),
    ):
        said, taken = announced(call)
        assert 0.7 * taken < said < 1.4 * taken


@pytest.mark.filterwarnings("ignore::sslearn.exceptions.DurationWarning")
def test_estimate_counts_the_heads(announced):
    heads = [structural_hrirs([[0, 0], [90, 0], [-90, 0]], fs=16000) for _ in range(4)]
    said, taken = announced(
        lambda: make_binaural(60, heads=heads, duration=0.05, random_state=0),
        lambda scene, row: 0.5,
    )
    # Two of the four were built for the estimate.
    assert said == pytest.approx(taken + 30, rel=0.05)


def anechoic(n_samples, **params):
    return make_binaural(n_samples, duration=0.05, random_state=0, **params)


def test_long_calls_warn_unless_there_is_a_bar(announced):
    with pytest.warns(DurationWarning, match=r"60 clips will take about 2 min\. verbose=1") as said:
        announced(lambda: anechoic(60), lambda scene, row: 2.0)
    assert [warning.filename for warning in said] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error", DurationWarning)
        announced(lambda: anechoic(60, verbose=1), lambda scene, row: 2.0)


def test_the_bar_says_how_long(announced, capsys):
    announced(lambda: anechoic(60, verbose=1), lambda scene, row: 2.0)
    assert "Rendering (about 2 min)" in capsys.readouterr().out


def test_short_calls_render_one_clip_more_at_most(monkeypatch):
    clock = Clock(monkeypatch, lambda scene, row: 0.001)
    clock.built.add(0)
    anechoic(60)
    assert clock.n_clips == 61
    anechoic(49)
    assert clock.n_clips == 61 + 49


def test_what_is_cached_takes_no_time(monkeypatch, tmp_path):
    anechoic(60, memory=tmp_path)
    clock = Clock(monkeypatch, lambda scene, row: 100.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DurationWarning)
        anechoic(60, memory=tmp_path)
    assert clock.n_clips == 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.4, "12 s"), (89, "89 s"), (95, "1.6 min"), (7200, "2 h")]
)
def test_text(seconds, text):
    assert _duration._say(seconds) == text
