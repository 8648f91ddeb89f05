"""Links into the documentation of other projects, without a network.

Sphinx reads an inventory of each project, which it would fetch while it builds. Here the
inventories are written from the names that our pages and docstrings use: add a name to ``PROJECTS``
to link to it.
"""

import zlib
from pathlib import Path

# Address of the documentation, page of a name, and the names by role.
PROJECTS = {
    "python": (
        "https://docs.python.org/3/",
        None,
        {
            "py:class": {
                "dict": "library/stdtypes.html#dict",
                "float": "library/functions.html#float",
                "int": "library/functions.html#int",
                "list": "library/stdtypes.html#list",
                "pathlib.Path": "library/pathlib.html#pathlib.Path",
                "str": "library/stdtypes.html#str",
                "tuple": "library/stdtypes.html#tuple",
            },
            "py:data": {
                "False": "library/constants.html#False",
                "None": "library/constants.html#None",
                "True": "library/constants.html#True",
            },
            "py:function": {"callable": "library/functions.html#callable"},
            "std:label": {"bltin-boolean-values": "library/stdtypes.html#boolean-type-bool"},
            "std:term": {
                "generator": "glossary.html#term-generator",
                "iterable": "glossary.html#term-iterable",
                "sequence": "glossary.html#term-sequence",
            },
        },
    ),
    "joblib": (
        "https://joblib.readthedocs.io/en/stable/",
        "generated/{name}.html#{name}",
        {
            "py:class": ["joblib.Memory", "joblib.Parallel", "joblib.parallel_config"],
            "py:function": ["joblib.dump", "joblib.load"],
            "py:module": {"joblib": "index.html"},
        },
    ),
    "matplotlib": (
        "https://matplotlib.org/stable/",
        "api/_as_gen/{name}.html#{name}",
        {
            "py:class": ["matplotlib.axes.Axes"],
            "py:module": {"matplotlib": "index.html"},
        },
    ),
    "numpy": (
        "https://numpy.org/doc/stable/",
        "reference/generated/{name}.html#{name}",
        {
            "py:class": {
                "numpy.memmap": "reference/generated/numpy.memmap.html#numpy.memmap",
                "numpy.ndarray": "reference/generated/numpy.ndarray.html#numpy.ndarray",
                "numpy.random.RandomState": "reference/random/legacy.html#numpy.random.RandomState",
            },
            "py:data": {"numpy.nan": "reference/constants.html#numpy.nan"},
            "std:term": {"array_like": "glossary.html#term-array_like"},
            "py:function": ["numpy.load", "numpy.save"],
            "py:module": {"numpy": "index.html"},
        },
    ),
    "pandas": (
        "https://pandas.pydata.org/docs/",
        "reference/api/{name}.html#{name}",
        {
            "py:class": ["pandas.DataFrame", "pandas.Series"],
            "py:function": ["pandas.concat", "pandas.read_csv"],
            "py:module": {"pandas": "index.html"},
        },
    ),
    "scipy": (
        "https://docs.scipy.org/doc/scipy/",
        "reference/generated/{name}.html#{name}",
        {"py:function": ["scipy.signal.get_window", "scipy.signal.resample_poly"]},
    ),
    "sklearn": (
        "https://scikit-learn.org/stable/",
        "modules/generated/{name}.html#{name}",
        {
            "py:class": [
                "sklearn.base.BaseEstimator",
                "sklearn.compose.ColumnTransformer",
                "sklearn.compose.TransformedTargetRegressor",
                "sklearn.ensemble.BaggingRegressor",
                "sklearn.ensemble.ExtraTreesRegressor",
                "sklearn.frozen.FrozenEstimator",
                "sklearn.manifold.SpectralEmbedding",
                "sklearn.model_selection.GridSearchCV",
                "sklearn.model_selection.GroupKFold",
                "sklearn.model_selection.StratifiedGroupKFold",
                "sklearn.model_selection.StratifiedKFold",
                "sklearn.multioutput.MultiOutputRegressor",
                "sklearn.neighbors.KNeighborsRegressor",
                "sklearn.neighbors.NearestNeighbors",
                "sklearn.pipeline.FeatureUnion",
                "sklearn.pipeline.Pipeline",
                "sklearn.preprocessing.StandardScaler",
                "sklearn.utils.Bunch",
            ],
            "py:function": [
                "sklearn.model_selection.cross_val_predict",
                "sklearn.model_selection.cross_val_score",
                "sklearn.pipeline.make_pipeline",
                "sklearn.utils.validation.validate_data",
            ],
            "py:module": {"sklearn": "index.html"},
        },
    ),
    "skorch": (
        "https://skorch.readthedocs.io/en/stable/",
        None,
        {"py:class": {"skorch.net.NeuralNet": "net.html#skorch.net.NeuralNet"}},
    ),
    "torch": (
        "https://docs.pytorch.org/docs/stable/",
        "generated/{name}.html#{name}",
        {
            "py:class": ["torch.nn.Module"],
            "py:module": {"torch": "torch.html"},
        },
    ),
}

# Types in docstrings that become links.
ALIASES = {
    "Axes": "matplotlib.axes.Axes",
    "Bunch": "sklearn.utils.Bunch",
    "DataFrame": "pandas.DataFrame",
    "Path": "pathlib.Path",
    "Pipeline": "sklearn.pipeline.Pipeline",
    "Series": "pandas.Series",
    "ndarray": "numpy.ndarray",
}


def write_inventories(folder):
    """Write the inventories, and return the mapping that intersphinx takes.

    Parameters
    ----------
    folder : Path
        Where the files are written.

    Returns
    -------
    mapping : dict of str to tuple of (str, str)
        Address and file of each project.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mapping = {}
    for project, (address, page, roles) in PROJECTS.items():
        lines = []
        for role, names in roles.items():
            for name in names:
                place = names[name] if isinstance(names, dict) else page.format(name=name)
                lines.append(f"{name} {role} 1 {place} -\n")
        header = (
            f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
            "# The remainder of this file is compressed using zlib.\n"
        )
        path = folder / f"{project}.inv"
        path.write_bytes(header.encode() + zlib.compress("".join(lines).encode()))
        mapping[project] = (address, str(path))
    return mapping
