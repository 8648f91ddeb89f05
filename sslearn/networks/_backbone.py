from abc import abstractmethod
from copy import deepcopy
from os import PathLike

from sslearn.networks._base import NetworkRecipe
from sslearn.networks._shapes import check_shape

# Constraint of the parameter of this name.
WEIGHTS = [str, PathLike, dict, None]


class Backbone(NetworkRecipe):
    """Base of recipes of networks that turn pictures or sounds into features.

    Notes
    -----
    A module maps pictures (n_samples, 3, height, width), RGB in this order and floating-point
    numbers from 0 to 1, to maps of features (n_samples, n_features, map_height, map_width); or
    log-mel patches (n_samples, n_patches, 96, 64), see :class:`sslearn.features.LogMelPatches`, to
    a row of features for each patch, (n_samples, n_patches, n_features). It normalizes pictures
    itself, as the weights of the network require.

    ``build`` reads ``weights``, a local file or a dict of arrays; nothing is ever downloaded. On
    torch's device "meta", where modules have no memory, it does not: counting needs no files.

    See Also
    --------
    make_backbone : Module of a recipe or of a function of your own.

    Examples
    --------
    >>> from sslearn.networks import Backbone, SceneNet
    >>> issubclass(SceneNet, Backbone)
    True
    >>> SceneNet().build((3, 64, 64)) is not None
    True
    """

    # Prefixes of keys that the module does not use, and smallest side of a picture.
    _unused = ()
    _stride = 1

    def build(self, input_shape, output_shape=None):
        """Build the torch module.

        Parameters
        ----------
        input_shape : tuple of int
            ``(3, height, width)`` of pictures, or ``(n_patches, 96, 64)`` of log-mel patches. The
            module takes others of its kind, too.
        output_shape : None
            Not used: the shape of the features follows from that of the input.

        Returns
        -------
        module : torch.nn.Module
            Module that maps (n_samples, \\*input_shape) to features.

        Raises
        ------
        FileNotFoundError
            If ``weights`` names no file.
        ValueError
            If a parameter, the shape, or the weights are not valid.
        """
        from sslearn.networks._state_files import load_state

        self._validate_params()
        module = self._module(*self._check_input(input_shape))
        # A fitted model that is restored has its weights, and needs no package and no file.
        is_restored = any(p.is_meta for p in module.parameters())
        if not is_restored and (weights := self._weights()) is not None:
            load_state(module, weights, unused=self._unused)
        return module

    @abstractmethod
    def _module(self, n_channels, height, width):
        """Module with random weights."""

    def _weights(self):
        return self.weights

    def _check_input(self, input_shape):
        """Shape of a picture."""
        input_shape = check_shape("input_shape", input_shape)
        if len(input_shape) != 3 or input_shape[0] != 3 or min(input_shape[1:]) < self._stride:
            raise ValueError(
                f"{type(self).__name__} needs pictures of shape (3, height, width) with at least "
                f"{self._stride} pixels a side; got input_shape={input_shape}. Put the colours "
                "first and enlarge smaller pictures."
            )
        return input_shape


class PatchBackbone(Backbone):
    """Base of backbones of log-mel patches; private."""

    def _check_input(self, input_shape):
        input_shape = check_shape("input_shape", input_shape)
        if len(input_shape) != 3 or input_shape[1:] != (96, 64):
            raise ValueError(
                f"{type(self).__name__} needs log-mel patches of shape (n_patches, 96, 64); got "
                f"input_shape={input_shape}. Make them with LogMelPatches."
            )
        return input_shape


