"""A training of SNet-Split on two cores: mixtures drawn anew in each step, losses of blocks."""
