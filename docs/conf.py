"""Configuration of the Sphinx documentation."""

import importlib
import os
import sys
import warnings
from pathlib import Path

import sslearn

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from external_links import ALIASES, write_inventories

project = "sslearn"
author = "The sslearn developers"
copyright = "2026, the sslearn developers"
release = version = sslearn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
    "result_pages",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "examples", "whats_new/next"]
bibtex_bibfiles = ["references.bib"]
autosummary_generate = True
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"
# No inventory is fetched: the documentation builds without a network.
intersphinx_mapping = write_inventories(Path(__file__).parent / "_build" / "inventories")
intersphinx_timeout = 5


def _public_classes():
    """Full names of our classes, by the names that docstrings use."""
    names = {}
    for room in sslearn._ROOMS:
        module = importlib.import_module(f"sslearn.{room}")
        for name in module.__all__:
            if name[0].isupper() and isinstance(getattr(module, name), type):
                names.setdefault(name, f"sslearn.{room}.{name}")
    return names


# Only these types become links; all other words of a type stay as they are.
numpydoc_xref_param_type = True
numpydoc_xref_aliases = ALIASES | _public_classes()
numpydoc_xref_ignore = "all"

# Every reference to a name of ours must resolve.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!sslearn\b).*")]

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "subsection_order": [
        f"examples/{folder}"
        for folder in ("two_ears", "arrays", "ambisonics", "tracks", "audio_visual", "models")
    ],
    "doc_module": ("sslearn",),
    "backreferences_dir": "generated/backreferences",
    # A display is its picture: the page shows no address of the object.
    "ignore_repr_types": r"Display|matplotlib",
    "reference_url": {"sslearn": None},
    "remove_config_comments": True,
    "show_memory": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sslearn"
html_static_path = ["_static"]
html_css_files = ["sslearn.css"]
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
}
# Pages without pages below them need no navigation at their left.
html_sidebars = {
    page: []
    for page in (
        "benchmarks",
        "contributing",
        "conventions",
        "getting_started",
        "glossary",
        "install",
        "recipes",
        "references",
        "which_method",
    )
}

# The copy button leaves out prompts, and outputs where there are prompts.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"

os.environ.setdefault("OMP_NUM_THREADS", "2")
warnings.filterwarnings("ignore", message=".*Matplotlib is currently using agg.*")
# Pages of the gallery show warnings without the path of the machine that built them.
warnings.formatwarning = lambda message, category, *_, **__: f"{category.__name__}: {message}\n"

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
