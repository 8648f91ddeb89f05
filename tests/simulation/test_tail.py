from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.geometry import circular_array
from sslearn.simulation import (
    AmbisonicReceiver,
    ArrayReceiver,
    HeadReceiver,
    Placement,
    Trajectories,
    make_shoebox_rooms,
    simulate,
)
from sslearn.simulation._image_sources import ImageSources
from sslearn.simulation._noise import mix_diffuse
from sslearn.simulation._responses import LEAD, ambisonic_response, array_response
from sslearn.simulation._rooms import check_rooms
from sslearn.simulation._tail import FADE, auto_mixing_time, fade_to_tail, late_power, split_horizon

FS = 16000
CIRCLE = circular_array(4, 0.05)
C = 343.0


def make_rooms(n_rooms=1, t60=0.6, profile="flat", seed=0):
    sizes = ((5, 4, 2.5), (8, 6, 3.5))
    return make_shoebox_rooms(
        n_rooms, dimensions=sizes, t60=(t60, t60), profile=profile, random_state=seed
    )


def make_images(profile="flat", mixing_time=None, seed=0):
    """Image sources of one room for 0.4 s, with or without a tail."""
    [room] = check_rooms(make_rooms(profile=profile))
    source, points = room["sizes"] * (0.3, 0.35, 0.6), room["sizes"] * (0.65, 0.6, 0.45) + CIRCLE
    limits = {"horizon": 0.4}
    if mixing_time is not None:
        distance = np.linalg.norm(source - points.mean(axis=0))
        noise = {"seed": (seed,), "n_times": 7000}
        limits = split_horizon(mixing_time, room["sizes"], distance, **limits, **noise)
    return ImageSources(room, source, points, fs=FS, **limits)


def empty_room(sizes, walls, place=(0.5, 0.5, 0.5)):
    """Image sources of a room with the given amplitudes, source and microphone ``place`` apart."""
    return SimpleNamespace(
        room={"sizes": np.array(sizes)}, walls=walls, fs=FS, source=np.array(place), centre=0.0
    )


def test_without_absorption_image_sources_fill_space_evenly():
    images = empty_room([5.0, 4.0, 3.0], np.ones((3, 2, 1)), (1e6, 1e6, 1e6))
    flat, bass = late_power(images, np.array([0.1, 0.5]))
    assert_allclose(flat, np.full((1, 2), 4 * np.pi * C / 60), rtol=1e-3)
    # The tangential modes of a room, as half the density of those of its six walls.
    assert_allclose(bass, flat * C * (2 * (20 + 15 + 12)) / (8 * 60), rtol=1e-3)


def test_one_pair_of_walls_decays_as_the_integral_over_directions():
    times, product = np.array([0.05, 0.3]), 0.64
    walls = np.ones((3, 2, 1))
    walls[2] = product**0.5
    x = -np.log(product) * C * times / 3
    flat, _ = late_power(empty_room([5.0, 4.0, 3.0], walls, (1e6, 1e6, 1e6)), times)
    assert_allclose(flat[0], 4 * np.pi * C / 60 * (1 - np.exp(-x)) / x, rtol=1e-3)


