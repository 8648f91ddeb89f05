"""Weights of ``recipes.ambisonic_histogram``: data, training and accuracy."""
