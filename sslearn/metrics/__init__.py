"""Angular errors, accuracy, maps against boxes, tables and scorers."""

from sslearn.metrics import pairwise
from sslearn.metrics._angular import (
    angular_error,
    d2_angular_error_score,
    localization_accuracy_score,
    mean_angular_error,
    median_angular_error,
)
from sslearn.metrics._box_checks import check_boxes
from sslearn.metrics._boxes import (
    consensus_iou,
    consensus_iou_score,
    iou_auc_score,
    pointing_accuracy_score,
)
from sslearn.metrics._classes import class_accuracy_score
from sslearn.metrics._front_back import front_back_confusion_rate
from sslearn.metrics._identities import identity_switches
from sslearn.metrics._matching import match_sources
from sslearn.metrics._report import localization_report
from sslearn.metrics._scorer import angular_scorers, get_scorer, get_scorer_names
from sslearn.metrics._sets import coverage_score, is_covered, mean_set_width, set_widths
from sslearn.metrics._sources import (
    detection_error,
    false_alarm_rate,
    matched_angular_error,
    missed_detection_rate,
)

__all__ = [
    "angular_error",
    "angular_scorers",
    "check_boxes",
    "class_accuracy_score",
    "consensus_iou",
    "consensus_iou_score",
    "coverage_score",
    "d2_angular_error_score",
    "detection_error",
    "false_alarm_rate",
    "front_back_confusion_rate",
    "get_scorer",
    "get_scorer_names",
    "identity_switches",
    "iou_auc_score",
    "is_covered",
    "localization_accuracy_score",
    "localization_report",
    "match_sources",
    "matched_angular_error",
    "mean_angular_error",
    "mean_set_width",
    "median_angular_error",
    "missed_detection_rate",
    "pairwise",
    "pointing_accuracy_score",
    "set_widths",
]
