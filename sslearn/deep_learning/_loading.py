"""Inputs of mini-batches, made by threads while the network works on those before."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sklearn import get_config, set_config


def made_ahead(make, parts, n_threads):
    """Give what a function makes of each part, in the order of the parts.

    joblib's generators are not used because they work ahead of their consumer without a bound.

    Parameters
    ----------
    make : callable
        Function of a part.
    parts : iterable
        The parts.
    n_threads : int
        Threads, each of which is one part ahead of what was given last. With 1 a part is made
        when it is asked for, without a thread.

    Yields
    ------
    made : object
        ``make(part)``.
    """
    if n_threads == 1:
        yield from map(make, parts)
        return
    made = deque()
    # The configuration of scikit-learn belongs to a thread.
    configure = partial(set_config, **get_config())
    with ThreadPoolExecutor(n_threads, initializer=configure) as pool:
        for part in parts:
            made.append(pool.submit(make, part))
            if len(made) > n_threads:
                yield made.popleft().result()
        while made:
            yield made.popleft().result()
