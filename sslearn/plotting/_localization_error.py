import numpy as np

from sslearn.geometry import check_doa, check_multi_doa, to_float
from sslearn.metrics import angular_error, match_sources
from sslearn.plotting._options import AXES, COMPONENT, check_axes, check_rows
from sslearn.plotting._ticks import round_ticks
from sslearn.utils import import_optional, split_pipeline
from sslearn.utils.param_validation import StrOptions, validated

_COLORS = {"azimuth": "#3b6fb6", "elevation": "#e08a2e", "great circle": "#5a9a68"}


def _errors(y_true, y_pred, component):
    return angular_error(
        y_true, y_pred, component=None if component == "great circle" else component
    )


def _column(y, component):
    return y if y.ndim == 1 else y[:, int(component == "elevation")]


def _pairs(y_true, y_pred):
    """Directions row by row; the matched ones for several sources."""
    if y_true.ndim < 3:
        return y_true, y_pred
    indices, _ = match_sources(y_true, y_pred)
    chosen = np.take_along_axis(y_pred, np.maximum(indices, 0)[..., None], axis=-2)
    pairs = y_true[indices >= 0], chosen[indices >= 0]
    return tuple(y[:, 0] for y in pairs) if y_true.shape[-1] == 1 else pairs


def _n_sources(y):
    return (~np.isnan(y[..., 0])).sum()


def _named(things, name, default):
    """A dict of one or of several; only one can be given a name."""
    if not isinstance(things, dict):
        return {default if name is None else name: things}
    if name is not None:
        raise ValueError(f"name must be None where a dict has names; got {name!r}.")
    return things


def _check_pair(y_true, y_pred, name):
    y_true = to_float(y_true, "y_true")
    y_pred = to_float(y_pred, f"y_pred[{name!r}]")
    if max(y_true.ndim, y_pred.ndim) > 2:
        y_true = check_multi_doa(y_true, name="y_true")
        y_pred = check_multi_doa(y_pred, name=f"y_pred[{name!r}]")
        if (match_sources(y_true, y_pred)[0] < 0).all():
            raise ValueError(
                f"y_pred[{name!r}] must hold a source in at least one sample that has one; got "
                "none."
            )
        return y_true, y_pred
    y_true, y_pred = check_doa(y_true, name="y_true"), check_doa(y_pred, name=f"y_pred[{name!r}]")
    if y_pred.shape != y_true.shape:
        raise ValueError(
            f"y_pred[{name!r}] must have the shape of y_true, {y_true.shape}; got {y_pred.shape}."
        )
    return y_true, y_pred


