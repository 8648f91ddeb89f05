"""Sets of directions that contain the source with a given probability."""

from sslearn.calibration._conformal import ConformalLocalizer
from sslearn.calibration._quantile import conformal_quantile

__all__ = ["ConformalLocalizer", "conformal_quantile"]
