"""Tables of the speed suite, and the picture of the scaling."""

from itertools import product

from benchmarks.tables import Table

_RATIO = {
    "ms": "{ours:.3g}",
    "reference, ms": "{theirs:.3g}",
    "times as fast": "{gain:.2f}",
    "aim": "{aim}",
}


def _ratios(title, where):
    return Table(
        study="speed",
        title=title,
        where=where,
        index={"what": "{what}", "against": "{against}"},
        cells=_RATIO,
    )


def _where(part, **more):
    return {"part": part, "seed": 0, "quick": None, **more}


_TAIL = "clip of 1 s with a diffuse tail, T60"
_ROOMS = list(product((0.6, 0.8, 1.0), ("flat", "octave")))
_SIZES = {"tiny": "ipdnet2, tiny", "small": "ipdnet2, small"}
CHOSEN = [
    _where("features", against=("scipy.signal.stft clip by clip, all cues",)),
    _where("siamese"),
    _where("neighbors", what="KNeighborsLocalizer.predict, 3 columns, weights='exponential'"),
    _where("eigenmaps", what="LaplacianEigenmaps.fit, 10000 x 729"),
    _where(
        "doa", what=("SRPPHAT, 4 microphones", "MUSIC, 4 microphones"), against="pyroomacoustics"
    ),
    _where("rendering", against="directivities of pyroomacoustics"),
    _where("tail", what=f"{_TAIL} of 0.6 s, flat absorption"),
    _where("ipdnet2", what="IPDNet2.small(), a clip of 4 s"),
]

TABLES = {
    "chosen": _ratios("Speed beside a reference in the same run, on one thread", CHOSEN),
    "cues": _ratios(
        "BinauralCues, 200 clips of 1 s", _where("features", what="BinauralCues, clips of 1 s")
    ),
    "learners": _ratios(
        "Learners; networks beside a bare torch loop, neighbours and eigenmaps beside scikit-learn",
        [
            _where("siamese"),
            _where("neighbors"),
            _where("eigenmaps", what="LaplacianEigenmaps.fit, 10000 x 729"),
            _where("networks", against=("bare torch loop, same batches and features",)),
        ],
    ),
    "threads": _ratios(
        "Two threads, by the clock on the wall",
        [
            _where("features", against="one thread"),
            _where("doa", against="one thread"),
            _where("networks", against="n_jobs=None"),
        ],
    ),
    "arrays": _ratios(
        "Classical localizers, clips of 1 s, 360 directions, STFT included",
        [
            _where("doa", against=("pyroomacoustics", "its FFTs and two products")),
            _where("masked", against="SRP-PHAT"),
        ],
    ),
    "simulation": _ratios(
        "Simulation: responses and clips",
        [
            _where("rendering"),
            *(_where("tail", what=f"{_TAIL} of {t60} s, {a} absorption") for t60, a in _ROOMS),
            _where("moving"),
        ],
    ),
    "ipdnet2": _ratios(
        "IPDNet2 beside its plain formulation, same weights",
        _where("ipdnet2", against="plain formulation, same weights"),
    ),
    "real_time": Table(
        study="speed",
        title="Live localization, chunks of 20 ms: processor time per second of audio, and times "
        "in ms",
        where=_where("streaming"),
        index={"localizer": "{what}", "mode": "{mode}"},
        names=_SIZES,
        cells={
            "per second": "{real time:.2f}",
            "aim": "{aim}",
            "longest chunk": "{longest chunk:.0f}",
            "output every": "{period:.0f}",
            "latency": "{latency:.0f}",
        },
    ),
    "memory": Table(
        study="speed",
        title="Memory in MB: what is added to the data and the imports",
        where=[
            _where("features", against=None),
            _where("doa", against=None),
            _where("masked", against=None),
            _where("networks", against=None),
            _where("eigenmaps", what="LaplacianEigenmaps.fit, peak memory, 40000 x 729"),
        ],
        index={"what": "{what}"},
        cells={"MB": "{memory:.0f}", "aim": "{aim}"},
    ),
    "live_memory": Table(
        study="speed",
        title="Memory of live localization in MB: after the first minute, and what an hour adds",
        where=_where("memory", minutes=60),
        index={"localizer": "{what}", "mode": "{mode}"},
        names=_SIZES,
        cells={"first minute": "{after a minute:.0f}", "added": "{memory:.1f}", "aim": "{aim}"},
    ),
    "recordings": Table(
        study="speed",
        title="An hour of four channels in one file: added MB, and processor seconds of predict",
        where=_where("recordings", minutes=60),
        index={"localizer": "{what}"},
        columns="blocks",
        cells="{memory:.0f} MB, {predict:.0f} s",
    ),
    "stores": Table(
        study="speed",
        title="Clips in stores: added memory in MB; clips of 0.5 s per processor second",
        where=_where("store", size=(200, 800)),
        index={"work": "{what}", "MB of clips": "{size}"},
        columns="where",
        order={"where": ("memory", "h5", "zarr")},
        cells="{memory:.0f}; {rate:,.0f}",
    ),
    "onnx": Table(
        study="speed",
        title="Networks in ONNX Runtime beside torch, a clip of 1 s on one thread",
        where=_where("onnx"),
        index={"network": "{what}"},
        cells={
            "frames": "{frames}",
            "file, MiB": "{size:.2f}",
            "largest difference": "{difference:.0e}",
            "ms": "{ours:.3g}",
            "torch, ms": "{theirs:.3g}",
            "times as fast": "{gain:.2f}",
        },
    ),
}


def draw_scaling(rows, path):
    """Draw the times of classical localizers over microphones and directions."""
    from benchmarks.speed.scaling import draw

    draw(rows, path)


PICTURES = {"doa_scaling.png": draw_scaling}
