import numpy as np

from sslearn.geometry import angles_to_unit_vectors, check_directions, check_mic_positions
from sslearn.plotting._options import AX
from sslearn.plotting._ticks import degrees
from sslearn.utils import import_optional, split_pipeline
from sslearn.utils.param_validation import StrOptions, validated

_VIEWS = ("3d", "top")
_MIC_COLOR, _SOURCE_COLOR, _PALE = "#3b6fb6", "#c8442d", "#9a9a9a"
# Sources are drawn at this multiple of the array's radius, whatever their distance.
_SOURCE_RADIUS = 1.5
_MOST_FEET = 12
_LABELS = ("x, front", "y, left", "z, up")


def _label_of(direction):
    return ", ".join(degrees(angle) for angle in np.atleast_1d(direction)[:2])


def _outwards(steps):
    """Unit vectors on paper (right, up) along steps (x, y) from the centre."""
    # Front (x) is up and left (y) is left on paper: (right, up) = (-y, x).
    steps = steps[:, ::-1] * [-1.0, 1.0]
    lengths = np.linalg.norm(steps, axis=1, keepdims=True)
    return np.where(lengths > 1e-9, steps / np.maximum(lengths, 1e-9), [0.0, 1.0])


def _label_steps(steps):
    """Place of the number of each microphone: outwards, or beside a line of microphones."""
    # A second singular value of 0: all microphones are on one line.
    _, sizes, axes = np.linalg.svd(steps, full_matrices=False)
    if len(steps) < 3 or sizes[1] > 1e-6 * sizes[0]:
        return _outwards(steps)
    right, up = _outwards(axes[:1])[0]
    across = np.array([-up, right])
    return np.tile(across if across[1] >= 0 else -across, (len(steps), 1))


