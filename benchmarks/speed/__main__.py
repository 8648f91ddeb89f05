"""Time and memory beside other implementations: ``python -m benchmarks.speed SUITE``, or ``all``.

Every figure is measured in one run with its reference, on one thread. A row says what is measured,
against what, and what was aimed at; rows are kept in ``benchmarks/results/speed.json``. The classes
of the modules are for asv: ``asv run`` in ``benchmarks`` times them over the history.
"""

import importlib
import subprocess
import sys

from benchmarks.study import Study

SUITES = {
    "features": "BinauralCues beside scipy.signal.stft and beside bare Fourier transforms",
    "siamese": "training of SiameseEmbedding beside a bare torch loop",
    "neighbors": "KNeighborsLocalizer beside KNeighborsRegressor",
    "eigenmaps": "LaplacianEigenmaps beside SpectralEmbedding",
    "networks": "training of PNN and SNet from audio: bare torch loop, threads, memory",
    "ipdnet2": "IPDNet2 beside the plain formulation of the same network",
    "doa": "classical localizers beside those of pyroomacoustics",
    "scaling": "classical localizers over the numbers of microphones and directions",
    "masked": "masked SRP-PHAT beside SRP-PHAT",
    "rendering": "responses of measured heads beside the directivities of pyroomacoustics",
    "tail": "a diffuse tail beside image sources to the end: time and acoustics",
    "moving": "moving sources beside sources that stay",
    "streaming": "live localization in chunks of 20 ms",
    "memory": "memory of live localization over an hour",
    "recordings": "long recordings, whole and in blocks",
    "store": "learning from stores on disk beside arrays in memory",
    "onnx": "networks in ONNX Runtime beside torch",
    "audio_visual": "localizers of sounds in pictures",
    "dask": "a cluster of processes, one of which is lost",
}
# Not in `all`: an hour of audio each, extras, or a cluster.
SLOW = ("memory", "recordings", "store", "onnx", "dask")


def _part(name):
    def measure(run):
        importlib.import_module(f"benchmarks.speed.{name}").measure(run)

    measure.__doc__ = SUITES[name]
    return measure


STUDY = Study(
    "speed",
    "How much time and memory does it take, beside other implementations?",
    {name: _part(name) for name in SUITES},
    data=False,
    module="benchmarks.speed",
)


def main(argv=None):
    """Measure one suite, or each of them in a process of its own."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] != ["all"]:
        STUDY.main(argv)
        return
    for suite in SUITES:
        # None may warm the memory of another.
        if suite not in SLOW:
            command = [sys.executable, "-m", "benchmarks.speed", suite, *argv[1:]]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
