"""Products of channels at each frequency."""


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
