"""Bad values of every kind end in an error that names its argument.

``python tests/test_fuzz.py [room ...]`` tries every value in every public name, and lists the
unclear errors. The test tries a fixed share of them, or all where SSLEARN_FUZZ is "full".
"""

import importlib
import inspect
import os
import re
import sys
import warnings
import zlib
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

import sslearn
from sslearn import features, geometry, losses, networks, simulation
from sslearn.calibration import ConformalLocalizer
from sslearn.doa import SRPPHAT, MaskedSRPPHAT
from sslearn.neighbors import KNeighborsLocalizer

# What may be wrong: values, kinds, packages and files.
CLEAR = (ImportError, OSError)
ALLOWED = (ValueError, TypeError, *CLEAR)
# At most this share of the errors may be unclear, in all rooms together.
MOST = 0.03
# One in so many values is tried in a test.
SHARE = 16
ROOMS = [room for room in sslearn._ROOMS if room != "exceptions"]
# Processes and output say nothing about messages; the name in messages is a name.
SKIPPED = {"n_jobs", "verbose", "name", "description", "caller", "rng"}
# What scikit-learn says of X, y and the number of folds, as its users know it from its estimators.
SCIKIT_LEARN = re.compile(
    r"Input (X|y) contains|Expected 2D array|Found array with|Complex data not supported"
    r"|The number of folds|Found input variables with inconsistent numbers of samples"
    r"|Expected sequence or array-like"
)
# Arguments that reach other public functions under another name, which their users know too.
ALIASES = {"y": "y_true"}

# Parameters whose default takes long.
SMALL = ("duration", "max_epochs", "max_order", "n_estimators", "n_samples", "rooms")

BAD = {
    "none": lambda: None,
    "bool": lambda: True,
    "empty string": lambda: "",
    "string": lambda: "bogus",
    "bytes": lambda: b"x",
    "empty list": lambda: [],
    "list of empty": lambda: [[]],
    "ragged": lambda: [[1.0, 2.0], [3.0]],
    "strings": lambda: ["a", "b"],
    "objects": lambda: np.array([object(), None], dtype=object),
    "structured": lambda: np.zeros(3, dtype=[("a", "<f8"), ("b", "<i8")]),
    "dates": lambda: np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "negative": lambda: -1,
    "zero": lambda: 0,
    "fraction": lambda: 2.5,
    "huge": lambda: 1e300,
    "complex": lambda: 1 + 2j,
    "complex array": lambda: np.ones((4, 2), dtype=complex),
    "nan array": lambda: np.full((4, 2), np.nan),
    "set": lambda: {1, 2},
    "dict": lambda: {"a": 1},
    "generator": lambda: (i for i in range(3)),
    "function": lambda: len,
    "class": lambda: int,
    "object": object,
    "no rows": lambda: np.zeros((0, 3)),
    "no columns": lambda: np.zeros((3, 0)),
    "matrix": lambda: np.eye(2),
    "five axes": lambda: np.zeros((2, 2, 2, 2, 2)),
    "sparse": lambda: sparse.csr_array(np.eye(3)),
}

RNG = np.random.default_rng(0)
MICS = geometry.circular_array(4, 0.05)
Y = np.array([-100.0, -20.0, 30.0, 140.0, 60.0, 80.0])
Y2 = np.stack([Y, Y / 4], axis=1)
AUDIO = RNG.standard_normal((6, 4, 2048)).astype(np.float32)
SPECTRA = features.STFT(256).transform(AUDIO)
MAPS = np.abs(SPECTRA)
ROWS = RNG.standard_normal((6, 8))
TRACKS = Y.reshape(1, 6, 1, 1)
GRID = geometry.circular_grid(30.0)
POWER = RNG.random((2, len(GRID)))

