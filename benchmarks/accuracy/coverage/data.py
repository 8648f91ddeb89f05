"""Clips that were localized once, and cues of many heads."""

import numpy as np
from sklearn.base import BaseEstimator

from sslearn.base import LocalizerMixin
from sslearn.datasets import make_binaural, make_plane_waves, make_shoebox
from sslearn.doa import SRPPHAT
from sslearn.features import STFT, BinauralCues
from sslearn.geometry import circular_array, circular_grid, fibonacci_grid, tetrahedral_array
from sslearn.simulation import Placement, ShoeboxRooms, structural_hrirs

# Shape: positions in metres, grid of SRP-PHAT, range of the elevations.
ARRAYS = {
    "circle": (circular_array(4, 0.05), circular_grid(5.0), None),
    "sphere": (tetrahedral_array(0.05), fibonacci_grid(1000), (-90, 90)),
}
_CHUNK = 1000


class Localized(LocalizerMixin, BaseEstimator):
    """Localizer of clips whose directions are known already: X holds their numbers.

    The sets of many calibrations then take no more time than those of one.
    """

    def __init__(self, predictions=None, spectra=None, grid=None):
        self.predictions = predictions
        self.spectra = spectra
        self.grid = grid

    def fit(self, X, y=None):
        """Keep the grid."""
        self.grid_ = self.grid
        return self

    def predict(self, X):
        """Directions of the clips."""
        return self.predictions[X]

    def spatial_spectrum(self, X):
        """Spectra of the clips."""
        return self.spectra[X]


def _localize(shape, chunks):
    """Localizer and directions of clips that are made chunk by chunk."""
    mics, grid, _ = ARRAYS[shape]
    parts = []
    for X, y in chunks:
        localizer = SRPPHAT(mics, grid=grid).fit(X, y)
        parts.append((localizer.predict(X), localizer.spatial_spectrum(X).astype(np.float32), y))
    predictions, spectra, y = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Localized(predictions, spectra, grid).fit(None), y


def plane_waves(shape, n_clips, seed):
    """Localizer and directions of plane waves in noise, each clip with a ratio of its own."""
    mics, _, elevations = ARRAYS[shape]

    def chunks():
        for start in range(0, n_clips, _CHUNK):
            X, y = make_plane_waves(
                min(_CHUNK, n_clips - start),
                mic_positions=mics,
                azimuth_range=(-180, 180),
                elevation_range=elevations,
                snr=(-20, 20),
                duration=0.064,
                random_state=seed + start,
                return_X_y=True,
            )
            yield STFT(256).transform(X.astype(np.float32)), y

    return _localize(shape, chunks())


def rooms(t60, n_rooms, n_clips, seed):
    """Localizer, azimuths and rooms of clips of white noise in rooms."""
    numbers = []

    def chunks():
        for start in range(0, n_rooms, 10):
            count = min(10, n_rooms - start)
            clips = make_shoebox(
                count * n_clips,
                mic_positions=ARRAYS["circle"][0],
                rooms=ShoeboxRooms(count, t60=t60),
                duration=0.25,
                noise=(0, 20),
                mixing_time="auto",
                batch_transform=STFT(512),
                random_state=seed + start,
            )
            numbers.append(start + np.unique(clips.metadata["room"], return_inverse=True)[1])
            yield clips.data, clips.target

    localizer, y = _localize("circle", chunks())
    return localizer, y, np.concatenate(numbers)


def heads(n_heads, n_clips, seed):
    """Binaural cues, azimuths and heads: of radii between 7 and 11 cm, with unequal pinnae."""
    rng = np.random.default_rng(seed)
    directions = np.column_stack([circular_grid(2.0), np.zeros(180)])
    parts = []
    for i in range(n_heads):
        head = structural_hrirs(
            directions, head_radius=rng.uniform(0.07, 0.11), pinna_scale=rng.uniform(0.8, 1.2, 2)
        )
        X, y = make_binaural(
            n_clips,
            heads=head,
            placement=Placement(directions="measured"),
            noise=(10, 30),
            duration=0.25,
            batch_transform=BinauralCues(),
            random_state=seed + i,
            return_X_y=True,
        )
        parts.append((X, y if y.ndim == 1 else y[:, 0], np.full(len(y), i)))
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))
