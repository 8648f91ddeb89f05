import numpy as np

from sslearn.geometry import (
    angles_to_unit_vectors,
    check_directions,
    check_doa,
    great_circle_distance,
    to_float,
    unit_vectors_to_angles,
    wrap_azimuth,
)
from sslearn.metrics import is_covered, set_widths
from sslearn.plotting._options import AX, axes_of_kind, check_rows
from sslearn.plotting._spectrum_data import raster
from sslearn.plotting._ticks import degrees, round_ticks
from sslearn.utils import import_optional, split_pipeline
from sslearn.utils.param_validation import StrOptions, validated

_INSIDE, _OUTSIDE = "#3b6fb6", "#e08a2e"
_SIZES = {"polar": (5.6, 5.0), "line": (7.2, 5.2), "map": (8.4, 4.6)}
_KIND = [StrOptions({"polar", "line", "map"}), None]
# More rings than this are too thin to read.
_MOST_RINGS = 12


def _great_circle(start, end):
    """Directions (n, 2) on the shortest way, broken by NaN where it crosses the back."""
    ends = angles_to_unit_vectors(np.stack([start, end]))
    way = unit_vectors_to_angles(np.linspace(*ends, 50))
    # Points of the chord, projected to the sphere, are on the great circle.
    way[1:][np.abs(np.diff(way[:, 0])) > 180] = np.nan
    return way


