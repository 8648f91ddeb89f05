"""Detection and localization of two moving talkers, after IPDnet2 (2025)."""
