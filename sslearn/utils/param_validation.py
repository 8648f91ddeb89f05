"""Private and experimental names of scikit-learn, which are imported here only."""

from functools import wraps
from inspect import signature
from numbers import Integral, Real

from sklearn.base import _fit_context
from sklearn.metrics._scorer import _BaseScorer
from sklearn.utils import _pprint
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    make_constraint,
    validate_parameter_constraints,
    validate_params,
)
from sklearn.utils._set_output import _get_container_adapter, _safe_set_output
from sklearn.utils.validation import _check_method_params, _check_sample_weight, _num_samples

from sslearn.utils._printing import shorten_arrays

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn before 1.9
    from sslearn.utils._no_callbacks import CallbackSupportMixin, with_callbacks

if hasattr(_pprint, "_changed_params"):  # otherwise arrays are printed in full
    _pprint._changed_params = shorten_arrays(_pprint._changed_params)

__all__ = [
    "CallbackSupportMixin",
    "HasMethods",
    "Integral",
    "Interval",
    "InvalidParameterError",
    "Options",
    "Real",
    "StrOptions",
    "_BaseScorer",
    "_check_method_params",
    "_check_sample_weight",
    "_fit_context",
    "_get_container_adapter",
    "_num_samples",
    "_safe_set_output",
    "validate_params",
    "validated",
    "with_callbacks",
]


def validated(**constraints):
    """Decorate a function that checks the arguments it is given.

    It costs 2 us where scikit-learn's ``validate_params`` costs 100, so that functions of a few
    microseconds can be checked too.
    """
    checks = {
        name: [make_constraint(kind) for kind in kinds] for name, kinds in constraints.items()
    }

    def decorate(function):
        names = list(signature(function).parameters)

        @wraps(function)
        def checked(*args, **kwargs):
            for name, value in (*zip(names, args, strict=False), *kwargs.items()):
                # Only a failed check calls scikit-learn, for its error message.
                kinds = checks.get(name)
                if kinds and not any(kind.is_satisfied_by(value) for kind in kinds):
                    validate_parameter_constraints(
                        constraints, {name: value}, caller_name=function.__qualname__
                    )
            return function(*args, **kwargs)

        return checked

    return decorate
