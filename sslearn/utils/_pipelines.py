"""Estimators inside pipelines and searches."""


def split_pipeline(estimator):
    """Split an estimator into the steps before the last one and the last one.

    Parameters
    ----------
    estimator : object
        Estimator, or Pipeline or fitted search over one, in any order and depth.

    Returns
    -------
    steps : list of object
        Steps before the last one, without those that pass X on as it is.
    last : object
        The last step.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sslearn.utils import split_pipeline
    >>> split_pipeline(make_pipeline(StandardScaler(), Ridge()))
    ([StandardScaler()], Ridge())
    """
    steps, last = [], getattr(estimator, "best_estimator_", estimator)
    while hasattr(last, "steps"):
        steps += [step for _, step in last.steps[:-1] if step not in (None, "passthrough")]
        last = last.steps[-1][1]
        last = getattr(last, "best_estimator_", last)
    return steps, last
