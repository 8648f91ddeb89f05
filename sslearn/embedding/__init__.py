"""Transformers to spaces where distance means angle."""

from sslearn.embedding._laplacian_eigenmaps import LaplacianEigenmaps
from sslearn.embedding._siamese import SiameseEmbedding

__all__ = ["LaplacianEigenmaps", "SiameseEmbedding"]
