"""Modules of transformers and decoders: equal to what they repeat, before they are exported."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn.decoding import AdjacentDecoder, ArgmaxDecoder, MeanDecoder, PeakDecoder
from sslearn.encoding import (
    AngleEncoding,
    IPDEncoding,
    SummedIPDEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.features import (
    GCCPHAT,
    ILD,
    IPD,
    ITD,
    STFT,
    AudioReader,
    Flatten,
    FrameBlocks,
    IntensityVector,
    LevelMap,
    LogMagnitude,
    OnlineNormalizer,
    PhaseMap,
    RealImag,
    TimePooling,
    make_feature_stack,
)
from sslearn.geometry import azimuth_grid, circular_array, circular_grid, fibonacci_grid

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

BAND = {"fs": 8000, "freq_range": (500, 3000)}
FEATURES = {
    "phases": [PhaseMap(drop_dc=True)],
    "all phases": [PhaseMap()],
    "parts": [RealImag(unit_level="clip", drop_dc=True)],
    "raw parts": [RealImag()],
    "magnitudes": [LogMagnitude()],
    "levels": [LevelMap([1, 0], **BAND)],
    "levels of all": [LevelMap()],
    "phase differences": [IPD(1, **BAND), TimePooling("circular"), Flatten()],
    "level differences": [ILD(pairs=[(0, 3), (2, 1)]), TimePooling(), Flatten(), StandardScaler()],
    "correlations": [GCCPHAT(8000, max_tau=5e-4, freq_range=(500, 3000))],
    "correlations of pairs": [GCCPHAT(8000, n_lags=12, pairs=[(3, 1)])],
    "intensity": [IntensityVector()],
    "raw intensity": [IntensityVector("fuma", normalize=False, reactive=False, **BAND)],
    "stack": [make_feature_stack(LogMagnitude(), make_pipeline(OnlineNormalizer(3), RealImag()))],
    "blocks": [RealImag(), FrameBlocks(3, incomplete="drop", unit_level="block")],
    "level blocks": [RealImag(), FrameBlocks(2, incomplete="drop", unit_level="frequency")],
}
PADDINGS = [
    {},
    {"padding": "zeros", "win_length": 48},
    {"padding": "reflect", "first_center": 16, "window": "cosine"},
]


def _error(y, expected):
    assert y.shape == expected.shape
    np.testing.assert_array_equal(np.isnan(y), np.isnan(expected))
    return np.nanmax(np.abs(y - expected))


@pytest.mark.parametrize("name", FEATURES)
def test_features(name):
    from sslearn.persistence._onnx_features import feature_module

    stft = STFT(64, **PADDINGS[len(name) % 3])
    pipeline = make_pipeline(AudioReader(8000), stft, *FEATURES[name])
    X = np.random.default_rng(0).standard_normal((3, 4, 400)).astype(np.float32)
    X[2, 1] = 0.0
    expected = pipeline.fit_transform(X)
    error = _error(feature_module(pipeline)(torch.from_numpy(X)).numpy(), expected)
    assert error < 2e-4 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("options", PADDINGS)
def test_spectrum(options):
    from sslearn.persistence._onnx_features import feature_module

    stft = STFT(64, **options)
    X = np.random.default_rng(0).standard_normal((2, 3, 400)).astype(np.float32)
    real, imag = feature_module(stft.fit(X))(torch.from_numpy(X))
    expected = stft.transform(X)
    np.testing.assert_allclose(real.numpy() + 1j * imag.numpy(), expected, rtol=0, atol=1e-5)


def test_a_step_that_cannot_be_expressed_is_named():
    from sslearn.persistence._onnx_features import feature_module

    X = np.random.default_rng(0).standard_normal((2, 2, 400))
    pipeline = make_pipeline(STFT(64), ITD()).fit(X)
    with pytest.raises(ValueError, match=r"got ITD.*part='network'"):
        feature_module(pipeline)
    with pytest.raises(ValueError, match="got RealImag as first step"):
        feature_module(RealImag())


MICS = [[0, 0, 0], *circular_array(4, 0.04)]
CIRCLE, FRONT, SPHERE = circular_grid(10.0), azimuth_grid(-90, 90, 10), fibonacci_grid(80)
ONE, TWO, SOURCES, TRACK = (5,), (5, 2), (5, 3, 1), (5, 6, 2, 1)
ENCODINGS = {
    "unit vectors": (UnitVectorEncoding(), ONE),
    "column": (UnitVectorEncoding(), (5, 1)),
    "unit vectors on the sphere": (UnitVectorEncoding("sigmoid"), TWO),
    "tracks of vectors": (UnitVectorEncoding(n_dims=3, threshold=0.9), TRACK),
    "angles": (AngleEncoding(), ONE),
    "angles on the sphere": (AngleEncoding("sigmoid"), TWO),
    "highest": (UnbiasedEncoding(CIRCLE, decoder=ArgmaxDecoder()), ONE),
    "highest on the sphere": (UnbiasedEncoding(SPHERE, decoder=ArgmaxDecoder()), TWO),
    "adjacent": (UnbiasedEncoding(CIRCLE), ONE),
    "two adjacent": (UnbiasedEncoding(CIRCLE, decoder=AdjacentDecoder(2)), SOURCES),
    "adjacent at ends": (UnbiasedEncoding(FRONT, decoder=AdjacentDecoder(4)), ONE),
    "adjacent on the sphere": (UnbiasedEncoding(SPHERE), TWO),
    "mean": (UnbiasedEncoding(CIRCLE, decoder=MeanDecoder()), ONE),
    "mean in front": (UnbiasedEncoding(FRONT, decoder=MeanDecoder()), ONE),
    "mean on the sphere": (UnbiasedEncoding(SPHERE, decoder=MeanDecoder()), TWO),
    "absent sources": (UnbiasedEncoding(CIRCLE, threshold=0.97), TRACK),
    "phases": (IPDEncoding(MICS, n_fft=32), TRACK),
    "projected phases": (
        IPDEncoding(MICS, n_fft=32, matching="projection", threshold=0.05, n_sources=3),
        TRACK,
    ),
    "phases of one": (IPDEncoding(MICS, n_fft=32), ONE),
    "summed phases": (SummedIPDEncoding(MICS, n_fft=32, threshold=0.1), TRACK),
    "summed phases of one": (SummedIPDEncoding(MICS, n_fft=32), TWO),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_decoding(name):
    from sslearn.persistence._onnx_decoding import decoding_module

    encoding, shape = ENCODINGS[name]
    rng = np.random.default_rng(0)
    encoding.fit(rng.uniform(-80, 80, shape))
    axes = (300, 7) if len(shape) == 4 else (300,)
    outputs = rng.uniform(-1 if "phases" in name else 0, 1, (*axes, *encoding.output_spec_.shape))
    if encoding.output_spec_.classes:
        outputs = outputs**9  # peaks
        outputs[0] = 0.0
    if name == "phases":
        outputs = encoding.transform(rng.uniform(-80, 80, (300, 7, 2, 1))) + 0.7 * outputs
    outputs = outputs.astype(np.float32)
    expected = encoding.inverse_transform(outputs)
    y = decoding_module(encoding)(torch.from_numpy(outputs)).numpy()
    assert _error(np.abs(y), np.abs(expected)) < 2e-3
    assert np.isnan(y).any() == (encoding.output_spec_.absence and np.isnan(expected).any())


def test_circular_mean_of_frames():
    from sslearn.persistence._onnx_decoding import decoding_module

    rng = np.random.default_rng(0)
    for shape in ONE, TWO:
        encoding = AngleEncoding(frame_mean="circular").fit(rng.uniform(-80, 80, shape))
        outputs = rng.uniform(-1, 1, (50, 7, *encoding.output_spec_.shape)).astype(np.float32)
        y = decoding_module(encoding)(torch.from_numpy(outputs)).numpy()
        assert _error(np.abs(y), np.abs(encoding.inverse_transform(outputs))) < 2e-3


def test_a_decoder_that_cannot_be_expressed_is_named():
    from sslearn.persistence._onnx_decoding import decoding_module

    y = np.linspace(-80, 80, 9)
    for decoder in PeakDecoder(2), AdjacentDecoder(weights="parabola"):
        encoding = UnbiasedEncoding(CIRCLE, decoder=decoder).fit(y)
        with pytest.raises(ValueError, match=rf"got {type(decoder).__name__}.*part='network'"):
            decoding_module(encoding)
