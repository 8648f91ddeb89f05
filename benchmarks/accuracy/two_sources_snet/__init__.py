"""A training of SNet-Split on two cores: new mixtures in each step, and a loss of each block."""
