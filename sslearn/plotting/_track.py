import numpy as np

from sslearn.features import STFT, stft_hop, stft_padding
from sslearn.geometry import check_multi_doa, to_float
from sslearn.plotting._lines import line_options
from sslearn.plotting._options import AXES, COMPONENT, check_axes, check_rows
from sslearn.plotting._ticks import round_ticks
from sslearn.utils import import_optional, split_pipeline, to_numbers
from sslearn.utils.param_validation import validated

_ANGLES = ("azimuth", "elevation")
_SHADES = {"silence": "#eeeeee", "overlap": "#f8eed8"}
_COLORS = ("#3b6fb6", "#e08a2e", "#5a9a68", "#8a5aa8", "#b65b5b", "#5aa3b0")


def _check_track(y, name):
    """Directions of shape (n_frames, n_sources, k), of any layout whose rows are frames."""
    y = to_float(y, name)
    if y.ndim and not len(y):
        raise ValueError(f"{name} must hold at least one frame; got none.")
    if y.ndim > 3:
        raise ValueError(
            f"{name} must be one track of shape (n_frames, n_sources, n_angles); got {y.shape}. "
            f"Did you mean {name}[0]?"
        )
    y = y[:, None] if y.ndim == 1 else y
    return check_multi_doa(y[:, None] if y.ndim == 2 else y, name=name)


def _broken(times, angle):
    """A line with a gap wherever it would cross the wrap of azimuth."""
    # NaN breaks a line; comparisons with NaN are false, so absent sources add no gap.
    jumps = np.flatnonzero(np.abs(np.diff(angle)) > 180) + 1
    return np.insert(times, jumps, np.nan), np.insert(angle, jumps, np.nan)


def _spans(times, chosen):
    """Start and length of each run of chosen frames, whose borders are midway between times."""
    step = np.diff(times[:2])[0] if len(times) > 1 else 1.0
    middles = (times[1:] + times[:-1]) / 2
    borders = np.concatenate([times[:1] - step / 2, middles, times[-1:] + step / 2])
    # Changes alternate: start of a run, border after its end.
    changes = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    starts, ends = borders[changes[::2]], borders[changes[1::2]]
    return np.c_[starts, ends - starts]


def _times_of(estimator, X, n_frames):
    """Times of blocks or outputs in seconds; None if they are unknown."""
    params = estimator.get_params()
    stfts = [value for value in params.values() if isinstance(value, STFT)]
    rates = {value for key, value in params.items() if key.split("__")[-1] == "fs"}
    if len(stfts) != 1 or len(rates) != 1:
        return None
    if hasattr(estimator, "frame_times"):
        return estimator.frame_times(X, n_frames)[0]
    sizes = [value for key, value in params.items() if key.split("__")[-1] == "block_size"]
    (stft,), (fs,) = stfts, rates
    block_size = sizes[0] if sizes else 1
    durations = [v for key, v in params.items() if key.split("__")[-1] == "block_duration" and v]
    if durations:
        block_size = max(1, round(durations[0] * fs / stft_hop(stft)))
    first = (block_size - 1) / 2 * stft_hop(stft) + stft.n_fft / 2 - stft_padding(stft)[0]
    return (first + np.arange(n_frames) * block_size * stft_hop(stft)) / fs


