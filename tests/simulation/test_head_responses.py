import numpy as np
import pytest
from scipy import fft
from sklearn.utils import Bunch

from sslearn.datasets import interpolate_hrirs, make_shoebox_rooms, structural_hrirs
from sslearn.geometry import angles_to_unit_vectors, fibonacci_grid, unit_vectors_to_angles
from sslearn.simulation._head_responses import RoomRenderer
from sslearn.simulation._image_sources import ImageSources
from sslearn.simulation._interpolation import HeadInterpolator
from sslearn.simulation._rooms import check_rooms

FS = 16000
RECEIVER = np.array([2.5, 2.0, 1.7])


@pytest.fixture(scope="module")
def head():
    return structural_hrirs(fs=FS)


@pytest.fixture(scope="module")
def renderer(head):
    return RoomRenderer(head)


def one_room(t60, profile="flat"):
    if profile == "octave":
        pytest.importorskip("pyroomacoustics")
    table = make_shoebox_rooms(
        1, dimensions=[[5.0, 4.0, 2.6]] * 2, t60=(t60, t60), profile=profile, random_state=0
    )
    return check_rooms(table)[0]


def images(room, direction, distance, max_order):
    source = RECEIVER + distance * angles_to_unit_vectors([direction])[0]
    images = ImageSources(room, source, RECEIVER[None], fs=FS, max_order=max_order)
    return *images.listed(), images.filters


def level_difference(a, b, width=40):
    """Largest difference of the band levels in dB, in ``width`` bands from 200 to 7000 Hz."""
    power = [np.square(np.abs(fft.rfft(x, 2**14))) for x in (a, b)]
    edges = np.linspace(200, 7000, width + 1) / FS * 2**14
    bands = [np.add.reduceat(p, edges.astype(int)[:-1])[:-1] for p in power]
    return np.abs(10 * np.log10(bands[0] / bands[1])).max()


def correlation(a, b):
    n = min(len(a), len(b))
    return a[:n] @ b[:n] / np.linalg.norm(a[:n]) / np.linalg.norm(b[:n])


def test_direct_sound_has_delay_and_spreading_loss(head, renderer):
    direction = head.directions[700]
    near = renderer.render(angles_to_unit_vectors([direction]), np.ones((1, 1)))
    # 343 m/s: 3.43 m are 160 samples, 1 m is 46.65.
    far = renderer.render(3.43 * angles_to_unit_vectors([direction]), np.ones((1, 1)))
    n_taps = head.hrirs.shape[2]
    expected = head.hrirs[700] / 3.43
    np.testing.assert_allclose(
        far[:, 160 : 160 + n_taps], expected, atol=1e-5 * np.abs(expected).max()
    )
    n_fft = 1001
    shift = np.exp(-2j * np.pi * fft.rfftfreq(n_fft) * (FS / 343.0))
    delayed = fft.irfft(fft.rfft(head.hrirs[700], n_fft) * shift, n_fft)[:, : near.shape[1]]
    error = np.linalg.norm(near[:, : delayed.shape[1]] - delayed) / np.linalg.norm(delayed)
    assert error < 0.01


def test_left_source_is_early_and_loud_at_the_left_ear(renderer):
    left, right = renderer.render(np.array([[0.0, 1.5, 0.0]]), np.ones((1, 1)))
    assert np.argmax(np.abs(left)) < np.argmax(np.abs(right))
    assert np.linalg.norm(left) > np.linalg.norm(right)


@pytest.mark.parametrize("profile", ["flat", "octave"])
def test_agrees_with_exact_responses_of_all_image_sources(head, renderer, profile):
    positions, damping, filters = images(one_room(0.25, profile), [40.0, 10.0], 1.2, 8)
    brir = renderer.render(positions, damping, filters)
    responses = HeadInterpolator(head)(unit_vectors_to_angles(positions))
    distance = np.linalg.norm(positions, axis=1)
    n_fft = 4 * brir.shape[1]
    gains = [1.0] if filters is None else filters(n_fft)
    expected = np.zeros((2, n_fft // 2 + 1), dtype=complex)
    for k, response in enumerate(responses):
        delay = np.exp(-2j * np.pi * fft.rfftfreq(n_fft) * distance[k] * FS / 343.0)
        gain = sum(d * g for d, g in zip(damping[:, k], gains, strict=True)) / distance[k]
        expected += fft.rfft(response, n_fft) * delay * gain
    expected = fft.irfft(expected, n_fft)
    for ours, exact in zip(brir, expected, strict=True):
        assert correlation(ours, exact) > 0.99
        assert level_difference(ours, exact) < 1.0


@pytest.mark.parametrize("profile", ["flat", "octave"])
def test_agrees_with_directivities_of_pyroomacoustics(head, renderer, profile):
    """Same head on a fine grid, of which pyroomacoustics takes the nearest direction."""
    pra = pytest.importorskip("pyroomacoustics")
    from pyroomacoustics.directivities import MeasuredDirectivity, Rotation3D
    from pyroomacoustics.doa import GridSphere

    grid = fibonacci_grid(3000)
    vectors = angles_to_unit_vectors(grid)
    direction = grid[np.argmax(vectors @ angles_to_unit_vectors([[40.0, 10.0]])[0])]
    room = one_room(0.25, profile)
    brir = renderer.render(*images(room, direction, 1.2, 4))
    hrirs = interpolate_hrirs(head, grid).hrirs
    sphere = GridSphere(cartesian_points=vectors.T)
    ears = [
        MeasuredDirectivity(Rotation3D([0, 0], "yz", degrees=True), sphere, hrirs[:, ear], FS)
        for ear in (0, 1)
    ]
    box = pra.ShoeBox(
        room["sizes"],
        fs=FS,
        materials={wall: pra.Material(a) for wall, a in room["absorption"].items()},
        max_order=4,
    )
    box.add_source(RECEIVER + 1.2 * angles_to_unit_vectors([direction])[0])
    pair = np.stack([RECEIVER, RECEIVER], axis=1)
    box.add_microphone_array(pra.MicrophoneArray(pair, FS, directivity=ears))
    box.compute_rir()
    # Its fractional delay filters of 81 taps begin 40 samples before the sound.
    for ours, theirs in zip(brir, [ear[0][40:] for ear in box.rir], strict=True):
        assert correlation(ours, theirs) > 0.98
        assert level_difference(ours, theirs, width=12) < 1.5


def test_reverberation_time_of_binaural_responses(renderer):
    brir = renderer.render(*images(one_room(0.25), [40.0, 10.0], 1.5, 36))
    for ear in brir.astype(float):
        level = 10 * np.log10(
            np.cumsum(np.square(ear[::-1]))[::-1] / np.sum(np.square(ear)) + 1e-12
        )
        fitted = (level < -5) & (level > -25)
        slope = np.polyfit(np.flatnonzero(fitted) / FS, level[fitted], 1)[0]
        assert -60.0 / slope == pytest.approx(0.25, rel=0.25)


def test_long_responses_are_not_cut():
    head = Bunch(
        hrirs=np.zeros((6, 2, 2000)),
        directions=np.array([[0, 0], [90, 0], [180, 0], [-90, 0], [0, 90], [0, -90]], dtype=float),
        distance=np.ones(6),
        fs=FS,
        name="echo",
    )
    head.hrirs[:, :, [20, 1900]] = [1.0, 0.5]
    brir = RoomRenderer(head).render(np.array([[3.43, 0.0, 0.0]]), np.ones((1, 1)))
    assert brir[0, [180, 2060]] == pytest.approx([1 / 3.43, 0.5 / 3.43], rel=1e-3)