class PredictionSetDisplay:
    """Picture of sets of directions, with the true and the predicted ones.

    Sets that do not contain the true direction have another colour. It is recommended to use
    :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    sets : ndarray of shape (n_samples, n_arcs, 2), (n_samples, 3) or (n_samples, n_directions)
        Arcs, caps or cells as in :func:`sslearn.metrics.is_covered`.
    y_true : ndarray of shape (n_samples,) or (n_samples, 2), default=None
        True directions in degrees.
    y_pred : ndarray of shape (n_samples,) or (n_samples, 2), default=None
        Predicted directions in degrees.
    grid : ndarray of shape (n_directions, 2), default=None
        Azimuth and elevation of the middles of the cells.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the sets: polar axes for rings, plain ones for lines and maps.
    figure_ : matplotlib Figure
        Figure that contains the axes.
    covered_ : ndarray of shape (n_samples,) or None
        Whether each set contains the true direction, where that is known.

    See Also
    --------
    SpatialSpectrumDisplay : Picture of the power in each direction.
    sslearn.calibration.ConformalLocalizer : Predicts sets.

    Examples
    --------
    >>> from sslearn.plotting import PredictionSetDisplay
    >>> arcs = [[[170, 190]], [[20, 60]], [[-50, -30]]]
    >>> display = PredictionSetDisplay.from_predictions([178, 40, -20], arcs)
    >>> display.covered_.tolist()
    [True, True, False]
    """

    def __init__(self, *, sets, y_true=None, y_pred=None, grid=None):
        self.sets = sets
        self.y_true = y_true
        self.y_pred = y_pred
        self.grid = grid

    @validated(ax=AX, kind=_KIND)
    def plot(self, ax=None, *, kind=None):
        """Draw the sets.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw, polar axes for ``kind="polar"``; a new figure if None.
        kind : {"polar", "line", "map"}, default=None
            ``"polar"``: arcs around the array, a ring for each sample, the first one inside, front
            at the top and left at the left. ``"line"``: arcs as vertical lines, over the true
            azimuth, or over the number of the sample where that is not known. ``"map"``: caps or
            cells over azimuth and elevation, as seen from the array. None is ``"map"`` for caps and
            cells, and for arcs ``"polar"`` for up to 12 samples and ``"line"`` for more.

        Returns
        -------
        display : PredictionSetDisplay
            This object.

        Raises
        ------
        ValueError
            If ``kind`` does not suit the sets or the axes.
        """
        kind = self._check_kind(kind)
        self.ax_ = axes_of_kind(ax, kind, _SIZES[kind], "PredictionSetDisplay")
        self.figure_, self.covered_ = self.ax_.figure, None
        if self.y_true is not None:
            self.covered_ = is_covered(self.y_true, self.sets, grid=self.grid)
        {"polar": self._draw_rings, "line": self._draw_lines, "map": self._draw_map}[kind]()
        self._make_legend(kind)
        return self

    def _check_kind(self, kind):
        known = ("polar", "line") if self.sets.ndim == 3 else ("map",)
        if kind is None:
            return known[-1] if len(self.sets) > _MOST_RINGS else known[0]
        if kind not in known:
            raise ValueError(f"kind must be one of {known} for these sets; got {kind!r}.")
        return kind

    def _color(self, sample):
        missed = self.covered_ is not None and not self.covered_[sample]
        return _OUTSIDE if missed else _INSIDE

    def _arcs(self):
        """Number of the sample, start and end of each arc."""
        for sample, arc in zip(*np.nonzero(~np.isnan(self.sets[..., 0])), strict=True):
            yield sample, *self.sets[sample, arc]

    def _draw_rings(self):
        ax, n = self.ax_, len(self.sets)
        rings = np.arange(1, n + 1)
        width = np.clip(110 / (n + 2), 3, 12)
        for sample, start, end in self._arcs():
            azimuth = np.deg2rad(np.linspace(start, end, 2 + int(end - start)))
            options = {"color": self._color(sample), "lw": width, "solid_capstyle": "butt"}
            ax.plot(azimuth, np.full(len(azimuth), rings[sample]), alpha=0.75, **options)
        if self.y_pred is not None:
            for ring, azimuth in zip(rings, np.deg2rad(self.y_pred), strict=True):
                ax.plot([azimuth] * 2, [ring - 0.35, ring + 0.35], color="black", lw=1.6)
        if self.y_true is not None:
            options = {"mfc": "white", "mec": "black", "ms": min(7, width), "zorder": 4}
            ax.plot(np.deg2rad(self.y_true), rings, ls="", marker="o", **options)
        ax.set_theta_zero_location("N")
        ax.set_rlim(0, n + 0.7)
        ax.set_rorigin(-0.35 * n)
        ax.set_rticks(rings, [])
        ax.set_thetagrids(np.arange(0, 360, 30))
        ax.xaxis.set_major_formatter(lambda angle, _: degrees(-wrap_azimuth(-np.rad2deg(angle))))
        ax.grid(alpha=0.4)

    def _draw_lines(self):
        ax = self.ax_
        places = np.arange(len(self.sets)) if self.y_true is None else self.y_true
        width = np.clip(400 / len(self.sets), 0.6, 6)
        for sample, start, end in self._arcs():
            # Arcs across +-180 degrees are drawn at both ends of the axis.
            for turn in (0.0, -360.0):
                options = {"color": self._color(sample), "lw": width, "alpha": 0.6}
                ends = np.clip([start + turn, end + turn], -180, 180)
                if ends[0] < ends[1]:
                    ax.plot([places[sample]] * 2, ends, solid_capstyle="butt", **options)
        if self.y_pred is not None:
            size = np.clip(2 * width, 2, 6)
            ax.plot(places, self.y_pred, ls="", marker="_", ms=size, color="black")
        if self.y_true is not None:
            ax.plot([-180, 180], [-180, 180], color="black", lw=1, ls=(0, (4, 3)))
            ax.set(xlim=(-180, 180), xticks=round_ticks(-180, 180), xlabel="true azimuth")
            ax.xaxis.set_major_formatter("{x:.0f}°")
        else:
            ax.set_xlabel("sample")
        ax.set(ylim=(-180, 180), yticks=round_ticks(-180, 180), ylabel="azimuth")
        ax.yaxis.set_major_formatter("{x:.0f}°")
        ax.grid(alpha=0.3)
        ax.set_axisbelow(True)

    def _draw_map(self):
        ax, is_cells = self.ax_, self.sets.dtype.kind == "b"
        azimuth, elevation, owner = raster(
            self.grid if is_cells else np.zeros((1, 2)), (-180, -90), (180, 90)
        )
        pixels = np.stack(np.meshgrid(azimuth, elevation), axis=-1)
        for sample, one in enumerate(self.sets):
            # Positive inside of the set; 1e-9 keeps a cap of radius 0 visible.
            if is_cells:
                depth = one[owner] - 0.5
            else:
                depth = one[2] + 1e-9 - great_circle_distance(pixels, one[None, :2])
            color = self._color(sample)
            ax.contourf(azimuth, elevation, depth, [0, 360], colors=color, alpha=0.3)
            if depth.min() < 0:
                ax.contour(azimuth, elevation, depth, [0], colors=color, linewidths=1.2)
        if self.y_pred is not None and self.y_true is not None:
            for pair in zip(self.y_pred[:, :2], self.y_true[:, :2], strict=True):
                ax.plot(*_great_circle(*pair).T, color="black", lw=0.8)
        for y, marker, face in ((self.y_pred, "x", "none"), (self.y_true, "o", "white")):
            if y is not None:
                options = {"mec": "black", "mfc": face, "ms": 6, "mew": 1.4, "clip_on": False}
                ax.plot(y[:, 0], y[:, 1], ls="", marker=marker, **options)
        ax.set(xlim=(180, -180), ylim=(-90, 90), aspect="equal")
        ax.set(xlabel="azimuth", ylabel="elevation")
        for axis, low in ((ax.xaxis, -180), (ax.yaxis, -90)):
            axis.set_ticks(round_ticks(low, -low))
            axis.set_major_formatter("{x:.0f}°")
        ax.grid(alpha=0.3)

    def _make_legend(self, kind):
        patches = import_optional("matplotlib.patches", "PredictionSetDisplay")
        lines = import_optional("matplotlib.lines", "PredictionSetDisplay")
        marks = {"ls": "", "color": "black", "mfc": "white"}
        tick = {"polar": "|", "line": "_", "map": "x"}[kind]
        handles = []
        for flag, color in ((True, _INSIDE), (False, _OUTSIDE)):
            if self.covered_ is not None and flag in self.covered_:
                label = "holds the source" if flag else "misses it"
                handles.append(patches.Patch(color=color, alpha=0.6, label=label))
        if self.y_true is not None:
            truth = {"ls": (0, (4, 3)), "color": "black", "lw": 1}
            truth = truth if kind == "line" else marks | {"marker": "o"}
            handles.append(lines.Line2D([], [], label="true", **truth))
        if self.y_pred is not None:
            handles.append(lines.Line2D([], [], label="predicted", marker=tick, **marks))
        if not handles:
            return
        place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": 4}
        if kind == "polar":
            place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.05)}
        self.ax_.legend(handles=handles, **place, frameon=False, borderaxespad=0.2)

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, coverage=None, kind=None, ax=None):
        """Draw the sets that a fitted localizer predicts.

        Parameters
        ----------
        estimator : estimator
            Fitted :class:`sslearn.calibration.ConformalLocalizer`, or pipeline that ends with one.
        X : array-like
            Input of the estimator.
        y : array-like of shape (n_samples,) or (n_samples, 2), default=None
            True directions in degrees.
        coverage : float, default=None
            Probability, in (0, 1), that a set contains the true direction; that of the estimator
            if None.
        kind : {"polar", "line", "map"}, default=None
            As in :meth:`plot`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        display : PredictionSetDisplay
            Drawn display.

        Raises
        ------
        TypeError
            If the estimator does not predict sets.
        ValueError
            If y has another number of rows than X.
        """
        steps, last = split_pipeline(estimator)
        if not hasattr(last, "predict_set"):
            raise TypeError(
                f"estimator must have predict_set; {type(last).__name__} has not. Wrap it in "
                "ConformalLocalizer."
            )
        y = None if y is None else to_float(y, "y")
        check_rows(y, X)
        for step in steps:
            X = step.transform(X)
        sets = last.predict_set(X, coverage=coverage)
        grid = last.grid_ if sets.dtype.kind == "b" else None
        return cls.from_predictions(y, sets, y_pred=last.predict(X), grid=grid, kind=kind, ax=ax)

    @classmethod
    def from_predictions(cls, y_true, sets, *, y_pred=None, grid=None, kind=None, ax=None):
        """Draw sets.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,) or (n_samples, 2), or None
            True directions in degrees, if they are known.
        sets : array-like of shape (n_samples, n_arcs, 2), (n_samples, 3) or \
(n_samples, n_directions)
            Arcs, caps or cells as in :func:`sslearn.metrics.is_covered`.
        y_pred : array-like of shape (n_samples,) or (n_samples, 2), default=None
            Predicted directions in degrees.
        grid : array-like of shape (n_directions, 2), default=None
            Azimuth and elevation of the middles of the cells. Only for cells.
        kind : {"polar", "line", "map"}, default=None
            As in :meth:`plot`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        display : PredictionSetDisplay
            Drawn display.

        Raises
        ------
        ValueError
            If the directions or the sets are not valid, or do not fit each other.
        """
        set_widths(sets, grid=grid)
        sets = np.asarray(sets)
        sets = sets if sets.dtype.kind == "b" else sets.astype(float)
        if y_pred is not None:
            y_pred = check_doa(y_pred, n_angles=(1,) if sets.ndim == 3 else (2, 3), name="y_pred")
            if len(y_pred) != len(sets):
                raise ValueError(f"y_pred must hold {len(sets)} directions; got {len(y_pred)}.")
        y_true = None if y_true is None else check_doa(y_true, name="y_true")
        grid = None if grid is None else check_directions(grid, name="grid")
        return cls(sets=sets, y_true=y_true, y_pred=y_pred, grid=grid).plot(ax, kind=kind)
