"""Bins without signal have no vote: tones and narrow bands at the default ``freq_range``."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from sslearn.datasets import make_plane_waves
from sslearn.decoding import AdjacentDecoder
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT, IntensityLocalizer, TDOALocalizer
from sslearn.doa._frame_sums import voting_weights
from sslearn.features import STFT
from sslearn.geometry import angles_to_unit_vectors, circular_array, circular_difference

# Even the largest distance is below half a wavelength at 3 kHz.
MICS = circular_array(6, 0.025)
AZIMUTHS = np.array([-170.0, -65.0, 20.0, 110.0])
TIMES = np.arange(8000) / 16000
METHODS = {cls.__name__: cls(MICS) for cls in (SRPPHAT, MVDR, MUSIC, ESPRIT, TDOALocalizer)}
METHODS |= {
    "mean intensity": IntensityLocalizer(),
    "histogram": IntensityLocalizer(decoder=AdjacentDecoder(weights="parabola")),
}
every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def band(low, high):
    noise = np.random.default_rng(0).standard_normal(8000)
    return sosfilt(butter(8, (low, high), "band", fs=16000, output="sos"), noise)


SOUNDS = {f"{f} Hz": np.sin(2 * np.pi * f * TIMES) for f in (500, 1000, 3000)}
SOUNDS["900 to 1100 Hz"] = band(900, 1100)


def clips_of(method, sound, snr):
    if isinstance(method, IntensityLocalizer):
        gains = np.insert(angles_to_unit_vectors(AZIMUTHS)[:, [1, 2, 0]], 0, 1, axis=1)
        X = gains[:, :, None] * sound
    else:
        each = [
            make_plane_waves(1, mic_positions=MICS, directions=[a], sounds=[sound], duration=0.5)
            for a in AZIMUTHS
        ]
        X = np.concatenate([data.data for data in each])
    noise = np.random.default_rng(1).standard_normal(X.shape)
    return X if snr is None else X + noise * X.std() * 10 ** (-snr / 20)


# 20 dB above white noise a tone is 42 dB above that of each bin; a wide band is not.
CASES = [(name, snr) for name in SOUNDS for snr in (None, 40, 20) if "to" not in name or snr != 20]


@every_method
@pytest.mark.parametrize(("sound", "snr"), CASES)
def test_narrow_sounds(method, sound, snr):
    X = clips_of(method, SOUNDS[sound], snr)
    method.set_params(batch_transform=STFT(512))
    errors = circular_difference(method.fit(X, AZIMUTHS).predict(X), AZIMUTHS)
    assert np.abs(errors).max() < 1.0


def test_weak_bins_of_wide_sounds_have_a_vote():
    power = np.array([[1, 1, 1, 1e-5, 1e-7], [1, 1e-5, 1e-5, 1e-5, 1], [0, 0, 0, 0, 0]])
    expected = [[0.25, 0.25, 0.25, 0.25, 0], [0.5, 0, 0, 0, 0.5], [0.2] * 5]
    assert voting_weights(power).tolist() == expected
