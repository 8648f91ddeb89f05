import inspect

import numpy as np
import pytest

from sslearn.datasets import make_ambisonic, make_binaural, make_shoebox
from sslearn.geometry import circular_array
from sslearn.simulation import (
    AmbisonicReceiver,
    ArrayReceiver,
    HeadReceiver,
    Interferer,
    Noise,
    Placement,
    Sounds,
    make_shoebox_rooms,
    simulate,
    structural_hrirs,
)

FS = 16000
CIRCLE = circular_array(4, 0.05)
RECEIVERS = [HeadReceiver(), ArrayReceiver(CIRCLE), AmbisonicReceiver()]


@pytest.fixture(scope="module")
def rooms():
    return make_shoebox_rooms(2, dimensions=((4, 4, 2.6), (6, 5, 3)), random_state=0)


def _level(X, receiver):
    """Power in dB of the channels that settle levels."""
    n_level = 1 if isinstance(receiver, AmbisonicReceiver) else X.shape[1]
    return 10 * np.log10(np.square(X[:, :n_level], dtype=float).mean(axis=(1, 2)))


def test_siblings_share_the_order_of_their_parameters():
    shared = [name for name in inspect.signature(simulate).parameters if name != "receiver"]
    for make in (make_ambisonic, make_binaural, make_shoebox):
        names = list(inspect.signature(make).parameters)
        hears = {"heads", "mic_positions", "convention"}
        assert names[1] in hears
        assert [n for n in names if n not in hears] == [n for n in shared if n in names]
        assert len(names) <= 21


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_two_sources_of_every_receiver_are_equally_loud(rooms, receiver):
    tones = [
        gain * np.sin(2 * np.pi * freq * np.arange(8000) / FS)
        for freq, gain in ((500, 1.0), (1000, 0.01))
    ]
    params = {"rooms": rooms, "n_sources": 2, "max_order": 0, "duration": 0.5}
    places = Placement(directions=[[[0.0, 0.0], [-180.0, 0.0]]], distances=(1.0,))
    sounds = Sounds(tones, speakers=["low", "high"])
    data = simulate(receiver, 4, sounds=sounds, placement=places, random_state=0, **params)
    assert data.target.shape == (4, 2, 2)
    assert (data.metadata["speaker_0"] != data.metadata["speaker_1"]).all()
    spectrum = np.square(np.abs(np.fft.rfft(data.data[..., 1000:7000]))).mean(axis=1)
    freqs = np.fft.rfftfreq(6000, 1 / FS)
    low, high = (spectrum[:, np.abs(freqs - f) < 100].sum(axis=1) for f in (500, 1000))
    np.testing.assert_allclose(10 * np.log10(low / high), 0.0, atol=0.3)


def test_heads_hear_two_sources_without_a_room():
    head = structural_hrirs(fs=FS)
    wanted = [[[80.0, 0.0], [-80.0, 0.0]]]
    params = {"rooms": None, "duration": 0.1, "random_state": 0, "n_sources": 2}
    both = simulate(HeadReceiver(head), 2, placement=Placement(directions=wanted), **params)
    measured = Placement(directions="measured", min_separation=90.0)
    far = simulate(HeadReceiver(head), 5, placement=measured, **params).target
    left, right = np.square(both.data).mean(axis=2).T
    np.testing.assert_allclose(10 * np.log10(left / right), 0.0, atol=1.0)
    assert (head.directions[:, None, None] == far).all(axis=-1).any(axis=0).all()


@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize("reference", ["direct", "reverberant"])
def test_noise_of_every_receiver_refers_to_what_it_says(rooms, receiver, reference):
    params = {"rooms": rooms, "duration": 0.3, "random_state": 0}
    clean = simulate(receiver, 3, max_order=6, **params).data
    noise = Noise(5.0, reference=reference)
    noisy = simulate(receiver, 3, max_order=6, noise=noise, **params).data
    signal = simulate(receiver, 3, max_order=0, **params).data if reference == "direct" else clean
    ratio = _level(signal, receiver) - _level(noisy - clean, receiver)
    np.testing.assert_allclose(ratio, 5.0, atol=0.2)


def test_every_receiver_has_interferers(rooms):
    params = {"rooms": rooms, "duration": 0.2, "max_order": 2, "random_state": 0}
    for receiver in RECEIVERS:
        clean = simulate(receiver, 3, **params)
        interferer = Interferer(sir=3, reference="reverberant")
        data = simulate(receiver, 3, interferer=interferer, **params)
        ratio = _level(clean.data, receiver) - _level(data.data - clean.data, receiver)
        np.testing.assert_allclose(ratio, 3.0, atol=0.05)
        np.testing.assert_array_equal(data.target, clean.target)
    with pytest.raises(TypeError, match="rooms must be"):
        simulate(HeadReceiver(), 1, rooms=None, interferer=Interferer())


def test_max_order_none_follows_the_sound_in_heads_too(rooms):
    params = {"rooms": rooms.assign(t60=0.05), "duration": 0.2, "random_state": 0}
    few = simulate(HeadReceiver(), 2, max_order=2, **params).data
    by_time = simulate(HeadReceiver(), 2, max_order=None, **params).data
    assert np.isfinite(by_time).all() and not np.allclose(few, by_time)
