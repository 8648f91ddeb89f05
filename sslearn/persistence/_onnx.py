"""Export of fitted networks, and of the pipelines around them, to ONNX."""

import copy
import json
from pathlib import Path

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn import __version__
from sslearn.deep_learning import NeuralLocalizer
from sslearn.embedding import SiameseEmbedding
from sslearn.persistence._container import replacing
from sslearn.persistence._contract import input_contract
from sslearn.utils import import_optional, split_pipeline
from sslearn.utils.param_validation import StrOptions, validated

# Largest differences from the estimator, relative to the largest output where that exceeds 1, and
# in degrees: features in single precision round differently.
_OF_NETWORK, _OF_WHOLE, _OF_ANGLES = 1e-5, 1e-3, 0.05


@validated(part=[StrOptions({"whole", "network"})])
def to_onnx(estimator, path, *, part="whole"):
    """Write a fitted estimator to a file that runs without Python, in ONNX Runtime.

    Parameters
    ----------
    estimator : NeuralLocalizer, SiameseEmbedding or Pipeline
        Fitted estimator, or Pipeline or search whose last step it is. It is not changed.
    path : str or path-like
        File to write, which should end in ``.onnx``. An existing one is replaced at once, or
        stays if the export fails.
    part : {"whole", "network"}, default="whole"
        ``"whole"`` is everything that ``predict`` does, from audio or features to directions.
        ``"network"`` is the network alone, from features to outputs, with its last activation and
        the mean over its frames.

    Returns
    -------
    facts : dict of str to str
        Metadata in the file: ``estimator``, ``part``, ``sslearn`` (the version), ``n_frames``
        (``"any"``, or ``"fixed"`` to that of the training) and, as JSON, what
        :func:`input_contract` returns.

    Raises
    ------
    ImportError
        If the packages of the extra ``onnx`` are missing.
    TypeError
        If the estimator holds no network that can be exported.
    ValueError
        If a step of the pipeline or the decoder cannot be expressed, or the outputs of the graph
        for noise differ from those of the estimator.

    See Also
    --------
    save : File for this package.

    Notes
    -----
    Inputs are in single precision: ``audio`` of shape (n_samples, n_channels, n_times), which an
    AudioReader has read, or ``features`` as the network takes them. Outputs are ``directions`` in
    degrees, laid out as by ``predict``, and ``outputs``, those of the network before decoding,
    such as the scores of the directions of a grid; of ``"network"``, and of an embedding, the
    latter alone. Any number of samples may enter, and any number of frames where the network
    allows it; the file names these axes.

    Before it is written, the file is run on noise, for two numbers of samples and of frames, and
    must agree with the estimator: outputs within 1e-5 for the network, 1e-3 with features and
    0.05 degrees for directions.

    These steps can be expressed: AudioReader (left out), STFT, OnlineNormalizer, PhaseMap,
    RealImag, LogMagnitude, LevelMap, IPD, ILD, GCCPHAT, IntensityVector, FeatureStack, FrameBlocks,
    TimePooling, Flatten and StandardScaler; all encodings, on a grid with the decoders of one
    direction and the weights of the scores.

    Examples
    --------
    The user guide runs these lines with a localizer of audio:

    >>> from sslearn.persistence import to_onnx
    >>> facts = to_onnx(localizer, "localizer.onnx")  # doctest: +SKIP
    >>> from onnxruntime import InferenceSession
    >>> session = InferenceSession("localizer.onnx")  # doctest: +SKIP
    >>> directions, outputs = session.run(None, {"audio": X})  # doctest: +SKIP
    """
    check_is_fitted(estimator)
    for package in ("onnx", "onnxscript", "onnxruntime"):
        import_optional(package, "to_onnx")
    from sslearn.persistence._onnx_graph import export

    # A copy of the estimator has a new module, which may become single precision.
    plan = _plan(copy.deepcopy(estimator), part)
    facts = _facts(estimator, plan, part)
    content = export(plan, facts)
    _check(content, plan, part)
    with replacing(Path(path)) as file:
        file.write(content)
    return facts


def _plan(estimator, part):
    """Modules to export, of a copy of the estimator."""
    from sslearn.persistence._onnx_graph import Plan

    steps, last = split_pipeline(estimator)
    if not isinstance(last, (NeuralLocalizer, SiameseEmbedding)):
        raise TypeError(
            "estimator must be a NeuralLocalizer, a SiameseEmbedding, or a Pipeline that ends with "
            f"one; got {type(last).__name__}. The steps of a Pipeline up to an embedding are "
            "pipeline[:n]."
        )
    last.set_params(device="cpu")
    if part == "network":
        return Plan(last, [], decodes=False)
    transformers = [*steps, getattr(last, "batch_transform_", None)]
    return Plan(last, transformers, decodes=isinstance(last, NeuralLocalizer))


def _facts(estimator, plan, part):
    """Metadata in the file."""
    contract = {key: json.dumps(value) for key, value in input_contract(estimator).items()}
    return {
        "estimator": type(split_pipeline(estimator)[1]).__name__,
        "part": part,
        "sslearn": __version__,
        "n_frames": "any" if plan.any_length else "fixed",
        **contract,
    }


def _check(content, plan, part):
    """Compare the graph with the estimator on noise."""
    import onnx
    import onnxruntime

    onnx.checker.check_model(onnx.load_from_string(content))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    tolerance = _OF_NETWORK if part == "network" else _OF_WHOLE
    for X in (plan.noise(2), plan.noise(5, n_more=2 if plan.any_length else 0)):
        found = session.run(None, {plan.input_name: X})
        for name, y, expected in zip(plan.output_names, found, plan.expected(X), strict=True):
            error = _error(y, expected, of_angles=name == "directions")
            limit = _OF_ANGLES if name == "directions" else tolerance
            if not error <= limit:
                raise ValueError(
                    f"The graph must agree with the estimator; its {name} of noise of shape "
                    f"{X.shape} are off by {error:.2g}, more than {limit:g}. Export with "
                    "part='network', and compute features and directions outside."
                )


def _error(y, expected, *, of_angles):
    """Largest difference; infinite if shapes or absent sources differ."""
    if y.shape != expected.shape or (np.isnan(y) != np.isnan(expected)).any():
        return np.inf
    difference = np.abs(y - expected)
    if of_angles:
        difference = np.minimum(difference, 360 - difference)
        return np.nanmax(difference, initial=0)
    return difference.max() / max(1.0, np.abs(expected).max())
