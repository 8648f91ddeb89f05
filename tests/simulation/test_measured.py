import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.simulation import Noise, Overlap, Sounds, simulate_responses

FS = 16000
MICS = np.array([[0.0, 0, 0], [0.1, 0, 0]])
AZIMUTHS = np.array([0.0, 5.0, 40.0, 80.0])


def make_rirs(gains=(1.0, 0.5, 0.25, 2.0), reflection=0.0):
    """Responses of two channels: a direct sound after 3 samples, and a reflection 10 ms later."""
    rirs = np.zeros((len(gains), 2, 400))
    rirs[:, :, 3] = np.array(gains)[:, None]
    rirs[:, 1, 3 + FS // 100] = reflection
    return rirs


def test_one_source_is_its_sound_convolved():
    sound = np.random.default_rng(0).standard_normal(FS // 2)
    data = simulate_responses(
        make_rirs(reflection=0.2), AZIMUTHS, 2, sounds=[sound], n_sources=1, duration=0.5,
        random_state=0,
    )  # fmt: skip
    assert data.data.shape == (2, 2, FS // 2) and data.data.dtype == np.float32
    for clip, y, place in zip(data.data, data.target, data.metadata["place_0"], strict=True):
        direct = np.pad(sound, (3, 0))[: len(sound)] * make_rirs()[place, 0, 3]
        later = 0.2 * np.pad(sound, (163, 0))[: len(sound)]
        assert_allclose(clip, [direct, direct + later], atol=1e-4)
        assert_array_equal(y, np.full((5, 1, 1), AZIMUTHS[place]))


def test_sources_are_equally_loud_and_apart():
    tones = [np.sin(2 * np.pi * f * np.arange(FS) / FS) for f in (500, 2000)]
    data = simulate_responses(
        make_rirs(), AZIMUTHS, 8, sounds=Sounds(tones, speakers=[0, 1]), duration=1.0,
        min_separation=30, random_state=0,
    )  # fmt: skip
    levels = np.abs(np.fft.rfft(data.data[:, 0], axis=-1))[:, [500, 2000]]
    assert_allclose(levels[:, 0], levels[:, 1], rtol=0.02)
    places = data.metadata[["place_0", "place_1"]].to_numpy()
    assert (np.abs(np.diff(AZIMUTHS[places])) >= 30).all()
    assert (data.metadata["speaker_0"] != data.metadata["speaker_1"]).all()


def test_beside_a_silent_source_the_other_sounds():
    noise = np.random.default_rng(0).standard_normal(FS)
    data = simulate_responses(
        make_rirs(), AZIMUTHS, 4, sounds=Sounds([0 * noise, noise], speakers=[0, 1]), duration=0.5,
        random_state=0,
    )  # fmt: skip
    first = data.metadata["source_0"].to_numpy()
    assert set(first) == {0, 1}
    assert_array_equal(
        np.isnan(data.target[:, 0, :, 0]), np.stack([first == 0, first == 1], axis=1)
    )
    assert (np.square(data.data).mean(axis=(1, 2)) > 0).all()


def test_clips_take_turns_in_groups():
    rirs, azimuths = np.tile(make_rirs(), (2, 1, 1)), np.tile(AZIMUTHS, 2)
    groups = np.repeat(["left", "right"], 4)
    data = simulate_responses(rirs, azimuths, 4, groups=groups, duration=0.2, random_state=0)
    found = groups[data.metadata[["place_0", "place_1"]].to_numpy()]
    assert_array_equal(found, [["left"] * 2, ["right"] * 2] * 2)


def test_pauses_are_silent_and_nan():
    data = simulate_responses(
        make_rirs(), AZIMUTHS, 6, overlap=Overlap(["start_or_end"], single=0.0), duration=1.0,
        random_state=0,
    )  # fmt: skip
    silent = np.isnan(data.target[..., 0])
    assert silent[:, :, 0].any() and not silent[:, :, 1].any()
    for clip, alone in zip(data.data[:, 0], silent[:, :, 0], strict=True):
        power = np.square(clip).reshape(10, -1).mean(axis=1)
        assert not alone.any() or power[alone].max() < 0.7 * power[~alone].min()


@pytest.mark.parametrize("reference", ["auto", "direct"])
def test_noise_has_its_ratio(reference):
    params = {"duration": 0.5, "mic_positions": MICS, "random_state": 0}
    noise = Noise(10, kind="diffuse", reference=reference)
    rirs = make_rirs(reflection=0.5)
    clean, noisy = (
        simulate_responses(rirs, AZIMUTHS, 3, noise=n, **params).data for n in (None, noise)
    )
    # The first channel hears direct sound only, which is alike in both.
    power = np.square(clean if reference == "auto" else clean[:, :1]).mean(axis=(1, 2))
    assert_allclose(power / np.square(noisy - clean).mean(axis=(1, 2)), 10, rtol=0.01)


def test_clips_are_reproducible_and_do_not_depend_on_their_number():
    few, many = (
        simulate_responses(
            make_rirs(), AZIMUTHS, n, overlap=Overlap(), noise=(0, 20), random_state=3,
            return_X_y=True,
        )
        for n in (2, 4)
    )  # fmt: skip
    for a, b in zip(few, many, strict=True):
        assert_array_equal(a, b[:2])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"directions": AZIMUTHS[:2]}, "a row for each of the 4 responses; got 2"),
        ({"groups": [0, 0, 1, 2]}, "at least n_sources=2 responses each"),
        ({"groups": [0, 1]}, "a label for each of the 4 responses"),
        ({"min_separation": 120}, "no 2 responses of a group are so far apart"),
        ({"noise": Noise(3, kind="diffuse")}, "must be of a kind in"),
        ({"mic_positions": np.eye(3)}, "each of the 2 channels of rirs; got 3"),
        ({"overlap": Overlap(), "n_sources": 1}, "overlap needs n_sources=2"),
    ],
)
def test_invalid_arguments(params, message):
    with pytest.raises(ValueError, match=message):
        simulate_responses(make_rirs(), **{"directions": AZIMUTHS, **params}, n_samples=1)
