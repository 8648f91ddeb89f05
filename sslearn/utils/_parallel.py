import sys

from sklearn.utils.parallel import Parallel, delayed


def run_parallel(calls, n_jobs=None, **kwargs):
    """Run independent calls by joblib, with the configuration of scikit-learn in every worker.

    Parameters
    ----------
    calls : iterable of callable
        Calls without arguments, such as :func:`functools.partial` of a function of a module.
    n_jobs : int, default=None
        Number of jobs; None means 1, or the setting of :func:`joblib.parallel_config`, but 1
        within a task of Dask.
    **kwargs : object
        Passed to :class:`joblib.Parallel`. ``prefer="threads"`` is a default that
        ``joblib.parallel_config(backend=...)`` overrides.

    Returns
    -------
    results : list or generator
        What the calls return, in their order.

    Notes
    -----
    The arguments must be inside the calls. joblib's backend for Dask would place each larger
    argument in the memory of one worker, and lose it, and with it the whole run, together with
    that worker.

    Examples
    --------
    >>> from functools import partial
    >>> from sslearn.utils import run_parallel
    >>> run_parallel([partial(abs, -1), partial(abs, 2)])
    [1, 2]
    """
    n_jobs = 1 if n_jobs is None and _in_dask_task() else n_jobs
    return Parallel(n_jobs, **kwargs)(delayed(call)() for call in calls)


def _in_dask_task():
    """Whether this thread works on a task of Dask.

    joblib would send the calls of a task to the cluster, which would wait for itself.
    """
    if "distributed" not in sys.modules:
        return False
    from distributed import get_worker

    try:
        return get_worker() is not None
    except ValueError:
        return False
