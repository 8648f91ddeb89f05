"""Angular errors, accuracy, tables and scorers."""

from sslearn.metrics import pairwise
from sslearn.metrics._angular import (
    angular_error,
    d2_angular_error_score,
    localization_accuracy_score,
    mean_angular_error,
    median_angular_error,
)
from sslearn.metrics._report import localization_report
from sslearn.metrics._scorer import get_scorer, get_scorer_names

__all__ = [
    "angular_error",
    "d2_angular_error_score",
    "get_scorer",
    "get_scorer_names",
    "localization_accuracy_score",
    "localization_report",
    "mean_angular_error",
    "median_angular_error",
    "pairwise",
]
