"""Weights of a binaural localizer for any head: data, training and accuracy."""
