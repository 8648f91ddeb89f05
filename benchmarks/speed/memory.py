"""Memory of live localization: an hour of audio in chunks of 100 ms, one process for each mode."""

import numpy as np

from benchmarks.speed.streaming import CHUNK, DURATION, FS, make_localizer, make_signal
from benchmarks.timing import in_new_process, peak_memory
from sslearn.streaming import StreamingLocalizer

MODES = {
    "frames": "tiny",
    "blocks": "srp_phat",
    "recursive": "srp_phat fading",
    "window": "siamese",
}


def push(name, minutes):
    """Push a minute of audio again and again: MB after the first minute, and MB added then."""
    localizer, n_channels = make_localizer(name)
    stream = StreamingLocalizer(localizer, fs=FS)
    signal = np.tile(make_signal(DURATION)[-n_channels:], 60 // DURATION)
    chunks = np.split(signal, signal.shape[1] // (5 * CHUNK), axis=1)
    after_a_minute = None
    for _ in range(minutes):
        for chunk in chunks:
            stream.push(chunk)
        after_a_minute = after_a_minute or peak_memory()
    return after_a_minute, peak_memory() - after_a_minute


def measure(run):
    """Largest memory after an hour beside that after a minute."""
    minutes = 2 if run.quick else 60
    for mode, name in MODES.items():
        first, added = in_new_process(push, name, minutes)
        figures = {"memory": added, "after a minute": first, "aim": "less than 5 MB"}
        run.add({"what": name, "mode": mode, "minutes": minutes}, figures)
