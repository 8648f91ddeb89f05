"""Memory and time of the classical localizers on one long recording of four channels.

Each figure is measured in a process of its own: the highest resident memory above that of the
imports, in MB, and processor seconds.
"""

import tempfile
import time
from pathlib import Path

import soundfile

from benchmarks.timing import in_new_process, peak_memory
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


def work(path, method, block_duration):
    """Added memory in MB, seconds of ``fit`` and of ``predict``."""
    before, start = peak_memory(), time.process_time()
    localizer = getattr(recipes, method)(MICS, block_duration=block_duration).fit([path])
    fitted = time.process_time()
    localizer.predict([path])
    return peak_memory() - before, fitted - start, time.process_time() - fitted


def measure(run):
    """Memory and time, of the whole recording and in blocks of a second."""
    minutes = 1 if run.quick else 60
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "recording.wav")
        write_recording(path, minutes)
        for method in METHODS:
            for block_duration in (None, 1.0):
                memory, fit, predict = in_new_process(work, path, method, block_duration)
                settings = {"what": method, "minutes": minutes}
                settings["blocks"] = f"{block_duration:g} s" if block_duration else "whole"
                run.add(settings, {"memory": memory, "fit": fit, "predict": predict})
