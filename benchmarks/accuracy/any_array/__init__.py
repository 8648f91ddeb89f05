"""Localizers for any array: data, training and accuracy."""
