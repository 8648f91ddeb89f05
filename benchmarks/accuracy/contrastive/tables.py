"""Tables of the study."""

from benchmarks.tables import Table

_ERRORS = "median absolute error of azimuth / elevation in degrees"
_CELLS = "{azimuth:.1f} / {elevation:.1f}"
_BESIDE = " ({paper azimuth:.2f} / {paper elevation:.2f})"
_STRICT = {"part": "strict", "epochs": 30}
_SHOWN = ("SCE_sim5", "LEM, raw cues", "nearest cues")


_ONE_TEST = [
    {"set": "varying rooms", "test": "test 2"},
    {"set": "fixed room", "test": "speech, no noise"},
]


def _table(title, where, index, columns="test", cells=_CELLS, **options):
    index = {name: f"{{{name}}}" for name in index} if isinstance(index, tuple) else index
    options = {"index": index, "columns": columns, "cells": cells, **options}
    return Table(study="contrastive", title=title, where=where, **options)


TABLES = {
    "main": _table(
        f"Fixed room, one change at a time: {_ERRORS} (the paper's)",
        [
            _STRICT | {"training": training, "test": tests, "system": _SHOWN}
            for training, tests in (
                ("strict", ("speech, 15 dB", "speech, no noise", "white noise, 15 dB")),
                ("speech", ("speech, 15 dB", "speech, no noise")),
                ("head turned", ("speech, 15 dB", "speech, no noise")),
                ("head turned, no sensor noise", ("speech, 15 dB", "speech, no noise")),
            )
        ],
        ("training", "test"),
        columns="system",
        extra=_BESIDE,
    ),
    "strict": _table(
        f"Fixed room, one change at a time: {_ERRORS} (the paper's)",
        {"part": "strict", "epochs": (30, 90)},
        ("training", "epochs", "test"),
        columns="system",
        extra=_BESIDE,
    ),
    "fixed": _table(
        f"All systems in the fixed room, the head turns, no sensor noise in training: {_ERRORS}",
        {"part": "fixed"},
        {"system": "{system}", "paper": "{paper azimuth:.2f} / {paper elevation:.2f}"},
    ),
    "dropout": _table(
        "Dropout: lowest validation error in degrees; median absolute error of azimuth / elevation "
        "in the test",
        [{"part": "dropout"} | test for test in _ONE_TEST],
        ("set", "test", "system"),
        columns="dropout",
        cells="{validation:.2f}; " + _CELLS,
    ),
    "reduced": _table(
        f"Percent of the training set: {_ERRORS} (the paper's azimuth)",
        [{"part": "reduced"} | test for test in _ONE_TEST],
        ("set", "test", "system"),
        columns="share",
        extra=" ({paper azimuth:.2f})",
    ),
    "radii": _table(
        f"Rank correlation of distance in the embedding and angle between the sources; {_ERRORS}",
        {"part": "radii"},
        {"system": "{system}", "training": "{rank correlation in training:.2f}"},
        cells="{rank correlation:.2f}; " + _CELLS,
    ),
    "nearest": _table(
        f"Heads that are in no training, as many clips of one, six or 26 heads: {_ERRORS}",
        {"part": "nearest"},
        {"training heads": "{heads}"},
        columns="",
        cells={
            "nearest clip": "{nearest azimuth:.1f} / {nearest elevation:.1f}",
            "regression": _CELLS,
            "paper": "{paper azimuth:.1f} / {paper elevation:.1f}",
        },
    ),
    "personal": _table(
        f"One person, averaged over three: {_ERRORS}",
        {"part": "personal"},
        {"training": "{training}", "clips of the person": "{clips}"},
        columns="system",
        pool={"azimuth": "mean", "elevation": "mean"},
    ),
    "bank": _table(
        f"Clips that the neighbours are taken from: {_ERRORS}",
        {"part": "bank"},
        ("system", "neighbours"),
    ),
}
