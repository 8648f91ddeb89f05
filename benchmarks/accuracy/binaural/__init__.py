"""Binaural localizers of Tang, Taseska and van Waterschoot 2022, with measured heads."""
