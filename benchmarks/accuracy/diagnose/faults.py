"""Faults of a set-up: what falsifies recordings, positions or the rate."""

from functools import partial

import numpy as np

from sslearn.doa._diagnose_fit import ArrayFit
from sslearn.geometry import circular_grid, mic_pairs, propagation_delays


def swapped(X, mics, fs, rng, *, hidden):
    """Two channels exchanged; ``hidden`` where the delays are then those of the array, mirrored."""
    fit, delays = ArrayFit(mics, 343.0), propagation_delays(mics, circular_grid(15.0))
    delays -= delays.mean(axis=1, keepdims=True)
    orders = np.repeat(np.arange(len(mics))[None], len(mics) * (len(mics) - 1) // 2, axis=0)
    for order, pair in zip(orders, mic_pairs(len(mics)), strict=True):
        order[pair] = pair[::-1]
    misfits = [np.sqrt(np.mean(np.square(fit.misfit(delays[:, order])))) for order in orders]
    orders = orders[(np.array(misfits) < 0.06) == hidden]
    if len(orders) == 0:
        return None
    return X[:, orders[rng.integers(len(orders))]], mics, fs


def with_channel(X, mics, fs, rng, *, change):
    """One channel of three or more changed."""
    if len(mics) < 3 and change is not negated and change is not silenced:
        return None
    i, j = rng.choice(len(mics), 2, replace=False)
    X = X.copy()
    X[:, i] = change(X[:, i], X[:, j], rng)
    return X, mics, fs


def noisy_copy(own, other, rng, *, level=10**-1.5):
    """Another channel and a little noise."""
    return other + level * other.std() * rng.standard_normal(own.shape)


def own_noise(own, other, rng):
    """Noise alone, at a hundredth of the level."""
    return 0.01 * own.std() * rng.standard_normal(own.shape)


def negated(own, other, rng):
    """The same with opposite sign."""
    return -own


def silenced(own, other, rng):
    """Silence."""
    return 0 * own


def transposed(X, mics, fs, rng):
    """Positions of three microphones as (3, n_mics)."""
    for _ in range(100):
        some = rng.choice(len(mics), min(3, len(mics)), replace=False)
        if np.linalg.matrix_rank(mics[some] - mics[some].mean(axis=0), tol=1e-3) == 2:
            turned = mics[some].T
            apart = np.linalg.norm(turned[:, None] - turned, axis=2)[np.triu_indices(3, 1)]
            return (X[:, some], turned, fs) if apart.min() > 1e-3 else None
    return None


def common_noise(X, mics, fs, rng):
    """The same noise in all channels, as loud as the sound."""
    return X + X.std() * rng.standard_normal((len(X), 1, X.shape[2])), mics, fs


def clipped(X, mics, fs, rng):
    """Clipped at a third of the highest value."""
    return np.clip(X, -np.abs(X).max() / 3, np.abs(X).max() / 3), mics, fs


def copied(X, mics, fs, rng):
    """One channel in place of all, with a little noise."""
    return np.repeat(X[:, :1], len(mics), axis=1), mics, fs


# case: (row in which it must be found, what falsifies)
FAULTS = {
    "millimetres": ("units", lambda X, mics, fs, rng: (X, 1000 * mics, fs)),
    "centimetres": ("units", lambda X, mics, fs, rng: (X, 100 * mics, fs)),
    "8 kHz": ("sampling_rate", lambda X, mics, fs, rng: (X, mics, 8000)),
    "44.1 kHz": ("sampling_rate", lambda X, mics, fs, rng: (X, mics, 44100)),
    "48 kHz": ("sampling_rate", lambda X, mics, fs, rng: (X, mics, 48000)),
    "two swapped channels": ("order", partial(swapped, hidden=False)),
    "two swapped channels, hidden": ("order", partial(swapped, hidden=True)),
    "transposed": ("transposed", transposed),
    "doubled channel": ("doubled", partial(with_channel, change=lambda own, other, rng: other)),
    "doubled, noise at -30 dB": ("doubled", partial(with_channel, change=noisy_copy)),
    "silent channel": ("dead", partial(with_channel, change=silenced)),
    "channel of own noise": ("dead", partial(with_channel, change=own_noise)),
    "inverted polarity": ("polarity", partial(with_channel, change=negated)),
    "one channel in all": ("mono", copied),
    "clipped": ("clipped", clipped),
    "offset": ("offset", lambda X, mics, fs, rng: (X + X.std(), mics, fs)),
    "common noise, 0 dB": ("common_noise", common_noise),
}
