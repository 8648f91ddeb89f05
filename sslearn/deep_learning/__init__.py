"""Localizers that are trained: a network, an encoding of the target and a loss."""
