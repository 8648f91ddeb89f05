"""From time differences of arrival to directions: least squares on the unit sphere."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sslearn.geometry import check_mic_positions, mic_pairs, unit_vectors_to_angles
from sslearn.utils import check_pairs, to_numbers
from sslearn.utils.param_validation import Interval, Real, StrOptions, validated

# Singular values of position differences below this, in metres, are rounding.
_FLAT = 1e-6
# Residuals below this share of the array's size are rounding.
_EXACT = 1e-9
# With these constants both weights lose 1 % of the efficiency on Gaussian errors. The usual 4.685
# and 1.345 lose 5 %, and more on measured delays, whose small errors have long tails too. Wider
# biweights let errors of 5 to 15 deviations in, which are as wrong as larger ones.
_CUTS = {"tukey": 7.04, "huber": 2.01}
_N_ABSOLUTE_STEPS = 10
_N_WEIGHT_STEPS = 30
# Delays that miss the best plane wave by this share of the distances agree with none.
_DOUBTFUL = 0.4


# Values of the parameter ``robust``.
ROBUST = ["boolean", StrOptions(set(_CUTS))]


@validated(
    tdoas=["array-like"],
    mic_positions=["array-like"],
    pairs=["array-like", None],
    speed_of_sound=[Interval(Real, 0, None, closed="neither")],
    robust=ROBUST,
)
def directions_from_tdoas(tdoas, mic_positions, *, pairs=None, speed_of_sound=343.0, robust=True):
    """Directions of plane waves from time differences of arrival.

    Parameters
    ----------
    tdoas : array-like of shape (..., n_pairs)
        Time differences in seconds: arrival at the first microphone of each pair minus arrival at
        the second.
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    pairs : array-like of shape (n_pairs, 2), default=None
        Microphones of each pair; None for every pair ``(i, j)`` with ``i < j``, in the order of
        :func:`sslearn.geometry.mic_pairs`.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.
    robust : bool or {"tukey", "huber"}, default=True
        Whether outliers among the time differences of a sample are recognised: ``"tukey"``, the
        same as True, leaves them out; ``"huber"`` bounds what they weigh, which uses more of
        differences without gross errors. It takes effect where there are more pairs than angles.

    Returns
    -------
    directions : ndarray of shape (..., 2)
        Azimuth and elevation in degrees.

    Raises
    ------
    ValueError
        If an array has the wrong shape or is not finite, microphones are in one place, or a
        microphone is paired with itself.

    Warns
    -----
    ConvergenceWarning
        If the time differences of a sample agree with no plane wave.

    See Also
    --------
    TDOALocalizer : The time differences are measured too.

    Notes
    -----
    The unit vector ``u`` minimizes ``sum_k w_k (c tau_k + (p_i - p_j) . u)^2`` over the pairs k
    **under** ``|u| = 1``: with the eigenvectors of the normal equations only one number remains,
    the Lagrange multiplier, which a safe Newton iteration finds [1]_. So the norm, too,
    corrects errors of the delays.

    Microphones on a plane cannot resolve its two sides: the result is on the upper side (the front
    if the plane is vertical, the left if it is the x-z plane), as far from the plane as the norm
    requires. Microphones on a line resolve the angle to it alone: the result is on the half-plane
    that the line bounds towards the front (towards the left for a line along x). For both, delays
    longer than sound needs give the nearest direction on the plane or line.

    The weights are 1 if not ``robust``. Otherwise they are Tukey's biweight or Huber's weight of
    the residuals over a scale: the median absolute residual of a fit of least absolute errors,
    which is also where the iteration starts [2]_. Both constants are those of 99 % efficiency on
    Gaussian errors, 7.04 and 2.01.

    References
    ----------
    .. [1] J. J. Moré and D. C. Sorensen, "Computing a trust region step", SIAM Journal on
       Scientific and Statistical Computing 4(3), 1983, doi:10.1137/0904038.
    .. [2] P. W. Holland and R. E. Welsch, "Robust regression using iteratively reweighted
       least-squares", Communications in Statistics 6(9), 1977, doi:10.1080/03610927708827533.

    Examples
    --------
    >>> from sslearn.doa import directions_from_tdoas
    >>> from sslearn.geometry import mic_pairs, propagation_delays, tetrahedral_array
    >>> mics = tetrahedral_array(0.05)
    >>> delays = propagation_delays(mics, [[-180.0, 10.0], [30.0, -60.0]])
    >>> i, j = mic_pairs(4).T
    >>> directions_from_tdoas(delays[:, i] - delays[:, j], mics).round(6).tolist()
    [[-180.0, 10.0], [30.0, -60.0]]
    """
    mics = check_mic_positions(mic_positions, min_mics=2)
    differences = pair_differences(mics, pairs)
    tdoas = _check_tdoas(tdoas, len(differences))
    vectors = fit_plane_waves(
        -speed_of_sound * tdoas.reshape(-1, len(differences)), differences, robust=robust
    )
    return unit_vectors_to_angles(vectors).reshape(*tdoas.shape[:-1], 2)


def pair_differences(mics, pairs=None):
    """Position of the first microphone of each pair minus that of the second.

    Parameters
    ----------
    mics : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    pairs : array-like of shape (n_pairs, 2), default=None
        Microphones of each pair; None for all.

    Returns
    -------
    differences : ndarray of shape (n_pairs, 3)
        In metres.

    Raises
    ------
    ValueError
        If a microphone does not exist or is paired with itself.
    """
    if pairs is None:
        pairs = mic_pairs(len(mics))
    first, second = np.array(check_pairs(pairs, 0, len(mics))).T
    if (first == second).any():
        mic = first[first == second][0]
        raise ValueError(f"pairs must hold two microphones each; got ({mic}, {mic}).")
    return mics[first] - mics[second]


def _check_tdoas(tdoas, n_pairs):
    tdoas = to_numbers(tdoas, "tdoas", "seconds")
    if tdoas.ndim == 0 or tdoas.shape[-1] != n_pairs:
        raise ValueError(
            f"tdoas must have shape (..., n_pairs={n_pairs}), one time difference a pair; got "
            f"{tdoas.shape}. Set pairs if they are not all pairs of the microphones."
        )
    if not np.isfinite(tdoas).all():
        raise ValueError("tdoas contains NaN or infinity: expected finite seconds.")
    return tdoas


def fit_plane_waves(leads, differences, *, robust=True):
    """Unit vectors ``u`` with ``differences @ u`` nearest to the leads.

    Parameters
    ----------
    leads : ndarray of shape (n_samples, n_pairs)
        How much nearer to the source the first microphone of each pair is, in metres.
    differences : ndarray of shape (n_pairs, 3)
        Position of the first microphone minus that of the second, in metres.
    robust : bool or {"tukey", "huber"}, default=True
        Whether outliers are left out, or weigh less.

    Returns
    -------
    vectors : ndarray of shape (n_samples, 3)
        Unit vectors to the sources.
    """
    span, side = _span_and_side(differences)
    fit = _Fit(differences @ span, leads, on_sphere=span.shape[1] == 3)
    n_angles = min(span.shape[1], 2)
    weights = np.ones_like(leads)
    if robust and len(differences) > n_angles:
        weights = _robust_weights(fit, n_angles, "tukey" if robust is True else robust)
    inside = fit.solve(weights)
    _warn_of_doubt(fit.residuals(inside), weights, differences)
    outside = np.sqrt(np.maximum(0.0, 1.0 - np.square(inside).sum(axis=1)))
    vectors = inside @ span.T + outside[:, None] * side
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _span_and_side(differences):
    """Basis (3, n_dims) of the span of the pairs, and direction of the part outside of it."""
    _, singular, basis = np.linalg.svd(differences, full_matrices=True)
    n_dims = int((singular > _FLAT).sum())
    span = basis[:n_dims].T
    # Up, front or left: the first that is not inside the span; for a line front comes first.
    preference = (0, 1) if n_dims == 1 else (2, 0, 1)
    for axis in preference if n_dims < 3 else ():
        side = np.eye(3)[axis] - span @ span[axis]
        if np.linalg.norm(side) > _FLAT:
            return span, side / np.linalg.norm(side)
    return span, np.zeros(3)


class _Fit:
    """Weighted least squares of all samples inside the unit ball or on its surface."""

    def __init__(self, design, leads, *, on_sphere):
        self.design, self.leads, self.on_sphere = design, leads, on_sphere
        self._squares = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)

    def residuals(self, solution):
        return self.leads - solution @ self.design.T

    def solve(self, weights):
        n_dims = self.design.shape[1]
        normal = (weights @ self._squares).reshape(-1, n_dims, n_dims)
        values, vectors = np.linalg.eigh(normal)
        moment = ((weights * self.leads) @ self.design)[:, None, :] @ vectors
        solution = _on_ball(values, moment[:, 0], on_sphere=self.on_sphere)
        return (vectors @ solution[:, :, None])[:, :, 0]


def _on_ball(values, moment, *, on_sphere):
    """Minimum of ``sum_i values_i x_i^2 - 2 moment_i x_i`` over ``|x| <= 1`` or ``|x| = 1``.

    ``values`` (n_samples, n_dims) ascend. With the multiplier, ``x = moment / (values +
    multiplier)``; Newton's method on ``1 / |x|`` approaches it from below without overshooting.
    """
    # Start where the largest |x_i| is 1, so that |x| >= 1: a lower bound of the multiplier.
    multiplier = (np.abs(moment) - values).max(axis=1, keepdims=True)
    if not on_sphere:
        multiplier = np.maximum(multiplier, 0.0)
    for _ in range(50):
        x, shifted = _divide(moment, values + multiplier)
        # d|x|/d(multiplier) = -slope / |x| gives the step |x|^2 (|x| - 1) / slope.
        norm = np.linalg.norm(x, axis=1, keepdims=True)
        slope = _divide(np.square(x), shifted)[0].sum(axis=1, keepdims=True)
        step = np.maximum(0.0, _divide(norm**2 * (norm - 1.0), slope)[0])
        multiplier = multiplier + step
        if (step <= 1e-14 * values[:, -1:]).all():
            break
    x, shifted = _divide(moment, values + multiplier)
    if on_sphere:
        # Hard case: the shifted smallest value is 0, and the norm determines its component.
        lost = shifted[:, 0] <= 1e-9 * values[:, -1]
        rest = np.square(x[:, 1:]).sum(axis=1)
        missing = np.copysign(np.sqrt(np.maximum(0.0, 1.0 - rest)), moment[:, 0])
        x[:, 0] = np.where(lost, missing, x[:, 0])
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    return x / (norm if on_sphere else np.maximum(norm, 1.0))


def _divide(a, b):
    """Quotient, 0 where the divisor is not positive; and the divisor."""
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape)), where=b > 0), b


def _robust_weights(fit, n_angles, kind):
    """Weights (n_samples, n_pairs) in [0, 1]: 0 for outliers, or small ("huber")."""
    floor = _EXACT * np.abs(fit.design).max()
    weights = np.ones_like(fit.leads)
    for _ in range(_N_ABSOLUTE_STEPS):
        residuals = np.abs(fit.residuals(fit.solve(weights)))
        weights = 1.0 / np.maximum(residuals, 0.1 * _scale(residuals, n_angles, floor))
    residuals = np.abs(fit.residuals(fit.solve(weights)))
    # The scale stays, so that the iteration converges.
    cut = _CUTS[kind] * _scale(residuals, n_angles, floor)
    for _ in range(_N_WEIGHT_STEPS):
        previous = weights
        if kind == "tukey":
            weights = np.square(1.0 - np.minimum(residuals / cut, 1.0) ** 2)
        else:
            weights = cut / np.maximum(residuals, cut)
        if np.abs(weights - previous).max(initial=0.0) < 1e-6:
            break
        residuals = np.abs(fit.residuals(fit.solve(weights)))
    return weights


def _scale(residuals, n_angles, floor):
    """Standard deviation from the median of absolute residuals.

    As many residuals as there are angles may be 0 by the fit alone and do not count.
    """
    counted = np.sort(residuals, axis=1)[:, n_angles:]
    return np.maximum(np.median(counted, axis=1, keepdims=True) / 0.6745, floor)


def _warn_of_doubt(residuals, weights, differences):
    distances = np.square(differences).sum(axis=1)
    misfit = (weights * np.square(residuals)).sum(axis=1) / (weights @ distances)
    doubtful = np.flatnonzero(misfit > _DOUBTFUL**2)
    if len(doubtful):
        warnings.warn(
            f"The time differences of {len(doubtful)} sample(s), the first is {doubtful[0]}, agree "
            "with no plane wave. Check the units, the order of the pairs and the microphone "
            "positions; noise also causes this.",
            ConvergenceWarning,
            stacklevel=5,
        )
