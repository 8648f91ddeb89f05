"""Arrays among the parameters of our estimators, printed by their shape.

scikit-learn prints nested estimators by one function, which collects the changed parameters of each
and prints the ``repr`` of their values: positions and grids fill a screen, also in a Pipeline or a
search. Only there can both be printed shortly, so that function is wrapped, for our estimators.
"""

from functools import wraps

import numpy as np

# Arrays of at most this many numbers, such as a range, are printed as they are.
_MAX_SIZE = 6


class _Shape:
    """Stands for an array in a ``repr``."""

    def __init__(self, array):
        self.shape = array.shape

    def __repr__(self):
        return f"array of shape {self.shape}"


def shorten_arrays(changed_params):
    """Wrap scikit-learn's list of printed parameters.

    Parameters
    ----------
    changed_params : callable
        Function of an estimator that returns its parameters to print, as a dict.

    Returns
    -------
    changed_params : callable
        The same function, whose arrays are replaced by their shapes for estimators of sslearn.
    """

    @wraps(changed_params)
    def short(estimator):
        params = changed_params(estimator)
        if not any(base.__module__.startswith("sslearn.") for base in type(estimator).__mro__):
            return params
        is_long = {k: isinstance(v, np.ndarray) and v.size > _MAX_SIZE for k, v in params.items()}
        return {k: _Shape(v) if is_long[k] else v for k, v in params.items()}

    return short
