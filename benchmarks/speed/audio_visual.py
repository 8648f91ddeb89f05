"""Localizers of sounds in pictures: front end, and epochs on kept features, in processor time.

Run with ``python -m benchmarks.speed.audio_visual``. The front end, on one thread, beside a loop
over clips with ``scipy.signal.stft``; then an epoch of 1,200 made scenes for each system, after the
first one, with the features of EfficientNet-Lite0 (40 x 16 x 16) in memory.
"""

import argparse
import time

import numpy as np
import torch
from scipy.signal import stft
from skorch.callbacks import Callback

from benchmarks.timing import timed
from sslearn.audiovisual import PredictiveAudioVisualLocalizer, SemanticContrastiveLocalizer
from sslearn.datasets import make_scenes
from sslearn.features import LogMelPatches

FS, N_CLIPS, N_SCENES, N_EPOCHS = 16000, 64, 1200, 5
SYSTEMS = {
    "SSPL": PredictiveAudioVisualLocalizer(),
    "SSPL with PCM, 2 cycles": PredictiveAudioVisualLocalizer(predictive_coding=True, n_cycles=2),
    "SACL": SemanticContrastiveLocalizer(),
}


def measure_front_end(repeat):
    """Milliseconds of a clip of 3 s: ours, and a spectrum alone, without mel bands, by SciPy."""
    clips = np.random.default_rng(0).standard_normal((N_CLIPS, 1, 3 * FS)).astype(np.float32)

    def loop():
        for (clip,) in clips:
            np.abs(stft(clip, FS, nperseg=400, noverlap=240, nfft=512, boundary=None)[2])

    times = timed([lambda: LogMelPatches(FS).transform(clips), loop], repeat)
    return 1e3 * times.min(axis=0) / N_CLIPS


class _Clock(Callback):
    """Processor time at the end of each epoch."""

    ends = []  # of the class, because estimators train with copies of their callbacks

    def on_epoch_end(self, net, **kwargs):
        self.ends.append(time.process_time())


def measure_epoch(localizer, X):
    """Seconds of an epoch, the least of those after the first one."""
    _Clock.ends.clear()
    localizer.set_params(sound_duration=0.975, max_epochs=N_EPOCHS + 1, random_state=0)
    localizer.set_params(callbacks=[_Clock()], device="cpu").fit(X)
    return np.diff(_Clock.ends).min()


def main():
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    ours, scipy = measure_front_end(args.repeat)
    print(f"LogMelPatches: {ours:.2f} ms a clip of 3 s; spectrum alone by SciPy: {scipy:.2f} ms")
    X = make_scenes(N_SCENES, random_state=0).data
    for name, localizer in SYSTEMS.items():
        print(f"{name}: {measure_epoch(localizer, X):.2f} s an epoch of {N_SCENES} pairs")


if __name__ == "__main__":
    main()
