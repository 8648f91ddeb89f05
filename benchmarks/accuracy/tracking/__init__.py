"""Tracks of two moving talkers."""
