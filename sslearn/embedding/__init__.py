"""Transformers to spaces where distance means angle."""

from sslearn.embedding._siamese import SiameseEmbedding

__all__ = ["SiameseEmbedding"]
