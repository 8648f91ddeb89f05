import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn.audiovisual import Pairs
from sslearn.metrics import check_boxes, consensus_iou
from sslearn.plotting._options import AXES, check_axes, check_rows
from sslearn.utils import (
    as_samples,
    check_finite,
    check_image,
    import_optional,
    read_image,
    resize_maps,
    split_pipeline,
    take_rows,
    to_numbers,
)
from sslearn.utils.param_validation import Interval, Real, StrOptions, validated

_PLOT = {
    "ax": AXES,
    "threshold": [Interval(Real, 0, 1, closed="both"), StrOptions({"median"})],
    "scale": [StrOptions({"shared", "own"})],
}
# Side at which maps are scored, and drawn.
_SIZE = 224
_PREDICTED, _TRUE = "#7fe0ff", "white"


def _read_images(images):
    images = as_samples(images, name="images")
    if isinstance(images, np.ndarray) and images.shape[:1] in ((), (0,)):
        raise ValueError(f"images must hold at least one picture; got shape {images.shape}.")
    images = [read_image(image) if isinstance(image, str) else image for image in images]
    return [check_image(image, name=f"images[{i}]") for i, image in enumerate(images)]


def _check_maps(maps, n_samples):
    """Maps by their names, as arrays."""
    named = maps if isinstance(maps, dict) else {"": maps}
    if not named:
        raise ValueError("maps must hold the maps of at least one sound; got {}.")
    checked = {}
    for name, values in named.items():
        label = f"maps[{name!r}]" if name else "maps"
        values = to_numbers(values, label)
        if values.ndim != 3 or len(values) != n_samples or 0 in values.shape:
            raise ValueError(
                f"{label} must have shape ({n_samples}, height, width), a map for each image; got "
                f"{values.shape}."
            )
        check_finite(values, label)
        checked[name] = values
    return checked


def _check_rows_of_boxes(boxes, n_samples, name):
    """Boxes of each picture, (n_samples, n_boxes, 4)."""
    boxes = check_boxes(boxes, name=name)
    if len(boxes) != n_samples:
        raise ValueError(f"{name} must have one row per image, {n_samples}; got {len(boxes)}.")
    return boxes


def _other_sounds(X, rows):
    """Pictures of some rows, each with the sound of the row after it."""
    own, other = take_rows(X, rows), take_rows(X, (rows + 1) % len(X))
    if hasattr(own, "columns"):
        return own.assign(audio=other["audio"].to_numpy())
    return [(image, sound) for (image, _), (_, sound) in zip(own, other, strict=True)]


def _limits(maps):
    return min(np.min(each) for each in maps), max(np.max(each) for each in maps)


def _outline():
    """A dark line around a bright one, visible on any picture."""
    effects = import_optional("matplotlib.patheffects", "SimilarityMapDisplay")
    return [effects.withStroke(linewidth=3.5, foreground="black", alpha=0.7)]


def _draw_heat(ax, image, values, limits, kwargs):
    """A picture and the heat map over it, in fractions of the picture; returns the heat map."""
    whole = {"extent": (0, 1, 1, 0), "aspect": image.shape[0] / image.shape[1]}
    ax.imshow(image, **whole)
    low, high = limits
    heat = np.clip((values - low) / max(high - low, np.finfo(float).tiny), 0, 1)
    options = {"vmin": low, "vmax": high, "cmap": "inferno", "alpha": 0.8 * heat}
    return ax.imshow(values, **whole, **options | kwargs)


def _draw_region(ax, values, threshold):
    """Border of the predicted region, and the largest value."""
    middles = (np.arange(_SIZE) + 0.5) / _SIZE
    row, column = np.unravel_index(values.argmax(), values.shape)
    options = {"ls": "", "marker": "x", "ms": 9, "mew": 2.4, "label": "predicted point"}
    options |= {"color": _PREDICTED, "path_effects": _outline()}
    ax.plot(middles[column], middles[row], **options)
    low, high = _limits([values])
    if low < high:
        level = np.median(values) if threshold == "median" else low + threshold * (high - low)
        options = {"colors": _PREDICTED, "linewidths": 1.8, "linestyles": "solid"}
        ax.contour(middles, middles, values, [level], **options)
    # A contour has no label.
    ax.plot([], [], color=_PREDICTED, lw=1.8, label="predicted region")


