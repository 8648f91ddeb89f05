import numpy as np
import pytest
from scipy import fft
from sklearn.utils import Bunch

from sslearn.datasets import interpolate_hrirs, load_cipic, structural_hrirs
from sslearn.geometry import angles_to_unit_vectors, fibonacci_grid, great_circle_distance
from sslearn.simulation._interpolation import minimum_phase_onsets

FS = 16000


def delay_head(directions, *, n_taps=101, radius=0.09):
    """A head without a head: two microphones on the y axis, pure delays around sample 40."""
    vectors = angles_to_unit_vectors(directions)
    delays = 40.0 + vectors[:, 1, None] * np.array([-radius, radius]) * FS / 343.0
    phase = np.exp(-2j * np.pi * fft.rfftfreq(n_taps) * delays[..., None])
    return Bunch(
        hrirs=fft.irfft(phase, n_taps),
        directions=np.asarray(directions),
        distance=np.ones(len(directions)),
        fs=FS,
        name="delays",
    )


def spectral_distance(a, b):
    """Mean over responses of the rms difference of the magnitudes in dB, 200-7000 Hz."""
    frequency = fft.rfftfreq(512) * FS
    band = (frequency > 200) & (frequency < 7000)
    a, b = (20 * np.log10(np.abs(fft.rfft(x, 512))[..., band] + 1e-9) for x in (a, b))
    return np.sqrt(np.square(a - b).mean(axis=-1)).mean()


def test_onsets_of_pure_delays():
    head = delay_head(fibonacci_grid(50))
    onsets = minimum_phase_onsets(head.hrirs)
    expected = 40.0 - angles_to_unit_vectors(head.directions)[:, 1] * 0.09 * FS / 343.0
    np.testing.assert_allclose(onsets[:, 0], expected, atol=0.02)


def test_delays_are_interpolated_not_mixed():
    wanted = np.array([[7.0, 3.0], [100.0, -20.0], [-55.0, 61.0], [180.0, 0.0], [-179.9, 0.1]])
    head = interpolate_hrirs(delay_head(fibonacci_grid(800)), wanted)
    exact = delay_head(wanted)
    error = np.square(head.hrirs - exact.hrirs).sum(axis=(1, 2))
    assert (error < 1e-3 * np.square(exact.hrirs).sum(axis=(1, 2))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exact_at_measured_directions(dtype):
    head = structural_hrirs(fs=FS)
    head.hrirs = head.hrirs.astype(dtype)
    rows = np.arange(0, len(head.directions), 7)
    new = interpolate_hrirs(head, head.directions[rows])
    assert new.hrirs.dtype == dtype
    peak = np.abs(head.hrirs).max()
    tolerance = 1e-12 if dtype == np.float64 else 1e-6
    np.testing.assert_allclose(new.hrirs, head.hrirs[rows], atol=tolerance * peak)


def test_continuous_across_the_gap_below_and_the_wrap():
    grid = fibonacci_grid(600)
    head = delay_head(grid[grid[:, 1] > -45])
    path = np.stack([np.linspace(-190, 190, 381), np.full(381, -70.0)], axis=1)
    hrirs = interpolate_hrirs(head, path).hrirs
    steps = np.linalg.norm(np.diff(hrirs, axis=0), axis=(1, 2))
    assert np.isfinite(hrirs).all() and steps.max() < 0.2


def test_less_than_half_a_sphere_answers_with_the_edge():
    grid = fibonacci_grid(800)
    front = delay_head(grid[great_circle_distance(grid, [[0.0, 0.0]]) < 60])
    inside = interpolate_hrirs(front, [[20.0, 10.0]]).hrirs
    exact = delay_head([[20.0, 10.0]]).hrirs
    assert np.linalg.norm(inside - exact) < 0.03 * np.linalg.norm(exact)
    edge = interpolate_hrirs(front, [[100.0, 0.0]]).hrirs
    onset = minimum_phase_onsets(edge)[0]
    assert onset[1] - onset[0] == pytest.approx(
        2 * 0.09 * np.sin(np.deg2rad(60)) * FS / 343.0, abs=0.5
    )


def test_refused():
    head = delay_head(fibonacci_grid(50))
    with pytest.raises(TypeError, match="must be a Bunch with hrirs"):
        interpolate_hrirs(head.hrirs, [[0.0, 0.0]])
    with pytest.raises(ValueError, match="elevations"):
        interpolate_hrirs(head, [[0.0, 100.0]])
    with pytest.raises(ValueError, match=r"\(n_new, 2\)"):
        interpolate_hrirs(head, [0.0, 10.0])
    ring = delay_head(np.stack([np.arange(-180, 180, 10), np.zeros(36)], axis=1))
    with pytest.raises(ValueError, match="not lie in one plane"):
        interpolate_hrirs(ring, [[0.0, 0.0]])
    head.hrirs[3, 0, 5] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        interpolate_hrirs(head, [[0.0, 0.0]])
    with pytest.raises(ValueError, match="directions must have shape"):
        interpolate_hrirs(Bunch(**{**delay_head(fibonacci_grid(9)), "directions": [[0, 0]]}), [])


@pytest.mark.parametrize("subject", ["021", "003"])
def test_beats_the_nearest_measured_direction(data_dir, subject):
    head = load_cipic(data_dir / "cipic", subject, fs=FS)
    left_out = np.random.default_rng(0).permutation(len(head.directions)) % 10 == 0
    known = Bunch(**head | {k: head[k][~left_out] for k in ("hrirs", "directions", "distance")})
    truth, wanted = head.hrirs[left_out], head.directions[left_out]
    nearest = great_circle_distance(wanted[:, None], known.directions[None]).argmin(axis=1)
    guess = interpolate_hrirs(known, wanted).hrirs

    def error(hrirs):
        return np.square(hrirs - truth).sum() / np.square(truth).sum()

    assert spectral_distance(guess, truth) < 0.75 * spectral_distance(known.hrirs[nearest], truth)
    assert error(guess) < 0.3 * error(known.hrirs[nearest])
