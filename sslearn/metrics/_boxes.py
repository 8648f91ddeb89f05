"""Maps of where in a picture the sound is, compared with boxes of annotators."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from sslearn.metrics._box_checks import check_boxes
from sslearn.utils import as_numbers, check_finite, check_weights, resize_maps
from sslearn.utils.param_validation import Integral, Interval, Real, StrOptions, validated

_SHARE = [Interval(Real, 0, 1, closed="both")]
_COUNT = [Interval(Integral, 1, None, closed="left")]
_CONSENSUS = {
    "threshold": [*_SHARE, StrOptions({"median"})],
    "agreement": _COUNT,
    "size": _COUNT,
}
# Thresholds of the area under the curve. 0.05 * 3 is a little more than 0.15, as in the authors'
# programs: an IoU of exactly 0.15 misses it.
_LEVELS = 0.05 * np.arange(21)
_NO_AREA = "pictures have no box with area (x_min < x_max and y_min < y_max)"
# Pixels that are compared together, few enough for the cache.
_BLOCK = 2**19


def _check_maps(maps, n_samples):
    maps = as_numbers(maps, "maps")
    if maps.ndim != 3 or 0 in maps.shape:
        raise ValueError(
            f"maps must have shape (n_samples, height, width), as similarity_map returns them; "
            f"got {maps.shape}."
        )
    if len(maps) != n_samples:
        raise ValueError(
            f"maps must have one map for each of the {n_samples} rows of y_true; got {len(maps)}."
        )
    check_finite(maps, "maps")
    return maps if maps.dtype == np.float32 else maps.astype(np.float64, copy=False)


def _consensus(boxes, agreement, size):
    """Ground truth of one picture, in [0, 1], as steps of 1 / agreement."""
    counts = np.zeros((size, size), dtype=np.min_scalar_type(len(boxes)))
    corners = size * np.clip(boxes[~np.isnan(boxes[:, 0])], 0, 1)
    for left, top, right, bottom in corners.astype(int):
        counts[top:bottom, left:right] += 1
    return np.minimum(counts, agreement)


def _masks(maps, threshold, size):
    """Predicted pixels; none where a map is constant."""
    low, high = (extreme(maps, axis=(1, 2), keepdims=True) for extreme in (np.min, np.max))
    # A range of a few rounding errors counts as constant.
    varies = high - low > 4 * np.finfo(maps.dtype).eps * np.maximum(np.abs(low), np.abs(high))
    maps = resize_maps(maps, (size, size))
    if threshold == "median":
        pixels = np.sort(maps.reshape(len(maps), -1), axis=1)
        level = pixels[:, size**2 // 2, None, None]
    else:
        low, high = (extreme(maps, axis=(1, 2), keepdims=True) for extreme in (np.min, np.max))
        level = low + threshold * (high - low)
    return (maps >= level) & varies, ~varies.ravel()


def _ious(boxes, maps, threshold, agreement, size):
    masks, constant = _masks(maps, threshold, size)
    truth = np.stack([_consensus(row, agreement, size) for row in boxes])
    # sum(m g) / (sum(g) + sum of m where g = 0), with g = truth / agreement.
    inside, total = (np.sum(each, axis=(1, 2), dtype=float) for each in (truth * masks, truth))
    outside = np.sum(masks & (truth == 0), axis=(1, 2))
    union = total / agreement + outside
    return np.divide(inside / agreement, union, out=np.zeros(len(maps)), where=union > 0), constant


@validated(**_CONSENSUS)
def consensus_iou(y_true, maps, *, threshold=0.5, agreement=1, size=224):
    """Intersection over union of each map with the consensus of the annotators.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, 4) or (n_samples, n_boxes, 4), or list of (n_boxes, 4)
        Boxes ``x_min, y_min, x_max, y_max`` as fractions of the picture, NaN where absent. Parts of
        a box outside the picture do not count, and neither do boxes without area.
    maps : array-like of shape (n_samples, height, width)
        Maps, larger where the sound is, of any size and scale.
    threshold : float or "median", default=0.5
        Predicted are the pixels at this level or above, 0 the lowest and 1 the highest value of the
        resized map, or at or above its median: half of the pixels.
    agreement : int, default=1
        Boxes that a pixel needs to count fully; fewer count in part. 1 is the union of the boxes
        (VGG-SS), 2 the rule of SoundNet-Flickr.
    size : int, default=224
        Pixels of a side at which maps and boxes are compared.

    Returns
    -------
    iou : ndarray of shape (n_samples,)
        Consensus intersection over union in [0, 1]; 0 where no box has area.

    Raises
    ------
    ValueError
        If boxes, maps or parameters are not valid, or a map has NaN.

    Warns
    -----
    UndefinedMetricWarning
        If a map is constant, which predicts no pixel, or no box has area; both score 0.

    See Also
    --------
    consensus_iou_score : Share of the maps above a value.
    iou_auc_score : Area under the curve of such shares.

    Notes
    -----
    With :math:`g = \\min(b / a, 1)`, b the number of boxes over a pixel and a the agreement, and m
    the predicted pixels, the score is :math:`\\sum m g / (\\sum g + \\sum_{g = 0} m)` [1]_. A map
    is resized bilinearly with half-pixel centres, then scaled to 0 and 1, then compared with the
    threshold [2]_. A box fills the pixels from ``int(size * min)`` to ``int(size * max) - 1``.

    Other programs predict half of each picture: "median" is the rule of [3]_ (at or above the
    median; its maps are resized with aligned corners), while [4]_ takes the pixels strictly above.
    Never compare figures of two rules.

    References
    ----------
    .. [1] A. Senocak, T.-H. Oh, J. Kim, M.-H. Yang and I. S. Kweon, "Learning to localize sound
       source in visual scenes", CVPR, 2018, doi:10.1109/CVPR.2018.00458.
    .. [2] Z. Song, J. Zhang, Y. Wang, J. Fan and Z. Zhang, "Enhancing sound source localization via
       false negative elimination", IEEE Transactions on Pattern Analysis and Machine Intelligence,
       2024, arXiv:2408.16448.
    .. [3] S. Mo and P. Morgado, "Localizing visual sounds the easy way", ECCV, 2022,
       doi:10.1007/978-3-031-19836-6_13.
    .. [4] H. Chen, W. Xie, T. Afouras, A. Nagrani, A. Vedaldi and A. Zisserman, "Localizing visual
       sounds the hard way", CVPR, 2021, doi:10.1109/CVPR46437.2021.01659.

    Examples
    --------
    >>> from sslearn.metrics import consensus_iou
    >>> maps = [[[0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]]]  # the right half; a corner
    >>> consensus_iou([[0.5, 0, 1, 1], [0.5, 0, 1, 1]], maps, size=2)
    array([1. , 0.5])
    """
    boxes = check_boxes(y_true)
    maps = _check_maps(maps, len(boxes))
    step = max(_BLOCK // size**2, 1)
    blocks = [slice(start, start + step) for start in range(0, len(maps), step)]
    found = [_ious(boxes[rows], maps[rows], threshold, agreement, size) for rows in blocks]
    iou, constant = (np.concatenate(each) for each in zip(*found, strict=True))
    _warn_of_zeros(_without_area(boxes), _NO_AREA, "y_true")
    _warn_of_zeros(constant, "maps are constant", "maps")
    return iou


def _without_area(boxes):
    corners = np.clip(boxes, 0, 1)
    return ~(corners[..., :2] < corners[..., 2:]).all(-1).any(-1)


def _warn_of_zeros(wrong, problem, name):
    if wrong.any():
        warnings.warn(
            f"{wrong.sum()} of {len(wrong)} {problem}, the first is {name}[{wrong.argmax()}]: they "
            "score 0.",
            UndefinedMetricWarning,
            stacklevel=3,
        )


def _share(reached, weight):
    return float(np.average(reached, weights=weight))


@validated(min_iou=_SHARE)
def consensus_iou_score(
    y_true, maps, *, min_iou=0.5, threshold=0.5, agreement=1, size=224, sample_weight=None
):
    """Share of the maps that agree with the annotators: the cIoU of publications.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, 4) or (n_samples, n_boxes, 4), or list of (n_boxes, 4)
        Boxes as in :func:`consensus_iou`.
    maps : array-like of shape (n_samples, height, width)
        Maps, larger where the sound is.
    min_iou : float, default=0.5
        Consensus intersection over union that a map must reach.
    threshold : float or "median", default=0.5
        Level of the predicted pixels, as in :func:`consensus_iou`.
    agreement : int, default=1
        Boxes that a pixel needs to count fully; 2 for SoundNet-Flickr.
    size : int, default=224
        Pixels of a side at which maps and boxes are compared.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    score : float
        Share in [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If boxes, maps or parameters are not valid, or a map has NaN.

    Warns
    -----
    UndefinedMetricWarning
        If a map is constant or no box of a picture has area; both score 0.

    See Also
    --------
    iou_auc_score : Mean of this share over all values of ``min_iou``.
    pointing_accuracy_score : Share of the points that lie in a box.

    Notes
    -----
    Some papers call this figure AP50, and the mean of :func:`consensus_iou` cIoU.

    Examples
    --------
    >>> from sslearn.metrics import consensus_iou_score
    >>> maps = [[[0.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]]
    >>> consensus_iou_score([[0.5, 0, 1, 1], [0.5, 0, 1, 1]], maps, size=2)
    0.5
    """
    iou = consensus_iou(y_true, maps, threshold=threshold, agreement=agreement, size=size)
    return _share(iou >= min_iou, check_weights(sample_weight, iou))


def iou_auc_score(y_true, maps, *, threshold=0.5, agreement=1, size=224, sample_weight=None):
    """Area under the curve of :func:`consensus_iou_score` over ``min_iou``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, 4) or (n_samples, n_boxes, 4), or list of (n_boxes, 4)
        Boxes as in :func:`consensus_iou`.
    maps : array-like of shape (n_samples, height, width)
        Maps, larger where the sound is.
    threshold : float or "median", default=0.5
        Level of the predicted pixels, as in :func:`consensus_iou`.
    agreement : int, default=1
        Boxes that a pixel needs to count fully; 2 for SoundNet-Flickr.
    size : int, default=224
        Pixels of a side at which maps and boxes are compared.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    score : float
        Area in [0.025, 1]; 1 is best.

    Raises
    ------
    ValueError
        If boxes, maps or parameters are not valid, or a map has NaN.

    Warns
    -----
    UndefinedMetricWarning
        If a map is constant or no box of a picture has area; both score 0.

    See Also
    --------
    consensus_iou_score : One point of the curve.

    Notes
    -----
    The area is that of trapezoids between the values 0, 0.05, ..., 1. The share at 0 is always 1,
    which is why the area is at least 0.025.

    Examples
    --------
    >>> from sslearn.metrics import iou_auc_score
    >>> maps = [[[0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]]]
    >>> round(iou_auc_score([[0.5, 0, 1, 1], [0.5, 0, 1, 1]], maps, size=2), 4)
    0.7625
    """
    iou = consensus_iou(y_true, maps, threshold=threshold, agreement=agreement, size=size)
    weight = check_weights(sample_weight, iou)
    return float(np.trapezoid([_share(iou >= level, weight) for level in _LEVELS], _LEVELS))


def pointing_accuracy_score(y_true, points, *, sample_weight=None):
    """Share of the points that lie in a box of their picture.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, 4) or (n_samples, n_boxes, 4), or list of (n_boxes, 4)
        Boxes as in :func:`consensus_iou`.
    points : array-like of shape (n_samples, 2)
        Points x, y as fractions of the picture, as localizers of sound in pictures predict them.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    score : float
        Share in [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If boxes or points are not valid, or differ in number.

    Warns
    -----
    UndefinedMetricWarning
        If no box of a picture has area, which scores 0.

    See Also
    --------
    consensus_iou_score : Share of the maps that agree with the boxes.

    Notes
    -----
    The left and the upper edge belong to a box, the others do not, so that a box without area holds
    no point. Where every picture has k objects, one of which sounds, a system that finds objects
    but ignores the sound reaches 1 / k.

    Examples
    --------
    >>> from sslearn.metrics import pointing_accuracy_score
    >>> pointing_accuracy_score([[0.5, 0, 1, 1], [0.5, 0, 1, 1]], [[0.7, 0.5], [0.2, 0.5]])
    0.5
    """
    boxes, points = check_boxes(y_true), as_numbers(points, "points")
    if points.shape != (len(boxes), 2):
        raise ValueError(
            f"points must have shape ({len(boxes)}, 2), x and y for each row of y_true; "
            f"got {points.shape}."
        )
    check_finite(points, "points")
    _warn_of_zeros(_without_area(boxes), _NO_AREA, "y_true")
    each = points[:, None]
    inside = ((boxes[..., :2] <= each) & (each < boxes[..., 2:])).all(-1).any(-1)
    return _share(inside, check_weights(sample_weight, inside))
