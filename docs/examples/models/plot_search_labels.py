"""
Search over labels and decoders
===============================

A network with a class for each direction can be trained on several kinds of labels, and its scores
can be decoded in several ways. In the table of a grid search over both, the lowest error is that of
unbiased labels with an average over two classes, which have no quantization error.
"""

# %%
# Clips in rooms
# --------------
# If the folder ``SSLEARN_DATA`` contains the data, the clips are real speech through measured
# responses of a room with three settings of its walls: 11 directions and different talkers for each
# setting. Otherwise they are noise in simulated rooms. The groups of the search are the settings,
# or the rooms: none of them is in both training and validation.

import os
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import fftconvolve

from sslearn import datasets
from sslearn.geometry import circular_array
from sslearn.simulation import ShoeboxRooms

FS, DURATION = 16000, 0.4
N_TIMES = round(FS * DURATION)


def measured_clips(folder, n_repeats=4):
    """Speech at four of the microphones of R3VIVAL, azimuths, and settings of the walls."""
    responses = datasets.load_r3vival(folder / "r3vival", fs=FS)
    speech = datasets.load_librispeech(
        folder / "speech_librispeech", "test-other", fs=FS, return_paths=True
    )
    walls = responses.metadata["absorption"].to_numpy()
    settings, talkers = np.unique(walls), np.unique(speech.speakers)
    X, rng = [], np.random.default_rng(0)
    for rirs, wall in zip(responses.rirs[:, [0, 3, 1, 2]], walls, strict=True):
        of_setting = talkers[np.searchsorted(settings, wall) :: len(settings)]
        paths = np.array(speech.audio)[np.isin(speech.speakers, of_setting)]
        for path in rng.choice(paths, n_repeats):
            start = FS + rng.integers(FS)  # behind the pause at the beginning
            dry, _ = soundfile.read(path, N_TIMES, start, dtype="float32")
            X.append(fftconvolve(dry[None], rirs[:, :N_TIMES], axes=-1)[:, :N_TIMES])
    y, groups = responses.target[:, 0], walls
    return np.stack(X), np.repeat(y, n_repeats), np.repeat(groups, n_repeats)


def simulated_clips():
    """Noise at four microphones on a circle, azimuths, and rooms."""
    clips = datasets.make_shoebox(
        240,
        mic_positions=circular_array(4, 0.048),
        rooms=ShoeboxRooms(9, t60=(0.2, 0.4)),
        duration=DURATION,
        random_state=0,
    )
    return clips.data, clips.target, clips.metadata["room"].to_numpy()


folder = Path(os.environ.get("SSLEARN_DATA", ""))
measured = all((folder / name).is_dir() for name in ("r3vival", "speech_librispeech"))
X, y, groups = measured_clips(folder) if measured else simulated_clips()
kind = "speech through measured responses" if measured else "noise in simulated rooms"
print(f"{len(X)} clips of {DURATION} s, {X.shape[1]} microphones: {kind}")

# %%
# Search
# ------
# The recipe uses the published network, PNN. A narrower one on fewer frames, and classes of 20
# degrees, shorten the search; some directions are then half-way between two classes.

import pandas as pd
from sklearn.model_selection import GridSearchCV, GroupKFold

from sslearn import recipes
from sslearn.encoding import (
    AdjacentDecoder,
    ArgmaxDecoder,
    GaussianEncoding,
    OneHotEncoding,
    UnbiasedEncoding,
)
from sslearn.geometry import circular_grid
from sslearn.metrics import get_scorer
from sslearn.networks import PNN

grid = circular_grid(20)
localizer = recipes.phase_network(grid, max_epochs=7, random_state=0).set_params(
    network=PNN(4, hidden_layer_sizes=(64,)),
    batch_transform__stft__n_fft=256,
    batch_transform__stft__hop_length=512,
    batch_size=16,
    lr=5e-3,
    validation_fraction=None,
)
encodings = [OneHotEncoding(grid), GaussianEncoding(grid, width=32), UnbiasedEncoding(grid)]
decoders = [ArgmaxDecoder(), AdjacentDecoder(2)]
search = GridSearchCV(
    localizer,
    {"encoding": encodings, "encoding__decoder": decoders},
    scoring=get_scorer("neg_mean_angular_error"),
    cv=GroupKFold(2),
    n_jobs=2,
)
search.fit(X, y, groups=groups)

# %%
# Mean errors in degrees. A peak is off by the distance to the nearest class, however well the
# network is trained. Unbiased labels encode the position between two classes, and an average over
# the peak and its neighbour decodes it.

table = pd.DataFrame(search.cv_results_)
table = table.assign(
    encoding=[type(encoding).__name__ for encoding in table["param_encoding"]],
    decoder=table["param_encoding__decoder"].astype(str),
    error=-table["mean_test_score"],
)
table.pivot(index="encoding", columns="decoder", values="error").round(1)

# %%
# The best estimator can be pickled:

import pickle

again = pickle.loads(pickle.dumps(search.best_estimator_))
print(search.best_params_)
print("same predictions:", np.array_equal(again.predict(X), search.predict(X)))

# %%
# Decoders beside each other
# --------------------------
# Decoding needs no training: the scores of one network, trained without one of the groups, are
# decoded in both ways. The peak of even a perfect network can be off by half a step, 10 degrees;
# the box of the average lies below it.

from sklearn.base import clone

from sslearn.plotting import LocalizationErrorDisplay

held_out = groups == np.unique(groups)[-1]
localizer = clone(search.best_estimator_).fit(X[~held_out], y[~held_out])
scores = localizer.spatial_spectrum(X[held_out])
predicted = {
    str(decoder): localizer.encoding_.set_params(decoder=decoder).inverse_transform(scores)
    for decoder in decoders
}
LocalizationErrorDisplay.from_predictions(y[held_out], predicted)
