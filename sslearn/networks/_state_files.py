"""State dicts from files, loaded into modules with a check of every key; weights of the package."""

import json
from importlib.resources import as_file, files
from os import PathLike
from pathlib import Path
from pickle import UnpicklingError

import numpy as np

# Keys that a message lists.
_N_LISTED = 4
# Weights that come with the package, each with a model card.
_FOLDER = files("sslearn.networks") / "weights"


def packaged_weights():
    """Names of the weights that come with the package.

    Returns
    -------
    names : list of str
        Names that a parameter ``weights`` takes.

    Examples
    --------
    >>> from sslearn.networks import packaged_weights
    >>> packaged_weights()
    ['ambisonic_histogram', 'feed_forward_heads', 'masked_srp_phat']
    """
    names = (path.name for path in _FOLDER.iterdir())
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def model_card(name):
    """Read the model card of weights of the package: training data, errors and limits.

    Parameters
    ----------
    name : str
        Name of the weights, such as ``"masked_srp_phat"``.

    Returns
    -------
    card : dict
        Model card: among others ``training``, ``errors``, ``limits`` and ``licence``.

    Raises
    ------
    ValueError
        If there are no such weights.

    Examples
    --------
    >>> from sslearn.networks import model_card
    >>> model_card("masked_srp_phat")["n_weights"]
    21107
    """
    if name not in packaged_weights():
        raise ValueError(f"name must be one of {packaged_weights()}; got {name!r}.")
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def load_state(module, weights, *, unused=(), name="weights"):
    """Load weights into a module; no key may be unknown, no weight missing.

    Parameters
    ----------
    module : torch.nn.Module
        Module whose weights are replaced.
    weights : str, Path or dict of str to array-like
        Name of weights of the package; local file of a state dict, as
        ``torch.save(module.state_dict(), path)`` or safetensors write it; or the state dict itself.
    unused : tuple of str, default=()
        Prefixes of keys that the module does not use, for example of a classifier.
    name : str, default="weights"
        Name used in messages.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a state dict, or its keys or shapes are not those of the module.
    """
    state, source = _read_state(weights, name)
    expected = module.state_dict()
    # Files older than the counter of batch norm lack it; with a fixed momentum it does nothing.
    missing = [k for k in expected if k not in state and not k.endswith("num_batches_tracked")]
    unknown = [k for k in state if k not in expected and not k.startswith(tuple(unused))]
    if missing or unknown:
        raise ValueError(
            f"{name} must have the keys of {type(module).__name__}; {source} lacks "
            f"{_listed(missing)} and has unknown {_listed(unknown)}. Is it the state dict of "
            "another network?"
        )
    wrong = [
        f"{k} {tuple(state[k].shape)} instead of {tuple(value.shape)}"
        for k, value in expected.items()
        if k in state and state[k].shape != value.shape
    ]
    if wrong:
        raise ValueError(
            f"{name} must have the shapes of {type(module).__name__}; {source} has "
            f"{_listed(wrong)}. Is it the state dict of a wider or narrower network?"
        )
    module.load_state_dict({k: v for k, v in state.items() if k in expected}, strict=False)


def _listed(keys):
    if not keys:
        return "no keys"
    rest = f" and {len(keys) - _N_LISTED} more" if len(keys) > _N_LISTED else ""
    return ", ".join(keys[:_N_LISTED]) + rest


def _read_state(weights, name):
    """State dict of tensors, and its name in messages."""
    source = "the dict"
    if isinstance(weights, (str, PathLike)):
        source = str(weights)
        if weights in packaged_weights():
            with as_file(_FOLDER / f"{weights}.safetensors") as path:
                weights = _read_file(path, name)
        else:
            weights = _read_file(Path(weights), name)
    from torch import Tensor, from_numpy

    if not isinstance(weights, dict) or not weights:
        kind = "an empty dict" if isinstance(weights, dict) else type(weights).__name__
        raise ValueError(
            f"{name} must hold a state dict, names and their tensors; {source} holds {kind}. Save "
            "module.state_dict(), not the module."
        )
    state = {}
    for key, value in weights.items():
        if not isinstance(value, Tensor):
            value = np.asarray(value)
            if value.dtype.kind not in "fiu":
                raise ValueError(
                    f"{name} must hold tensors of numbers only; {key!r} of {source} is "
                    f"{value.dtype}. Take the state dict out of a checkpoint with several entries."
                )
            # A copy, since memory maps may be read-only.
            value = from_numpy(np.array(value))
        state[str(key)] = value
    return state, source


def _read_file(path, name):
    if not path.is_file():
        raise FileNotFoundError(
            f"{name} must be a local file with a state dict, or one of the package's "
            f"{packaged_weights()}; {path} does not exist. Nothing is downloaded: bring the file."
        )
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        read, failures = load_file, SafetensorError
    else:
        from functools import partial

        import torch

        read = partial(torch.load, map_location="cpu", weights_only=True)
        failures = (UnpicklingError, RuntimeError, EOFError, KeyError, ValueError)
    try:
        return read(path)
    except failures as error:
        # The message of torch about pickles advises to run their code, so it is not repeated.
        reason = (
            "it is no such file, or holds objects such as a whole module"
            if isinstance(error, UnpicklingError | KeyError)
            else (str(error).splitlines() or [type(error).__name__])[0]
        )
        raise ValueError(
            f"{name} must be a file of plain tensors, from torch.save(module.state_dict(), path) "
            f"or safetensors; {path} cannot be read as one: {reason}"
        ) from error