def test_images_at_one_height_meet_in_pairs():
    images = empty_room([5.0, 4.0, 3.0], np.ones((3, 2, 1)), (1e6, 1e6, 0.0))
    flat, _ = late_power(images, np.array([0.3]))
    met = 1 - 3 / (C * 0.3)  # directions in which an image is not the first along z
    assert_allclose(flat, 4 * np.pi * C / 60 * (1 + met / 2), rtol=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_power_is_that_of_listed_image_sources(seed):
    [room] = check_rooms(make_rooms(seed=seed))
    place = 0.6 * room["sizes"][None]
    images = ImageSources(room, 0.3 * room["sizes"], place, fs=FS, horizon=0.5)
    offsets, [damping] = images.listed()
    distance = np.linalg.norm(offsets, axis=1)
    edges = np.linspace(0.1, 0.5, 5)
    found, _ = np.histogram(distance / C, edges, weights=np.square(damping / distance))
    [density] = late_power(images, np.linspace(0.1, 0.5, 401))[0]
    parts = [np.trapezoid(density[i : i + 101], dx=0.001) for i in range(0, 400, 100)]
    assert_allclose(found, parts, rtol=0.1)


@pytest.mark.parametrize("profile", ["flat", "octave"])
@pytest.mark.parametrize("response", [array_response, ambisonic_response])
def test_image_sources_alone_until_the_mixing_time(profile, response):
    if profile == "octave":
        pytest.importorskip("pyroomacoustics")
    whole, split = make_images(profile), make_images(profile, mixing_time=0.08)
    if response is ambisonic_response:
        whole.points, split.points = whole.centre[None], split.centre[None]
        expected, found = response(whole), response(split)
    else:
        expected, found = response(whole), response(split, CIRCLE)
    start = LEAD + int(split.tail.start * FS)
    # The filters of the octaves begin before the sound: the tail reaches back a little.
    tolerance = 1e-5 if profile == "flat" else 0.02
    assert_allclose(found[:, :start], expected[:, :start], atol=tolerance * np.abs(expected).max())
    late = slice(start + int(FADE * FS), LEAD + int(0.39 * FS))
    assert (found[:, late] != expected[:, late]).mean() > 0.99
    level = 10 * np.log10(np.square(found[:, late]).sum() / np.square(expected[:, late]).sum())
    assert abs(level) < 1.5


def test_tail_is_diffuse():
    rng = np.random.default_rng(0)
    mics = np.array([[0.0, 0, 0], [0.1, 0, 0]])
    n_times = 2**16
    white = np.fft.rfft(rng.standard_normal((2, n_times)))
    heard = np.fft.irfft(mix_diffuse(white, mics, FS, n_times))
    left, right = np.fft.rfft(heard.reshape(2, -1, 256), axis=-1)
    cross = (left * right.conj()).mean(axis=0).real
    coherence = cross / np.sqrt((abs(left) ** 2).mean(axis=0) * (abs(right) ** 2).mean(axis=0))
    expected = np.sinc(2 * np.fft.rfftfreq(256, 1 / FS) * 0.1 / C)
    assert np.abs(coherence - expected)[1:].max() < 0.25
    assert np.abs(coherence - expected)[1:].mean() < 0.07


def test_channels_of_a_tail_are_coherent_at_low_frequencies():
    parts = []
    for seed in range(8):
        images = make_images(mixing_time="auto", seed=seed)
        late = array_response(images, CIRCLE)[:2, -19 * 256 :].reshape(2, 19, 256)
        parts.append(late / np.sqrt(np.square(late).mean(axis=2, keepdims=True)))
    left, right = np.fft.rfft(np.concatenate(parts, axis=1))[..., 2:17]  # 125 Hz to 1 kHz
    cross = (left * right.conj()).mean(axis=0).real
    coherence = cross / np.sqrt((abs(left) ** 2).mean(axis=0) * (abs(right) ** 2).mean(axis=0))
    distance = np.linalg.norm(CIRCLE[0] - CIRCLE[1])
    expected = np.sinc(2 * np.arange(2, 17) * FS / 256 * distance / C)
    assert_allclose(coherence, expected, atol=0.1)


def noise_of_tail(images, n_channels, early=0.0):
    """Responses whose image sources have the value ``early``, from the emission on."""
    spectra = images.tail.spectra(n_channels, FS)
    return fade_to_tail(np.full((n_channels, 3000), early), images, spectra, 0)


def test_image_sources_fade_with_the_cosine_and_noise_with_the_sine():
    images, n_fade = make_images(mixing_time=0.08), int(FADE * FS)
    fade = slice(int(images.tail.start * FS), int(images.tail.start * FS) + n_fade)
    angle = np.linspace(0, np.pi / 2, n_fade)
    noise = noise_of_tail(images, 500)[:, fade]
    assert_allclose(
        (noise_of_tail(images, 500, early=1.0)[:, fade] - noise)[0], np.cos(angle), atol=1e-5
    )
    power, full = np.square(noise).mean(axis=0), np.square(noise[:, -16:]).mean()
    difference = (power / full - np.sin(angle) ** 2).reshape(10, 16).mean(axis=1)
    assert_allclose(difference, 0, atol=0.15)


def test_bass_of_a_tail_has_its_power():
    images = make_images(mixing_time=0.08)
    late = noise_of_tail(images, 300)[:, 3200:4800]
    found = np.square(np.abs(np.fft.rfft(late))).mean(axis=0)[5:11] / 1600
    flat, bass = late_power(images, np.arange(3200, 4800) / FS).mean(axis=(1, 2)) / FS
    assert_allclose(found, flat + bass / np.arange(50, 110, 10), rtol=0.25)
    assert bass / 80 > 0.5 * flat


def test_noise_of_a_tail_has_its_spectrum_and_its_seed():
    first, other = (make_images(mixing_time="auto", seed=seed).tail for seed in (0, 1))
    white, bass = first.spectra(4, FS)
    assert_array_equal(white, first.spectra(4, FS)[0])
    freqs = np.fft.rfftfreq(first.n_times, 1 / FS)
    heard = freqs > 21
    assert not white[:, freqs < 19].any() and not bass[:, : (freqs < 19).sum()].any()
    assert_allclose(np.square(np.abs(white))[:, heard].mean(), first.n_times, rtol=0.05)
    flat = np.square(np.abs(bass)) * freqs[: bass.shape[1]]
    assert_allclose(flat[:, heard[: bass.shape[1]]].mean(), first.n_times, rtol=0.1)
    both = np.fft.irfft(np.concatenate([white, other.spectra(4, FS)[0]]), first.n_times)
    assert_allclose(np.square(both).mean(axis=1), 1, atol=0.05)
    assert np.abs(np.corrcoef(both) - np.eye(8)).max() < 0.05


def test_auto_is_lindaus_estimate():
    assert_allclose(auto_mixing_time(np.array([10, 10, 10])), 0.0618)


def _clips(mixing_time, n_samples=12, **params):
    params = {"receiver": ArrayReceiver(CIRCLE), "rooms": make_rooms(4), **params}
    shared = {"duration": 0.6, "placement": Placement(height=(1.0, 1.6)), "random_state": 0}
    return simulate(n_samples=n_samples, mixing_time=mixing_time, **shared, **params).data


def _clarity(responses):
    first = np.abs(responses).argmax(axis=1)[:, None]
    early = np.arange(responses.shape[1]) < first + 0.05 * FS
    energy = np.square(responses)
    return 10 * np.log10((energy * early).sum(axis=1) / (energy * ~early).sum(axis=1))


def _reverberation_time(responses):
    decay = np.cumsum(np.square(responses)[:, ::-1], axis=1)[:, ::-1].mean(axis=0)
    level = 10 * np.log10(decay / decay[0])
    [used] = np.nonzero((level < -5) & (level > -25))
    return -60 / np.polyfit(used / FS, level[used], 1)[0]


def test_decay_and_clarity_stay():
    click = np.eye(1, 9600, dtype=np.float32)[0]
    images, tail = (_clips(m, sounds=[click])[:, 0] for m in (None, "auto"))
    assert_allclose(_reverberation_time(tail), _reverberation_time(images), rtol=0.03)
    difference = _clarity(tail) - _clarity(images)
    assert abs(difference.mean()) < 0.4 < _clarity(images).std()


def test_clips_are_reproducible_and_do_not_depend_on_their_number():
    assert_array_equal(_clips("auto", 3), _clips("auto", 2 + 2)[:3])


def test_late_mixing_times_change_nothing():
    assert_array_equal(_clips(0.7, 2), _clips(None, 2))


@pytest.mark.parametrize(
    ("receiver", "shape"),
    [(ArrayReceiver(CIRCLE), (2, 4, 9600)), (AmbisonicReceiver(), (2, 4, 9600))],
)
def test_receivers_with_a_tail(receiver, shape):
    images, tail = (_clips(m, 2, receiver=receiver, n_sources=2) for m in (None, 0.05))
    assert tail.shape == shape
    assert (tail != images).any()
    assert_allclose(np.square(tail).mean(), np.square(images).mean(), rtol=0.3)


def test_moving_sources_have_one_tail():
    params = {"trajectories": Trajectories(speed=1.0), "noise": None}
    images, tail = (_clips(m, 2, **params) for m in (None, "auto"))
    assert (tail != images).any()
    assert_allclose(np.square(tail).mean(), np.square(images).mean(), rtol=0.2)


def test_what_has_no_tail():
    with pytest.raises(ValueError, match="mixing_time must be None for a head; got 'auto'"):
        _clips("auto", receiver=HeadReceiver())
    with pytest.raises(ValueError, match="mixing_time must be None with max_order=3"):
        _clips(0.05, max_order=3)
    with pytest.raises(ValueError, match="mixing_time"):
        _clips(0.001)
