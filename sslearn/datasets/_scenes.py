import numpy as np
import pandas as pd
from sklearn.utils import Bunch, check_random_state

from sslearn.datasets._scene_pictures import SIDE, TEXTURES, Painter, draw_boxes
from sslearn.datasets._scene_sounds import LEAST_FS, SOUNDS, make_sound
from sslearn.utils import check_range
from sslearn.utils.param_validation import Integral, Interval, Real, validated

_TEXTURES, _SOUNDS = list(TEXTURES), list(SOUNDS)


@validated(
    n_samples=[Interval(Integral, 1, None, closed="left")],
    n_silent=[Interval(Integral, 0, len(TEXTURES) - 1, closed="both")],
    image_size=[Interval(Integral, 16, None, closed="left")],
    n_classes=[Interval(Integral, 1, len(TEXTURES), closed="both")],
    clutter=[Interval(Integral, 0, None, closed="left")],
    snr=[Interval(Real, None, None, closed="neither"), "array-like"],
    fs=[Interval(Real, LEAST_FS, None, closed="left")],
    duration=[Interval(Real, 0.2, None, closed="left")],
    random_state=["random_state"],
    return_X_y=["boolean"],
)
def make_scenes(
    n_samples=100,
    *,
    n_silent=1,
    image_size=64,
    object_size=(26, 36),
    n_classes=8,
    clutter=8,
    snr=(5, 20),
    fs=16000,
    duration=0.975,
    random_state=None,
    return_X_y=False,
):
    """Make pictures of objects, each with the sound of one of them.

    Parameters
    ----------
    n_samples : int, default=100
        Number of pairs of a picture and a sound.
    n_silent : int, default=1
        Number of silent objects beside the sounding one. All are of different classes.
    image_size : int, default=64
        Side of the pictures in pixels. The same scenes are drawn more finely if it is larger.
    object_size : tuple of (float, float), default=(26, 36)
        Smallest and largest side of an object, in pixels of a picture of side 64.
    n_classes : int, default=8
        Number of classes of objects, at most 8.
    clutter : int, default=8
        Number of lines in the background; every second one comes with a small square.
    snr : float or tuple of (float, float), default=(5, 20)
        Signal-to-noise ratio in dB, or a range of ratios, of the white noise in the sound.
    fs : float, default=16000
        Sampling rate in Hz, at least 12000.
    duration : float, default=0.975
        Length of a sound in seconds, at least 0.2. The default is one patch of
        :class:`sslearn.features.LogMelPatches`.
    random_state : int, RandomState instance or None, default=None
        Makes the scenes reproducible. Scene i does not depend on ``n_samples``.
    return_X_y : bool, default=False
        Whether ``(data, target)`` is returned instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple of (DataFrame, ndarray)
        With the keys

        - ``data`` : DataFrame with the columns ``image``, uint8 arrays of shape (image_size,
          image_size, 3), and ``audio``, float32 arrays of shape (n_times,).
        - ``target`` : ndarray of shape (n_samples, 4), box of the sounding object: x_min, y_min,
          x_max, y_max as fractions of the picture, from its upper left corner. It is for
          evaluation, not for training.
        - ``metadata`` : DataFrame with the columns ``class``, ``sound`` and ``snr``, names of the
          texture and of the sound and the ratio in dB, ``classes`` and ``boxes``, tuple of str and
          array of shape (1 + n_silent, 4) of all objects, the sounding one first.
        - ``fs`` : float, Hz.

    Raises
    ------
    ValueError
        If a range is inverted, there are fewer classes than objects, or the objects do not fit
        into a picture.

    See Also
    --------
    load_vggss : Boxes of sounding objects in real pictures.

    Notes
    -----
    Background: 4 x 4 random colours, enlarged bilinearly, with clutter and pixel noise. The boxes
    of the objects do not overlap: sides and places are drawn together until that holds. An object
    is a disc, a square or a diamond with a texture in two random colours. Colours, shape, size and
    place depend neither on the class nor on which object sounds. The classes, in the order in
    which ``n_classes`` takes them:

    ==================  ========  ===============================================
    texture             period    sound
    ==================  ========  ===============================================
    horizontal stripes  4.5       all harmonics of a note, with amplitudes 1/h
    vertical stripes    4.5       odd harmonics, with amplitudes 1/h
    checker             3.5       noise of 250 to 900 Hz (fields of this side)
    dots                6.5       noise of 3 to 6 kHz
    rings               5         white noise, gated 6 to 10 times a second
    grain               1         harmonics of a note around 1.5 kHz
    grid                6.5       sweeps from 0.8 to 2.3 kHz, 3 to 5 a second
    diagonal stripes    4.5       clicks, 9 to 14 a second, that ring at 1.2 kHz
    ==================  ========  ===============================================

    Periods are in pixels of a picture of side 64 and vary by a factor of 0.9 to 1.15. Notes have
    150 to 350 Hz. Levels vary by a factor of 0.5 to 1.5.

    A method that finds objects and ignores the sound points at the sounding one in
    ``1 / (1 + n_silent)`` of the scenes. Boxes cover a fifth of the picture.

    Examples
    --------
    >>> from sslearn.datasets import make_scenes
    >>> X, boxes = make_scenes(3, random_state=0, return_X_y=True)
    >>> X["image"][0].shape, X["audio"][0].shape, boxes.shape
    ((64, 64, 3), (15600,), (3, 4))
    """
    object_size = check_range(object_size, "object_size", 8, SIDE)
    snr = check_range([snr, snr] if isinstance(snr, Real) else snr, "snr", -100, 100)
    if n_silent >= n_classes:
        raise ValueError(
            f"n_silent must be less than n_classes={n_classes}, as all objects of a scene are of "
            f"different classes; got {n_silent}."
        )
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    painter, n_times = Painter(image_size, clutter), round(duration * fs)
    pairs, rows = [], []
    for i in range(n_samples):
        # One random stream per scene: its draws do not depend on n_samples.
        rng = np.random.default_rng([seed, i])
        classes = rng.choice(n_classes, 1 + n_silent, replace=False)
        boxes = draw_boxes(1 + n_silent, object_size, rng)
        names, sound = [_TEXTURES[k] for k in classes], _SOUNDS[classes[0]]
        ratio = rng.uniform(*snr)
        # Before the picture, whose number of draws depends on its size.
        audio = make_sound(sound, n_times, fs, ratio, rng)
        pairs.append((painter.paint(boxes, names, rng), audio))
        rows.append((names[0], sound, ratio, tuple(names), boxes / SIDE))
    X = pd.DataFrame(pairs, columns=["image", "audio"])
    metadata = pd.DataFrame(rows, columns=["class", "sound", "snr", "classes", "boxes"])
    y = np.stack(metadata["boxes"])[:, 0]
    if return_X_y:
        return X, y
    return Bunch(data=X, target=y, metadata=metadata, fs=float(fs))
