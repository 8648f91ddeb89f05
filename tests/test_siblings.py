"""Siblings share the names, order, meaning and defaults of what they have in common."""

from graphlib import TopologicalSorter
from inspect import Parameter, isclass, signature
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpydoc.docscrape import FunctionDoc
from sklearn.base import BaseEstimator

from sslearn import datasets, features, recipes
from sslearn.doa import IntensityLocalizer
from sslearn.geometry import circular_array
from sslearn.simulation import ArrayReceiver, Interferer, Overlap, Trajectories, simulate

MICS = circular_array(4, 0.05)
GENERATORS = {
    "make_plane_waves": datasets.make_plane_waves,
    "make_shoebox": datasets.make_shoebox,
    "make_binaural": datasets.make_binaural,
    "make_ambisonic": datasets.make_ambisonic,
    "simulate": simulate,
}
ROOMS = {"rooms": 1, "max_order": 1}
# Smallest calls, of two samples of 50 ms.
CALLS = {
    "make_plane_waves": {"mic_positions": MICS},
    "make_shoebox": {"mic_positions": MICS, **ROOMS},
    "make_binaural": ROOMS,
    "make_ambisonic": ROOMS,
    "simulate": {"receiver": ArrayReceiver(MICS), **ROOMS},
}
RECIPES = {name: getattr(recipes, name) for name in recipes.__all__}
TRANSFORMERS = {
    name: value
    for name in features.__all__
    if isclass(value := getattr(features, name)) and issubclass(value, BaseEstimator)
}
# What differs by design: array, clip length, rooms and reflections suit the receiver, epochs,
# radius and band the paper; plane waves take arrays of sounds alone, two networks two sources at
# most.
OWN_DEFAULTS = {"mic_positions", "duration", "grid", "rooms", "max_order", "max_epochs", "radius"}
# Systems for tracks have two, and detect sources each in its own way.
OWN_DEFAULTS |= {"n_sources", "threshold", "freq_range"}
# Weights have names of their own.
OWN_DEFAULTS |= {"weights"}
OWN_TYPES = {*OWN_DEFAULTS, "sounds", "random_state"}
# What one obvious argument may be given by position.
FIRST = {
    "AmbisonicEncoder": "mic_positions",
    "AudioReader": "fs",
    "BinauralCues": "fs",
    "FeatureStack": "transformer_list",
    "Flatten": None,
    "FrameBlocks": "n_frames",
    "GCCPHAT": "fs",
    "ILD": "reference",
    "IPD": "reference",
    "ITD": "fs",
    "IcosahedralSRP": "mic_positions",
    "IntensityVector": "convention",
    "LevelMap": "channels",
    "LogMagnitude": None,
    "LogMelPatches": "fs",
    "OnlineNormalizer": "n_frames",
    "PhaseMap": None,
    "RealImag": None,
    "STFT": "n_fft",
    "TimePooling": "statistic",
}


def make(name, **params):
    shared = {"n_samples": 2, "duration": 0.05, "random_state": 0}
    return GENERATORS[name](**shared | CALLS[name] | params)


def parameters(function):
    return {k: p for k, p in signature(function).parameters.items() if k != "self"}


def shared(functions):
    """Parameters of several functions, with the functions that have them."""
    names = {name for function in functions.values() for name in parameters(function)}
    owners = {n: [k for k, f in functions.items() if n in parameters(f)] for n in sorted(names)}
    return [(name, keys) for name, keys in owners.items() if len(keys) > 1]


def types(function):
    """Types of the parameters as documented, without their defaults."""
    doc = FunctionDoc(function)["Parameters"]
    return {p.name: p.type.split(", default")[0] for p in doc}


@pytest.mark.parametrize("family", [GENERATORS, RECIPES], ids=["generators", "recipes"])
def test_parameters_have_one_order(family):
    # Of those by keyword: the one by position comes first.
    orders = [
        [name for name, p in parameters(function).items() if p.kind is Parameter.KEYWORD_ONLY]
        for function in family.values()
    ]
    before = {pair for order in orders for pair in pairwise(order)}
    ranks = {name: i for i, name in enumerate(_sorted_by(before))}
    for order in orders:
        assert order == sorted(order, key=ranks.get)


