"""Smaller studies of Tang, Taseska and van Waterschoot 2022: what changes the embeddings."""