class LocalizationErrorDisplay:
    """Picture of the errors of one localizer, or of several localizers or decoders side by side.

    It is recommended to use :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    y_true : ndarray of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees; those of several sources as in
        :func:`sslearn.metrics.match_sources`.
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

    Notes
    -----
    For several sources the errors are those of the pairs of :func:`sslearn.metrics.match_sources`;
    the numbers of missed and of additional sources stand beside the median.

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

    @validated(ax=AXES, kind=[StrOptions({"box", "scatter"})], component=COMPONENT)
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
        components = self._components(kind, component)
        shape = (1, 1) if kind == "box" else (len(self.y_pred), len(components))
        axes = self._make_axes(ax, shape, kind, len(components))
        if kind == "box":
            self._draw_boxes(axes[0, 0], components)
        else:
            for name, row in zip(self.y_pred, axes, strict=True):
                for angle, panel in zip(components, row, strict=True):
                    self._draw_points(panel, name, angle)
        self.figure_ = axes[0, 0].figure
        self.ax_ = axes[0, 0] if axes.size == 1 else axes
        return self

    def _components(self, kind, component):
        several = self.y_true.ndim > 2
        has_elevation = self.y_true.shape[-1] > 1 if several else self.y_true.ndim == 2
        known = ["azimuth", "elevation"] if has_elevation else ["azimuth"]
        if component is not None and component not in known:
            raise ValueError(f"component must be one of {known} for this y; got {component!r}.")
        if component is not None:
            return [component]
        return [*known, "great circle"] if has_elevation and kind == "box" else known

    def _make_axes(self, ax, shape, kind, n_components):
        if ax is not None:
            return check_axes(ax, shape[0] * shape[1]).reshape(shape)
        plt = import_optional("matplotlib.pyplot", "LocalizationErrorDisplay")
        size = (4.6 * shape[1], 4.4 * shape[0])
        if kind == "box":
            size = (8.0, 1.4 + 0.32 * len(self.y_pred) * (n_components + 0.8))
        return plt.subplots(*shape, figsize=size, squeeze=False, layout="constrained")[1]

    def _label(self, y_pred, errors):
        """Median of the errors, and numbers of missed and of additional sources."""
        label = f"{np.median(errors):.1f}°"
        if self.y_true.ndim > 2:
            n_true, n_pred = _n_sources(self.y_true), _n_sources(y_pred)
            counts = {"missed": n_true - len(errors), "too many": n_pred - len(errors)}
            label += "".join(f", {count:,} {what}" for what, count in counts.items() if count)
        return label

    def _draw_boxes(self, ax, components):
        names, n_components = list(self.y_pred), len(components)
        width = 0.8 / n_components
        pairs = [_pairs(self.y_true, y_pred) for y_pred in self.y_pred.values()]
        for i, component in enumerate(components):
            errors = [_errors(*pair, component) for pair in pairs]
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
            for place, y_pred, values in zip(places, self.y_pred.values(), errors, strict=True):
                ax.annotate(
                    f"median {self._label(y_pred, values)}",
                    (np.percentile(values, 95), place),
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                    color="#444444",
                )
        self._label_boxes(ax, names, components)

    def _label_boxes(self, ax, names, components):
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.margins(x=0.18)
        ax.set_xlim(left=0)
        ax.xaxis.set_major_formatter("{x:g}°")
        ax.grid(axis="x", alpha=0.3)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        several = self.y_true.ndim > 2
        what = (
            f"{_n_sources(self.y_true):,} sources" if several else f"{len(self.y_true):,} samples"
        )
        ax.set_title(f"Errors of {what}", loc="left")
        kind = "" if len(components) > 1 else f"{components[0]} "
        ax.set_xlabel(f"absolute {kind}error (boxes: quartiles, whiskers: 5 % to 95 %)")
        if len(components) > 1:
            ax.legend(
                loc="lower right",
                bbox_to_anchor=(1, 1),
                ncols=len(components),
                frameon=False,
                borderaxespad=0.2,
                columnspacing=1.2,
            )

    def _draw_points(self, ax, name, component):
        y_true, y_pred = _pairs(self.y_true, self.y_pred[name])
        true, pred = _column(y_true, component), _column(y_pred, component)
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
        label = self._label(self.y_pred[name], _errors(y_true, y_pred, component))
        ax.text(
            0.04,
            0.96,
            f"median error {label}",
            transform=ax.transAxes,
            va="top",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 2},
        )

    @classmethod
    def from_estimator(cls, estimator, X, y, *, kind="box", component=None, name=None, ax=None):
        """Draw the errors of a fitted localizer, or of several.

        Parameters
        ----------
        estimator : estimator or dict of str to estimator
            Fitted localizer, or pipeline that ends with one; or several with their names.
        X : array-like
            Input of the localizer.
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            True directions in degrees; those of several sources as in
            :func:`sslearn.metrics.match_sources`.
        kind : {"box", "scatter"}, default="box"
            As in :meth:`plot`.
        component : {"azimuth", "elevation"}, default=None
            One angle alone; all if None.
        name : str, default=None
            Name of one localizer; that of its class, or of the last step of a pipeline, if None.
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        display : LocalizationErrorDisplay
            Drawn display.

        Raises
        ------
        TypeError
            If the estimator does not predict.
        ValueError
            If the directions are not valid, or their shapes differ.
        """
        estimator = _named(estimator, name, type(split_pipeline(estimator)[1]).__name__)
        for each in estimator.values():
            if not hasattr(each, "predict"):
                raise TypeError(f"estimator must have predict; {type(each).__name__} has not.")
        y = to_float(y, "y")
        check_rows(y, X)
        predicted = {name: each.predict(X) for name, each in estimator.items()}
        return cls.from_predictions(y, predicted, kind=kind, component=component, ax=ax)

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, kind="box", component=None, name=None, ax=None):
        """Draw the errors of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            True directions in degrees; those of several sources as in
            :func:`sslearn.metrics.match_sources`.
        y_pred : array-like of the same shape, or dict of str to array-like
            Predicted directions, of one localizer or of several, or of one with several decoders,
            with their names. The number of sources may differ.
        kind : {"box", "scatter"}, default="box"
            As in :meth:`plot`.
        component : {"azimuth", "elevation"}, default=None
            One angle alone; all if None.
        name : str, default=None
            Name of one localizer; "prediction" if None.
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
        named = _named(y_pred, name, "prediction")
        if not named:
            raise ValueError("y_pred must hold the predictions of at least one localizer; got {}.")
        checked = {name: _check_pair(y_true, each, name) for name, each in named.items()}
        y_true = next(iter(checked.values()))[0]
        predicted = {name: each for name, (_, each) in checked.items()}
        return cls(y_true=y_true, y_pred=predicted).plot(ax, kind=kind, component=component)
