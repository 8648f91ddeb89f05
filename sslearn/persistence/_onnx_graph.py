"""Parts of a fitted estimator as one torch module, and its export; this module imports torch."""

import io
import logging
import warnings
from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from onnx.parser import parse_function
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from onnx_ir.serde import deserialize_function
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from torch import nn

from sslearn.features import STFT, AudioReader, FrameBlocks, stft_hop, stft_padding
from sslearn.persistence._onnx_decoding import decoding_module
from sslearn.persistence._onnx_features import feature_module
from sslearn.persistence._onnx_layers import SELECTIVE_SCAN, OnnxFunctions

_OPSET = 20


class Plan:
    """Modules of an estimator to export, and inputs of its shape.

    Parameters
    ----------
    estimator : NeuralLocalizer or SiameseEmbedding
        Fitted estimator that holds the network; a copy, whose module may be changed.
    transformers : list of transformer
        Fitted transformers before it.
    decodes : bool
        Whether outputs are decoded into directions.

    Attributes
    ----------
    graph : torch.nn.Module
        Features, network and decoding in a row.
    any_length : bool
        Whether the number of frames may differ from that of ``fit``.
    """

    def __init__(self, estimator, transformers, *, decodes):
        # Files are read outside of the graph.
        self.transformers = [t for t in _flat(transformers) if not isinstance(t, AudioReader)]
        self.encoding = estimator.encoding_ if decodes else None
        self.module = estimator.module_.float().requires_grad_(False)
        features = feature_module(Pipeline([(str(i), t) for i, t in enumerate(self.transformers)]))
        decoding = None if self.encoding is None else decoding_module(self.encoding)
        self.graph = _Graph(features, self.module, decoding).eval()
        self.of_audio = bool(self.transformers) and isinstance(self.transformers[0], STFT)
        self._shape = getattr(estimator, "_input_shape", None) or (estimator.n_features_in_,)
        blocks = [t.n_frames for t in self.transformers if isinstance(t, FrameBlocks)]
        self._n_block = blocks[0] if blocks else 1
        self._n_frames = self._count_frames() if self.of_audio else None
        self.any_length = self._takes_other_lengths()

    @property
    def input_name(self):
        """Name of the input of the graph."""
        return "audio" if self.of_audio else "features"

    @property
    def output_names(self):
        """Names of the outputs of the graph."""
        return ["outputs"] if self.encoding is None else ["directions", "outputs"]

    @property
    def axes(self):
        """Names of the axes of the input that may have any length."""
        lengths = {2: "n_times"} if self.of_audio else {3: "n_frames"}
        return {0: "n_samples", **(lengths if self.any_length else {})}

    def noise(self, n_samples, n_more=0):
        """Inputs with ``n_more`` frames, or blocks of frames, more than in ``fit``."""
        shape = self._shape
        if self.of_audio:
            shape = self._audio_shape(self._n_frames + n_more * self._n_block)
        elif n_more:
            shape = (*shape[:2], shape[2] + n_more, *shape[3:])
        noise = np.random.default_rng(0).standard_normal((n_samples, *shape))
        return noise.astype(np.float32)

    def expected(self, X):
        """Outputs of the estimator in the order of those of the graph."""
        for transformer in self.transformers:
            X = transformer.transform(X)
        with torch.inference_mode():
            outputs = self.module(torch.from_numpy(np.ascontiguousarray(X, np.float32))).numpy()
        if self.encoding is None:
            return [outputs]
        return [self.encoding.inverse_transform(outputs), outputs]

    def _audio_shape(self, n_frames):
        stft = self.transformers[0]
        n_times = (n_frames - 1) * stft_hop(stft) + stft.n_fft - sum(stft_padding(stft))
        return stft.n_features_in_, n_times

    def _count_frames(self):
        """Frames of the clips of ``fit``, from the numbers of features of two lengths."""
        stft = self.transformers[0]
        n_blocks = stft.n_fft // stft_hop(stft) + 2  # long enough to be mirrored
        first, second = (self._count_features((n_blocks + i) * self._n_block) for i in (0, 1))
        if first != second:
            n_blocks += (int(np.prod(self._shape)) - first) // (second - first)
        return n_blocks * self._n_block

    def _count_features(self, n_frames):
        X = np.random.default_rng(0).standard_normal((2, *self._audio_shape(n_frames)))
        for transformer in self.transformers:
            X = clone(transformer).fit_transform(X)
        return X[0].size

    def _takes_other_lengths(self):
        if not self.of_audio and len(self._shape) < 3:
            return False
        try:
            self.expected(self.noise(2, n_more=3))
        except (ValueError, RuntimeError):
            return False
        return True


class _Graph(nn.Module):
    """Features, network and decoding in a row."""

    def __init__(self, features, network, decoding):
        super().__init__()
        self.features, self.network, self.decoding = features, network, decoding

    def forward(self, x):
        """Outputs, after the directions where they are decoded."""
        with OnnxFunctions() if torch.compiler.is_exporting() else nullcontext():
            outputs = self.network(self.features(x))
        return outputs if self.decoding is None else (self.decoding(outputs), outputs)


def _flat(transformers):
    """Steps of pipelines in pipelines."""
    for transformer in transformers:
        if isinstance(transformer, Pipeline):
            yield from _flat(step for _, step in transformer.steps)
        elif transformer not in (None, "passthrough"):
            yield transformer


@contextmanager
def _quiet():
    """Suppress the messages of the tracer about its internals."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def export(plan, metadata):
    """Trace the graph of a plan.

    Parameters
    ----------
    plan : Plan
        Modules to export.
    metadata : dict of str to str
        Properties of the model in the file.

    Returns
    -------
    content : bytes
        Content of an ONNX file.

    Raises
    ------
    ValueError
        If a function of the network cannot be expressed.
    """
    with _quiet(), torch.no_grad(), torch.random.fork_rng(devices=[]):
        try:
            program = torch.onnx.export(
                plan.graph,
                (torch.from_numpy(plan.noise(3)),),
                input_names=[plan.input_name],
                output_names=plan.output_names,
                dynamic_shapes=(plan.axes,),
                opset_version=_OPSET,
                dynamo=True,
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as error:
            raise ValueError(
                f"The network must consist of functions that ONNX has; torch reports: {error}"
            ) from error
    model = program.model
    # The tracer leaves paths of source files at every node.
    ClearMetadataAndDocStringPass()(model)
    model.metadata_props.update(metadata)
    if "sslearn" in model.opset_imports:
        scan = deserialize_function(parse_function(SELECTIVE_SCAN))
        model.functions[scan.identifier()] = scan
    content = io.BytesIO()
    program.save(content)
    return content.getvalue()
