"""Regression against classification of directions on the sphere."""
