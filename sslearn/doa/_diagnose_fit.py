"""How well delays of channels fit positions of microphones, also in another order."""

from itertools import combinations, permutations

import numpy as np

# Axes along which the array is this much shorter than along its longest are ignored.
_FLAT = 0.05
# Up to this number of channels all orders are tried; beyond, one swap after another.
_MAX_EXHAUSTIVE = 7
# Misfits below this share of the size of the array count as equal.
_SAME_FIT = 0.03
# Relative excess of the slowness over that of sound that does not count.
_TOLERANCE = 0.1
# Extent in metres above which waves of near sources are noticeably bent.
_LARGE = 0.3
_N_WAVES = 24


class ArrayFit:
    """Fits of waves to delays at an array.

    Parameters
    ----------
    mic_positions : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    speed_of_sound : float
        Speed of sound in metres per second.

    Attributes
    ----------
    n_dims : int
        Number of dimensions that the array spans clearly.
    size : float
        Root mean square distance of the microphones from their centre, in metres.
    """

    def __init__(self, mic_positions, speed_of_sound):
        mics = mic_positions - mic_positions.mean(axis=0)
        _, singular, basis = np.linalg.svd(mics, full_matrices=False)
        self.n_dims = int((singular > _FLAT * singular[0]).sum())
        self._axes = basis[: self.n_dims].T
        self._mics = mics @ self._axes
        self.size = np.linalg.norm(mics) / np.sqrt(len(mics))
        self.speed_of_sound = speed_of_sound
        # Delays = -mics @ slowness / c: least squares by the pseudo-inverse.
        self._inverse = np.linalg.pinv(self._mics)
        columns = np.column_stack([np.ones(len(mics)), self._mics, *self._bends()])
        self._span = np.linalg.svd(columns, full_matrices=False)[0]

    def _bends(self):
        """Columns for bent waves of near sources, if there are enough microphones."""
        axes = self._mics.T / self.size
        products = [axes[a] * axes[b] for a in range(len(axes)) for b in range(a + 1)]
        products += [axes[0] ** 3, axes[0] ** 4] if len(axes) == 1 else []
        enough = len(self._mics) >= 3 * (1 + len(axes) + len(products))
        return products if enough and np.ptp(self._mics, axis=0).max() > _LARGE else []

    def slowness(self, delays):
        """Slowness of the plane waves that fit best, over that of sound.

        Parameters
        ----------
        delays : ndarray of shape (..., n_mics)
            Delays in seconds.

        Returns
        -------
        slowness : ndarray of shape (..., n_dims)
            Of norm 1 (less, off a line or plane of microphones) if the array is as described.
        """
        return -self.speed_of_sound * delays @ self._inverse.T

    def project(self, vectors):
        """Vectors (..., 3) on the axes of the slowness."""
        return vectors @ self._axes

    def hidden_swaps(self):
        """Pairs of microphones whose swap leaves no misfit, because it mirrors the array."""
        n_mics = len(self._mics)
        waves = np.random.default_rng(0).standard_normal((_N_WAVES, self.n_dims))
        waves /= np.linalg.norm(waves, axis=1, keepdims=True)
        delays = -waves @ self._mics.T / self.speed_of_sound
        pairs = list(combinations(range(n_mics), 2))
        fits = self._misfits(delays, _swapped(np.arange(n_mics), pairs)) < _SAME_FIT
        return [pair for pair, fitting in zip(pairs, fits, strict=True) if fitting]

    def misfit(self, delays):
        """Misfit of the best wave, as a share of the size of the array.

        Parameters
        ----------
        delays : ndarray of shape (..., n_mics)
            Delays in seconds.

        Returns
        -------
        misfit : ndarray of shape (...)
            Root mean square residual, and how far the slowness is from that of sound.
        """
        leads = self.speed_of_sound * delays / self.size
        rest = leads - leads @ self._span @ self._span.T
        norm = np.linalg.norm(self.slowness(delays), axis=-1)
        excess = norm - 1.0 if self.n_dims < 3 else np.abs(norm - 1.0)
        excess = np.maximum(excess - _TOLERANCE, 0.0)
        return np.sqrt(np.square(rest).mean(axis=-1) + np.square(excess))

    def best_order(self, delays):
        """Order of the channels that fits best, with the fewest changes.

        Parameters
        ----------
        delays : ndarray of shape (n_clips, n_mics)
            Delays in seconds.

        Returns
        -------
        order : tuple of int
            Channel ``order[m]`` is that of microphone m.
        misfit : float
            Root mean square misfit in this order.
        """
        n_mics = delays.shape[1]
        if n_mics <= _MAX_EXHAUSTIVE:
            orders = np.array(list(permutations(range(n_mics))))
            misfits = self._misfits(delays, orders)
            moves = (orders != np.arange(n_mics)).sum(axis=1)
            fitting = misfits <= np.hypot(1.2 * misfits.min(), _SAME_FIT)
            best = np.lexsort([misfits, np.where(fitting, moves, n_mics + 1)])[0]
            return tuple(orders[best].tolist()), float(misfits[best])
        return self._best_swaps(delays)

    def _best_swaps(self, delays):
        order, swaps = np.arange(delays.shape[1]), list(combinations(range(delays.shape[1]), 2))
        misfit = self._misfits(delays, order[None])[0]
        for _ in range(len(order) // 2):
            orders = _swapped(order, swaps)
            misfits = self._misfits(delays, orders)
            if misfits.min() > 0.8 * misfit or misfit < _SAME_FIT:
                break
            order, misfit = orders[misfits.argmin()], misfits.min()
        return tuple(order.tolist()), float(misfit)

    def _misfits(self, delays, orders):
        """Root mean square misfit of each order, a few clips at a time."""
        squares = sum(np.square(self.misfit(row[orders])) for row in delays)
        return np.sqrt(squares / len(delays))


def _swapped(order, pairs):
    """Orders (n_pairs, n_mics) with two entries swapped in each."""
    orders = np.repeat(order[None], len(pairs), axis=0)
    for row, (i, j) in zip(orders, pairs, strict=True):
        row[[i, j]] = row[[j, i]]
    return orders
