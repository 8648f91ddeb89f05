import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state

from sslearn.audiovisual._pictures import Pictures
from sslearn.audiovisual._view import View
from sslearn.utils.param_validation import Integral, Interval, Real, StrOptions, _fit_context

# Chances, and largest changes, of table S3.
_FLIP, _JITTER, _GRAY, _BLUR = 0.5, 0.8, 0.2, 0.5
_SHIFT, _SIGMA = 0.2, (0.1, 2.0)
_COLORS = dict.fromkeys(("brightness", "contrast", "color"), (0.6, 1.4)) | {"hue": (-0.1, 0.1)}


def _between(low, high, share):
    return low + share * (high - low)


def _jitter(numbers):
    """All changes of color in random order, of four numbers for their sizes and four for it."""
    sizes = zip(_COLORS.items(), numbers, strict=False)
    changes = [(name, _between(*limits, number)) for (name, limits), number in sizes]
    return tuple(change for _, change in sorted(zip(numbers[4:], changes, strict=True)))


class ImageAugmentation(TransformerMixin, BaseEstimator):
    """Random views of pictures, to train features that do not depend on the view.

    Parameters
    ----------
    crop : float, default=224/246
        Side of a random crop as a fraction of that of the picture; 1 takes all of it.
    horizontal_flip : bool, default=True
        Whether half of the views are mirrored left and right.
    vertical_flip : bool, default=False
        Whether half of the views are mirrored up and down.
    translation : bool, default=False
        Whether views are shifted, by at most a fifth of each side; the uncovered part is black.
    rotation : bool, default=False
        Whether views are turned by 0, 90, 180 or 270 degrees.
    gray : bool, default=False
        Whether a fifth of the views lose their colors.
    color_jitter : bool, default=False
        Whether four fifths of the views change their brightness, contrast and saturation by
        factors between 0.6 and 1.4, and their hue by at most a tenth of a turn, in random order.
    blur : bool, default=False
        Whether half of the views are blurred by a Gaussian, whose standard deviation is between
        0.1 and 2 pixels of the view.
    aspect : {"stretch", "keep"}, default="stretch"
        Treatment of a picture that is not square: both of its sides are stretched to that of
        the view, or as large a square as fits is cut out of it, before the crop.
    size : int, default=224
        Height and width in pixels of the output of :meth:`transform`. Localizers use theirs.
    random_state : int, RandomState instance or None, default=None
        Seed of :meth:`transform`. Localizers use theirs.

    See Also
    --------
    PredictiveAudioVisualLocalizer : Learns from two views of each picture.
    SemanticContrastiveLocalizer : Learns from two views of each picture.

    Notes
    -----
    The changes are applied in the order crop, flips, translation, rotation, color jitter, gray,
    blur. All numbers of a view are drawn whether they are needed or not: one change more or less
    leaves the others as they are, so that a search over the switches compares equal draws.

    As a step of a Pipeline it would also change predictions; give it to the localizer, which
    uses it in training alone.

    References
    ----------
    .. [1] Zengjie Song, Jiangshe Zhang, Yuxi Wang, Junsong Fan and Zhaoxiang Zhang, "Enhancing
           Sound Source Localization via False Negative Elimination", IEEE Transactions on Pattern
           Analysis and Machine Intelligence, 2024, arXiv:2408.16448, supplement, table S3. Our
           crops start at any fraction of a pixel, so that views of all sizes have one geometry.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.audiovisual import ImageAugmentation
    >>> pictures = np.random.default_rng(0).integers(0, 256, (2, 60, 80, 3), dtype=np.uint8)
    >>> ImageAugmentation(blur=True, size=32, random_state=0).transform(pictures).shape
    (2, 32, 32, 3)
    """

    _parameter_constraints: dict = {
        "crop": [Interval(Real, 0, 1, closed="right")],
        "horizontal_flip": ["boolean"],
        "vertical_flip": ["boolean"],
        "translation": ["boolean"],
        "rotation": ["boolean"],
        "gray": ["boolean"],
        "color_jitter": ["boolean"],
        "blur": ["boolean"],
        "aspect": [StrOptions({"stretch", "keep"})],
        "size": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        crop=224 / 246,
        horizontal_flip=True,
        vertical_flip=False,
        translation=False,
        rotation=False,
        gray=False,
        color_jitter=False,
        blur=False,
        aspect="stretch",
        size=224,
        random_state=None,
    ):
        self.crop = crop
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.translation = translation
        self.rotation = rotation
        self.gray = gray
        self.color_jitter = color_jitter
        self.blur = blur
        self.aspect = aspect
        self.size = size
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X=None, y=None):
        """Validate the parameters and pictures; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width, 3), uint8, or of n_samples paths, \
default=None
            Pictures, as in :meth:`transform`; files are not opened.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The transformer.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        TypeError
            If X holds neither arrays nor paths, or a picture is not uint8.
        ValueError
            If a picture has another shape.
        """
        if X is not None:
            Pictures(X)
        return self

    def draw(self, rng):
        """Draw one view, to be taken of any picture.

        Parameters
        ----------
        rng : Generator or RandomState
            Source of random numbers.

        Returns
        -------
        view : View
            Object with the methods ``picture(image, size)``, the view of a picture;
            ``labels(segments, size)``, that of the labels of its pixels, in the same geometry; and
            ``window(map_size)``, the rows and columns of the crop in a feature map.
        """
        # Always all numbers: a switch does not change the draws of the others.
        numbers = rng.random(19).tolist()
        x, y, across, down, right, below, turn, jitter, gray, blur, sigma, *rest = numbers
        shift = tuple(_between(-_SHIFT, _SHIFT, part) for part in (right, below))
        return View(
            crop=self.crop,
            place=(x, y),
            aspect=self.aspect,
            flips=(self.horizontal_flip and across < _FLIP, self.vertical_flip and down < _FLIP),
            shift=shift if self.translation else (0.0, 0.0),
            turns=int(4 * turn) if self.rotation else 0,
            jitter=_jitter(rest) if self.color_jitter and jitter < _JITTER else (),
            gray=self.gray and gray < _GRAY,
            blur=_between(*_SIGMA, sigma) if self.blur and blur < _BLUR else 0.0,
        )

    def transform(self, X):
        """Take one view of each picture.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width, 3), uint8, or of n_samples paths
            Pictures, RGB, of any sizes; or their files, in a list, an array, a Series or the column
            ``image`` of a DataFrame.

        Returns
        -------
        views : ndarray of shape (n_samples, size, size, 3), uint8
            Views. That of a picture depends on ``random_state`` and its row alone; None draws
            other views at each call.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        TypeError
            If X holds neither arrays nor paths, or a picture is not uint8.
        ValueError
            If a picture has another shape or a file cannot be read.
        """
        self.fit()
        pictures = Pictures(X)
        seed = check_random_state(self.random_state).randint(2**31)
        views = np.empty((len(pictures), self.size, self.size, 3), dtype=np.uint8)
        for i in range(len(pictures)):
            view = self.draw(np.random.default_rng([seed, i]))
            views[i] = view.picture(*pictures.images([i]), self.size)
        return views

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        return tags
