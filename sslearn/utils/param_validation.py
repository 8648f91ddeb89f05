"""Private and experimental names of scikit-learn, which are imported here only."""

from numbers import Integral, Real

from sklearn.base import _fit_context
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils import _pprint
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_params,
)
from sklearn.utils._set_output import _get_container_adapter, _safe_set_output
from sklearn.utils.validation import _check_sample_weight

from sslearn.utils._printing import shorten_arrays

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
    "_check_sample_weight",
    "_fit_context",
    "_get_container_adapter",
    "_safe_set_output",
    "validate_params",
    "validated",
    "with_callbacks",
]


def validated(**constraints):
    """Decorate a public function whose parameters are checked, but not in calls from others."""
    return validate_params(constraints, prefer_skip_nested_validation=True)
