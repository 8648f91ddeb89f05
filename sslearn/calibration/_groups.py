"""Labels of groups, and splits that keep groups whole."""

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit


def group_numbers(groups, n_samples):
    """Labels of groups, and the number of the label of each sample."""
    try:
        # A list makes an array of plain strings from the strings of pandas.
        labels = np.asarray(groups.tolist() if hasattr(groups, "tolist") else groups)
        names, numbers = np.unique(labels, return_inverse=True)
    except (TypeError, ValueError) as error:
        raise ValueError(f"groups must hold labels of one kind: {error}.") from error
    if labels.shape != (n_samples,):
        raise ValueError(
            f"groups must hold a label for each of {n_samples} samples; got shape {labels.shape}."
        )
    return names, numbers


def split_rows(rows, groups, fraction, rng):
    """Two parts of the rows, the second one with a fraction of them, or of their groups."""
    if groups is None:
        parts = ShuffleSplit(1, test_size=fraction, random_state=rng).split(rows)
    else:
        groups = groups[rows]
        if len(np.unique(groups)) < 2:
            raise ValueError(
                f"groups must hold at least 2 groups to split; got {np.unique(groups).tolist()}."
            )
        splitter = GroupShuffleSplit(1, test_size=fraction, random_state=rng)
        parts = splitter.split(rows, groups=groups)
    first, second = next(parts)
    return rows[np.sort(first)], rows[np.sort(second)]
