import platform
import warnings
from importlib import metadata

_PACKAGES = (
    "sslearn-audio",
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "joblib",
    "torch",
    "skorch",
    "soundfile",
    "h5py",
    "skops",
    "safetensors",
    "pyroomacoustics",
    "matplotlib",
)


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def show_versions():
    """Print the versions of sslearn and its dependencies, for bug reports.

    Warns if the distribution ``sslearn`` (semi-supervised learning) is installed beside
    ``sslearn-audio``: both install the import name ``sslearn``.

    Examples
    --------
    >>> import sslearn
    >>> sslearn.show_versions()  # doctest: +ELLIPSIS
    python           ...
    """
    rows = [("python", platform.python_version()), ("platform", platform.platform())]
    rows += [(package, _version(package)) for package in _PACKAGES]
    print("\n".join(f"{name:<16} {version}" for name, version in rows))
    if _version("sslearn") is not None:
        warnings.warn(
            "The distribution 'sslearn' (semi-supervised learning) is installed beside "
            "'sslearn-audio' and shares its import name: uninstall one of them.",
            stacklevel=2,
        )
