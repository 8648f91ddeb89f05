import numpy as np


def keep_freed_memory():
    """Let the allocator keep freed blocks of up to 32 MB instead of returning them to the system.

    For work in chunks whose arrays come and go: with the GNU C library every array above 128 kB
    is mapped anew, page by page, which takes longer than the arithmetic on it, until a larger one
    was freed once. So one is freed here; its pages are never touched. Elsewhere it does nothing.
    """
    # The threshold of the allocator follows freed blocks up to 32 MiB, its own header included.
    np.empty(2**25 - 2**16, dtype=np.uint8)
