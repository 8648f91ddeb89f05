import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from sslearn.encoding._grid import GridEncoding
from sslearn.encoding._labels import GaussianEncoding, UnbiasedEncoding
from sslearn.encoding._likelihood import LikelihoodEncoding
from sslearn.utils import to_numbers


class MixedEncoding(GridEncoding):
    """Several encodings of the same grid whose losses are mixed.

    Parameters
    ----------
    encodings : list of GridEncoding, default=None
        Encodings on one grid; ``[UnbiasedEncoding(), GaussianEncoding()]`` if None.
    weights : tuple of float, default=(0.2, 0.8)
        Weight of the loss of each encoding.
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Grid of all encodings; their own if None.
    decoder : Decoder, default=None
        Decoder of scores into a direction; ``AdjacentDecoder(3)`` if None. The decoders of the
        encodings are not used.
    threshold : float, default=None
        Lowest score, in (0, 1], of a source that counts as present, for all encodings, as in
        :class:`OneHotEncoding`.

    Attributes
    ----------
    encodings_ : list of GridEncoding
        Fitted encodings.
    grid_ : ndarray of shape (n_classes,) or (n_classes, 2)
        Directions of the classes.
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y; None for a y of one source without an axis of sources.
    output_spec_ : OutputSpec
        Specification of the network's output: ``(n_classes,)`` or ``(n_sources_, n_classes)``.

    See Also
    --------
    UnbiasedEncoding : Part that encodes the position between two classes.
    GaussianEncoding : Part that is easy to learn.

    Notes
    -----
    The loss of a network is ``sum_m weights[m] * loss(output, encodings[m])``. For squared errors
    and cross-entropies its gradient is that of the loss of the mixed label, which ``transform``
    returns, if the weights sum to 1; for the other losses it is not. The activation is a softmax
    if all encodings use one, otherwise a sigmoid.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.

    Examples
    --------
    >>> from sslearn.encoding import MixedEncoding
    >>> encoding = MixedEncoding(grid=[0.0, 5.0, 10.0]).fit([4.0])
    >>> encoding.transform([4.0]).round(3).tolist()
    [[0.663, 0.948, 0.456]]
    """

    _parameter_constraints: dict = {
        **GridEncoding._parameter_constraints,
        "encodings": [list, tuple, None],
        "weights": ["array-like"],
    }

    def __init__(
        self, encodings=None, *, weights=(0.2, 0.8), grid=None, decoder=None, threshold=None
    ):
        self.encodings = encodings
        self.weights = weights
        self.grid = grid
        self.decoder = decoder
        self.threshold = threshold

    def _output_spec(self):
        activations = {part.output_spec_.activation for part in self.encodings_}
        activation = "softmax" if activations == {"softmax"} else "sigmoid"
        return super()._output_spec(activation, mixture=self._mixture())

    def _mixture(self):
        """Weights of the parts of the loss."""
        return tuple(float(weight) for weight in self.weights)

    def _parts(self):
        if self.encodings is None:
            return [UnbiasedEncoding(), GaussianEncoding()]
        return list(self.encodings)

    def _fit_grid(self, y):
        parts = self._parts()
        if not parts or not all(isinstance(part, GridEncoding) for part in parts):
            raise ValueError(
                f"encodings must be a list of encodings on a grid; got {self.encodings!r}."
            )
        if any(isinstance(part, LikelihoodEncoding) for part in parts):
            raise ValueError(
                "encodings must have a spectrum for each source; LikelihoodEncoding has one for "
                "all of them. Use GaussianEncoding."
            )
        weights = to_numbers(self.weights, "weights")
        if weights.shape != (len(parts),) or not (weights > 0).all():
            raise ValueError(
                f"weights must have one positive number for each of the {len(parts)} encodings; "
                f"got {self.weights}."
            )
        own = {"grid": self.grid, "threshold": self.threshold}
        own = {name: value for name, value in own.items() if value is not None}
        self.encodings_ = [clone(part).set_params(**own).fit(y) for part in parts]
        first = self.encodings_[0]
        for part in self.encodings_[1:]:
            if not np.array_equal(part.grid_, first.grid_):
                raise ValueError(
                    "encodings must have the same grid; got different ones. Set grid of the "
                    "MixedEncoding instead."
                )
        self.grid_ = first.grid_
        if self.n_angles_ == 1:
            self._axis = first._axis
        else:
            self._mesh = first._mesh

    def training_targets(self, y):
        """Encode directions for the loss.

        Parameters
        ----------
        y : array-like of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Directions in degrees, laid out as in ``fit``.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_encodings * n_classes), (n_samples, n_sources, \
n_encodings * n_classes) or (n_samples, n_frames, n_sources, n_encodings * n_classes)
            Targets of the encodings, side by side.
        """
        check_is_fitted(self)
        y = self._check_layout(y)
        return np.concatenate([part._encode(y) for part in self.encodings_], axis=-1)

    def _encode(self, y):
        # sum_m w_m |z - y_m|^2 has the gradient 2 (z - sum_m w_m y_m) if sum_m w_m = 1.
        return sum(
            weight * part._encode(y)
            for weight, part in zip(self._mixture(), self.encodings_, strict=True)
        )
