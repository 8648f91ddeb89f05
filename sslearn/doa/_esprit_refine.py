"""Maximum likelihood around given directions, over all frequencies at once."""

import numpy as np

from sslearn.doa._esprit_roots import left_inverse

# Noise below this share of the power is rounding.
_LEAST_NOISE = 1e-9
# Damping of the first step, and how it changes after a good and a bad one.
_DAMPING, _LESS, _MORE = 1e-3, 0.1, 100.0


def refine_values(covariances, waves, values, paths, *, n_steps, tol=1e-7):
    """Raise the likelihood by damped Gauss-Newton steps (Levenberg-Marquardt).

    Parameters
    ----------
    covariances : ndarray of shape (n, n_freqs, n_mics, n_mics)
        Hermitian matrices.
    waves : ndarray of shape (n_freqs,)
        Wave numbers in 1/m.
    values : ndarray of shape (n, n_sources)
        What the directions depend on.
    paths : callable
        From values to the paths by which each microphone is ahead of the centre, in metres, and
        their derivatives, each of shape (n, n_sources, n_mics).
    n_steps : int
        Largest number of steps.
    tol : float, default=1e-7
        Samples whose values move by less are done.

    Returns
    -------
    values : ndarray of shape (n, n_sources)
        Refined; steps that lower the likelihood are not taken.
    powers : ndarray of shape (n, n_sources)
        Power of each source over all frequencies.

    Notes
    -----
    With unknown signals, and an unknown power of the noise at each frequency, the likelihood is
    ``-sum over f of log tr(P R)``, P the projection to what is orthogonal to all steering vectors.
    """
    best = [values, *_likelihood(covariances, waves, *paths(values))]
    damping = np.full(len(values), _DAMPING)
    active = np.arange(len(values))
    for _ in range(n_steps):
        values, cost, gradient, curvature = (x[active] for x in best[:4])
        steps = _damped_steps(gradient, curvature, damping[active])
        trial = values - steps
        found = [trial, *_likelihood(covariances[active], waves, *paths(trial))]
        better = found[1] < cost
        for old, new in zip(best, found, strict=True):
            old[active[better]] = new[better]
        damping[active] *= np.where(better, _LESS, _MORE)
        active = active[np.abs(steps).max(axis=1) > tol]
        if len(active) == 0:
            break
    return best[0], best[4]


def _damped_steps(gradient, curvature, damping):
    loaded = curvature.copy()
    diagonal = np.einsum("nkk->nk", loaded)
    least = 1e-9 * diagonal.max(axis=1, keepdims=True) + np.finfo(float).tiny
    diagonal += damping[:, None] * diagonal + least
    return np.linalg.solve(loaded, gradient[..., None])[..., 0]


def _likelihood(covariances, waves, ahead, slopes):
    """Cost (n,), gradient, Gauss-Newton curvature, and the power of each source."""
    n_mics, n_sources = covariances.shape[-1], ahead.shape[1]
    turns = 1j * waves[:, None, None]
    steering = np.exp(turns * ahead.swapaxes(1, 2)[:, None])
    inverse = left_inverse(steering)
    derivative = turns * slopes.swapaxes(1, 2)[:, None] * steering
    derivative -= steering @ (inverse @ derivative)

    projected = inverse @ covariances
    spectra = projected @ inverse.conj().swapaxes(2, 3)
    total = np.trace(covariances, axis1=2, axis2=3).real
    signal = (projected.swapaxes(2, 3) * steering).sum((2, 3)).real
    least = _LEAST_NOISE * total + np.finfo(float).tiny ** 0.25
    noise = np.maximum(total - signal, least) / (n_mics - n_sources)

    gradient = -2 * (projected.swapaxes(2, 3) * derivative).sum(2).real
    curvature = derivative.conj().swapaxes(2, 3) @ derivative
    curvature = 2 * (curvature * spectra.swapaxes(2, 3)).real
    return (
        np.log(noise).sum(1),
        (gradient / noise[..., None]).sum(1),
        (curvature / noise[..., None, None]).sum(1),
        np.einsum("nfkk->nk", spectra).real,
    )
