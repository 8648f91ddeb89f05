import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.features import (
    GCCPHAT,
    ILD,
    IPD,
    ITD,
    STFT,
    BinauralCues,
    Flatten,
    IntensityVector,
    LevelMap,
    PhaseMap,
    RealImag,
    TimePooling,
    make_feature_stack,
)


def periodic(n_channels=1, period=512, n_periods=8):
    values = np.random.default_rng(0).standard_normal((n_channels, period))
    return np.tile(values, n_periods)


def delayed(*delays):
    """One period of noise in every channel, delayed by so many samples each."""
    audio = periodic()[0]
    return np.stack([np.roll(audio, delay) for delay in delays])[None]


RECTANGULAR = STFT(512, window="boxcar")


def test_level_difference_is_channel_minus_reference():
    X = periodic() * np.array([[10.0], [1.0], [0.1]])
    spectrum = STFT().transform(X[None])
    maps = ILD().transform(spectrum)
    np.testing.assert_allclose(maps[0, 0], -20, rtol=1e-9)
    np.testing.assert_allclose(maps[0, 1], -40, rtol=1e-9)
    np.testing.assert_allclose(ILD(reference=2).transform(spectrum)[0, 0], 40, rtol=1e-9)
    np.testing.assert_allclose(ILD(pairs=[(1, 2)]).transform(spectrum), 20, rtol=1e-9)


@pytest.mark.parametrize("delay", [-9, 0, 1, 4])
def test_delay_gives_exact_phase_and_time(delay):
    spectrum = RECTANGULAR.transform(delayed(0, delay))
    expected = -2 * np.pi * np.arange(1, 256) * delay / 512
    phasors = np.exp(1j * IPD().transform(spectrum)[0, 0, 1:256])
    np.testing.assert_allclose(
        phasors, np.repeat(np.exp(1j * expected)[:, None], phasors.shape[1], axis=1), atol=1e-9
    )
    itd = ITD(fs=16000).transform(spectrum)
    assert itd.shape == (1, 1, 1, spectrum.shape[3])
    np.testing.assert_allclose(itd, delay / 16000, atol=1e-9)


def test_time_difference_between_samples():
    ears = np.array([[0, 0.09, 0], [0, -0.09, 0]])
    azimuth = np.array([-60.0, -20.0, 7.0, 40.0])
    X, _ = make_plane_waves(
        4, mic_positions=ears, directions=azimuth, random_state=0, return_X_y=True
    )
    itd = np.median(ITD().transform(STFT().transform(X)), axis=3).ravel()
    # Sources on the left reach the right ear later.
    np.testing.assert_allclose(itd, 0.18 * np.sin(np.deg2rad(azimuth)) / 343, atol=3e-6)


def test_time_difference_stays_within_max_tau():
    spectrum = RECTANGULAR.transform(delayed(0, 40))
    assert np.abs(ITD(max_tau=5e-4).transform(spectrum)).max() <= 5e-4 + 1e-12


@pytest.mark.parametrize("delay", [8, -8])
def test_time_differences_reach_max_tau_on_either_side(delay):
    spectrum = RECTANGULAR.transform(delayed(0, delay))
    itd = ITD(max_tau=8 / 16000).transform(spectrum)
    np.testing.assert_allclose(itd, delay / 16000, atol=1e-12)


@pytest.mark.parametrize("cue", [ITD, GCCPHAT])
def test_max_tau_in_milliseconds_is_refused(cue):
    spectrum = RECTANGULAR.transform(delayed(0, 1))
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=r"max_tau must be at most half a frame.*in seconds"):
            getattr(cue(max_tau=1.0), method)(spectrum)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [1e19, 1e25, 1e34])
