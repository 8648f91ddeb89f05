"""Audio to spectra to cues: transformers of X."""

from sslearn.features._binaural_cues import BinauralCues

__all__ = ["BinauralCues"]
