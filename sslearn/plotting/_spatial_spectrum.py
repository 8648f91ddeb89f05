import numpy as np

from sslearn.geometry import check_directions, to_float, wrap_azimuth
from sslearn.plotting._lines import line_options
from sslearn.plotting._options import SPECTRUM, axes_of_kind, check_rows
from sslearn.plotting._spectrum_data import (
    check_spectra,
    collapse_grid,
    map_limits,
    marks_of,
    path_of,
    raster,
    scaled,
    spectrum_of,
    wraps,
)
from sslearn.plotting._ticks import degrees, round_ticks
from sslearn.utils import import_optional
from sslearn.utils.param_validation import validated

_SIZES = {"polar": (6.4, 5.0), "line": (7.2, 4.0), "map": (8.4, 4.4)}
_COLORS = ("#3b6fb6", "#e08a2e", "#5a9a68", "#8a5aa8", "#b65b5b", "#5aa3b0")


def _tick_step(dynamic_range):
    return next((step for step in (1, 2, 5, 10) if dynamic_range <= 5 * step), 20)


class SpatialSpectrumDisplay:
    """Picture of the power in each direction, with the true and the predicted sources.

    It is recommended to use :meth:`from_estimator` or :meth:`from_spectrum`.

    Parameters
    ----------
    spectrum : dict of str to ndarray of shape (n_directions,)
        Spatial spectrum of each method; larger is more likely.
    grid : ndarray of shape (n_directions,) or (n_directions, 2)
        Sorted azimuths, or azimuths and elevations in any order, in degrees.
    y_true : ndarray of shape (n_sources,) or (n_sources, 2), default=None
        True directions in degrees.
    y_pred : dict of str to ndarray of shape (n_sources,) or (n_sources, 2), default=None
        Predicted directions of each method in degrees.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the spectrum: polar axes for azimuths, plain ones for a map or a line.
    figure_ : matplotlib Figure
        Figure that contains the axes.
    lines_ : dict of str to matplotlib line
        Line of each spectrum; empty for a map.
    mesh_ : matplotlib collection or None
        Pixels of a map.
    colorbar_ : matplotlib Colorbar or None
        Scale of a map.

    See Also
    --------
    MicArrayDisplay : Picture of the microphones.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.geometry import circular_grid
    >>> from sslearn.plotting import SpatialSpectrumDisplay
    >>> grid = circular_grid(5)
    >>> power = 1.1 + np.cos(np.deg2rad(grid - 40))
    >>> display = SpatialSpectrumDisplay.from_spectrum(power, grid, y_true=40, scale="db")
    >>> display.ax_.name
    'polar'
    """

    def __init__(self, *, spectrum, grid, y_true=None, y_pred=None):
        self.spectrum = spectrum
        self.grid = grid
        self.y_true = y_true
        self.y_pred = y_pred

    @validated(**SPECTRUM)
    def plot(self, ax=None, *, kind=None, scale="linear", dynamic_range=20.0, **kwargs):
        """Draw the spectrum.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw, polar axes for ``kind="polar"``; a new figure if None.
        kind : {"polar", "line", "map"}, default=None
            ``"polar"``: power against azimuth around the array, front at the top and left at the
            left. ``"line"``: the same on straight axes. ``"map"``: azimuth and elevation as seen
            from the array, left at the left; each pixel has the value of the nearest direction of
            the grid. None is ``"polar"`` for azimuths and ``"map"`` for azimuths and elevations.
        scale : {"linear", "db"}, default="linear"
            Power relative to its largest absolute value, or in decibels below its maximum.
        dynamic_range : float, default=20.0
            Decibels below the maximum that are shown; what is lower is drawn at that floor.
        **kwargs : dict
            Passed to ``ax.plot`` of each spectrum, or to ``ax.pcolormesh`` of the map.

        Returns
        -------
        display : SpatialSpectrumDisplay
            This object.

        Raises
        ------
        ValueError
            If an option is unknown or does not suit the grid or the axes, or a spectrum has no
            positive value and ``scale="db"``.
        """
        kind = self._check_kind(kind)
        spectra = {name: scaled(s, name, scale, dynamic_range) for name, s in self.spectrum.items()}
        self.ax_ = axes_of_kind(ax, kind, _SIZES[kind], "SpatialSpectrumDisplay")
        self.figure_ = self.ax_.figure
        self.lines_, self.mesh_, self.colorbar_ = {}, None, None
        limits, label = (-dynamic_range, 0.0), "power below maximum (dB)"
        if scale == "linear":
            limits = (min(0.0, min(values.min() for values in spectra.values())), 1.0)
            label = "power / maximum"
        if kind == "map":
            self._draw_map(spectra, limits, label, kwargs)
        else:
            self._draw_lines(kind, spectra, limits, label, kwargs)
        self._name(kind, "" if len(spectra) > 1 else next(iter(spectra)), label)
        return self

    def _check_kind(self, kind):
        is_sphere = self.grid.ndim == 2
        kind = kind or ("map" if is_sphere else "polar")
        known = ("map",) if is_sphere else ("polar", "line")
        if kind not in known:
            raise ValueError(f"kind must be one of {known} for this grid; got {kind!r}.")
        if is_sphere and len(self.spectrum) > 1:
            raise ValueError(
                f"spectrum must hold one spectrum for a map; got {list(self.spectrum)}. Draw each "
                "in separate axes."
            )
        return kind

    def _name(self, kind, name, label):
        top, pad = self._top() if kind == "polar" else 1.0, 6
        if kind == "polar":
            # No axis can hold this label: the circle is labelled with azimuths.
            name, pad = f"{name}\n{label}" if name else label, 24
        self.ax_.set_title(name, y=top, pad=pad, loc="left" if kind == "map" else "center")
        if self.ax_.get_legend_handles_labels()[1]:
            place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": 6}
            if kind == "polar" and self._is_sector():
                place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.9 - top), "ncols": 3}
            elif kind == "polar":
                place = {"loc": "upper left", "bbox_to_anchor": (1.02, 1.05)}
            self.ax_.legend(**place, frameon=False)

    def _top(self):
        """Upper end of the circle, or of its sector, as a share of the height of the axes."""
        if not self._is_sector():
            return 1.0
        # matplotlib fits the box of the sector and its centre into square axes.
        angles = np.deg2rad(np.linspace(*self.grid[[0, -1]], 361))
        width, height = (np.ptp(np.append(side, 0.0)) for side in (np.sin(angles), np.cos(angles)))
        return 0.5 + 0.5 * height / max(width, height)

    def _draw_lines(self, kind, spectra, limits, label, kwargs):
        ax, azimuth = self.ax_, path_of(self.grid, overlap=kind == "line")
        turn = 360.0 if wraps(self.grid) else None
        across = np.deg2rad if kind == "polar" else np.asarray
        for i, mark in enumerate([] if self.y_true is None else self.y_true):
            options = {"color": "black", "lw": 1.4, "ls": (0, (4, 3)), "zorder": 4}
            ax.plot(across([mark, mark]), limits, label=None if i else "true", **options)
        for i, (name, values) in enumerate(spectra.items()):
            color = _COLORS[i % len(_COLORS)]
            options = {"color": color, "lw": 1.8, "label": name if len(spectra) > 1 else None}
            power = np.interp(azimuth, self.grid, values, period=turn)
            self.lines_[name] = ax.plot(across(azimuth), power, **line_options(options, kwargs))[0]
            color = self.lines_[name].get_color()
            if len(spectra) == 1:
                ax.fill_between(across(azimuth), limits[0], power, color=color, alpha=0.15, lw=0)
            marks = (self.y_pred or {}).get(name, np.empty(0))
            if len(marks):
                heights = np.interp(marks, self.grid, values, period=turn)
                ax.plot(
                    across(marks),
                    heights,
                    **{"ls": "", "marker": "o", "ms": 8, "mew": 1.2, "clip_on": False},
                    **{"color": color, "mec": "white", "zorder": 5},
                    label="predicted" if len(spectra) == 1 else None,
                )
        if kind == "polar":
            self._dress_polar(limits)
        else:
            self._dress_line(limits, label)

    def _is_sector(self):
        return not wraps(self.grid) and np.ptp(self.grid) <= 180

    def _dress_polar(self, limits):
        ax = self.ax_
        ax.set_theta_zero_location("N")
        ax.set_rlim(*limits)
        ax.set_rorigin(limits[0])
        ends = self.grid[[0, -1]]
        if self._is_sector():
            ax.set_thetalim(*np.deg2rad(ends))
            ax.set_thetagrids(round_ticks(*ends, 6))
            ax.set_rlabel_position(ends[0])
        else:
            ax.set_thetagrids(np.arange(0, 360, 30))
            # Labels of the radius nearly opposite to the peak, off the drawn power.
            peak = self.grid[np.argmax(next(iter(self.spectrum.values())))]
            ax.set_rlabel_position(peak + 165)
        ax.xaxis.set_major_formatter(lambda angle, _: degrees(-wrap_azimuth(-np.rad2deg(angle))))
        step = 0.5 if limits[1] > 0 else _tick_step(-limits[0])
        ax.set_rticks(np.arange(limits[1], limits[0] - 1e-9, -step))
        ax.tick_params(axis="y", labelsize=8, labelcolor="#555555")
        ax.grid(alpha=0.4)

    def _dress_line(self, limits, label):
        ax = self.ax_
        low, high = (-180, 180) if wraps(self.grid) else self.grid[[0, -1]]
        room = 0.04 * (limits[1] - limits[0])
        ax.set(xlim=(high, low), ylim=(limits[0], limits[1] + room), ylabel=label)
        ax.set(xticks=round_ticks(low, high), xlabel="azimuth")
        ax.xaxis.set_major_formatter("{x:.0f}°")
        ax.grid(alpha=0.3)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)

    def _draw_map(self, spectra, limits, label, kwargs):
        ax, ((name, values),) = self.ax_, spectra.items()
        low, high = map_limits(self.grid)
        azimuth, elevation, owner = raster(self.grid, low, high)
        options = {"cmap": "magma", "vmin": limits[0], "vmax": limits[1], "rasterized": True}
        self.mesh_ = ax.pcolormesh(azimuth, elevation, values[owner], **options | kwargs)
        side = ax.inset_axes([1.025, 0.0, 0.025, 1.0])
        self.colorbar_ = self.figure_.colorbar(self.mesh_, cax=side, label=label)
        self._mark_map(self.y_true, "true", "o", 11)
        self._mark_map((self.y_pred or {}).get(name), "predicted", "x", 8)
        ax.set(xlim=(high[0], low[0]), ylim=(low[1], high[1]), aspect="equal")
        ax.set(xlabel="azimuth", ylabel="elevation")
        for axis, i in ((ax.xaxis, 0), (ax.yaxis, 1)):
            axis.set_ticks(round_ticks(low[i], high[i]))
            axis.set_major_formatter("{x:.0f}°")

    def _mark_map(self, marks, label, marker, size):
        if marks is None or not len(marks):
            return
        effects = import_optional("matplotlib.patheffects", "SpatialSpectrumDisplay")
        self.ax_.plot(
            *marks.T,
            ls="",
            marker=marker,
            ms=size,
            mew=2,
            mec="#7fe0ff" if marker == "x" else "white",
            mfc="none",
            clip_on=False,
            label=label,
            path_effects=[effects.withStroke(linewidth=4, foreground="black")],
        )

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        sample=0,
        block=None,
        kind=None,
        scale="linear",
        dynamic_range=20.0,
        ax=None,
        **kwargs,
    ):
        """Draw the spectrum of a fitted localizer for one sample.

        Parameters
        ----------
        estimator : estimator
            Fitted localizer with ``spatial_spectrum`` and ``grid_``, or pipeline that ends with
            one.
        X : array-like
            Input of the estimator.
        y : array-like, default=None
            True directions of all samples in degrees, laid out as ``predict`` returns them.
        sample : int, default=0
            Row of X.
        block : int, default=None
            Block of frames, where the localizer predicts in blocks. None is their mean, with the
            predictions of all.
        kind : {"polar", "line", "map"}, default=None
            As in :meth:`plot`.
        scale : {"linear", "db"}, default="linear"
            As in :meth:`plot`.
        dynamic_range : float, default=20.0
            As in :meth:`plot`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **kwargs : dict
            Passed to ``ax.plot`` or ``ax.pcolormesh``.

        Returns
        -------
        display : SpatialSpectrumDisplay
            Drawn display.

        Raises
        ------
        TypeError
            If the estimator has no spatial spectrum.
        ValueError
            If there is no such sample or block, or y has another number of rows than X.
        """
        y = None if y is None else to_float(y, "y")
        check_rows(y, X, sample)
        spectrum, grid, y_pred, name = spectrum_of(estimator, X, sample, block)
        if y is not None:
            y = y[sample:][:1]
            y = y[:, [block]] if y.ndim == 4 and block is not None else y
        options = {"kind": kind, "scale": scale, "dynamic_range": dynamic_range, "ax": ax}
        return cls.from_spectrum(
            {name: spectrum}, grid, y_true=y, y_pred={name: y_pred}, **options, **kwargs
        )

    @classmethod
    def from_spectrum(
        cls,
        spectrum,
        grid,
        *,
        y_true=None,
        y_pred=None,
        kind=None,
        scale="linear",
        dynamic_range=20.0,
        ax=None,
        **kwargs,
    ):
        """Draw a spectrum, or those of several methods over one another.

        Parameters
        ----------
        spectrum : array-like of shape (n_directions,), or dict of str to array-like
            Spatial spectrum of one sample, of one method or of several with their names.
        grid : array-like of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
            Azimuth; azimuth and elevation; and distance, of which the largest value is drawn. A
            grid of one elevation is drawn as azimuths.
        y_true : float or array-like of shape (n_sources,) or (n_sources, k), default=None
            True directions of the sample in degrees; NaN is left out. On a grid with elevations
            one source may be (azimuth, elevation).
        y_pred : like ``y_true``, or dict of str to such, default=None
            Predicted directions, of one method or of several with their names.
        kind : {"polar", "line", "map"}, default=None
            As in :meth:`plot`.
        scale : {"linear", "db"}, default="linear"
            As in :meth:`plot`.
        dynamic_range : float, default=20.0
            As in :meth:`plot`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **kwargs : dict
            Passed to ``ax.plot`` or ``ax.pcolormesh``.

        Returns
        -------
        display : SpatialSpectrumDisplay
            Drawn display.

        Raises
        ------
        ValueError
            If the spectrum does not fit the grid, or grid or directions are not valid.
        """
        grid = check_directions(grid, name="grid")
        grid, spectra = collapse_grid(grid, check_spectra(spectrum, len(grid)))
        named = y_pred if isinstance(y_pred, dict) else {next(iter(spectra)): y_pred}
        unknown = sorted(set(named) - set(spectra))
        if unknown:
            raise ValueError(f"y_pred must have the names of spectrum; got also {unknown}.")
        predicted = {name: marks_of(y, grid, "y_pred") for name, y in named.items()}
        display = cls(
            spectrum=spectra,
            grid=grid,
            y_true=marks_of(y_true, grid, "y_true"),
            y_pred={name: marks for name, marks in predicted.items() if marks is not None},
        )
        options = {"kind": kind, "scale": scale, "dynamic_range": dynamic_range}
        return display.plot(ax, **options, **kwargs)