@pytest.mark.parametrize(
    "cue",
    [
        ILD(),
        IPD(),
        ITD(),
        GCCPHAT(),
        LevelMap(),
        IntensityVector(),
        RealImag(unit_level="clip"),
        PhaseMap(),
    ],
    ids=lambda cue: type(cue).__name__,
)
def test_no_level_is_too_high(cue, level):
    X = np.random.default_rng(0).standard_normal((2, 4, 1000)).astype(np.float32)
    expected = cue.transform(STFT().transform(X))
    loud = STFT().transform(np.float32(level) * X)
    np.testing.assert_allclose(cue.transform(loud), expected, atol=1e-3)


def test_levels_beyond_the_range_of_the_dtype_are_named():
    X = np.random.default_rng(0).standard_normal((2, 4, 1000)).astype(np.float32)
    X[1] *= np.float32(1e37)
    with pytest.raises(ValueError, match=r"X must be at most .* got 3e\+37 in sample 1. Scale X"):
        STFT().transform(X)
    with pytest.raises(ValueError, match="X must have finite squares where normalize=False"):
        IntensityVector(normalize=False).transform(STFT().transform(X * np.float32(1e-10)))


@pytest.mark.filterwarnings("error")
def test_silence_gives_zero_and_one_silent_channel_is_limited():
    X = np.zeros((2, 2, 1024))
    X[1, 0] = periodic(n_periods=2)
    spectrum = STFT().transform(X)
    for cue in (ILD(), IPD(), ITD()):
        np.testing.assert_array_equal(cue.transform(spectrum[:1]), 0)
    np.testing.assert_allclose(ILD().transform(spectrum[1:]), -90)
    np.testing.assert_array_equal(IPD().transform(spectrum[1:]), 0)
    np.testing.assert_array_equal(ITD().transform(spectrum[1:]), 0)


def test_band_leaves_out_its_upper_bin():
    spectrum = STFT().transform(np.random.default_rng(0).standard_normal((2, 3, 2000)))
    band = ILD(fs=16000, freq_range=(1000, 2000)).transform(spectrum)
    np.testing.assert_array_equal(band, ILD().transform(spectrum)[:, :, 32:64])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cue", [ILD(), IPD(), ITD()])
def test_dtype_is_kept(cue, dtype):
    X = np.random.default_rng(0).standard_normal((2, 2, 2000)).astype(dtype)
    assert cue.transform(STFT().transform(X)).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_reproduce_binaural_cues(dtype):
    X = np.random.default_rng(0).standard_normal((3, 2, 6000)).astype(dtype)
    X[0, 1, 2000:5000] = 0
    steps = make_pipeline(
        STFT(1024, hop_length=256, window="cosine"),
        make_feature_stack(
            make_pipeline(ILD(reference=1, freq_range=(200, 7000)), TimePooling(), Flatten()),
            make_pipeline(
                IPD(reference=1, freq_range=(200, 2500)), TimePooling("circular"), Flatten()
            ),
        ),
    )
    tolerance = 1e-9 if dtype == np.float64 else 1e-4
    features = steps.fit_transform(X)
    assert features.dtype == dtype
    np.testing.assert_allclose(features, BinauralCues().transform(X), atol=tolerance)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (ILD(reference=2), "reference must be one of"),
        (ILD(reference=-1), "reference"),
        (IPD(pairs=[(0, 2)]), "pairs must hold.*from 0 to 1"),
        (IPD(pairs=[0, 1]), "pairs must be integers"),
        (IPD(pairs=[(0.0, 1.0)]), "pairs must be integers"),
        (ITD(freq_range=(3000, 2000)), "freq_range"),
        (ITD(max_tau=0.0), "max_tau"),
    ],
)
def test_wrong_parameters(estimator, message):
    spectrum = RECTANGULAR.transform(delayed(0, 1))
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(estimator, method)(spectrum)


def test_audio_instead_of_a_spectrum_is_refused():
    with pytest.raises(TypeError, match="STFT"):
        IPD().transform(delayed(0, 1))
    with pytest.raises(ValueError, match="at least 2 channels"):
        IPD().fit(RECTANGULAR.transform(delayed(0)))
