"""How often faults of a set-up are found."""