# Good values of parameters, by their names; those of one function or class come first.
VALUES = {
    "a": Y, "b": Y, "A": Y, "B": Y, "doa": Y2, "azimuth": Y, "directions": Y2, "y": Y, "vectors":
    ROWS[:, :3], "lateral": Y / 2, "polar": Y, "grid": GRID, "step": 10.0, "mic_positions": MICS,
    "freqs": [500.0, 1000.0], "distances": [1.0, 2.0], "n_mics": 4, "radius": 0.05, "spacing": 0.05,
    "shape": (2, 2), "n_directions": 20, "azimuth_range": (-90, 90), "elevation_range": (-30, 30),
    "rng": np.random.default_rng(0), "name": "X", "loss": "mse", "base": losses.SquaredErrorLoss(),
    "weights": (0.5, 0.5), "y_true": Y, "y_pred": Y, "spectrum": POWER[0], "Z": ROWS[:, :2],
    "fs": 16000, "path": "nowhere", "folder": "nowhere", "paths": ["nowhere"], "max_epochs": 1,
    "random_state": 0, "n_samples": 2, "X": AUDIO, "limits": (1.0, 2.0), "n_fft": 256,
    "freq_range": (200, 4000), "pairs": [(0, 1)], "reference": 0, "n_channels": 4, "x": AUDIO[0],
    "target_fs": 8000, "rows": [0, 1], "batch_transform": features.STFT(256), "batch_size": 2,
    "iterable": [1], "description": "d", "module": "json", "caller": "c", "estimator": None,
    "max_order": 0, "rooms": 1, "receiver": simulation.ArrayReceiver(MICS), "samples": ["a.wav"],
    "regressor": Ridge(), "tracks": TRACKS, "times": np.arange(6.0), "values": Y, "channels": [0],
    "array": Y, "n_estimators": 2, "hrirs": None,
    "localizer": SRPPHAT(MICS, block_size=2, batch_transform=features.STFT(256)).fit(AUDIO),
    "n_frames": 2, "tdoas": np.zeros((2, 6)), "encodings": None, "output": None, "duration": 0.1,
}  # fmt: skip
MASKED = MaskedSRPPHAT(MICS, batch_transform=features.STFT(512, hop_length=256)).fit(AUDIO)
SETS = ConformalLocalizer(KNeighborsLocalizer(1), coverage=0.4).fit(ROWS, Y)
ARCS = np.stack([Y - 10, Y + 10], axis=1)[:, None]
PICTURE, PICTURES = (3, 40, 48), RNG.integers(0, 256, (2, 20, 24, 3), dtype=np.uint8)
BOXES, MAPS_OF_PICTURES = np.array([[0.1, 0.2, 0.6, 0.9]] * 6), RNG.random((6, 4, 4))
OWN = {
    "check_boxes": {"y": BOXES},
    "consensus_iou": {"y_true": BOXES, "maps": MAPS_OF_PICTURES},
    "consensus_iou_score": {"y_true": BOXES, "maps": MAPS_OF_PICTURES},
    "iou_auc_score": {"y_true": BOXES, "maps": MAPS_OF_PICTURES},
    "pointing_accuracy_score": {"y_true": BOXES, "points": BOXES[:, :2]},
    "feature_shape": {"module": networks.SceneNet().build(PICTURE), "input_shape": PICTURE},
    "make_backbone": {"network": networks.SceneNet(), "input_shape": PICTURE},
    "WindowContrast": {"n_windows": 4},
    "resize_maps": {"maps": MAPS_OF_PICTURES, "shape": (8, 8)},
    "simulate_responses": {"rirs": AUDIO, "directions": Y},
    "sphere_mesh": {"grid": geometry.icosahedral_grid(1)},
    "hull_mesh": {"directions": geometry.icosahedral_grid(1)},
    "front_back_confusion_rate": {"margin": 15.0},
    "match_sources": {"y_true": TRACKS, "y_pred": TRACKS},
    "missed_detection_rate": {"y_true": TRACKS, "y_pred": TRACKS},
    "false_alarm_rate": {"y_true": TRACKS, "y_pred": TRACKS},
    "detection_error": {"y_true": TRACKS, "y_pred": TRACKS},
    "matched_angular_error": {"y_true": TRACKS, "y_pred": TRACKS},
    "identity_switches": {"y_true": TRACKS, "y_pred": TRACKS},
    "check_doa": {"n_samples": 6},
    "check_multi_doa": {"y": TRACKS, "n_samples": 1},
    "make_scenes": {"duration": 0.2},
    "get_scorer": {"name": "d2_angular_error"},
    "check_spectrum": {"X": SPECTRA},
    "input_contract": {"estimator": Ridge()},
    "check_maps": {"X": MAPS},
    "check_image": {"image": np.zeros((4, 5, 3), np.uint8)},
    "mixed_loss": {"loss": losses.SquaredErrorLoss()},
    "LogMelPatches": {"duration": 0.975},
    "BaggingLocalizer": {"estimator": KNeighborsLocalizer(2)},
    "ConformalLocalizer": {"localizer": KNeighborsLocalizer(1), "coverage": 0.5},
    "conformal_quantile": {"scores": Y + 200},
    "is_covered": {"sets": ARCS},
    "set_widths": {"sets": ARCS},
    "coverage_score": {"sets": ARCS},
    "mean_set_width": {"sets": ARCS},
    "LaplacianEigenmaps": {"n_neighbors": 3, "n_components": 2},
    "MixedEncoding": {"weights": (0.2, 0.8)},
    "EmbeddingDisplay.from_estimator": {"estimator": PCA(2).fit(ROWS), "X": ROWS},
    "LocalizationErrorDisplay.from_estimator": {
        "estimator": KNeighborsLocalizer(2).fit(ROWS, Y),
        "X": ROWS,
    },
    "SpatialSpectrumDisplay.from_estimator": {
        "estimator": SRPPHAT(MICS, freq_range=None).fit(SPECTRA),
        "X": SPECTRA,
    },
    "MaskDisplay.from_estimator": {"estimator": MASKED, "X": AUDIO},
    "PredictionSetDisplay.from_estimator": {"estimator": SETS, "X": ROWS},
    "PredictionSetDisplay.from_predictions": {"sets": ARCS, "grid": None},
    "SimilarityMapDisplay.from_predictions": {"images": PICTURES, "maps": MAPS_OF_PICTURES[:2]},
    "MicArrayDisplay.from_estimator": {"estimator": SRPPHAT(MICS)},
    "MicArrayDisplay.from_positions": {"directions": Y},
    "TrackDisplay.from_predictions": {"times": np.arange(6.0)},
}
# Arguments with which an object looks at its parameters; the first that it takes are used.
MAPS_SHAPE, BLOCKS_SHAPE = (6, 32, 6), (6, 32, 6, 5)
USES = {
    "decode": [(POWER, GRID)],
    "build": [
        *[(shape, out) for shape in (MAPS_SHAPE, BLOCKS_SHAPE) for out in ((8,), (2, 8))],
        *[(PICTURE, None), ((3, 96, 64), None), (((4, 6, 6), (8,)), None)],
        *[(MAPS_SHAPE, (429,)), ((4, 32, 6), (2, 8)), ((4, 256, 6), (8,)), ((1, 40, 6), (2, 3))],
    ],
    "fit": [
        (ROWS, Y),
        (AUDIO, Y),
        (AUDIO[:, :2], Y),
        (AUDIO[:, :1], Y),
        (SPECTRA, Y),
        (MAPS, Y),
        (Y,),
        (PICTURES,),
    ],
    "split": [(ROWS, Y), (ROWS, Y, range(6))],
    "push": [(AUDIO[0],)],
}