def _sorted_by(before):
    """Names in an order in which the first of each pair comes first; CycleError if none exists."""
    sorter = TopologicalSorter()
    for first, second in sorted(before):
        sorter.add(second, first)
    return sorter.static_order()


@pytest.mark.parametrize(
    ("family", "name", "owners"),
    [(f, *item) for f in (GENERATORS, RECIPES) for item in shared(f)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_shared_parameters_agree(family, name, owners):
    found = [parameters(family[owner])[name] for owner in owners]
    if name not in OWN_DEFAULTS:
        assert len({repr(parameter.default) for parameter in found}) == 1, owners
    positional = {p.kind for p in found if p.kind is not Parameter.KEYWORD_ONLY}
    assert not positional or name in ("n_samples", "mic_positions", "convention", "grid")


@pytest.mark.parametrize("name", GENERATORS)
def test_generators_return_the_same(name):
    data = make(name)
    X, y = make(name, return_X_y=True)
    assert (data.data == X).all()
    assert (data.target == y).all()
    assert {"data", "target", "metadata", "fs"} <= set(data)
    assert ("rooms" in data) == ("rooms" in parameters(GENERATORS[name]))
    assert ("mic_positions" in data) == (len(data.data[0]) == 4 and name != "make_ambisonic")
    assert isinstance(data.metadata, pd.DataFrame)
    assert len(data.metadata) == len(X) == 2


@pytest.mark.parametrize("n_sources", [1, 2])
@pytest.mark.parametrize("name", GENERATORS)
def test_generators_tell_the_same_of_each_clip(name, n_sources):
    data = make(name, n_sources=n_sources)
    ends = [""] if n_sources == 1 else ["_0", "_1"]
    of_sources = {f"{column}{end}" for column in ("speaker", "source", "distance") for end in ends}
    assert of_sources | {"room", "snr", "yaw"} <= set(data.metadata)
    assert data.target.ndim == (3 if n_sources == 2 else data.target.ndim)
    assert data.metadata["snr"].isna().all()
    for column in of_sources:
        if column.startswith("speaker"):
            assert set(data.metadata[column]) == {"noise"}


@pytest.mark.parametrize("name", [n for n in GENERATORS if n != "make_plane_waves"])
def test_every_receiver_hears_an_interferer(name):
    data = make(name, interferer=Interferer(sir=10))
    assert data.metadata["sir"].tolist() == [10, 10]
    assert (data.data != make(name).data).any()


@pytest.mark.parametrize("name", [n for n in GENERATORS if n != "make_plane_waves"])
def test_every_receiver_hears_moving_and_overlapping_talkers(name):
    moves = {"trajectories": Trajectories("arc", speed=1.0), "overlap": Overlap(["full"], single=1)}
    X, y = make(name, n_sources=2, return_X_y=True, **moves | {"duration": 0.2})
    n_angles = 1 if name in ("make_shoebox", "simulate") else 2
    assert len(X) == 2 and y.shape == (2, 2, 2, n_angles)
    assert (y[:, 0, 0] != y[:, 1, 0]).any() and np.isnan(y[:, :, 1]).all()


def test_recipes_name_what_they_have_in_common():
    for name, recipe in RECIPES.items():
        names = parameters(recipe)
        assert {"fs", "n_jobs"} <= set(names), name
        is_neural = "max_epochs" in names
        assert is_neural == ("device" in names) == ("verbose" in names), name


@pytest.mark.parametrize("family", [GENERATORS, RECIPES], ids=["generators", "recipes"])
def test_shared_parameters_are_documented_alike(family):
    for name, owners in shared(family):
        documented = {types(family[owner]).get(name) for owner in owners}
        if name not in OWN_TYPES:
            assert len(documented) == 1, (name, documented)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_one_obvious_argument_by_position(name):
    given = [
        key
        for key, p in parameters(TRANSFORMERS[name].__init__).items()
        if p.kind is Parameter.POSITIONAL_OR_KEYWORD
    ]
    assert given == ([FIRST[name]] if FIRST[name] else [])


def test_intensity_names_its_convention_first():
    for function in (features.IntensityVector.__init__, IntensityLocalizer.__init__):
        assert next(iter(parameters(function))) == "convention"
