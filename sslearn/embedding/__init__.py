"""Transformers to spaces in which the distance follows the angle."""

from sslearn.embedding._laplacian_eigenmaps import LaplacianEigenmaps
from sslearn.embedding._siamese import SiameseEmbedding

__all__ = ["LaplacianEigenmaps", "SiameseEmbedding"]
