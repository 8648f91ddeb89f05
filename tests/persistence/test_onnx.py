"""Whole estimators in ONNX Runtime: audio in, directions out."""

import json
import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn.deep_learning import NeuralLocalizer
from sslearn.embedding import SiameseEmbedding
from sslearn.encoding import IPDEncoding, UnbiasedEncoding
from sslearn.features import (
    GCCPHAT,
    ILD,
    IPD,
    STFT,
    AudioReader,
    Flatten,
    FrameBlocks,
    OnlineNormalizer,
    RealImag,
    TimePooling,
    make_feature_stack,
)
from sslearn.geometry import circular_grid
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import MLP, IPDNet2, SNet
from sslearn.persistence import _onnx, to_onnx

pytest.importorskip("onnxscript")
onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
torch = pytest.importorskip("torch")

PAIR = [[0.0, 0.05, 0.0], [0.0, -0.05, 0.0]]


def _audio(n_times, n_samples=4):
    noise = np.random.default_rng(n_times).standard_normal((n_samples, 2, n_times))
    return noise.astype(np.float32)


def _localizer(network, encoding=None, features=None):
    return NeuralLocalizer(
        network,
        encoding=encoding,
        max_epochs=1,
        validation_fraction=None,
        batch_transform=features,
        random_state=0,
    )


def _tracker():
    """The system of recipes.ipdnet2, with its features, at a small size."""
    stft = STFT(32, hop_length=16, padding="reflect")
    maps = make_pipeline(AudioReader(8000), stft, OnlineNormalizer(20), RealImag(drop_dc=True))
    encoding = IPDEncoding(PAIR, fs=8000, n_fft=32, threshold=2.0)
    y = np.random.default_rng(0).uniform(-80, 80, (4, 2, 2, 1))
    return _localizer(IPDNet2(8, n_layers=1), encoding, maps).fit(_audio(144), y)


def _of_pooled_cues():
    cues = make_feature_stack(ILD(), IPD())
    network = _localizer(MLP((8,)), UnbiasedEncoding(circular_grid(20.0)))
    steps = [STFT(64), cues, TimePooling(), Flatten(), StandardScaler(), network]
    return make_pipeline(*steps).fit(_audio(400), [10.0, -170.0, 60.0, 90.0])


def _of_blocks():
    maps = make_pipeline(STFT(64), RealImag(), FrameBlocks(3))
    localizer = _localizer(SNet((2, 3), n_blocks=1), UnbiasedEncoding(circular_grid(20.0)), maps)
    return localizer.fit(_audio(144), [10.0, -170.0, 60.0, 90.0])


def _of_correlations():
    steps = [STFT(64), GCCPHAT(8000, max_tau=5e-4), Flatten(), _localizer(MLP((8,)))]
    return make_pipeline(*steps).fit(_audio(400), [10.0, -170.0, 60.0, 90.0])


def _check_whole(localizer, path, lengths):
    facts = to_onnx(localizer, path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = ort.InferenceSession(path)
    assert session.get_modelmeta().custom_metadata_map == facts
    for n_samples, n_times in enumerate(lengths, 1):
        X = _audio(n_times, n_samples)
        directions, _ = session.run(["directions", "outputs"], {"audio": X})
        expected = localizer.predict(X)
        assert directions.shape == expected.shape
        difference = np.abs(directions - expected)
        assert np.nanmax(np.minimum(difference, 360 - difference)) < 0.01
        np.testing.assert_array_equal(np.isnan(directions), np.isnan(expected))
    return session


def test_tracks_of_audio_of_any_length(tmp_path):
    localizer = _tracker()
    before = {key: value.copy() for key, value in localizer.weights_.items()}
    module, state = localizer.module_, torch.get_rng_state()
    session = _check_whole(localizer, tmp_path / "tracker.onnx", (144, 400, 1000))
    assert session.get_inputs()[0].shape == ["n_samples", 2, "n_times"]
    facts = session.get_modelmeta().custom_metadata_map
    assert (facts["estimator"], facts["part"], facts["n_frames"]) == (
        "NeuralLocalizer",
        "whole",
        "any",
    )
    assert json.loads(facts["fs"]) == 8000
    assert json.loads(facts["tracks"])
    # Nothing of the estimator or of torch changed, and no path of ours is in the file.
    assert localizer.module_ is module
    assert all(parameter.requires_grad for parameter in module.parameters())
    np.testing.assert_equal(localizer.weights_, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert b".py" not in (tmp_path / "tracker.onnx").read_bytes()


def test_pooled_cues_of_audio_of_any_length(tmp_path):
    _check_whole(_of_pooled_cues(), tmp_path / "cues.onnx", (400, 64, 1000))


def test_blocks_of_any_number(tmp_path):
    session = _check_whole(_of_blocks(), tmp_path / "blocks.onnx", (144, 96, 432))
    # Nine frames, as the transformer says too: the last ones are not dropped in silence.
    with pytest.raises(Exception, match="Reshape"):
        session.run(None, {"audio": _audio(144 + 16)})


def test_features_of_all_frames_fix_the_length(tmp_path):
    localizer = _of_correlations()
    session = _check_whole(localizer, tmp_path / "correlations.onnx", (400, 400))
    assert session.get_inputs()[0].shape == ["n_samples", 2, 400]
    assert session.get_modelmeta().custom_metadata_map["n_frames"] == "fixed"


def test_embedding_in_a_pipeline(tmp_path):
    X = np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32)
    embedding = SiameseEmbedding(MLP((8,)), max_epochs=1, random_state=0)
    pipeline = make_pipeline(StandardScaler(), embedding).fit(X, np.linspace(-80, 80, 40))
    to_onnx(pipeline, tmp_path / "embedding.onnx")
    session = ort.InferenceSession(tmp_path / "embedding.onnx")
    (outputs,) = session.run(None, {"features": X[:7]})
    np.testing.assert_allclose(outputs, pipeline.transform(X[:7]), atol=1e-5)


def test_a_wrong_graph_is_not_written(tmp_path, monkeypatch):
    X = np.random.default_rng(0).standard_normal((8, 6)).astype(np.float32)
    localizer = _localizer(MLP((4,))).fit(X, np.linspace(-80, 80, 8))
    path = tmp_path / "old.onnx"
    path.write_bytes(b"old")
    monkeypatch.setattr(_onnx, "_OF_ANGLES", -1.0)
    with pytest.raises(ValueError, match="its directions of noise of shape"):
        to_onnx(localizer, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_exported(tmp_path, monkeypatch):
    path = tmp_path / "none.onnx"
    with pytest.raises(NotFittedError):
        to_onnx(NeuralLocalizer(), path)
    X = np.random.default_rng(0).standard_normal((8, 6))
    neighbors = KNeighborsLocalizer(2).fit(X, np.linspace(-80, 80, 8))
    with pytest.raises(TypeError, match=r"must be a NeuralLocalizer.*got KNeighborsLocalizer"):
        to_onnx(neighbors, path)
    with pytest.raises(ValueError, match="part"):
        to_onnx(neighbors, path, part="half")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ImportError, match=r"sslearn-audio\[onnx\]"):
        to_onnx(neighbors, path)
    assert not path.exists()
