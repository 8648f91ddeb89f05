import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sslearn.features import (
    IPD,
    STFT,
    FrameBlocks,
    LogMagnitude,
    PhaseMap,
    RealImag,
    make_feature_stack,
)


def noise(*shape, dtype=np.complex128):
    rng = np.random.default_rng(0)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


def polar(magnitude, phase):
    return (magnitude * np.exp(1j * np.asarray(phase))).reshape(1, 1, -1, 1)


def test_known_phases():
    phases = np.array([0.0, 0.5, -0.5, np.pi / 2, -np.pi / 2, 3.1, -3.1])
    maps = PhaseMap().transform(polar(3.0, phases))
    np.testing.assert_allclose(maps.ravel(), phases, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_phase_is_above_minus_pi_and_zero_in_silence(dtype):
    values = [
        complex(-1, 0.0),
        complex(-1, -0.0),
        complex(-1, -1e-30),
        complex(0.0, -0.0),
        complex(-0.0, 0.0),
        complex(-0.0, -0.0),
    ]
    X = np.array(values, dtype).reshape(1, 1, 6, 1)
    phases = PhaseMap().transform(X)[0, 0, :, 0]
    assert (phases > -phases.dtype.type(np.pi)).all()
    np.testing.assert_array_equal(phases[:3], phases.dtype.type(np.pi))
    np.testing.assert_array_equal(phases[3:], 0.0)


def test_differences_of_phase_maps_are_the_phase_differences():
    X = noise(2, 3, 5, 4)
    maps = PhaseMap().transform(X)
    difference = np.angle(np.exp(1j * (maps[:, 1:] - maps[:, :1])))
    np.testing.assert_allclose(difference, IPD().transform(X), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_known_logarithms(dtype):
    X = np.array([100j, -1.0, 0.0, 1e-6], dtype).reshape(1, 1, 4, 1)
    maps = LogMagnitude().transform(X)
    assert maps.dtype == X.real.dtype
    np.testing.assert_allclose(maps.ravel(), [2, 0, -6, np.log10(2e-6)], atol=1e-6)
    np.testing.assert_array_equal(LogMagnitude(drop_dc=True).transform(X), maps[:, :, 1:])
    np.testing.assert_allclose(LogMagnitude(offset=1).transform(X)[0, 0, 2], 0)


def test_real_parts_of_all_channels_come_first():
    X = noise(2, 3, 5, 4)
    maps = RealImag().transform(X)
    assert maps.shape == (2, 6, 5, 4)
    np.testing.assert_array_equal(maps[:, :3] + 1j * maps[:, 3:], X)


def test_level_does_not_matter_after_normalization():
    X = noise(3, 2, 5, 4)
    levels = np.array([1e-4, 1.0, 1e4]).reshape(3, 1, 1, 1)
    transformer = RealImag(unit_level="clip", drop_dc=True)
    maps = transformer.transform(X)
    np.testing.assert_allclose(transformer.transform(levels * X), maps)
    modulus = np.abs(X).mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(maps, RealImag(drop_dc=True).transform(X / modulus))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_silence_stays_zero(dtype):
    silence = np.zeros((1, 2, 3, 4), dtype)
    np.testing.assert_array_equal(RealImag(unit_level="clip").transform(silence), 0)


@pytest.mark.parametrize("transformer", [PhaseMap, RealImag])
@pytest.mark.parametrize(
    ("dtype", "expected"), [(np.complex64, np.float32), (np.complex128, np.float64)]
)
def test_bin_of_zero_hertz_and_dtype(transformer, dtype, expected):
    X = noise(2, 3, 5, 4, dtype=dtype)
    maps = transformer(drop_dc=True).transform(X)
    assert maps.dtype == expected
    np.testing.assert_array_equal(maps, transformer().transform(X)[:, :, 1:])
    with pytest.raises(ValueError, match="drop_dc=False"):
        transformer(drop_dc=True).fit(X[:, :, :1])


def test_inputs_of_the_paper():
    audio = np.random.default_rng(0).standard_normal((2, 4, 32000)).astype(np.float32)
    spectra = STFT(512, hop_length=256, padding="zeros")
    assert make_pipeline(spectra, PhaseMap(drop_dc=True)).transform(audio).shape == (2, 4, 256, 126)
    blocks = make_pipeline(spectra, RealImag(drop_dc=True), FrameBlocks(7)).transform(audio)
    assert blocks.shape == (2, 8, 256, 18, 7)
    assert blocks.dtype == np.float32


def test_maps_are_stacked():
    X = noise(2, 3, 5, 4)
    maps = make_feature_stack(PhaseMap(), RealImag()).transform(X)
    np.testing.assert_array_equal(maps[:, :3], PhaseMap().transform(X))
    np.testing.assert_array_equal(maps[:, 3:], RealImag().transform(X))


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (PhaseMap(drop_dc="yes"), "drop_dc"),
        (RealImag(drop_dc=1.5), "drop_dc"),
        (RealImag(unit_level="frame"), "unit_level"),
    ],
)
def test_wrong_parameters(estimator, message):
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(estimator, method)(noise(1, 2, 3, 4))


@pytest.mark.parametrize("estimator", [PhaseMap(), RealImag()])
def test_audio_instead_of_a_spectrum_is_refused(estimator):
    with pytest.raises(TypeError, match="STFT"):
        estimator.transform(np.zeros((1, 2, 600)))
