import numpy as np


def keep_freed_memory():
    """Let the allocator keep freed blocks of up to 32 MB instead of returning them to the system.

    For work in chunks, which allocates and frees many arrays: until a larger block has been freed,
    the GNU C library maps every array above 128 kB page by page, which takes longer than the
    arithmetic on it. So one block is allocated and freed here, without touching its pages. With
    other C libraries it does nothing.

    Examples
    --------
    >>> from sslearn.utils import keep_freed_memory
    >>> keep_freed_memory()
    """
    # The allocator raises its threshold to the size of freed blocks, header included, up to 32 MiB.
    np.empty(2**25 - 2**16, dtype=np.uint8)
