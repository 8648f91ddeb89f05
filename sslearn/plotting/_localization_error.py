import numpy as np

from sslearn.geometry import check_doa
from sslearn.metrics import angular_error
from sslearn.plotting._ticks import round_ticks
from sslearn.utils import import_optional

_KINDS = ("box", "scatter")
_COLORS = {"azimuth": "#3b6fb6", "elevation": "#e08a2e", "great circle": "#5a9a68"}


def _errors(y_true, y_pred, component):
    return angular_error(
        y_true, y_pred, component=None if component == "great circle" else component
    )


def _column(y, component):
    return y if y.ndim == 1 else y[:, int(component == "elevation")]


class LocalizationErrorDisplay:
    """Picture of the errors of one localizer, or of several beside each other.

    It is recommended to use :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    y_true : ndarray of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees.
    y_pred : dict of str to ndarray
        Predicted directions of each localizer.

    Attributes
    ----------
    ax_ : matplotlib Axes or ndarray of Axes
        Axes with the boxes, or with the points of each localizer (rows) and angle (columns).
    figure_ : matplotlib Figure
        Figure that contains the axes.

    See Also
    --------
    EmbeddingDisplay : Picture of an embedding.
    sslearn.metrics.localization_report : The same in numbers.

    Examples
    --------
    >>> from sslearn.plotting import LocalizationErrorDisplay
    >>> y_true, y_pred = [-30, 0, 30], {"good": [-29, 0, 33], "poor": [-10, 9, 50]}
    >>> display = LocalizationErrorDisplay.from_predictions(y_true, y_pred)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['good', 'poor']
    """

    def __init__(self, *, y_true, y_pred):
        self.y_true = y_true
        self.y_pred = y_pred

    def plot(self, ax=None, *, kind="box", component=None):
        """Draw the errors.

        Parameters
        ----------
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw: one axes for boxes, one for each localizer and angle for points. A new
            figure if None.
        kind : {"box", "scatter"}, default="box"
            ``"box"``: quartiles of the errors, whiskers from the 5th to the 95th percentile, and
            the median as a number. ``"scatter"``: predicted against true angle.
        component : {"azimuth", "elevation"}, default=None
            One angle alone; all if None.

        Returns
        -------
        display : LocalizationErrorDisplay
            This object.

        Raises
        ------
        ValueError
            If ``kind`` or ``component`` is unknown, or the number of axes is wrong.
        """
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}; got {kind!r}.")
        components = self._components(kind, component)
        shape = (1, 1) if kind == "box" else (len(self.y_pred), len(components))
        axes = self._make_axes(ax, shape, kind, len(components))
        if kind == "box":
            self._draw_boxes(axes[0, 0], components)
        else:
            for (name, y_pred), row in zip(self.y_pred.items(), axes, strict=True):
                for angle, panel in zip(components, row, strict=True):
                    self._draw_points(panel, name, y_pred, angle)
        self.figure_ = axes[0, 0].figure
        self.ax_ = axes[0, 0] if axes.size == 1 else axes
        return self

    def _components(self, kind, component):
        has_elevation = self.y_true.ndim == 2
        known = ["azimuth", "elevation"] if has_elevation else ["azimuth"]
        if component is not None and component not in known:
            raise ValueError(f"component must be one of {known} for this y; got {component!r}.")
        if component is not None:
            return [component]
        return [*known, "great circle"] if has_elevation and kind == "box" else known

    def _make_axes(self, ax, shape, kind, n_components):
        if ax is not None:
            axes = np.array(ax, dtype=object)
            if axes.size != shape[0] * shape[1]:
                raise ValueError(f"ax must hold {shape[0] * shape[1]} axes; got {axes.size}.")
            return axes.reshape(shape)
        plt = import_optional("matplotlib.pyplot", "LocalizationErrorDisplay")
        size = (4.6 * shape[1], 4.4 * shape[0])
        if kind == "box":
            size = (8.0, 1.4 + 0.32 * len(self.y_pred) * (n_components + 0.8))
        return plt.subplots(*shape, figsize=size, squeeze=False, layout="constrained")[1]

    def _draw_boxes(self, ax, components):
        names, n_components = list(self.y_pred), len(components)
        width = 0.8 / n_components
        for i, component in enumerate(components):
            errors = [_errors(self.y_true, y_pred, component) for y_pred in self.y_pred.values()]
            places = np.arange(len(names)) + (i - (n_components - 1) / 2) * width
            boxes = ax.boxplot(
                errors,
                positions=places,
                widths=0.8 * width,
                whis=(5, 95),
                showfliers=False,
                orientation="horizontal",
                patch_artist=True,
                manage_ticks=False,
                medianprops={"color": "black", "linewidth": 1.6},
            )
            for box in boxes["boxes"]:
                box.set(facecolor=_COLORS[component], alpha=0.8)
            boxes["boxes"][0].set_label(component)
            for place, values in zip(places, errors, strict=True):
                end, median = np.percentile(values, 95), np.median(values)
                ax.annotate(
                    f"median {median:.1f}°",
                    (end, place),
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                    color="#444444",
                )
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.margins(x=0.18)
        ax.set_xlim(left=0)
        ax.xaxis.set_major_formatter("{x:g}°")
        ax.grid(axis="x", alpha=0.3)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_title(f"Errors of {len(self.y_true):,} samples", loc="left")
        kind = "" if n_components > 1 else f"{components[0]} "
        ax.set_xlabel(f"absolute {kind}error (boxes: quartiles, whiskers: 5 % to 95 %)")
        if n_components > 1:
            ax.legend(
                loc="lower right",
                bbox_to_anchor=(1, 1),
                ncols=n_components,
                frameon=False,
                borderaxespad=0.2,
                columnspacing=1.2,
            )

    def _draw_points(self, ax, name, y_pred, component):
        true, pred = _column(self.y_true, component), _column(y_pred, component)
        low = np.floor(min(true.min(), pred.min()) / 15) * 15
        high = np.ceil(max(true.max(), pred.max()) / 15) * 15
        high = max(high, low + 15)
        ax.plot([low, high], [low, high], color="#444444", lw=1, ls="--", zorder=3)
        ax.scatter(
            true,
            pred,
            s=np.clip(8000 / len(true), 2, 16),
            alpha=np.clip(600 / len(true), 0.12, 0.6),
            color=_COLORS[component],
            linewidths=0,
            rasterized=True,
        )
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_ticks(round_ticks(low, high, 6))
            axis.set_major_formatter("{x:.0f}°")
        ax.set(xlim=(low, high), ylim=(low, high), aspect="equal", title=name)
        ax.set(xlabel=f"true {component}", ylabel=f"predicted {component}")
        ax.grid(alpha=0.3)
        median = np.median(_errors(self.y_true, y_pred, component))
        ax.text(
            0.04,
            0.96,
            f"median error {median:.1f}°",
            transform=ax.transAxes,
            va="top",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 2},
        )

    @classmethod
    def from_estimator(cls, estimator, X, y, *, kind="box", component=None, ax=None):
        """Draw the errors of a fitted localizer.

        Parameters
        ----------
        estimator : estimator
            Fitted localizer, or pipeline that ends with one.
        X : array-like
            What the localizer takes.
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            True directions in degrees.
        kind : {"box", "scatter"}, default="box"
            As in :meth:`plot`.
        component : {"azimuth", "elevation"}, default=None
            One angle alone; all if None.
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        display : LocalizationErrorDisplay
            Drawn display.
        """
        last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
        predicted = {type(last).__name__: estimator.predict(X)}
        return cls.from_predictions(y, predicted, kind=kind, component=component, ax=ax)

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, kind="box", component=None, ax=None):
        """Draw the errors of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            True directions in degrees.
        y_pred : array-like of the same shape, or dict of str to array-like
            Predicted directions, of one localizer or of several with their names.
        kind : {"box", "scatter"}, default="box"
            As in :meth:`plot`.
        component : {"azimuth", "elevation"}, default=None
            One angle alone; all if None.
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        display : LocalizationErrorDisplay
            Drawn display.

        Raises
        ------
        ValueError
            If the directions are not valid, or their shapes differ.
        """
        y_true = check_doa(y_true, name="y_true")
        named = y_pred if isinstance(y_pred, dict) else {"prediction": y_pred}
        if not named:
            raise ValueError("y_pred must hold the predictions of at least one localizer; got {}.")
        checked = {}
        for name, prediction in named.items():
            checked[name] = check_doa(prediction, name=f"y_pred[{name!r}]")
            if checked[name].shape != y_true.shape:
                raise ValueError(
                    f"y_pred[{name!r}] must have the shape of y_true, {y_true.shape}; got "
                    f"{checked[name].shape}."
                )
        return cls(y_true=y_true, y_pred=checked).plot(ax, kind=kind, component=component)
