"""What files of strangers can do: run from the root of the repository."""