class SimilarityMapDisplay:
    """Picture of the places of a sound in pictures, with the true and the predicted boxes.

    It is recommended to use :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    images : list of ndarray of shape (height, width, 3), uint8
        Pictures.
    maps : dict of str to ndarray of shape (n_samples, map_height, map_width)
        Maps of each sound, larger where it is more likely.
    y_true : ndarray of shape (n_samples, n_boxes, 4), default=None
        True boxes, x_min, y_min, x_max, y_max as fractions of the picture; NaN where absent.
    boxes : dict of str to ndarray of shape (n_samples, n_boxes, 4), default=None
        Predicted boxes of each sound.

    Attributes
    ----------
    ax_ : matplotlib Axes or ndarray of Axes of shape (n_samples, n_sounds)
        Axes of each picture (rows) with each sound (columns).
    figure_ : matplotlib Figure
        Figure that contains the axes.
    heat_ : ndarray of shape (n_samples, n_sounds), object
        Heat map of each axes, a matplotlib image.
    colorbar_ : matplotlib Colorbar or None
        Scale of the maps, where they share one.

    See Also
    --------
    sslearn.metrics.consensus_iou : The score in the titles.

    Notes
    -----
    A line surrounds the predicted region: the pixels that the score compares with the true boxes.
    The cross is the largest value of the map. A system that ignores the sound gives the same map
    to the sound of another picture, which stands beside it for this reason.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.plotting import SimilarityMapDisplay
    >>> image = np.full((64, 64, 3), 128, dtype=np.uint8)
    >>> map = np.zeros((1, 14, 14))
    >>> map[0, 2:6, 8:12] = 1.0
    >>> display = SimilarityMapDisplay.from_predictions([image], map, [[0.55, 0.12, 0.88, 0.45]])
    >>> display.ax_.get_title("left")
    'IoU 0.73'
    """

    def __init__(self, *, images, maps, y_true=None, boxes=None):
        self.images = images
        self.maps = maps
        self.y_true = y_true
        self.boxes = boxes

    @validated(**_PLOT)
    def plot(self, ax=None, *, threshold=0.5, scale="shared", **kwargs):
        """Draw the maps over their pictures.

        Parameters
        ----------
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw: one axes for each picture and sound, row by row. A new figure if None.
        threshold : float or "median", default=0.5
            Level of the predicted region, as in :func:`sslearn.metrics.consensus_iou`.
        scale : {"shared", "own"}, default="shared"
            Whether the colors have the same values in all maps, or run from the smallest to the
            largest value of each.
        **kwargs : dict
            Passed to ``ax.imshow`` of the heat map.

        Returns
        -------
        display : SimilarityMapDisplay
            This object.

        Raises
        ------
        ValueError
            If an option is unknown or the number of axes is wrong.
        """
        axes = self._make_axes(ax, scale)
        self.figure_, self.heat_ = axes[0, 0].figure, np.empty(axes.shape, dtype=object)
        for j, (name, maps) in enumerate(self.maps.items()):
            shared = _limits(self.maps.values()) if scale == "shared" else None
            titles = self._titles(name, threshold)
            for i, values in enumerate(resize_maps(maps, (_SIZE, _SIZE))):
                panel, limits = axes[i, j], shared or _limits([values])
                self.heat_[i, j] = _draw_heat(panel, self.images[i], values, limits, kwargs)
                _draw_region(panel, values, threshold)
                self._draw_boxes(panel, name, i)
                panel.set_title(titles[i], loc="left")
        self._dress(axes, scale)
        self.ax_ = axes[0, 0] if axes.size == 1 else axes
        return self

    def _make_axes(self, ax, scale):
        shape = len(self.images), len(self.maps)
        if ax is not None:
            return check_axes(ax, shape[0] * shape[1]).reshape(shape)
        plt = import_optional("matplotlib.pyplot", "SimilarityMapDisplay")
        aspect = np.mean([image.shape[0] / image.shape[1] for image in self.images])
        size = (0.1 + (scale == "shared") + 3.3 * shape[1], 0.8 + (0.4 + 3.3 * aspect) * shape[0])
        return plt.subplots(*shape, figsize=size, squeeze=False, layout="constrained")[1]

    def _titles(self, name, threshold):
        """Name of the sound and score of each picture."""
        if self.y_true is None:
            return [name] * len(self.images)
        scores = consensus_iou(self.y_true, self.maps[name], threshold=threshold)
        return [f"{name}: IoU {score:.2f}".removeprefix(": ") for score in scores]

    def _draw_boxes(self, ax, name, i):
        predicted = None if self.boxes is None else self.boxes.get(name)
        for label, boxes, options in (
            ("true box", self.y_true, {"color": _TRUE, "lw": 2.0}),
            ("predicted box", predicted, {"color": _PREDICTED, "lw": 1.4, "ls": (0, (4, 3))}),
        ):
            for left, top, right, bottom in [] if boxes is None else boxes[i]:
                across, down = [left, right, right, left, left], [top, top, bottom, bottom, top]
                ax.plot(across, down, label=label, path_effects=_outline(), **options)

    def _dress(self, axes, scale):
        for panel in axes.ravel():
            panel.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[])
        labelled = dict(zip(*axes[0, 0].get_legend_handles_labels()[::-1], strict=True))
        place = {"loc": "upper left", "bbox_to_anchor": (0.0, -0.03), "borderaxespad": 0.0}
        style = {"ncols": 2, "facecolor": "#999999", "edgecolor": "none"}
        axes[-1, 0].legend(labelled.values(), labelled, **place, **style)
        self.colorbar_ = None
        if scale == "shared":
            self.colorbar_ = self.figure_.colorbar(
                self.heat_[0, 0], ax=list(axes.ravel()), label="similarity", fraction=0.05
            )

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        sample=0,
        shuffled=True,
        threshold=0.5,
        scale="shared",
        ax=None,
        **kwargs,
    ):
        """Draw the maps of a fitted localizer for some pairs of picture and sound.

        Parameters
        ----------
        estimator : estimator
            Fitted audio-visual localizer, or pipeline or search that ends with one.
        X : DataFrame or array-like of shape (n_samples, 2)
            Pairs of picture and sound, as the estimator takes them.
        y : array-like of shape (n_samples, 4) or (n_samples, n_boxes, 4), default=None
            True boxes of all pairs, x_min, y_min, x_max, y_max as fractions of the picture; NaN
            where absent.
        sample : int or array-like of int, default=0
            Row of X, or several.
        shuffled : bool, default=True
            Whether the map with the sound of the next row of X (the first after the last) stands
            beside that with the true sound.
        threshold : float or "median", default=0.5
            As in :meth:`plot`.
        scale : {"shared", "own"}, default="shared"
            As in :meth:`plot`.
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw: one axes for each pair and sound, row by row. A new figure if None.
        **kwargs : dict
            Passed to ``ax.imshow`` of the heat map.

        Returns
        -------
        display : SimilarityMapDisplay
            Drawn display.

        Raises
        ------
        TypeError
            If the estimator has no similarity map.
        ValueError
            If there is no such sample, y has another number of rows than X, or X has a single
            row and ``shuffled``.
        """
        steps, localizer = split_pipeline(estimator)
        check_is_fitted(localizer)
        if not hasattr(localizer, "similarity_map"):
            raise TypeError(
                f"estimator must have similarity_map; {type(localizer).__name__} has not. Draw its "
                "maps with SimilarityMapDisplay.from_predictions."
            )
        y = None if y is None else check_boxes(y, name="y")
        rows = np.atleast_1d(sample)
        for row in rows.tolist():
            check_rows(y, X, row)
        if shuffled and len(X) == 1:
            raise ValueError("X must hold at least two pairs for shuffled=True; got one.")
        for step in steps:
            X = step.transform(X)
        sounds = {"own sound": take_rows(X, rows)}
        if shuffled:
            sounds["other sound"] = _other_sounds(X, rows)
        maps = {name: localizer.similarity_map(pairs) for name, pairs in sounds.items()}
        level = {} if threshold == "median" else {"threshold": threshold}
        return cls.from_predictions(
            Pairs(X, fs=localizer.fs).images(rows),
            maps,
            None if y is None else y[rows],
            boxes={name: localizer.predict_boxes(x, **level) for name, x in sounds.items()},
            threshold=threshold,
            scale=scale,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        images,
        maps,
        y=None,
        *,
        boxes=None,
        threshold=0.5,
        scale="shared",
        ax=None,
        **kwargs,
    ):
        """Draw maps over their pictures.

        Parameters
        ----------
        images : array-like of shape (n_samples, height, width, 3), uint8, or of n_samples paths
            Pictures, RGB, in an array or a list; or their files.
        maps : array-like of shape (n_samples, map_height, map_width), or dict of str to array-like
            Maps of the pictures, of one sound or of several with their names.
        y : array-like of shape (n_samples, 4) or (n_samples, n_boxes, 4), default=None
            True boxes, x_min, y_min, x_max, y_max as fractions of the picture; NaN where absent.
        boxes : array-like like ``y``, or dict of str to such, default=None
            Predicted boxes, of one sound or of several with their names.
        threshold : float or "median", default=0.5
            As in :meth:`plot`.
        scale : {"shared", "own"}, default="shared"
            As in :meth:`plot`.
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw: one axes for each picture and sound, row by row. A new figure if None.
        **kwargs : dict
            Passed to ``ax.imshow`` of the heat map.

        Returns
        -------
        display : SimilarityMapDisplay
            Drawn display.

        Raises
        ------
        TypeError
            If an image is not an uint8 array.
        ValueError
            If shapes or numbers of rows do not fit, or boxes have other names than maps.
        """
        images = _read_images(images)
        maps = _check_maps(maps, len(images))
        named = boxes if isinstance(boxes, dict) else {next(iter(maps)): boxes}
        unknown = sorted(set(named) - set(maps))
        if unknown:
            raise ValueError(f"boxes must have the names of maps; got also {unknown}.")
        display = cls(
            images=images,
            maps=maps,
            y_true=None if y is None else _check_rows_of_boxes(y, len(images), "y"),
            boxes={
                name: _check_rows_of_boxes(values, len(images), f"boxes[{name!r}]")
                for name, values in named.items()
                if values is not None
            },
        )
        return display.plot(ax, threshold=threshold, scale=scale, **kwargs)
