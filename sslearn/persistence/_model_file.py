"""Save and load estimators."""

import json
import re
import warnings
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib import metadata
from os import PathLike
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

import sslearn
from sslearn.exceptions import ModelFileError, ModelVersionWarning
from sslearn.persistence._container import (
    FORMAT_VERSION,
    Members,
    open_container,
    write_container,
)
from sslearn.persistence._contract import input_contract
from sslearn.utils.param_validation import validated

_PATH = [str, PathLike]
_PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "skops", "safetensors")


@dataclass(frozen=True)
class ModelInfo:
    """Description of the model in a file.

    Parameters
    ----------
    path : str
        Path of the file.
    size : int
        Size of the file in bytes.
    format_version : int
        Version of the format.
    date : str
        Date and time of writing, in ISO 8601, UTC.
    versions : dict of str to str
        Versions of sslearn and of the packages it needs, at the time of writing.
    estimator : str
        The estimator as printed.
    is_fitted : bool
        Whether the estimator is fitted.
    contract : dict
        Inputs and outputs of the estimator: see :func:`input_contract`.
    card : dict
        Facts from the writer of the file, such as the training data and the scores.

    See Also
    --------
    describe : Read it from a file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sslearn import recipes, save
    >>> from sslearn.persistence import describe
    >>> path = Path(tempfile.mkdtemp()) / "recipe.sslearn"
    >>> save(recipes.laplacian_eigenmaps(), path, card={"data": "none"})
    >>> info = describe(path)
    >>> info.is_fitted, info.card
    (False, {'data': 'none'})
    """

    path: str
    size: int
    format_version: int
    date: str
    versions: dict
    estimator: str
    is_fitted: bool
    contract: dict
    card: dict


@validated(estimator=[BaseEstimator], path=_PATH, card=[dict, None])
def save(estimator, path, *, card=None):
    """Save an estimator in a file that can be loaded without running stored code.

    Parameters
    ----------
    estimator : estimator
        Estimator, Pipeline or search, fitted or not.
    path : str or path-like
        Path of the file, usually ending in ``.sslearn``. An older file there is replaced when
        the new one is complete.
    card : dict, default=None
        Facts about the model, for example its training data and its scores: texts, numbers, and
        lists and dicts of them.

    Raises
    ------
    TypeError
        If ``estimator`` is not one, or holds what a file cannot name, such as a lambda, or if
        ``card`` holds other than plain values.

    See Also
    --------
    load : Load the estimator.
    describe : Read the description of the model.

    Notes
    -----
    The file is a zip archive behind a header of 52 bytes: the parameters and the structure in
    ``schema.json`` (by skops), arrays of numbers in ``arrays.safetensors``, and what
    :func:`describe` returns in ``model.json``. The header holds the size of the file and its
    SHA-256. The network of a neural estimator is stored as its recipe and its weights, so that the
    file opens where there is no GPU.

    Examples
    --------
    >>> import tempfile
    >>> import sslearn
    >>> from sslearn.doa import SRPPHAT
    >>> from sslearn.geometry import circular_array
    >>> localizer = SRPPHAT(circular_array(4, 0.05), fs=8000)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sslearn.save(localizer, f"{folder}/srp.sslearn")
    ...     loaded = sslearn.load(f"{folder}/srp.sslearn")
    >>> loaded.fs
    8000
    """
    from safetensors.numpy import save as to_bytes

    from sslearn.persistence._storable import storable_tree

    path = Path(path)
    info = {
        "format_version": FORMAT_VERSION,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": _versions(),
        "estimator": repr(estimator),
        "is_fitted": _is_fitted(estimator),
        "contract": _plain(input_contract(estimator), "contract"),
        "card": _plain({} if card is None else card, "card"),
    }
    tree, tensors, members = storable_tree(estimator)
    write_container(
        path,
        {
            "model.json": json.dumps(info, indent=2),
            "schema.json": json.dumps(tree),
            "arrays.safetensors": to_bytes(tensors),
            **members,
        },
    )


