"""Checks that all displays share, and the parts of pipelines."""

import numpy as np

from sslearn.utils import import_optional
from sslearn.utils.param_validation import HasMethods, Integral, Interval, Real, StrOptions

AX = [HasMethods(["get_figure"]), None]
AXES = [*AX, list, tuple, np.ndarray]
SPECTRUM = {
    "ax": AX,
    "kind": [StrOptions({"polar", "line", "map"}), None],
    "scale": [StrOptions({"linear", "db"})],
    "dynamic_range": [Interval(Real, 0, np.inf, closed="neither")],
}
COMPONENT = [StrOptions({"azimuth", "elevation"}), None]


def check_axes(ax, n_axes):
    """A flat array of ``n_axes`` matplotlib Axes."""
    axes = np.array(ax, dtype=object).ravel()
    if len(axes) != n_axes or not all(hasattr(each, "get_figure") for each in axes):
        raise ValueError(f"ax must hold {n_axes} axes; got {len(axes)} of {ax!r}.")
    return axes


def axes_of_kind(ax, kind, size, display):
    """The given axes, which must suit the kind of picture, or axes in a new figure."""
    if ax is not None:
        if (ax.name == "polar") != (kind == "polar"):
            raise ValueError(
                f"ax must be {'polar' if kind == 'polar' else 'plain'} axes for kind={kind!r}; got "
                f"{ax.name!r}. Make polar ones with subplots(subplot_kw="
                "{'projection': 'polar'})."
            )
        return ax
    plt = import_optional("matplotlib.pyplot", display)
    figure = plt.figure(figsize=size, layout="constrained")
    return figure.add_subplot(projection="polar" if kind == "polar" else None)


def check_rows(y, X, sample=0):
    """Raise unless there is such a sample, and y, if any, is as long as X."""
    try:
        n_rows = len(X)
    except TypeError as error:
        raise TypeError(f"X must hold samples; got {type(X).__name__}.") from error
    if not isinstance(sample, Integral) or not -n_rows <= sample < n_rows:
        raise ValueError(f"sample must be the index of one of {n_rows} rows of X; got {sample!r}.")
    if y is not None and y.shape[:1] != (n_rows,):
        raise ValueError(f"y must have as many rows as X, {n_rows}; got shape {y.shape}.")
