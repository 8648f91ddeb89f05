"""Accuracy on the classes of a grid."""

import numpy as np
from scipy.spatial import KDTree

from sslearn.geometry import angles_to_unit_vectors, check_directions
from sslearn.metrics._matching import assign, present, ratio, spread
from sslearn.metrics._validation import check_multi_pair, check_pair, has_sources

# Degrees: what rounding adds to a distance, also of half a class.
_TIE = 1e-6


def class_accuracy_score(y_true, y_pred, grid, *, sample_weight=None):
    """Share of the samples, or of the sources, that are predicted in their exact class.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees; those of several sources as in :func:`match_sources`.
    y_pred : array-like of the same shape
        Predicted directions, of any decoder; the number of sources may differ.
    grid : array-like of shape (n_classes,) or (n_classes, 2)
        Directions of the classes in degrees, such as ``encoding_.grid_`` of a localizer: azimuths,
        or azimuths and elevations, as in y.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    score : float
        Accuracy in [0, 1]. With several sources, which are matched as in :func:`match_sources`,
        the share of all true sources; NaN without any.

    Raises
    ------
    ValueError
        If the directions or the grid are not valid, or not laid out alike.

    Warns
    -----
    UndefinedMetricWarning
        If there are several sources and none is ever present.

    See Also
    --------
    localization_accuracy_score : Accuracy within a number of degrees, which does not depend on a
        grid.

    Notes
    -----
    The class of a direction is the nearest one of the grid. A source half-way between classes is
    correct in both, and two classes of the same direction, such as 0 and 360 degrees, are one. The
    published accuracies (``ACC``) compare the highest score with the highest value of the label,
    source by source in their order, and count the two apart.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.

    Examples
    --------
    >>> from sslearn.metrics import class_accuracy_score
    >>> class_accuracy_score([11, 12, 13, 14], [10, 11.9, 10, 15], grid=range(0, 181, 5))
    0.75
    """
    several = has_sources(y_true, y_pred)
    check = check_multi_pair if several else check_pair
    y_true, y_pred, weight = check(y_true, y_pred, sample_weight)
    n_angles = min(1 if y_true.ndim == 1 else y_true.shape[-1], 2)
    grid = check_directions(grid, name="grid")
    if grid.shape[1:] != (2,)[: n_angles - 1]:
        wanted = "(n_classes,)" if n_angles == 1 else "(n_classes, 2)"
        raise ValueError(
            f"grid must have shape {wanted} for directions of {n_angles} angle(s); got "
            f"{grid.shape}. Give azimuths in both, or azimuths and elevations in both."
        )
    if not several:
        return float(np.average(_in_class(y_true, y_pred, grid), weights=weight))
    indices = assign(y_true, y_pred)[0]
    matched = indices >= 0
    chosen = np.take_along_axis(y_pred, np.maximum(indices, 0)[..., None], axis=-2)
    correct = np.zeros(indices.shape)
    if matched.any():
        correct[matched] = _in_class(y_true[matched], chosen[matched], grid)
    weight = spread(weight, correct) * present(y_true)
    return ratio((correct * weight).sum(), weight.sum(), "true source")


def _points(directions):
    """Unit vectors of azimuths (n,) or (n, 1), or of azimuths and elevations (n, 2 or more)."""
    if directions.ndim == 1 or directions.shape[1] == 1:
        return angles_to_unit_vectors(directions.ravel())
    return angles_to_unit_vectors(directions[:, :2])


def _in_class(y_true, y_pred, grid):
    """Whether no class is nearer to a true direction than the class of the predicted one."""
    true, predicted, classes = map(_points, (y_true, y_pred, grid))
    tree = KDTree(classes)
    nearest = tree.query(true)[0]
    found = np.linalg.norm(true - classes[tree.query(predicted)[1]], axis=1)
    # Chords to angles, in which rounding is equally large everywhere.
    nearest, found = (2 * np.rad2deg(np.arcsin(np.minimum(d / 2, 1))) for d in (nearest, found))
    return found <= nearest + _TIE
