"""Guesses that ignore the sound: maps and points from pictures, or from nothing."""

import numpy as np
from scipy.ndimage import uniform_filter

from sslearn.metrics import consensus_iou_score, iou_auc_score, pointing_accuracy_score
from sslearn.utils import resize_maps

_SIDE = 224  # pixels at which maps are compared with boxes
_CELLS = 14  # of the maps of the published systems
_WINDOW = 9  # pixels of a mean over a picture of 64
SPREADS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.6)


def figures(y, maps, points=None, **options):
    """Scores of maps and points.

    Parameters
    ----------
    y : ndarray of shape (n_scenes, 4)
        Boxes.
    maps : ndarray of shape (n_scenes, height, width)
        Maps.
    points : ndarray of shape (n_scenes, 2), default=None
        Points; the middle of the pixel with the largest value if None.
    **options : object
        Options of ``consensus_iou``.

    Returns
    -------
    row : dict
        cIoU, AUC and pointing.
    """
    return {
        "cIoU": consensus_iou_score(y, maps, **options),
        "AUC": iou_auc_score(y, maps, **options),
        "pointing": pointing_accuracy_score(y, peaks(maps) if points is None else points),
    }


def peaks(maps):
    """Middle of the pixel with the largest value, x and y as fractions."""
    maps = resize_maps(maps, (_SIDE, _SIDE))
    rows, columns = np.divmod(maps.reshape(len(maps), -1).argmax(axis=1), _SIDE)
    return (np.stack([columns, rows], axis=1) + 0.5) / _SIDE


def _centre(n_scenes, spread):
    distance = np.square((np.arange(_SIDE) + 0.5) / _SIDE - 0.5)
    bell = np.exp(-(distance + distance[:, None]) / (2 * spread**2))
    return np.broadcast_to(bell, (n_scenes, _SIDE, _SIDE))


def choose_spread(y):
    """Spread of a bell in the middle of each picture with the largest area, of :data:`SPREADS`."""
    areas = [iou_auc_score(y, _centre(len(y), spread)) for spread in SPREADS]
    return SPREADS[int(np.argmax(areas))]


def _window_mean(pictures):
    return uniform_filter(pictures, (0, _WINDOW, _WINDOW, 0))


def _of_pictures(X):
    """Maps of each guess that looks at the pictures."""
    pictures = np.stack(list(X["image"])) / 255.0
    colors = np.ptp(pictures, axis=-1, keepdims=True)
    variance = _window_mean(np.square(pictures)) - np.square(_window_mean(pictures))
    return {
        "brightest 9 x 9": _window_mean(pictures).mean(-1),
        "most colourful 9 x 9": _window_mean(colors)[..., 0],
        "most contrast 9 x 9": variance.sum(-1),
    }


def _boxes_of_objects(boxes, rng):
    """The box of a random object of each scene, filled, and its middle."""
    chosen = np.stack([each[rng.integers(len(each))] for each in boxes])
    edges = np.arange(_SIDE) / _SIDE
    x_min, y_min, x_max, y_max = chosen.T[..., None]
    columns = (edges >= x_min) & (edges < x_max)
    rows = (edges >= y_min) & (edges < y_max)
    masks = rows[:, :, None] & columns[:, None]
    return masks.astype(float), (chosen[:, :2] + chosen[:, 2:]) / 2


def score(scenes, spread, seeds):
    """Score all guesses.

    Parameters
    ----------
    scenes : Bunch
        Scenes.
    spread : float
        Standard deviation of the bell in the middle, as a fraction of the side.
    seeds : list of int
        Seeds of the random ones.

    Returns
    -------
    rows : dict of str to list of dict
        Figures of each guess for each seed, or once.
    """
    n_scenes, y = len(scenes.data), scenes.target
    fixed = {f"bell in the middle, sd {spread:g}": _centre(n_scenes, spread)}
    fixed |= _of_pictures(scenes.data)
    rows = {"random map": [], "whole picture": []}
    rows |= {name: [figures(y, maps)] for name, maps in fixed.items()}
    rows["box of a random object"] = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        rows["random map"].append(figures(y, rng.random((n_scenes, _CELLS, _CELLS))))
        found = _boxes_of_objects(scenes.metadata["boxes"], rng)
        rows["box of a random object"].append(figures(y, *found))
    # The lowest threshold predicts every pixel of any map.
    whole = figures(y, fixed["most contrast 9 x 9"], threshold=0.0)
    rows["whole picture"].append({name: whole[name] for name in ("cIoU", "AUC")})
    return rows
