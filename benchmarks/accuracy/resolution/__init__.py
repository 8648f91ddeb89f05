"""How close two sources may be for the classical localizers."""
