"""How often the sets of conformal localizers contain the source, at home and away."""
