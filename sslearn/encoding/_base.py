import warnings
from abc import abstractmethod

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sslearn.exceptions import UncertaintyWarning
from sslearn.geometry import check_doa, to_float, unit_vectors_to_angles
from sslearn.utils import as_numbers

# Means of unit vectors shorter than this are the remainder of outputs that cancel.
_UNCERTAIN = 1e-3


def flatten_column(y):
    """Drop the second axis of a column of azimuths.

    scikit-learn's TransformedTargetRegressor turns every one-dimensional y into a column.

    Parameters
    ----------
    y : array-like
        Directions.

    Returns
    -------
    y : array-like
        Azimuths of a column; any other y unchanged.
    is_column : bool
        Whether y was a column.
    """
    if y is None:
        return y, False
    y = to_float(y, "y")
    is_column = y.ndim == 2 and y.shape[1] == 1
    return (y[:, 0] if is_column else y), is_column


def vectors_to_directions(vectors):
    """Convert vectors of any length to directions, with a warning if they nearly vanish.

    Parameters
    ----------
    vectors : ndarray of shape (..., 3)
        Outputs that represent unit vectors, or their means.

    Returns
    -------
    directions : ndarray of shape (..., 2)
        Azimuth and elevation in degrees.
    """
    lengths = np.linalg.norm(vectors, axis=-1)
    n_uncertain = int((lengths < _UNCERTAIN).sum())
    if n_uncertain:
        warnings.warn(
            f"{n_uncertain} of {lengths.size} outputs are vectors shorter than {_UNCERTAIN:g}, "
            "whose directions are uncertain: the outputs of the network, or of its frames, point "
            "in opposite directions that cancel, or are close to zero.",
            UncertaintyWarning,
            stacklevel=4,
        )
    return unit_vectors_to_angles(vectors)


class Encoding(BaseEstimator):
    """Base of encodings: from directions of one source to training targets and back.

    A subclass implements ``_output_spec()``, the :class:`OutputSpec` for a y of ``n_angles_``
    values, ``_encode(y)`` and ``_decode(outputs)``.

    See Also
    --------
    GridEncoding : Base of encodings with a class for each direction of a grid.
    OutputSpec : Specification of the network's output.

    Notes
    -----
    Azimuths may be a column (n_samples, 1), and are then decoded to a column: an encoding can be
    the ``transformer`` of :class:`sklearn.compose.TransformedTargetRegressor` around any regressor.
    Its check of the inverse fails, with a warning, for encodings that quantize, for azimuths
    outside [-180, 180), and at the poles, which lose their azimuth; ``check_inverse=False`` turns
    it off.

    Examples
    --------
    >>> from sslearn.encoding import Encoding, OutputSpec
    >>> class Scaled(Encoding):
    ...     def _output_spec(self):
    ...         return OutputSpec((1,))
    ...     def _encode(self, y):
    ...         return y[:, None] / 180
    ...     def _decode(self, outputs):
    ...         return 180 * outputs[:, 0]
    >>> encoding = Scaled().fit([0.0, 90.0])
    >>> encoding.inverse_transform(encoding.transform([45.0]))
    array([45.])
    """

    _parameter_constraints: dict = {}
    _most_axes = 2  # of targets to decode: 3 if the encoding decodes frames together

    def fit(self, y):
        """Learn the layout of the targets.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, 2)
            Azimuth, or azimuth and elevation, in degrees.

        Returns
        -------
        self : Encoding
            The fitted encoding.

        Raises
        ------
        ValueError
            If y or a parameter is not valid, or y has an axis of sources.
        """
        y, self._is_column = flatten_column(y)
        y = self._check_y(y, n_angles=(1, 2))
        self._validate_params()
        self.n_angles_ = 1 if y.ndim == 1 else y.shape[1]
        self.output_spec_ = self._output_spec()
        return self

    def _check_y(self, y, n_angles):
        if np.ndim(y) > 2:
            raise ValueError(
                f"{type(self).__name__} encodes one source in each sample; got y of shape "
                f"{np.shape(y)}. Use an encoding on a grid, such as UnbiasedEncoding."
            )
        return check_doa(y, n_angles=n_angles)

    @abstractmethod
    def _output_spec(self):
        """Specification of the network's output for a y of ``n_angles_`` values."""

    @abstractmethod
    def _encode(self, y):
        """Targets (n_samples, n_outputs) of checked directions."""

    @abstractmethod
    def _decode(self, outputs):
        """Directions of outputs."""

    def transform(self, y):
        """Encode directions.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, 2)
            Directions in degrees, laid out as in ``fit``.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_outputs)
            Training targets.
        """
        check_is_fitted(self)
        return self._encode(self._check_y(flatten_column(y)[0], n_angles=(self.n_angles_,)))

    def fit_transform(self, y):
        """Learn the layout and encode.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, 2)
            Azimuth, or azimuth and elevation, in degrees.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_outputs)
            Training targets.
        """
        return self.fit(y).transform(y)

    def training_targets(self, y):
        """Encode directions for the loss; differs from ``transform`` for mixtures only.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, 2)
            Directions in degrees, laid out as in ``fit``.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_outputs) or (n_samples, n_parts * n_outputs)
            Targets that the loss compares with the outputs of the network.
        """
        return self.transform(y)

    def inverse_transform(self, targets):
        """Decode outputs of a network.

        Parameters
        ----------
        targets : array-like of shape (n_samples, n_outputs)
            Targets, or outputs of a network.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, 2)
            Directions in degrees, laid out as in ``fit``.

        Raises
        ------
        ValueError
            If the targets are not numbers, or their shape is wrong.
        """
        check_is_fitted(self)
        y = self._decode(self._check_targets(targets))
        return y[:, None] if self._is_column else y

    def _check_targets(self, targets):
        targets = np.asarray(as_numbers(targets, "targets"), dtype=float)
        shape = self.output_spec_.shape
        if not 2 <= targets.ndim <= self._most_axes or targets.shape[-1:] != shape:
            raise ValueError(
                f"targets must have shape (n_samples, {shape[0]}); got {targets.shape}."
            )
        return targets
