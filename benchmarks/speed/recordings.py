"""Memory and time of the classical localizers on one long recording of four channels.

Run with ``python -m benchmarks.speed.recordings``, or ``--minutes 5`` for a quick look. Each figure
is measured in a process of its own: the highest resident memory above that of the imports.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import soundfile

from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array

FS = 16000
MICS = circular_array(4, 0.05)
METHODS = ("srp_phat", "masked_srp_phat", "mvdr", "music", "tdoa")


def write_recording(path, minutes):
    """Write ten seconds of a plane wave again and again."""
    clip = make_plane_waves(
        1, mic_positions=MICS, directions=[37.0], snr=10, duration=10, random_state=0
    ).data[0]
    with soundfile.SoundFile(path, "w", FS, len(MICS)) as file:
        for _ in range(6 * minutes):
            file.write(0.1 * clip.T)


def measure(case):
    """Added memory in MB, seconds of ``fit`` and of ``predict``."""
    path, method, block_duration = case
    before, start = _peak(), time.process_time()
    localizer = getattr(recipes, method)(MICS, block_duration=block_duration).fit([path])
    fitted = time.process_time()
    localizer.predict([path])
    return _peak() - before, fitted - start, time.process_time() - fitted


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.recordings")
    parser.add_argument("--minutes", type=int, default=60)
    minutes = parser.parse_args().minutes
    print(f"{minutes} minutes of {len(MICS)} channels: MB above the imports, s of fit, of predict")
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "recording.wav")
        write_recording(path, minutes)
        for method in METHODS:
            for block_duration in (None, 1.0):
                with processes.Pool(1) as pool:
                    figures = pool.apply(measure, ((path, method, block_duration),))
                blocks = "whole" if block_duration is None else f"blocks of {block_duration:g} s"
                print(
                    f"{method:15} {blocks:14}" + "".join(f"{x:8.1f}" for x in figures), flush=True
                )


if __name__ == "__main__":
    main()
