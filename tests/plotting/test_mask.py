"""Pictures of what masked SRP-PHAT listened to."""

import numpy as np
import pytest

from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.doa import SRPPHAT, MaskedSRPPHAT
from sslearn.features import STFT
from sslearn.geometry import circular_array
from sslearn.plotting import MaskDisplay

plt = pytest.importorskip("matplotlib.pyplot")
MICS = circular_array(4, 0.05)
FREQS, TIMES = np.array([500.0, 1000.0, 1500.0]), np.array([0.1, 0.2])
LEVEL = np.array([[0.0, -10.0], [-20.0, -30.0], [-80.0, -6.0]])
MASKS = np.stack([np.full((3, 2), 0.2), [[0.0, 0.6], [0.0, 0.0], [0.0, 0.0]]])


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def clips():
    """Noise of independent microphones, but for a burst that all of them hear at once."""
    waves = make_plane_waves(
        2, mic_positions=MICS, directions=[30.0, 30.0], duration=1.0, random_state=0
    ).data
    waves[0] = waves[1, :, :8000] = waves[1, :, 9600:] = 0
    noise = 0.1 * waves.std() * np.random.default_rng(0).standard_normal(waves.shape)
    return (waves + noise).astype(np.float32)


def test_weights_are_colour_and_opacity(tmp_path):
    display = MaskDisplay(level=LEVEL, masks=MASKS, freqs=FREQS, times=TIMES)
    display.plot(mask=1, dynamic_range=30.0).figure_.savefig(tmp_path / "mask.png")
    np.testing.assert_array_equal(display.level_mesh_.get_array(), LEVEL)
    assert display.level_mesh_.get_clim() == (-30, 0)
    np.testing.assert_array_equal(display.mask_mesh_.get_array(), MASKS[1])
    np.testing.assert_allclose(np.ravel(display.mask_mesh_.get_alpha()), [0, 1, 0, 0, 0, 0])
    assert display.ax_.get_xlabel() == "time (s)"
    mean = display.plot(display.ax_)
    np.testing.assert_allclose(mean.mask_mesh_.get_array(), MASKS.mean(axis=0))
    assert mean.ax_.get_title("left") == "mean of the masks"


def test_the_onset_of_a_source_weighs_more_than_noise(clips):
    localizer = recipes.masked_srp_phat(MICS).fit(clips)
    display = MaskDisplay.from_estimator(localizer, clips, sample=1)
    last = MaskDisplay.from_estimator(localizer, clips, sample=-1)
    np.testing.assert_array_equal(display.masks, last.masks)
    assert display.level.shape == display.masks.shape[1:]
    assert (len(display.freqs), len(display.times)) == display.level.shape
    np.testing.assert_allclose(display.times[:2], [0.016, 0.032])
    heard = display.masks.mean(axis=(0, 1))
    onset = (display.times > 0.48) & (display.times < 0.53)
    assert heard[onset].max() > 2 * heard[display.times < 0.4].mean()
    assert display.times[display.level.mean(axis=0).argmax()] == pytest.approx(0.55, abs=0.06)


def test_spectra_have_frames_instead_of_seconds(clips):
    spectra = STFT(512, hop_length=256).transform(clips)
    localizer = MaskedSRPPHAT(MICS).fit(spectra)
    assert MaskDisplay.from_estimator(localizer, spectra).ax_.get_xlabel() == "frame"


def test_bad_input(clips):
    localizer = recipes.masked_srp_phat(MICS).fit(clips)
    with pytest.raises(ValueError, match="mask must be below 6; got 6"):
        MaskDisplay.from_estimator(localizer, clips, mask=6)
    with pytest.raises(ValueError, match="sample must be the index"):
        MaskDisplay.from_estimator(localizer, clips, sample=2)
    with pytest.raises(TypeError, match="estimator must have masks; SRPPHAT"):
        MaskDisplay.from_estimator(SRPPHAT(MICS), clips)
