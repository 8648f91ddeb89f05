"""Samples that training uses: those of positive weight, less those held out for validation."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import column_or_1d

from sslearn.utils import check_weights


@dataclass
class TrainingRows:
    """Samples to train on, with their weights and groups.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        Positions in X of the samples of positive weight.
    weight : ndarray of shape (n_samples,) or None
        Weight of each sample of X, 1 on average over ``rows``; None if all of them weigh the same.
    groups : ndarray of shape (n_rows,) or None
        Number of the group of each of ``rows``.
    """

    rows: np.ndarray
    weight: np.ndarray | None
    groups: np.ndarray | None

    def padded_weight(self, n_samples):
        """Weights of all samples; the last ones, for validation, have the weight 1.

        Parameters
        ----------
        n_samples : int
            Number of samples of X and X_val.

        Returns
        -------
        weight : ndarray of shape (n_samples,) or None
            Weights; None if all samples of X weigh the same.
        """
        if self.weight is None:
            return None
        return np.pad(self.weight, (0, n_samples - len(self.weight)), constant_values=1.0)

    def hold_out(self, fraction, generator):
        """Draw the samples for validation, at random or by whole groups.

        Parameters
        ----------
        fraction : float or None
            Fraction of the samples to hold out; of groups, as near to it as their sizes allow.
        generator : torch.Generator
            Source of the order of samples and groups.

        Returns
        -------
        train_rows, valid_rows : torch.Tensor of shape (n,)
            Shuffled positions in X.
        """
        import torch

        from sslearn.deep_learning._engine import permutation

        order = permutation(len(self.rows), generator)
        rows = torch.from_numpy(self.rows)[order]
        if not fraction:
            return rows, rows[:0]
        if self.groups is None:
            n_valid = max(min(int(fraction * len(rows)), len(rows) - 2), 0)
            return rows[n_valid:], rows[:n_valid]
        sizes = np.bincount(self.groups)
        groups = permutation(len(sizes), generator).numpy()
        # All but the last group at most, and one at least.
        misses = np.abs(np.cumsum(sizes[groups])[:-1] - fraction * len(rows))
        held_out = np.isin(self.groups[order.numpy()], groups[: misses.argmin() + 1])
        return rows[~held_out], rows[held_out]


def training_rows(X, sample_weight=None, groups=None):
    """Find the samples to train on.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Samples; only their number counts.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights. A sample of weight 0 is not used at all.
    groups : array-like of shape (n_samples,), default=None
        Group of each sample.

    Returns
    -------
    rows : TrainingRows
        Positions, weights and groups.

    Raises
    ------
    ValueError
        If a weight or the number of weights or groups is not valid, or less than two samples, or
        a single group, remain.
    """
    weight, rows = None, np.arange(len(X))
    if sample_weight is not None:
        weight = check_weights(sample_weight, rows)
        rows = np.flatnonzero(weight)
        if len(rows) < 2:
            raise ValueError(
                f"sample_weight must be positive for at least 2 samples; got {len(rows)}. "
                "Samples of weight 0 are not used."
            )
        equal = np.ptp(weight[rows]) == 0
        weight = None if equal else weight / weight[rows].mean()
    return TrainingRows(rows, weight, None if groups is None else _numbered(groups, X, rows))


def _numbered(groups, X, rows):
    if np.shape(groups)[:1] != (len(X),):
        raise ValueError(
            f"groups must hold a label per sample; got shape {np.shape(groups)} for {len(X)} "
            "samples."
        )
    names, numbers = np.unique(column_or_1d(groups)[rows], return_inverse=True)
    if len(names) < 2:
        raise ValueError(
            f"groups must name at least 2 groups, because one is held out; got {names.tolist()}. "
            "Give X_val and y_val instead, or no groups."
        )
    return numbers
