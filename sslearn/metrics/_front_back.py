import numpy as np

from sslearn.geometry import angles_to_unit_vectors, wrap_azimuth
from sslearn.metrics._errors import ROUNDING, component_errors
from sslearn.metrics._matching import ratio
from sslearn.metrics._validation import check_pair
from sslearn.utils.param_validation import Interval, Real, validated


def _mirror(y):
    """Turn front into back, about the plane through the ears."""
    mirrored = y.copy()
    azimuth = mirrored if y.ndim == 1 else mirrored[:, 0]
    azimuth[:] = wrap_azimuth(180.0 - azimuth)
    return mirrored


@validated(tolerance=[Interval(Real, 0, 90, closed="left")])
def front_back_confusion_rate(y_true, y_pred, *, tolerance=15.0, sample_weight=None):
    """Share of the samples that are localized in front instead of behind, or the reverse.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True azimuth; azimuth and elevation; and distance (not used), in degrees and metres.
    y_pred : array-like of the same shape
        Predicted directions.
    tolerance : float, default=15.0
        Sources at less than this angle from the plane through the ears (azimuths near -90 and 90,
        or overhead) are left out, in degrees: a small error moves them across it.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    rate : float
        Rate in [0, 1]; 0 is best. NaN if all sources are left out.

    Raises
    ------
    ValueError
        If the directions are not valid, their shapes differ, or ``tolerance`` is not in [0, 90).

    Warns
    -----
    UndefinedMetricWarning
        If all sources are left out.

    Notes
    -----
    A prediction is confused if its error shrinks when it is mirrored at the vertical plane through
    the ears: azimuth ``180 - azimuth``, same elevation [1]_. The tolerance varies in the
    literature; the default is our choice.

    References
    ----------
    .. [1] F. L. Wightman and D. J. Kistler, "Headphone simulation of free-field listening. II:
       Psychophysical validation", Journal of the Acoustical Society of America 85, 1989,
       doi:10.1121/1.397558.

    Examples
    --------
    >>> from sslearn.metrics import front_back_confusion_rate
    >>> front_back_confusion_rate([0, 30, 170, 88], [5, 148, -170, 95]).__round__(3)
    0.333
    """
    y_true, y_pred, weight = check_pair(y_true, y_pred, sample_weight)
    # The angle to the plane x = 0 of the ears is arcsin |x| of the unit vector.
    off_plane = np.rad2deg(np.arcsin(np.abs(angles_to_unit_vectors(y_true)[:, 0])))
    weight = weight * (off_plane >= tolerance - ROUNDING)
    shrinks = component_errors(y_true, _mirror(y_pred), None) + ROUNDING
    confused = shrinks < component_errors(y_true, y_pred, None)
    return ratio(
        weight @ confused, weight.sum(), f"source {tolerance:g} degrees or more off the plane"
    )