@validated(path=_PATH, trusted=[list, tuple])
def load(path, *, trusted=()):
    """Load an estimator that :func:`save` wrote; nothing in the file is run.

    Parameters
    ----------
    path : str or path-like
        Path of the file.
    trusted : list of str, default=()
        Full names of classes and functions of other packages that may be used, for example
        ``["my_package.Scaler"]``. Those of sslearn that are part of estimators, and the estimators
        of scikit-learn, are always allowed.

    Returns
    -------
    estimator : estimator
        The estimator, whose predictions are those of the saved one.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If the file is not a model, is damaged or of a newer format, or needs a class that is not
        trusted.

    Warns
    -----
    ModelVersionWarning
        If the file was written by a newer version of sslearn.
    InconsistentVersionWarning
        If it holds an estimator of another version of scikit-learn.

    See Also
    --------
    save : Save an estimator.

    Examples
    --------
    >>> import tempfile
    >>> import sslearn
    >>> from sslearn import recipes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sslearn.save(recipes.siamese(), f"{folder}/recipe.sslearn")
    ...     sslearn.load(f"{folder}/recipe.sslearn").steps[0][1]
    BinauralCues()
    """
    path = Path(path)
    trusted = _check_trusted(trusted)
    with open_container(path) as archive:
        info = _read_info(path, archive)
        _warn_if_newer(info)
        try:
            return _build(path, archive, trusted)
        except ModelFileError:
            raise
        except Exception as error:
            raise ModelFileError(
                f"{path}, written by sslearn {info.versions['sslearn']}, cannot be read: "
                f"{type(error).__name__}: {error}."
            ) from error


@validated(path=_PATH)
def describe(path):
    """Read the description of the model in a file, without loading the model.

    Parameters
    ----------
    path : str or path-like
        Path of the file.

    Returns
    -------
    info : ModelInfo
        Versions, input contract and card of the model.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If the file is not a model, is damaged or of a newer format.

    See Also
    --------
    load : Load the model.

    Examples
    --------
    >>> import tempfile
    >>> from sslearn import recipes
    >>> from sslearn.persistence import describe, save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(recipes.siamese(), f"{folder}/recipe.sslearn", card={"data": "none yet"})
    ...     info = describe(f"{folder}/recipe.sslearn")
    >>> info.is_fitted, info.contract["fs"], info.card
    (False, 16000, {'data': 'none yet'})
    """
    path = Path(path)
    with open_container(path) as archive:
        return _read_info(path, archive)


def _build(path, archive, trusted):
    from safetensors.numpy import load as from_bytes

    from sslearn.persistence._objects import from_tree
    from sslearn.persistence._trust import allowed_names

    members = Members(archive)
    tree = json.loads(members.read("schema.json"))
    allowed = allowed_names(tree, trusted, path)
    tensors = from_bytes(members.read("arrays.safetensors"))
    source = SimpleNamespace(read=members.read, tensors=tensors)
    construct, unsafe = from_tree(tree, source, allowed)
    if unsafe:
        raise ModelFileError(
            f"{path} needs {', '.join(sorted(unsafe))}, which may run any code. If you know it and "
            f"trust the writer of the file: load(path, trusted={sorted(unsafe)})."
        )
    estimator = construct()
    if not isinstance(estimator, BaseEstimator):
        raise ModelFileError(f"{path} holds no estimator; got {type(estimator).__name__}.")
    return estimator


def _read_info(path, archive):
    try:
        info = json.loads(archive.read("model.json"))
        info = ModelInfo(path=str(path), size=path.stat().st_size, **info)
        kinds = {field.name: field.type for field in fields(ModelInfo)}
        if not all(isinstance(getattr(info, name), kind) for name, kind in kinds.items()):
            raise TypeError(f"its fields must be of types {kinds}")
        _numbers(info.versions["sslearn"])
        return info
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} holds no valid description: {error}.") from error


def _warn_if_newer(info):
    written = info.versions["sslearn"]
    if _numbers(written) > _numbers(sslearn.__version__):
        warnings.warn(
            f"{info.path} was written by sslearn {written}, and this is {sslearn.__version__}: "
            "predictions may differ, or fail. Upgrade sslearn.",
            ModelVersionWarning,
            stacklevel=4,
        )


def _numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _versions():
    installed = {}
    for name in _PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed[name] = None
    return {"sslearn": sslearn.__version__, **installed}


def _is_fitted(estimator):
    try:
        check_is_fitted(estimator)
    except (NotFittedError, TypeError):
        # A TypeError is raised for objects without fit, such as the recipe of a network.
        return False
    return True


def _check_trusted(trusted):
    if not all(isinstance(name, str) for name in trusted):
        raise TypeError(
            f"trusted must hold full names, such as 'my_package.Scaler'; got {trusted!r}."
        )
    return trusted


def _plain(value, name):
    """The value, of texts, numbers, lists and dicts alone, or an error."""
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, f"{name}[{key!r}]") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{name}[{i}]") for i, item in enumerate(value)]
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(
        f"{name} must be a text, a number, or a list or dict of them with texts as keys; got "
        f"{type(value).__name__}."
    )
