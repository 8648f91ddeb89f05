"""The classical localizers in noise of four kinds."""
