"""Whether a talker keeps one identity in a track."""

import numpy as np

from sslearn.metrics._errors import ROUNDING, component_errors
from sslearn.metrics._matching import assign, present
from sslearn.metrics._validation import TOLERANCE, check_multi_pair
from sslearn.utils.param_validation import validated


@validated(tolerance=TOLERANCE)
def identity_switches(y_true, y_pred, *, tolerance=5.0):
    """Count how often a true source changes its predicted track.

    Parameters
    ----------
    y_true : array-like of shape (n_frames, n_true, k) or (n_samples, n_frames, n_true, k)
        True directions in degrees: azimuth (k = 1), azimuth and elevation (k = 2), and distance
        (k = 3, not used). Each column is one talker; NaN where absent.
    y_pred : array-like of shape (n_frames, n_tracks, k) or (n_samples, n_frames, n_tracks, k)
        Predicted directions, of which each column is one track.
    tolerance : float, default=5.0
        Largest error, in degrees, of a detected source.

    Returns
    -------
    n_switches : int
        Number of frames, summed over the sources, in which a source is matched to another track
        than when it was last matched.

    Raises
    ------
    ValueError
        If the directions are not valid, their shapes do not fit, or ``tolerance`` is negative.

    See Also
    --------
    missed_detection_rate, false_alarm_rate : The other errors of a track.

    Notes
    -----
    The mismatches of CLEAR MOT [1]_: a pair of a source and a track that was matched in the frame
    before stays matched as long as it is within the tolerance, and the rest is matched with the
    least sum of errors. A source that is silent or missed for a while keeps its last track.

    References
    ----------
    .. [1] K. Bernardin and R. Stiefelhagen, "Evaluating multiple object tracking performance: the
       CLEAR MOT metrics", EURASIP Journal on Image and Video Processing, 2008,
       doi:10.1155/2008/246309.

    Examples
    --------
    >>> from sslearn.metrics import identity_switches
    >>> y_true = [[[10.0], [60.0]], [[12.0], [58.0]], [[14.0], [56.0]]]
    >>> y_pred = [[[11.0], [60.0]], [[12.0], [57.0]], [[56.0], [14.0]]]
    >>> identity_switches(y_true, y_pred)
    2
    """
    y_true, y_pred, _ = check_multi_pair(y_true, y_pred)
    clips = zip(*(y if y.ndim == 4 else y[None] for y in (y_true, y_pred)), strict=True)
    return sum(_switches(truth, tracks, tolerance) for truth, tracks in clips)


def _switches(truth, tracks, tolerance):
    """Switches in one clip, (n_frames, n_true, k) and (n_frames, n_tracks, k)."""
    last = matched = np.full(truth.shape[1], -1)
    n_switches = 0
    for sources, found in zip(truth, tracks, strict=True):
        matched = _match_again(sources, found, matched, tolerance)
        n_switches += np.sum((matched >= 0) & (last >= 0) & (matched != last))
        # Sources without a match keep their last track.
        last = np.where(matched >= 0, matched, last)
    return int(n_switches)


def _match_again(sources, found, matched, tolerance):
    """Tracks of the sources (-1 for none), as in the frame before where still in tolerance."""
    held = (matched >= 0) & present(sources)
    held[held] = present(found)[matched[held]]
    pairs = [y[:, 0] if y.shape[1] == 1 else y for y in (sources[held], found[matched[held]])]
    held[held] = component_errors(*pairs, None) <= tolerance + ROUNDING
    kept = np.where(held, matched, -1)
    # Only sources and tracks outside the kept pairs are assigned.
    rest = np.where(held[:, None], np.nan, sources)
    free = found.copy()
    free[kept[held]] = np.nan
    return np.where(held, kept, assign(rest[None], free[None], tolerance)[0][0])
