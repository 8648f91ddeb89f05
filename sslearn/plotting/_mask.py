import numpy as np

from sslearn.features import STFT, stft_hop
from sslearn.plotting._options import AX, check_rows
from sslearn.utils import import_optional, split_pipeline
from sslearn.utils.param_validation import Integral, Interval, Real, validated


class MaskDisplay:
    """Spectrogram of a clip in grey, with the weights of its bins in a localizer in colour.

    It is recommended to use :meth:`from_estimator`.

    Parameters
    ----------
    level : ndarray of shape (n_freqs, n_frames)
        Level of each bin in dB.
    masks : ndarray of shape (n_masks, n_freqs, n_frames)
        Weights of each bin in [0, 1].
    freqs : ndarray of shape (n_freqs,)
        Frequencies in Hz.
    times : ndarray of shape (n_frames,)
        Times of the frames in seconds, or their numbers.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the spectrogram.
    figure_ : matplotlib Figure
        Figure that contains the axes.
    level_mesh_ : matplotlib collection
        Levels, from white to black.
    mask_mesh_ : matplotlib collection
        Weights; a bin without weight is transparent.
    colorbar_ : matplotlib Colorbar
        Scale of the weights.

    See Also
    --------
    sslearn.doa.MaskedSRPPHAT : Localizer with masks.
    SpatialSpectrumDisplay : Spatial spectrum of these bins.

    Examples
    --------
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.geometry import circular_array
    >>> from sslearn.plotting import MaskDisplay
    >>> mics = circular_array(4, 0.05)
    >>> X = make_plane_waves(1, mic_positions=mics, snr=0, random_state=0).data
    >>> localizer = recipes.masked_srp_phat(mics).fit(X)
    >>> display = MaskDisplay.from_estimator(localizer, X)
    >>> display.masks.shape[0]
    6
    """

    def __init__(self, *, level, masks, freqs, times):
        self.level = level
        self.masks = masks
        self.freqs = freqs
        self.times = times

    @validated(
        ax=AX,
        mask=[Interval(Integral, 0, None, closed="left"), None],
        dynamic_range=[Interval(Real, 0, np.inf, closed="neither")],
    )
    def plot(self, ax=None, *, mask=None, dynamic_range=50.0, **kwargs):
        """Draw the spectrogram.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        mask : int, default=None
            Number of a mask; the mean of all if None.
        dynamic_range : float, default=50.0
            Decibels below the loudest bin that are shown; what is lower is drawn at that floor.
        **kwargs : dict
            Passed to ``ax.pcolormesh`` of the weights.

        Returns
        -------
        display : MaskDisplay
            This object.

        Raises
        ------
        ValueError
            If there is no such mask, or an option is not valid.
        """
        if mask is not None and mask >= len(self.masks):
            raise ValueError(f"mask must be below {len(self.masks)}; got {mask}.")
        heard = self.masks.mean(axis=0) if mask is None else self.masks[mask]
        if ax is None:
            plt = import_optional("matplotlib.pyplot", "MaskDisplay")
            _, ax = plt.subplots(figsize=(8.4, 4.4), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        shared = {"shading": "nearest", "rasterized": True}
        level = self.level - self.level.max()
        limits = {"vmin": -dynamic_range, "vmax": 0.0, "cmap": "Greys"}
        self.level_mesh_ = ax.pcolormesh(self.times, self.freqs, level, **limits, **shared)
        most = max(heard.max(), np.finfo(float).tiny)
        options = {"cmap": "YlOrRd", "vmin": 0.0, "vmax": most, "alpha": heard / most, **shared}
        self.mask_mesh_ = ax.pcolormesh(self.times, self.freqs, heard, **options | kwargs)
        self.colorbar_ = ax.figure.colorbar(self.mask_mesh_, ax=ax)
        self.colorbar_.solids.set(alpha=1)
        self.colorbar_.set_label("weight of a bin")
        in_seconds = self.times.dtype.kind == "f"
        ax.set_xlabel("time (s)" if in_seconds else "frame")
        ax.set_ylabel("frequency (Hz)")
        ax.set_title("mean of the masks" if mask is None else f"mask {mask}", loc="left")
        return self

    @classmethod
    def from_estimator(cls, estimator, X, *, sample=0, mask=None, ax=None, **kwargs):
        """Draw the weights of the bins of a clip in a fitted localizer.

        Parameters
        ----------
        estimator : estimator
            Fitted :class:`sslearn.doa.MaskedSRPPHAT`, or pipeline that ends with one.
        X : array-like
            Input of the estimator.
        sample : int, default=0
            Clip of X.
        mask : int, default=None
            As in :meth:`plot`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : MaskDisplay
            Drawn display.

        Raises
        ------
        TypeError
            If the estimator has no masks.
        ValueError
            If there is no such clip.
        """
        steps, localizer = split_pipeline(estimator)
        if not hasattr(localizer, "masks"):
            raise TypeError(
                f"estimator must have masks; {type(localizer).__name__} has none. Use "
                "MaskedSRPPHAT, or recipes.masked_srp_phat."
            )
        check_rows(None, X, sample)
        clip = X[sample : sample + 1 or None]
        for step in steps:
            clip = step.transform(clip)
        transform = localizer.batch_transform_
        spectrum = clip if transform is None else transform.transform(clip)
        spectrum = np.asarray(spectrum)[0, :, localizer.bins_]
        power = np.square(np.abs(spectrum)).mean(axis=0)
        freqs = np.linspace(0, localizer.fs / 2, localizer.n_freqs_in_)[localizer.bins_]
        return cls(
            level=10 * np.log10(np.maximum(power, np.finfo(power.dtype).tiny)),
            masks=localizer.masks(clip)[0],
            freqs=freqs,
            times=_frame_times(transform, power.shape[1], localizer.fs),
        ).plot(ax, mask=mask, **kwargs)


def _frame_times(transform, n_frames, fs):
    """Times of the middles of frames in seconds, or their numbers where there is no STFT."""
    for _, step in getattr(transform, "steps", [("", transform)]):
        if isinstance(step, STFT):
            # With padding the first frame is centred on the first sample.
            start = 0 if step.padding else step.n_fft / 2
            return (start + stft_hop(step) * np.arange(n_frames)) / fs
    return np.arange(n_frames)