@dataclass
class Target:
    """A function and good arguments; those in ``tried`` are replaced by bad ones."""

    room: str
    label: str
    call: callable
    arguments: dict
    tried: list
    names: set = field(default_factory=set)

    def errors(self):
        """Each parameter and kind of bad value, and the error, or None where it is taken."""
        for name in self.tried:
            for kind, make in BAD.items():
                yield name, kind, partial(self._error, name, make)

    def _error(self, name, make):
        try:
            self.call(**self.arguments | {name: make()})
        except Exception as error:
            return error
        return None

    def unclear(self, name, error):
        """Whether an error is of another kind than it may be, or names no parameter."""
        if isinstance(error, CLEAR) or SCIKIT_LEARN.match(str(error)):
            return False
        words = set(re.findall(r"\w+", str(error)))
        names = self.names | {name, self.arguments.get("name", name), ALIASES.get(name, name)}
        return not isinstance(error, ALLOWED) or not words & names


def _parameters(function):
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind not in kinds and p.name != "self"}


def _arguments(function, own):
    """Good values of the parameters without a default, and of those that have their own."""
    parameters = _parameters(function)
    values = VALUES | own
    return {
        name: values[name]
        for name, default in parameters.items()
        if name in own or default is inspect.Parameter.empty or name in SMALL
    }


def _target(room, label, function, own, names=()):
    try:
        arguments = _arguments(function, own)
        function(**arguments)
    except OSError:
        # A loader without its files: the arguments that it looks at before them.
        pass
    except Exception as error:
        return SKIPS.append((label, repr(error)[:150]))
    tried = [name for name in _parameters(function) if name not in SKIPPED]
    return Target(room, label, function, arguments, tried, set(names))


SKIPS = []


def _use_of(cls, arguments):
    """A method of a class, and arguments that it takes."""
    for method, choices in USES.items():
        for args in choices if hasattr(cls, method) else ():
            try:
                getattr(cls(**arguments), method)(*args)
            except Exception as error:
                SKIPS.append((cls.__name__, method, repr(error)[:150]))
            else:
                return method, args
    return None, ()


