"""Configuration of the Sphinx documentation."""

import os
import warnings

import sslearn

project = "sslearn"
author = "The sslearn developers"
copyright = "2026, the sslearn developers"
release = version = sslearn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_build", "examples", "whats_new/next"]
bibtex_bibfiles = ["references.bib"]
autosummary_generate = True
numpydoc_show_class_members = False
# No inventory is fetched: the documentation builds without a network.
intersphinx_mapping = {}

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "doc_module": ("sslearn",),
    "reference_url": {"sslearn": None},
    "remove_config_comments": True,
    "show_memory": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sslearn"
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False}

os.environ.setdefault("OMP_NUM_THREADS", "2")
warnings.filterwarnings("ignore", message=".*Matplotlib is currently using agg.*")