def make_backbone(network, input_shape):
    """Build the module of a backbone and check its output.

    Parameters
    ----------
    network : Backbone or callable
        Recipe, or a function without arguments that returns a ``torch.nn.Module``, for example a
        class of your own; the module is copied. Functions defined in a module can be pickled,
        lambdas cannot.
    input_shape : tuple of int
        ``(3, height, width)`` of pictures, RGB from 0 to 1, or ``(n_patches, 96, 64)`` of log-mel
        patches.

    Returns
    -------
    module : torch.nn.Module
        Module with its weights, in training mode.

    Raises
    ------
    TypeError
        If ``network`` is neither, or the function takes arguments or does not return a module.
    ValueError
        If a parameter, the shape, or the weights are not valid, or the module does not return
        features of shape (n_samples, n_features, map_height, map_width) of pictures and
        (n_samples, n_patches, n_features) of patches.

    See Also
    --------
    feature_shape : Shape of the features of a module.

    Examples
    --------
    >>> from sslearn.networks import SceneNet, feature_shape, make_backbone
    >>> module = make_backbone(SceneNet(), (3, 64, 64))
    >>> feature_shape(module, (3, 64, 64))
    (32, 16, 16)
    """
    import torch

    if isinstance(network, Backbone):
        return network.build(input_shape)
    if not callable(network) or isinstance(network, (torch.nn.Module, NetworkRecipe)):
        raise TypeError(
            "network must be a backbone such as VGG16(), or a function without arguments that "
            f"returns a torch.nn.Module; got {network!r}. Give the class of a module or a function "
            "that makes it, not the module, so that each fit starts with new weights."
        )
    try:
        # On the CPU even where recipes are built without memory: what is not in the state of the
        # module must have values. A copy, because the function may return one module twice.
        with torch.device("cpu"):
            module = deepcopy(network())
    except TypeError as error:
        raise TypeError(
            f"network must be callable without arguments; {network!r}() fails: {error}"
        ) from error
    if not isinstance(module, torch.nn.Module):
        raise TypeError(
            f"network must return a torch.nn.Module; {network!r} returns {type(module).__name__}."
            + (f" Did you mean {type(module).__name__}()?" if network is type(module) else "")
        )
    feature_shape(module, input_shape)
    return module


def feature_shape(module, input_shape):
    """Shape of the features of one sample.

    Parameters
    ----------
    module : torch.nn.Module
        Module of a backbone.
    input_shape : tuple of int
        ``(3, height, width)`` of pictures, or ``(n_patches, 96, 64)`` of log-mel patches.

    Returns
    -------
    shape : tuple of int
        ``(n_features, map_height, map_width)``, or ``(n_patches, n_features)``.

    Raises
    ------
    TypeError
        If ``module`` is not a ``torch.nn.Module``.
    ValueError
        If the module cannot be applied to ``input_shape``, or returns anything but features.

    Notes
    -----
    The module maps two samples of zeros, in evaluation mode. (3, 96, 64) counts as three patches.

    Examples
    --------
    >>> from sslearn.networks import LogMelStatistics, feature_shape
    >>> feature_shape(LogMelStatistics().build((3, 96, 64)), (3, 96, 64))
    (1, 128)
    """
    from itertools import chain

    import torch

    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"module must be a torch.nn.Module; got {module!r}.")
    input_shape = check_shape("input_shape", input_shape)
    weight = next(chain(module.parameters(), module.buffers()), torch.empty(0))
    is_training = module.training
    try:
        with torch.no_grad():
            features = module.eval()(weight.new_zeros(2, *input_shape))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise ValueError(
            f"module cannot be applied to input_shape={input_shape}, {type(module).__name__} "
            f"fails: {error}"
        ) from error
    finally:
        module.train(is_training)
    n_axes = 4 if input_shape[0] == 3 and input_shape[1:] != (96, 64) else 3
    shape = getattr(features, "shape", None)
    if shape is None or shape[0] != 2 or len(shape) != n_axes:
        expected = "n_features, map_height, map_width" if n_axes == 4 else "n_patches, n_features"
        got = type(features).__name__ if shape is None else tuple(shape)
        raise ValueError(
            f"module must map input_shape={input_shape} to features of shape (n_samples, "
            f"{expected}); {type(module).__name__} returns {got} of two samples. Drop its "
            "pooling and classifier."
        )
    return tuple(shape[1:])
