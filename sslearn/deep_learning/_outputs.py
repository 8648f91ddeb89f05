"""Inputs and outputs of a module: a tensor, or tuples of tensors."""

import numpy as np
import torch

# Outputs that are decoded at once.
_BLOCK_BYTES = 2**26


def map_tensors(function, tensors):
    """Apply a function to a tensor, or to each one of nested tuples of tensors.

    Parameters
    ----------
    function : callable
        Function of a tensor.
    tensors : torch.Tensor or tuple
        Inputs or outputs of a module.

    Returns
    -------
    results : object or tuple
        What the function returns, laid out like ``tensors``.
    """
    if isinstance(tensors, tuple):
        return tuple(map_tensors(function, part) for part in tensors)
    return function(tensors)


def first_tensor(tensors):
    """Return a tensor, or the first one of nested tuples of tensors.

    Parameters
    ----------
    tensors : torch.Tensor or tuple
        Inputs or outputs of a module.

    Returns
    -------
    tensor : torch.Tensor
        The first tensor.
    """
    return first_tensor(tensors[0]) if isinstance(tensors, tuple) else tensors


def _joined(chunks):
    if isinstance(chunks[0], tuple):
        return tuple(_joined(parts) for parts in zip(*chunks, strict=True))
    return np.concatenate(chunks)


def forward(module, load, chunk_size, rows, finish=None):
    """Compute outputs of a module in evaluation mode chunk by chunk, as one array.

    Parameters
    ----------
    module : torch.nn.Module
        Module.
    load : callable
        Function that yields the inputs, a tensor or a tuple of tensors, for each of several index
        tensors.
    chunk_size : int
        Rows per forward pass.
    rows : torch.Tensor of shape (n_rows,)
        Samples.
    finish : callable, default=None
        Function of the outputs of consecutive samples that returns a smaller array, of one shape
        per sample. The outputs of all samples are then not held at once.

    Returns
    -------
    outputs : ndarray of shape (n_rows, ...) or tuple
        Outputs, or what ``finish`` makes of them; a tuple of arrays if the module returns a tuple.
    """
    module.eval()
    with torch.inference_mode():
        # A generator: one chunk of outputs is in memory at a time where `finish` shrinks them.
        outputs = (
            _as_arrays(module(x), first_tensor(x).dtype) for x in load(rows.split(chunk_size))
        )
        if finish is not None:
            outputs = (finish(_joined(block)) for block in _blocks(outputs))
        return _joined(list(outputs))


def _as_arrays(tensors, dtype):
    return map_tensors(lambda tensor: tensor.to(dtype).cpu().numpy(), tensors)


def _blocks(arrays):
    """Lists of consecutive arrays, of about ``_BLOCK_BYTES`` each."""
    block, n_bytes = [], 0
    for array in arrays:
        block.append(array)
        n_bytes += first_tensor(array).nbytes
        if n_bytes >= _BLOCK_BYTES:
            yield block
            block, n_bytes = [], 0
    if block:
        yield block