class MicArrayDisplay:
    """Picture of a microphone array, from above or in space.

    It is recommended to use :meth:`from_positions` or :meth:`from_estimator`.

    Parameters
    ----------
    mic_positions : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    directions : ndarray of shape (n_sources,), (n_sources, 2) or (n_sources, 3), default=None
        Directions of sources in degrees; their distance is not drawn.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the microphones.
    figure_ : matplotlib Figure
        Figure that contains the axes.
    mics_ : matplotlib collection
        Microphones.
    sources_ : matplotlib collection or None
        Sources.

    See Also
    --------
    SpatialSpectrumDisplay : Picture of the power in each direction.

    Examples
    --------
    >>> from sslearn.geometry import circular_array
    >>> from sslearn.plotting import MicArrayDisplay
    >>> display = MicArrayDisplay.from_positions(circular_array(6, 0.05), directions=[30])
    >>> display.ax_.get_title()
    '6 microphones'
    """

    def __init__(self, *, mic_positions, directions=None):
        self.mic_positions = mic_positions
        self.directions = directions

    @validated(ax=AX, view=[StrOptions(set(_VIEWS)), None])
    def plot(self, ax=None, *, view=None, **kwargs):
        """Draw the array.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw, 3-D axes for ``view="3d"``; a new figure if None.
        view : {"top", "3d"}, default=None
            ``"top"``: from above, front at the top and left at the left, as in polar pictures.
            ``"3d"``: from behind, the right and above. None is ``"top"`` for microphones at one
            height and ``"3d"`` for all others.
        **kwargs : dict
            Passed to ``ax.scatter`` of the microphones: ``s``, ``color``, ...

        Returns
        -------
        display : MicArrayDisplay
            This object.

        Raises
        ------
        ValueError
            If ``view`` is unknown, or the axes do not suit it.
        """
        extent = np.ptp(self.mic_positions, axis=0)
        if view is None:
            view = "top" if extent[2] < 1e-6 else "3d"
        if ax is None:
            plt = import_optional("matplotlib.pyplot", "MicArrayDisplay")
            figure = plt.figure(figsize=(5.6, 5.2), layout="constrained")
            ax = figure.add_subplot(projection="3d" if view == "3d" else None)
        elif hasattr(ax, "zaxis") != (view == "3d"):
            raise ValueError(
                "ax must be 3-D axes for view='3d' and plain axes for view='top'. Make 3-D axes "
                "with figure.add_subplot(projection='3d')."
            )
        unit, factor = ("m", 1.0) if extent.max() >= 1.0 else ("cm", 100.0)
        self.ax_, self.figure_ = ax, ax.figure
        options = {"color": _MIC_COLOR, "edgecolors": "white", "linewidths": 0.8, "zorder": 3}
        self._draw(view, self.mic_positions * factor, options | kwargs)
        ax.set_title(f"{len(self.mic_positions)} microphones")
        axes = (ax.yaxis, ax.xaxis) if view == "top" else (ax.xaxis, ax.yaxis, ax.zaxis)
        for axis, label in zip(axes, _LABELS, strict=False):
            axis.set_label_text(f"{label} ({unit})")
        return self

    def _draw(self, view, mics, options):
        centre = mics.mean(axis=0)
        radius = max(np.linalg.norm(mics - centre, axis=1).max(), 1.0)
        sources = np.empty((0, 3))
        if self.directions is not None:
            sources = centre + _SOURCE_RADIUS * radius * angles_to_unit_vectors(self.directions)
        draw = self._draw_top if view == "top" else self._draw_space
        draw(mics, sources, centre, radius, options)

    def _draw_top(self, mics, sources, centre, radius, options):
        ax = self.ax_
        ax.axhline(0, color=_PALE, lw=0.6, zorder=0)
        ax.axvline(0, color=_PALE, lw=0.6, zorder=0)
        self.mics_ = ax.scatter(mics[:, 1], mics[:, 0], **{"s": self._size()} | options)
        for m, away in enumerate(_label_steps(mics[:, :2] - centre[:2])):
            self._annotate(str(m), mics[m, 1::-1], 11 * away, fontsize=8)
        for source, direction in zip(sources, self._rows(), strict=True):
            ax.plot(*zip(centre[1::-1], source[1::-1], strict=True), **self._ray())
            offset = (0, 14 if source[0] >= centre[0] else -14)
            self._annotate(_label_of(direction), source[1::-1], offset, color=_SOURCE_COLOR)
        self.sources_ = None
        if len(sources):
            self.sources_ = ax.scatter(sources[:, 1], sources[:, 0], **self._source_marks())
        # y points to the left: the horizontal axis is reversed.
        half = np.abs(np.concatenate([mics, sources]) - centre)[:, :2].max()
        half = max(half, radius) * (1.3 if len(sources) else 1.16)
        ax.set(xlim=(centre[1] + half, centre[1] - half), ylim=(centre[0] - half, centre[0] + half))
        ax.set_aspect("equal")
        ax.grid(alpha=0.3)
        ax.set_axisbelow(True)

    def _draw_space(self, mics, sources, centre, radius, options):
        ax = self.ax_
        half = max(1.05 * np.abs(np.concatenate([mics, sources]) - centre).max(), radius)
        floor = centre[2] - half
        # Feet on the floor show where a point is; many would hide it, and shading is used instead.
        few = len(mics) <= _MOST_FEET
        for x, y, z in [*mics, *sources] if few else sources:
            ax.plot([x, x], [y, y], [floor, z], color=_PALE, lw=0.7, zorder=1)
            ax.scatter(x, y, floor, s=6, color=_PALE, depthshade=False)
        self.mics_ = ax.scatter(*mics.T, **{"s": self._size(), "depthshade": not few} | options)
        for m, (x, y, z) in enumerate(mics):
            ax.text(x, y, z + 0.11 * half, str(m), fontsize=8, ha="center", va="center")
        for source, direction in zip(sources, self._rows(), strict=True):
            ax.plot(*zip(centre, source, strict=True), **self._ray())
            x, y, z = source
            label = _label_of(direction)
            text = ax.text(x, y, z + 0.17 * half, label, color=_SOURCE_COLOR, ha="center")
            text.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1})
        self.sources_ = None
        if len(sources):
            self.sources_ = ax.scatter(*sources.T, depthshade=False, **self._source_marks())
        for i, axis in enumerate("xyz"):
            ax.set(**{f"{axis}lim": (centre[i] - half, centre[i] + half)})
            ax.locator_params(axis, nbins=6)
        ax.set_box_aspect((1, 1, 1), zoom=0.93)
        ax.view_init(elev=24, azim=-142)

    def _rows(self):
        return [] if self.directions is None else self.directions

    def _size(self):
        return np.clip(1200 / len(self.mic_positions), 24, 90)

    def _ray(self):
        return {"color": _SOURCE_COLOR, "lw": 1.2, "ls": (0, (4, 3)), "zorder": 2}

    def _source_marks(self):
        return {"s": 70, "marker": "D", "color": _SOURCE_COLOR, "zorder": 4}

    def _annotate(self, text, place, offset, **kwargs):
        self.ax_.annotate(
            text,
            place,
            xytext=offset,
            textcoords="offset points",
            ha="center",
            va="center",
            **kwargs,
        )

    @classmethod
    def from_positions(cls, mic_positions, *, directions=None, view=None, ax=None, **kwargs):
        """Draw microphones.

        Parameters
        ----------
        mic_positions : array-like of shape (n_mics, 3)
            Microphone positions in metres.
        directions : array-like of shape (n_sources,), (n_sources, 2) or (n_sources, 3), \
default=None
            Directions of sources in degrees; their distance is not drawn.
        view : {"top", "3d"}, default=None
            As in :meth:`plot`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **kwargs : dict
            Passed to ``ax.scatter`` of the microphones.

        Returns
        -------
        display : MicArrayDisplay
            Drawn display.

        Raises
        ------
        ValueError
            If positions or directions are not valid.
        """
        mics = check_mic_positions(mic_positions)
        if directions is not None:
            directions = check_directions(directions)
        return cls(mic_positions=mics, directions=directions).plot(ax, view=view, **kwargs)

    @classmethod
    def from_estimator(cls, estimator, *, directions=None, view=None, ax=None, **kwargs):
        """Draw the array of a localizer.

        Parameters
        ----------
        estimator : estimator
            Localizer with ``mic_positions``, fitted or not, or pipeline that ends with one.
        directions : array-like of shape (n_sources,), (n_sources, 2) or (n_sources, 3), \
default=None
            Directions of sources in degrees, for example those that ``predict`` returned.
        view : {"top", "3d"}, default=None
            As in :meth:`plot`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **kwargs : dict
            Passed to ``ax.scatter`` of the microphones.

        Returns
        -------
        display : MicArrayDisplay
            Drawn display.

        Raises
        ------
        TypeError
            If the estimator has no ``mic_positions``.
        """
        last = split_pipeline(estimator)[1]
        if not hasattr(last, "mic_positions"):
            raise TypeError(
                f"estimator must have mic_positions; {type(last).__name__} has none. Use "
                "MicArrayDisplay.from_positions."
            )
        return cls.from_positions(
            last.mic_positions, directions=directions, view=view, ax=ax, **kwargs
        )
