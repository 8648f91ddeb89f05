import numpy as np
import pytest

from sslearn.simulation import ArrayReceiver, Trajectories, _scene, make_shoebox_rooms, simulate
from sslearn.simulation._crossfade import crossfade, filter_sound

NOISE = np.random.default_rng(0).standard_normal(4000, dtype=np.float32)


@pytest.mark.parametrize("keep_power", [True, False])
@pytest.mark.parametrize("n_segments", [1, 2, 7])
def test_equal_responses_are_one_response(keep_power, n_segments):
    response = np.random.default_rng(1).standard_normal((2, 50), dtype=np.float32)
    heard = crossfade(NOISE, [response] * n_segments, keep_power=keep_power)
    np.testing.assert_allclose(heard, filter_sound(NOISE, response, 4000), atol=1e-4)


def test_silent_responses_are_silent():
    assert not crossfade(NOISE, [np.zeros((2, 5), np.float32)] * 3, keep_power=True).any()


def test_amplitudes_fade_linearly():
    ones = np.ones(4000, dtype=np.float32)
    responses = [np.full((1, 1), gain, dtype=np.float32) for gain in (0.0, 1.0)]
    heard = crossfade(ones, responses, keep_power=False)[0]
    expected = np.interp(np.arange(4000), [1000, 3000], [0.0, 1.0])
    np.testing.assert_allclose(heard, expected, atol=1e-6)


def test_unlike_responses_keep_their_power():
    rng = np.random.default_rng(2)
    responses = [rng.standard_normal((1, 400), dtype=np.float32) for _ in range(20)]
    sound = rng.standard_normal(160000, dtype=np.float32)
    power = np.mean([np.square(response).sum() for response in responses])
    kept = np.square(crossfade(sound, responses, keep_power=True)).mean()
    lost = np.square(crossfade(sound, responses, keep_power=False)).mean()
    assert 10 * np.log10(kept / power) == pytest.approx(0.0, abs=0.2)
    assert 10 * np.log10(lost / power) == pytest.approx(-1.8, abs=0.3)


def test_reflections_have_the_power_of_a_finer_path(monkeypatch):
    rooms = make_shoebox_rooms(
        1, dimensions=((4, 4, 2.6), (5, 5, 3)), t60=(0.2, 0.2), random_state=0
    )
    move = {"trajectories": Trajectories(speed=1.0), "rooms": rooms, "duration": 1.0}
    coarse = simulate(ArrayReceiver([[0.0, 0, 0], [0.1, 0, 0]]), 2, random_state=0, **move)
    monkeypatch.setattr(_scene, "_STEPS", (0.01, 0.02, 0.1))
    fine = simulate(ArrayReceiver([[0.0, 0, 0], [0.1, 0, 0]]), 2, random_state=0, **move)
    power = [np.square(np.abs(np.fft.rfft(data.data))) for data in (coarse, fine)]
    for low, high in ((250, 1000), (1000, 4000), (4000, 7900)):
        bands = [p[..., low:high].mean(axis=(1, 2)) for p in power]
        np.testing.assert_allclose(10 * np.log10(bands[0] / bands[1]), 0.0, atol=0.6)


def test_a_diffuse_tail_keeps_the_power_of_moving_sources():
    rooms = make_shoebox_rooms(
        1, dimensions=((4, 4, 2.6), (5, 5, 3)), t60=(0.4, 0.4), random_state=0
    )
    move = {"trajectories": Trajectories(speed=1.0), "rooms": rooms, "duration": 1.0}
    array = ArrayReceiver([[0.0, 0, 0], [0.1, 0, 0]])
    powers = [
        np.square(simulate(array, 3, random_state=0, mixing_time=time, **move).data).mean(axis=2)
        for time in (None, "auto")
    ]
    np.testing.assert_allclose(10 * np.log10(powers[0] / powers[1]), 0.0, atol=0.5)
