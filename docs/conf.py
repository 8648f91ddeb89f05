"""Configuration of the Sphinx documentation."""

import os
import warnings
from pathlib import Path

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
templates_path = ["_templates"]
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
    "backreferences_dir": "generated/backreferences",
    "remove_config_comments": True,
    "show_memory": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sslearn"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False}

os.environ.setdefault("OMP_NUM_THREADS", "2")
warnings.filterwarnings("ignore", message=".*Matplotlib is currently using agg.*")

# Kinds of fragments in whats_new/next, in the order in which they are shown.
_KINDS = {
    "api": "Changes of the interface",
    "feature": "New features",
    "efficiency": "Efficiency",
    "fix": "Fixes",
    "doc": "Documentation",
}


def _add_fragments(app, docname, source):
    """Append the fragments of the next release to the page of changes."""
    if docname != "whats_new/index":
        return
    folder = Path(app.srcdir, "whats_new", "next")
    app.env.note_dependency(str(folder))
    for kind, title in _KINDS.items():
        paths = sorted(folder.glob(f"*.{kind}.rst"))
        if paths:
            source[0] += f"\n{title}\n{'~' * len(title)}\n\n"
        for path in paths:
            app.env.note_dependency(str(path))
            source[0] += "- " + path.read_text().strip().replace("\n", "\n  ") + "\n"


def _skip_foreign(app, what, name, obj, skip, options):
    """Leave out what scikit-learn documents, and properties, which are listed as attributes."""
    ours = callable(obj) and (getattr(obj, "__module__", None) or "").startswith("sslearn")
    return None if ours or what != "class" else True


def setup(app):
    app.connect("source-read", _add_fragments)
    app.connect("autodoc-skip-member", _skip_foreign)
