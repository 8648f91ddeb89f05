import numpy as np

from sslearn.geometry import check_doa
from sslearn.plotting._options import AX
from sslearn.plotting._ticks import round_ticks
from sslearn.utils import import_optional, split_pipeline, to_numbers
from sslearn.utils.param_validation import validated

# An arc of at least this width without any azimuth means that the circle is not closed.
_OPEN_ARC = 90.0


def _spans_circle(azimuth):
    azimuth = np.sort(azimuth)
    # Gaps between neighbours, the one across +-180 degrees included.
    gaps = np.diff(azimuth, append=azimuth[0] + 360.0)
    return gaps.max() < _OPEN_ARC


def _angle_of(y, component):
    if not isinstance(component, str) or component not in ("azimuth", "elevation"):
        raise ValueError(f"component must be 'azimuth' or 'elevation'; got {component!r}.")
    if y.ndim == 1:
        if component == "elevation":
            raise ValueError("component='elevation' needs y of shape (n_samples, 2); got azimuths.")
        return y
    return y[:, int(component == "elevation")]


def _embed(estimator, X, component, y):
    """Output of the last transformer of a pipeline; with one embedding per angle, its block."""
    transformers, last = split_pipeline(estimator)
    if hasattr(last, "transform"):
        transformers = [*transformers, last]
    if not transformers:
        raise TypeError(
            "estimator must be a transformer, or a pipeline with one; got none but "
            f"{type(last).__name__}."
        )
    Z = X
    for transformer in transformers:
        Z = transformer.transform(Z)
    Z = np.asarray(Z)
    if getattr(last, "per_angle", False) and y is not None and y.ndim == 2:
        Z = np.split(Z, 2, axis=1)[int(component == "elevation")]
    return Z[:, :3], type(transformers[-1]).__name__


