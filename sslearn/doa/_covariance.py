"""Products of channels at each frequency, and the forms that steer them."""

import numpy as np

from sslearn.geometry import mic_pairs


def covariance(X):
    """Mean over the frames of the products of all channels.

    Parameters
    ----------
    X : ndarray of shape (n, n_channels, n_freqs, n_frames)
        Spectra.

    Returns
    -------
    covariance : ndarray of shape (n, n_freqs, n_channels, n_channels)
        ``mean_t X[i] conj(X[j])``.
    """
    X = X.transpose(0, 2, 1, 3)
    return X @ X.conj().swapaxes(2, 3) / X.dtype.type(X.shape[3])


def upper_pairs(matrices):
    """Real and imaginary parts of what stands above the diagonal.

    Parameters
    ----------
    matrices : ndarray of shape (..., n, n)
        Hermitian matrices.

    Returns
    -------
    pairs : ndarray of shape (..., 2 * n_pairs)
        Real parts, then imaginary parts.
    """
    i, j = mic_pairs(matrices.shape[-1]).T
    pairs = matrices[..., i, j]
    return np.concatenate([pairs.real, pairs.imag], axis=-1)


def steered_pairs(steering):
    """What turns the pairs of a Hermitian matrix into its quadratic form for each direction.

    Parameters
    ----------
    steering : ndarray of shape (..., n_directions, n_mics)
        Steering vectors a of modulus 1.

    Returns
    -------
    steered : ndarray of shape (..., 2 * n_pairs, n_directions)
        ``a^H H a = trace(H) + upper_pairs(H) @ steered``.
    """
    i, j = mic_pairs(steering.shape[-1]).T
    # conj(a_i) H_ij a_j and its conjugate: twice the real part.
    products = 2 * (steering[..., i].conj() * steering[..., j])
    return np.concatenate([products.real, -products.imag], axis=-1).swapaxes(-1, -2)
