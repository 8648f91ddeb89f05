import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn.encoding._base import Encoding, flatten_column
from sslearn.encoding._output_spec import OutputSpec
from sslearn.geometry import check_doa
from sslearn.losses import PermutationInvariantLoss


def _layout_of(y):
    """Whether y has frames, its number of sources (None without their axis) and of angles."""
    return y.ndim == 4, None if y.ndim < 3 else y.shape[-2], 1 if y.ndim == 1 else y.shape[-1]


class SourcesEncoding(Encoding):
    """Base of encodings of one or several sources, which may be absent with a ``threshold``.

    A subclass has the parameter ``threshold`` and implements the methods of :class:`Encoding`;
    its ``fit`` starts with ``_fit_layout(y)``.
    """

    # False where the threshold has a default, which a y without an axis of sources ignores.
    _threshold_needs_sources = True

    def _fit_layout(self, y):
        """Validate the parameters and y, and learn the layout of y."""
        self._validate_params()
        y, self._is_column = flatten_column(y)
        y = self._check_y(y, n_angles=(1, 2))
        self._layout = _layout_of(y)
        _, self.n_sources_, self.n_angles_ = self._layout
        needs_sources = self.threshold is not None and self._threshold_needs_sources
        if needs_sources and self.n_sources_ is None:
            raise ValueError(
                "threshold needs a y with an axis of sources, such as (n_samples, n_sources, "
                f"n_angles); got shape {y.shape}. Set threshold=None."
            )
        return y

    def _check_y(self, y, n_angles):
        options = {"sources": True, "frames": True, "absent": True}
        y = check_doa(y, n_angles=n_angles, **options)
        if self.threshold is None and np.isnan(y).any():
            sample = int(np.argwhere(np.isnan(y))[0, 0])
            raise ValueError(
                f"y must hold every source in every sample; got NaN in sample {sample}. Set "
                "threshold of the encoding, the lowest score of a source that counts as present."
            )
        return y

    def _check_layout(self, y):
        """Validate y, which must be laid out as in ``fit``."""
        y = self._check_y(flatten_column(y)[0], n_angles=None)
        if _layout_of(y) != self._layout:
            is_track, n_sources, n_angles = self._layout
            raise ValueError(
                f"y must be laid out as in fit, with n_sources={n_sources} and {n_angles} "
                f"angle(s), {'' if is_track else 'not '}frame by frame; got shape {y.shape}."
            )
        return y

    def transform(self, y):
        """Encode directions.

        Parameters
        ----------
        y : array-like of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Directions in degrees, laid out as in ``fit``.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_outputs), (n_samples, n_sources, n_outputs) or \
(n_samples, n_frames, n_sources, n_outputs)
            Training targets.

        Raises
        ------
        ValueError
            If y is not laid out as in ``fit``, or is outside the grid.
        """
        check_is_fitted(self)
        return self._encode(self._check_layout(y))

    def _spec(self, n_outputs, n_tracks=None, **params):
        """Specification of ``n_outputs`` for each track; no axis of tracks if ``n_tracks=None``."""
        shape = (n_outputs,) if n_tracks is None else (n_tracks, n_outputs)
        return OutputSpec(shape, frames="track" if self._layout[0] else "mean", **params)

    def _loss_in_best_order(self, n_tracks):
        """Squared error in the order of the tracks that fits the outputs best."""
        if n_tracks in (None, 1):
            return "mse"
        return PermutationInvariantLoss(each_frame=self._layout[0])

    def _encode_sources(self, y, encode, absent):
        """Targets (..., n_outputs) by ``encode``; ``absent`` is that of an absent source."""
        # Tracks keep the order of y, which must not jump from frame to frame.
        y = self._descending(y) if y.ndim == 3 else y
        rows = y.reshape(-1, self.n_angles_)
        present = ~np.isnan(rows[:, 0])
        rows = rows[:, 0] if self.n_angles_ == 1 else rows
        if present.all():
            targets = encode(rows)
        else:
            targets = np.tile(absent, (len(rows), 1))
            if present.any():
                targets[present] = encode(rows[present])
        return targets.reshape(*(y.shape if y.ndim == 1 else y.shape[:-1]), len(absent))

    def _descending(self, y):
        """Sort sources in descending order, absent ones last."""
        # NaN sorts last.
        order = np.argsort(-self._order(y), axis=1, kind="stable")
        return np.take_along_axis(y, order[..., None], axis=1)

    def _order(self, y):
        """Numbers by which sources are sorted."""
        return y[..., 0]

    def _check_outputs(self, outputs, name):
        """Raise unless outputs have the shape of targets."""
        spec = self.output_spec_
        axes = ("n_samples", "n_frames")[: 2 if spec.frames == "track" else 1]
        if outputs.ndim != len(axes) + len(spec.shape) or outputs.shape[len(axes) :] != spec.shape:
            shape = ", ".join(map(str, (*axes, *spec.shape)))
            raise ValueError(f"{name} must have shape ({shape}); got {outputs.shape}.")
        return outputs
