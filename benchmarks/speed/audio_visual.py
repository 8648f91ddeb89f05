"""Localizers of sounds in pictures: front end, and epochs on kept features, in processor time.

The front end is timed beside a loop over clips with ``scipy.signal.stft``; an epoch of made scenes,
after the first one, with the features of EfficientNet-Lite0 (40 x 16 x 16) in memory.
"""

import time

import numpy as np
import torch
from scipy.signal import stft
from skorch.callbacks import Callback

from benchmarks.timing import compared
from sslearn.audiovisual import PredictiveAudioVisualLocalizer, SemanticContrastiveLocalizer
from sslearn.datasets import make_scenes
from sslearn.features import LogMelPatches

FS, N_CLIPS, N_SCENES, N_EPOCHS = 16000, 64, 1200, 5
SYSTEMS = {
    "SSPL": PredictiveAudioVisualLocalizer(),
    "SSPL with PCM, 2 cycles": PredictiveAudioVisualLocalizer(predictive_coding=True, n_cycles=2),
    "SACL": SemanticContrastiveLocalizer(),
}


def front_ends():
    """Our front end of clips of 3 s, and the spectra alone, without mel bands, by SciPy."""
    clips = np.random.default_rng(0).standard_normal((N_CLIPS, 1, 3 * FS)).astype(np.float32)

    def loop():
        for (clip,) in clips:
            np.abs(stft(clip, FS, nperseg=400, noverlap=240, nfft=512, boundary=None)[2])

    return lambda: LogMelPatches(FS).transform(clips), loop


class _Clock(Callback):
    """Processor time at the end of each epoch."""

    ends = []  # of the class, because estimators train with copies of their callbacks

    def on_epoch_end(self, net, **kwargs):
        self.ends.append(time.process_time())


def seconds_of_epoch(localizer, X):
    """Seconds of an epoch, the least of those after the first one."""
    _Clock.ends.clear()
    localizer.set_params(sound_duration=0.975, max_epochs=N_EPOCHS + 1, random_state=0)
    localizer.set_params(callbacks=[_Clock()], device="cpu").fit(X)
    return np.diff(_Clock.ends).min()


def measure(run):
    """Front end, and epochs of each system."""
    torch.set_num_threads(1)
    figures = compared(*front_ends(), 1 if run.quick else 5, n=N_CLIPS)
    settings = {"what": "LogMelPatches, clip of 3 s", "against": "spectrum alone by SciPy"}
    run.add(settings, figures)
    n_scenes = 40 if run.quick else N_SCENES
    X = make_scenes(n_scenes, random_state=0).data
    for name, localizer in SYSTEMS.items():
        seconds = seconds_of_epoch(localizer, X)
        run.add({"what": f"{name}, epoch of {n_scenes} pairs"}, {"ours": 1e3 * seconds})