class EmbeddingDisplay:
    """Picture of an embedding, coloured by angle.

    It is recommended to use :meth:`from_estimator` or :meth:`from_embedding`.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, 2) or (n_samples, 3)
        Embedding.
    angle : ndarray of shape (n_samples,), default=None
        Angle of each sample in degrees; the points have one colour if None.
    component : {"azimuth", "elevation"}, default="azimuth"
        The angle. An azimuth all around the circle gets a cyclic colour map.
    name : str, default=None
        Name of the embedding, for the title.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the points.
    figure_ : matplotlib Figure
        Figure that contains the axes.
    scatter_ : matplotlib collection
        Points.
    colorbar_ : matplotlib Colorbar or None
        Scale of the angle.

    See Also
    --------
    LocalizationErrorDisplay : Picture of the errors.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.plotting import EmbeddingDisplay
    >>> azimuth = np.arange(-180, 180, 5)
    >>> Z = np.c_[np.cos(np.deg2rad(azimuth)), np.sin(np.deg2rad(azimuth))]
    >>> EmbeddingDisplay.from_embedding(Z, azimuth).scatter_.get_cmap().name
    'twilight'
    """

    def __init__(self, *, Z, angle=None, component="azimuth", name=None):
        self.Z = Z
        self.angle = angle
        self.component = component
        self.name = name

    @validated(ax=AX)
    def plot(self, ax=None, **kwargs):
        """Draw the points.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw, a 3-D axes if the embedding has three columns; a new figure if None.
        **kwargs : dict
            Passed to ``ax.scatter``: ``cmap``, ``s``, ``alpha``, ...

        Returns
        -------
        display : EmbeddingDisplay
            This object.

        Raises
        ------
        ValueError
            If the axes and the embedding differ in the number of dimensions.
        """
        is_3d = self.Z.shape[1] == 3
        if ax is None:
            plt = import_optional("matplotlib.pyplot", "EmbeddingDisplay")
            figure = plt.figure(figsize=(7.2, 6.0), layout="constrained")
            ax = figure.add_subplot(projection="3d" if is_3d else None)
        elif hasattr(ax, "zaxis") != is_3d:
            raise ValueError(
                f"ax must have as many dimensions as the embedding, {self.Z.shape[1]}. Make 3-D "
                "axes with figure.add_subplot(projection='3d')."
            )
        options = self._colors() | {"alpha": 0.85, "rasterized": True}
        options["s"] = np.clip(20000 / len(self.Z), 4, 24)
        if is_3d:
            # Fading with depth would falsify the colours, which are the data here.
            options["depthshade"] = False
        self.scatter_ = ax.scatter(*self.Z.T, **options | kwargs)
        self.ax_, self.figure_ = ax, ax.figure
        self._dress(is_3d)
        return self

    def _colors(self):
        if self.angle is None:
            return {"color": "#3b6fb6", "linewidths": 0}
        if self.component == "azimuth" and _spans_circle(self.angle):
            # A cyclic map is pale somewhere: thin edges keep those points visible.
            edges = {"edgecolors": "0.4", "linewidths": 0.15}
            return {"c": self.angle, "cmap": "twilight", "vmin": -180, "vmax": 180, **edges}
        low, high = np.floor(self.angle.min() / 15) * 15, np.ceil(self.angle.max() / 15) * 15
        return {"c": self.angle, "cmap": "viridis", "vmin": low, "vmax": high, "linewidths": 0}

    def _dress(self, is_3d):
        ax = self.ax_
        ax.set_aspect("equal", adjustable="box" if is_3d else "datalim")
        for i, axis in enumerate("xyz"[: self.Z.shape[1]], start=1):
            # Coordinates of an embedding have no unit: the shape is what counts.
            ax.set(**{f"{axis}label": f"component {i}", f"{axis}ticklabels": []})
        if is_3d:
            ax.view_init(elev=24, azim=-58)
            ax.xaxis.labelpad = ax.yaxis.labelpad = ax.zaxis.labelpad = -8
        else:
            ax.tick_params(length=0)
            ax.grid(alpha=0.3)
            ax.set_axisbelow(True)
        ax.set_title(f"{self.name or 'Embedding'}, {len(self.Z):,} samples")
        self.colorbar_ = None
        if self.angle is None:
            return
        self.colorbar_ = self.figure_.colorbar(
            self.scatter_,
            ax=ax,
            shrink=0.7,
            pad=0.02,
            format="{x:.0f}°",
            label=f"true {self.component}",
        )
        self.colorbar_.solids.set_alpha(1)
        self.colorbar_.set_ticks(round_ticks(*self.scatter_.get_clim()))

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, component="azimuth", ax=None, **kwargs):
        """Draw the embedding of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted transformer, or pipeline that ends with one or with a localizer behind one;
            also a pipeline that ends with a pipeline, and a search over one.
            Where the localizer has ``per_angle=True``, the embedding of the component is drawn.
        X : array-like
            Input of the estimator.
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3), default=None
            True directions in degrees; the points have one colour if None.
        component : {"azimuth", "elevation"}, default="azimuth"
            Angle that colours the points.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **kwargs : dict
            Passed to ``ax.scatter``.

        Returns
        -------
        display : EmbeddingDisplay
            Drawn display. Of more than three columns the first three are shown.

        Raises
        ------
        TypeError
            If the estimator has no transformer.
        """
        if y is not None:
            y = check_doa(y, n_samples=len(X))
            _angle_of(y, component)
        Z, name = _embed(estimator, X, component, y)
        return cls.from_embedding(Z, y, component=component, name=name, ax=ax, **kwargs)

    @classmethod
    def from_embedding(cls, Z, y=None, *, component="azimuth", name=None, ax=None, **kwargs):
        """Draw an embedding.

        Parameters
        ----------
        Z : array-like of shape (n_samples, 2) or (n_samples, 3)
            Embedding.
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3), default=None
            True directions in degrees; the points have one colour if None.
        component : {"azimuth", "elevation"}, default="azimuth"
            Angle that colours the points.
        name : str, default=None
            Name of the embedding, for the title.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **kwargs : dict
            Passed to ``ax.scatter``.

        Returns
        -------
        display : EmbeddingDisplay
            Drawn display.

        Raises
        ------
        ValueError
            If the embedding does not have two or three columns, or y is not valid.
        """
        Z = to_numbers(Z, "Z")
        if Z.ndim != 2 or Z.shape[1] not in (2, 3) or len(Z) == 0:
            raise ValueError(f"Z must have 2 or 3 columns; got shape {Z.shape}. Choose Z[:, :3].")
        if not np.isfinite(Z).all():
            raise ValueError("Z must be finite; got NaN or infinity.")
        angle = None if y is None else _angle_of(check_doa(y, n_samples=len(Z)), component)
        return cls(Z=Z, angle=angle, component=component, name=name).plot(ax, **kwargs)
