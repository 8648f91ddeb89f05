"""The classical localizers on measured arrays."""