def _of_class(room, cls):
    """The constructor, as its parameters are looked at in use, and the methods."""
    try:
        arguments = _arguments(cls, OWN.get(cls.__name__, {}))
    except KeyError as error:
        SKIPS.append((cls.__name__, repr(error)))
        return
    contrastive = (losses.ContrastiveLoss, losses.FalseNegativeContrastiveLoss)
    if issubclass(cls, (losses.SquaredErrorLoss.__mro__[1], *contrastive)):
        yield from _of_loss(room, cls, arguments)
        return
    method, args = _use_of(cls, arguments)
    parameters = _parameters(cls)
    if method is None:
        return

    def used(**params):
        use = getattr(cls(**params), method)(*args)
        return list(use) if inspect.isgenerator(use) else use

    tried = [name for name in parameters if name not in SKIPPED]
    yield Target(room, cls.__name__, used, arguments, tried)
    instance = cls(**arguments)
    good = inspect.signature(getattr(instance, method)).bind(*args).arguments
    used_instance = getattr(instance, method)(*args)
    instance = instance if method != "fit" else used_instance
    yield from _of_methods(room, cls, instance, good, set(parameters))


def _of_methods(room, cls, instance, good, names):
    if hasattr(instance, "inverse_transform") and "y" in good:
        codes = instance.transform(good["y"])
        good = good | {"targets": codes, "scores": codes}
    for name, function in inspect.getmembers(cls, inspect.isfunction):
        # A fit that is tried changes the object.
        bound = getattr(deepcopy(instance), name, None)
        if name.startswith("_") or re.match("[gs]et_", name) or not _parameters(function):
            continue
        yield _target(room, f"{cls.__name__}.{name}", bound, good, names)


def _of_loss(room, cls, arguments):
    import torch

    good = torch.rand(3, 2, 4, generator=torch.Generator().manual_seed(0))
    if cls is losses.ContrastiveLoss:
        good = {"embeddings": good[0], "targets": good[0, :, 0]}
    elif cls is losses.FalseNegativeContrastiveLoss:
        good = {"scores": good[:, :, :2], "sound_similarity": good[0, :, :2]}
    elif cls is losses.AngularLoss:
        good = {"output": good[..., :2], "target": good[..., :2]}
    else:
        good = {"output": good, "target": good}
    if cls is losses.MixtureLoss:
        good["target"] = torch.cat([good["target"]] * 2, dim=-1)
    tried = [name for name in _parameters(cls) if name not in SKIPPED]
    yield Target(room, cls.__name__, lambda **p: cls(**p)(**good), arguments, tried)
    instance = cls(**arguments)
    yield _target(room, f"{cls.__name__}.__call__", instance.__call__, good, set(tried))


def _of_display(room, cls):
    for name, method in inspect.getmembers(cls, inspect.ismethod):
        own = OWN.get(f"{cls.__name__}.{name}", {})
        yield _target(room, f"{cls.__name__}.{name}", method, own)


def _of(room, thing):
    if inspect.isclass(thing):
        of_class = _of_display if thing.__name__.endswith("Display") else _of_class
        # Bases have no ABCMeta, so that inspect.isabstract does not know them.
        methods = vars(thing).values()
        if not any(getattr(method, "__isabstractmethod__", False) for method in methods):
            yield from of_class(room, thing)
    elif callable(thing):
        yield _target(room, thing.__name__, thing, OWN.get(thing.__name__, {}))


def targets(rooms=ROOMS):
    """Everything public that has parameters and good values of those that need one."""
    for room in rooms:
        module = importlib.import_module(f"sslearn.{room}")
        for name in module.__all__:
            thing = getattr(module, name)
            if getattr(thing, "__module__", "").startswith(f"sslearn.{room}"):
                yield from (target for target in _of(room, thing) if target is not None)


def fuzz(rooms=ROOMS, share=1):
    """Numbers of errors and of unclear ones in each room, and the unclear ones."""
    n_errors, found = Counter(), []
    for target in targets(rooms):
        for name, kind, attempt in target.errors():
            place = f"{target.label}({name}) {kind}"
            # A hash of the place, not of its number: a new function changes no other draw.
            if zlib.crc32(place.encode()) % share:
                continue
            error = attempt()
            # A file that is not there says nothing about the value.
            n_errors[target.room] += error is not None and not isinstance(error, OSError)
            if error is not None and target.unclear(name, error):
                message = f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
                found.append((target.room, place, message))
        _close_figures()
    return n_errors, found


def _close_figures():
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.mark.filterwarnings("ignore")
def test_errors_name_their_argument(monkeypatch, tmp_path):
    share = 1 if os.environ.get("SSLEARN_FUZZ") == "full" else SHARE
    # Some values are folders to write to.
    monkeypatch.chdir(tmp_path)
    n_errors, found = fuzz(share=share)
    assert n_errors.total() > 100
    assert len(found) <= MOST * n_errors.total(), "\n".join(map(str, found))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for room in sys.argv[1:] or ROOMS:
        n_errors, found = fuzz([room])
        print(f"{room}: {len(found)} of {n_errors.total()} errors unclear")
        for _, place, message in found:
            print(f"    {place}: {message}")
    for skip in SKIPS:
        print("not tried:", *skip)
