"""Threads, precision and memory of torch in trainings."""

import ctypes
import platform

import torch

# Parameters of ``mallopt``, and what is kept of freed memory, in bytes.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT = 2**30
# Precisions, and what the estimators call them; ``"tf32"`` tells products on a GPU alone.
PRECISIONS = {"full": "full", "tf32": "full", "bfloat16": "bfloat16"}


def set_up_torch(n_threads, precision):
    """Set the threads and the arithmetic of torch, and let freed memory be used again.

    Layers of a few dozen MB are otherwise taken from the system and given back at each step, which
    costs PNN a third of its time.

    Parameters
    ----------
    n_threads : int
        Threads.
    precision : {"full", "tf32", "bfloat16"}
        Precision of training.
    """
    torch.set_num_threads(n_threads)
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _KEPT)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT)