class TrackDisplay:
    """Picture of directions over time: predictions and true directions.

    It is recommended to use :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    y_pred : dict of str to ndarray of shape (n_frames, n_sources, k)
        Predicted directions of each localizer in degrees; NaN where a source is absent.
    y_true : ndarray of shape (n_frames, n_sources, k), default=None
        True directions in degrees; NaN where a source is absent.
    times : ndarray of shape (n_frames,), default=None
        Times of the frames in seconds; None numbers them.

    Attributes
    ----------
    ax_ : matplotlib Axes or ndarray of Axes
        Axes of the azimuth, or of azimuth and elevation.
    figure_ : matplotlib Figure
        Figure that contains the axes.

    See Also
    --------
    LocalizationErrorDisplay : Errors of many clips.
    SpatialSpectrumDisplay : Power in all directions at one time.

    Examples
    --------
    >>> from sslearn.plotting import TrackDisplay
    >>> y_true, y_pred = [170.0, 178.0, -174.0], [171.0, 179.0, -176.0]
    >>> display = TrackDisplay.from_predictions(y_true, y_pred, times=[0.1, 0.2, 0.3])
    >>> display.ax_.get_xlabel(), display.ax_.get_ylabel()
    ('time (s)', 'azimuth')
    """

    def __init__(self, *, y_pred, y_true=None, times=None):
        self.y_pred = y_pred
        self.y_true = y_true
        self.times = times

    @validated(ax=AXES, component=COMPONENT)
    def plot(self, ax=None, *, component=None, **kwargs):
        """Draw the tracks.

        True directions are lines, which break where the azimuth wraps and where a source is
        absent. Predicted ones are points, because the order of several sources may change from
        one frame to the next. Where the number of true sources changes, silence and overlaps, of
        two sources or more, are shaded.

        Parameters
        ----------
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw: one axes for each angle. A new figure if None.
        component : {"azimuth", "elevation"}, default=None
            One angle alone; all if None.
        **kwargs : dict
            Passed to ``ax.plot`` of the predicted directions.

        Returns
        -------
        display : TrackDisplay
            This object.

        Raises
        ------
        ValueError
            If ``component`` is not one of the angles, or the number of axes is wrong.
        """
        components = self._components(component)
        axes = self._make_axes(ax, len(components))
        for panel, name in zip(axes, components, strict=True):
            self._shade(panel)
            self._draw(panel, _ANGLES.index(name), kwargs)
            self._dress(panel, name)
        axes[-1].set_xlabel("frame" if self.times is None else "time (s)")
        if self.y_true is not None or len(self.y_pred) > 1:
            place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": 6}
            axes[0].legend(**place, frameon=False, borderaxespad=0.2)
        else:
            axes[0].set_title(next(iter(self.y_pred)), loc="left")
        self.figure_ = axes[0].figure
        self.ax_ = axes[0] if len(axes) == 1 else axes
        return self

    def _components(self, component):
        n_angles = min(2, *(track.shape[2] for track in self.y_pred.values()))
        known = _ANGLES[:n_angles]
        if component is not None and component not in known:
            raise ValueError(f"component must be one of {known} for this y; got {component!r}.")
        return known if component is None else (component,)

    def _make_axes(self, ax, n_components):
        if ax is not None:
            return check_axes(ax, n_components)
        plt = import_optional("matplotlib.pyplot", "TrackDisplay")
        axes = plt.subplots(
            n_components,
            figsize=(8.0, 1.0 + 2.6 * n_components),
            sharex=True,
            squeeze=False,
            layout="constrained",
        )[1]
        return axes.ravel()

    def _shade(self, ax):
        if self.y_true is None:
            return
        n_active = (~np.isnan(self.y_true[..., 0])).sum(axis=1)
        if n_active.min() == n_active.max():
            return
        for label, chosen in (("silence", n_active == 0), ("overlap", n_active > 1)):
            if chosen.any():
                spans = _spans(self._frame_times(), chosen)
                across = {"transform": ax.get_xaxis_transform(), "zorder": 0, "label": label}
                ax.broken_barh(spans, (0, 1), color=_SHADES[label], lw=0, **across)

    def _frame_times(self):
        n_frames = len(next(iter(self.y_pred.values())))
        return np.arange(n_frames, dtype=float) if self.times is None else self.times

    def _draw(self, ax, angle, kwargs):
        times = self._frame_times()
        for i, source in enumerate([] if self.y_true is None else self.y_true[..., angle].T):
            # Without a marker, a source of a single frame would be a line without length.
            options = {"color": "#222222", "lw": 1.6, "marker": "_", "ms": 4, "zorder": 2}
            ax.plot(*_broken(times, source), **options, label=None if i else "true")
        for (name, track), color in zip(self.y_pred.items(), self._colors(), strict=True):
            size = np.clip(400 / len(times), 2.5, 6.0)
            options = {"ls": "", "marker": "o", "ms": size, "mew": 0, "alpha": 0.8, "zorder": 3}
            for i, source in enumerate(track[..., angle].T):
                own = options | {"color": color, "label": None if i else name}
                ax.plot(times, source, **line_options(own, kwargs))

    def _colors(self):
        return [_COLORS[i % len(_COLORS)] for i in range(len(self.y_pred))]

    def _dress(self, ax, name):
        tracks = [*self.y_pred.values(), *([] if self.y_true is None else [self.y_true])]
        values = np.concatenate([track[..., _ANGLES.index(name)].ravel() for track in tracks])
        values = values[~np.isnan(values)] if np.isfinite(values).any() else np.zeros(1)
        low, high = np.floor(values.min() / 15) * 15, np.ceil(values.max() / 15) * 15
        high = max(high, low + 15)
        room = 0.03 * (high - low)
        ax.set(ylim=(low - room, high + room), ylabel=name)
        ax.set_yticks(round_ticks(low, high, 6))
        ax.yaxis.set_major_formatter("{x:.0f}°")
        ax.grid(alpha=0.3)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, sample=0, times=None, component=None, ax=None, **kwargs
    ):
        """Draw the predictions of a fitted localizer over the time of one clip.

        Parameters
        ----------
        estimator : estimator
            Fitted localizer that predicts over time: a classical one with ``block_size``, or
            pipeline that ends with one, or a neural one with ``predict_frames``.
        X : array-like
            Input of the estimator.
        y : array-like, default=None
            True directions of all samples in degrees: tracks of shape (n_samples, n_frames,
            n_sources, k), or any layout without an axis of frames for sources at rest.
        sample : int, default=0
            Row of X.
        times : array-like of shape (n_frames,), default=None
            Times of the predictions in seconds. None takes those of ``predict_track``, where there
            is an STFT inside the estimator: the middle of each block, as if the last were full, or
            of each part of the clip that a network has an output for. It numbers them otherwise.
        component : {"azimuth", "elevation"}, default=None
            One angle alone; all if None.
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw; a new figure if None.
        **kwargs : dict
            Passed to ``ax.plot`` of the predicted directions.

        Returns
        -------
        display : TrackDisplay
            Drawn display.

        Raises
        ------
        ValueError
            If there is no such sample, y has another number of rows than X, or the estimator does
            not predict over time.
        """
        y = None if y is None else to_float(y, "y")
        check_rows(y, X, sample)
        predict = getattr(estimator, "predict_frames", estimator.predict)
        y_pred = np.asarray(predict(X[sample:][:1]))
        last = split_pipeline(estimator)[1]
        name = type(last).__name__
        if y_pred.ndim != 4:
            raise ValueError(
                "estimator must predict over time, with shape (n_samples, n_frames, n_sources, k); "
                f"got {y_pred.shape} from {name}. Set its block_size, or give a "
                "NeuralLocalizer without a pipeline around it."
            )
        y_true = None if y is None else y[sample]
        if y_true is not None and y_true.ndim < 3:
            y_true = y_true.reshape(1, *(y_true.shape if y_true.ndim == 2 else (1, -1)))
        if times is None:
            times = _times_of(estimator, X[sample:][:1], y_pred.shape[1])
        return cls.from_predictions(
            y_true, {name: y_pred[0]}, times=times, component=component, ax=ax, **kwargs
        )

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, times=None, component=None, ax=None, **kwargs):
        """Draw tracks of one clip.

        Parameters
        ----------
        y_true : array-like of shape (n_frames,), (n_frames, k) or (n_frames, n_sources, k), or None
            True directions in degrees: azimuth (k = 1), azimuth and elevation (k = 2), and
            distance (k = 3, not drawn). NaN where a source is absent. A single row stands for all
            frames.
        y_pred : array-like of such a shape, or dict of str to array-like
            Predicted directions, of one localizer or of several with their names. The number of
            sources may differ from the true one.
        times : array-like of shape (n_frames,), default=None
            Times of the frames in seconds, such as those of a
            :class:`~sslearn.streaming.StreamingLocalizer`; None numbers them.
        component : {"azimuth", "elevation"}, default=None
            One angle alone; all if None.
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw; a new figure if None.
        **kwargs : dict
            Passed to ``ax.plot`` of the predicted directions.

        Returns
        -------
        display : TrackDisplay
            Drawn display.

        Raises
        ------
        ValueError
            If the directions are not valid, or numbers of frames or of angles differ.
        """
        named = y_pred if isinstance(y_pred, dict) else {"predicted": y_pred}
        if not named:
            raise ValueError("y_pred must hold the predictions of at least one localizer; got {}.")
        tracks = {name: _check_track(y, f"y_pred[{name!r}]") for name, y in named.items()}
        n_frames, _, n_angles = next(iter(tracks.values())).shape
        if times is not None:
            times = to_numbers(times, "times")
            if times.shape != (n_frames,):
                raise ValueError(f"times must have shape ({n_frames},); got {times.shape}.")
        if y_true is not None:
            y_true = _check_track(y_true, "y_true")
            if len(y_true) == 1:
                y_true = np.repeat(y_true, n_frames, axis=0)
        for name, track in [*tracks.items(), *([] if y_true is None else [("y_true", y_true)])]:
            if (track.shape[0], track.shape[2]) != (n_frames, n_angles):
                raise ValueError(
                    f"y_true and all of y_pred must have {n_frames} frames of {n_angles} values "
                    f"for each source, as the first of y_pred; got {track.shape} in {name}."
                )
        return cls(y_pred=tracks, y_true=y_true, times=times).plot(
            ax, component=component, **kwargs
        )
