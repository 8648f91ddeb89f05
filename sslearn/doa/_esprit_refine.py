"""Maximum likelihood around given directions, over all frequencies at once."""

import numpy as np
from sklearn.utils import gen_batches

from sslearn.doa._esprit_roots import left_inverse

# Noise below this share of the power is rounding.
_LEAST_NOISE = 1e-9
# Damping of the first step, and how it changes after a good and a bad one.
_DAMPING, _LESS, _MORE = 1e-3, 0.1, 100.0
# Bytes of the steering vectors of a batch.
_STEERED_BYTES = 2**21
# Below this share, what the others leave of a steering vector is rounding.
_LEAST_REST = 1e-9


def refine_values(covariances, waves, values, paths, *, n_steps, tol=1e-7):
    """Raise the likelihood by damped Gauss-Newton steps (Levenberg-Marquardt).

    Parameters
    ----------
    covariances : ndarray of shape (n, n_freqs, n_mics, n_mics)
        Hermitian matrices.
    waves : ndarray of shape (n_freqs,)
        Wave numbers in 1/m.
    values : ndarray of shape (n, n_sources)
        Sines (line) or azimuths in radians (circle) of the sources.
    paths : callable
        From values to the paths by which each microphone is ahead of the centre, in metres, and
        their derivatives, each of shape (n, n_sources, n_mics).
    n_steps : int
        Largest number of steps.
    tol : float, default=1e-7
        Samples whose values move by less have converged.

    Returns
    -------
    values : ndarray of shape (n, n_sources)
        Refined; steps that lower the likelihood are not taken.
    powers : ndarray of shape (n, n_sources)
        Power of each source over all frequencies.

    Notes
    -----
    With unknown signals, and an unknown power of the noise at each frequency, the likelihood is
    ``-sum over f of log tr(P R)``, P the projection orthogonal to all steering vectors.
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
    # (H + damping diag(H)) step = gradient; the least load keeps H of silence regular.
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

    # With the steering matrix A, its inverse B = A^+ and P = I - A B: tr(P R) = tr R - tr(B R A).
    projected = inverse @ covariances
    spectra = projected @ inverse.conj().swapaxes(2, 3)
    total = np.trace(covariances, axis1=2, axis2=3).real
    signal = (projected.swapaxes(2, 3) * steering).sum((2, 3)).real
    noise = np.maximum(total - signal, _least_noise(total)) / (n_mics - n_sources)

    # With D = P dA/dv: d tr(P R) / dv_k = -2 Re (B R D)_kk, and the Gauss-Newton curvature is
    # 2 Re [(D^H D)_kl (B R B^H)_lk]. Both are divided by the noise: d log x = dx / x, up to a
    # factor that cancels in the step.
    gradient = -2 * (projected.swapaxes(2, 3) * derivative).sum(2).real
    curvature = derivative.conj().swapaxes(2, 3) @ derivative
    curvature = 2 * (curvature * spectra.swapaxes(2, 3)).real
    return (
        np.log(noise).sum(1),
        (gradient / noise[..., None]).sum(1),
        (curvature / noise[..., None, None]).sum(1),
        np.einsum("nfkk->nk", spectra).real,
    )


def _least_noise(total):
    return _LEAST_NOISE * total + np.finfo(float).tiny ** 0.25


def profile_likelihood(covariances, waves, values, candidates, paths):
    """Share of the likelihood that a source keeps in other directions, the others fixed.

    Parameters
    ----------
    covariances : ndarray of shape (n, n_freqs, n_mics, n_mics)
        Hermitian matrices.
    waves : ndarray of shape (n_freqs,)
        Wave numbers in 1/m.
    values : ndarray of shape (n, n_sources)
        Sines or azimuths of the sources found, as of :func:`refine_values`.
    candidates : ndarray of shape (n_directions,)
        Sines or azimuths to score.
    paths : callable
        As :func:`refine_values` takes it.

    Returns
    -------
    shares : ndarray of shape (n, n_directions)
        Log-likelihood that a source adds at the candidate, over that which it adds where it was
        found; the largest of the sources.
    """
    n_sources = values.shape[1]
    ahead, elsewhere = paths(values)[0], paths(candidates)[0]
    step = max(1, _STEERED_BYTES // (16 * ahead[:, 0].size))
    found_gain = np.zeros((n_sources, len(values), 1))
    gain = np.zeros((n_sources, len(values), len(candidates)))
    for wave, R in zip(waves, covariances.swapaxes(0, 1), strict=True):
        found = np.exp(1j * wave * ahead).swapaxes(1, 2)
        least = _least_noise(_total(R))
        noise = np.log(np.maximum(_total(_without(found, R)[1]), least))
        for source in range(n_sources):
            rest = _without(np.delete(found, source, axis=2), R)
            noise_without = np.log(np.maximum(_total(rest[1]), least))
            found_gain[source] += noise_without - noise
            for some in gen_batches(len(candidates), step):
                steering = np.exp(1j * wave * elsewhere[some])
                left = np.maximum(_left(*rest, steering), least)
                gain[source, :, some] += noise_without - np.log(left)
    return (gain / np.maximum(found_gain, np.finfo(float).eps)).max(axis=0)


def _total(R):
    return np.trace(R, axis1=1, axis2=2).real[:, None]


def _without(steering, R):
    """Projector P orthogonal to steering vectors, and the covariance ``P R P^H``."""
    projector = np.eye(R.shape[-1]) - steering @ left_inverse(steering)
    return projector, projector @ R @ projector.conj().swapaxes(1, 2)


def _left(projector, R, steering):
    """Power (n, n_directions) of a projected covariance orthogonal to each steering vector.

    The projector leaves ``P a`` of ``a``; the power along it is ``a^H P R P a / a^H P a``.
    """
    along = (steering.conj() * (R @ steering.T).swapaxes(1, 2)).sum(axis=2).real
    length = (steering.conj() * (projector @ steering.T).swapaxes(1, 2)).sum(axis=2).real
    return _total(R) - along / np.maximum(length, _LEAST_REST * R.shape[-1])
