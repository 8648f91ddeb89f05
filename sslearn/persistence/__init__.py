"""Estimators in files that run no code when they are loaded."""

from sslearn.persistence._contract import input_contract
from sslearn.persistence._model_file import ModelInfo, describe, load, save
from sslearn.persistence._onnx import to_onnx

__all__ = ["ModelInfo", "describe", "input_contract", "load", "save", "to_onnx"]
