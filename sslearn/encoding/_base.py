import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sslearn.exceptions import UncertaintyWarning
from sslearn.geometry import check_doa, check_multi_doa, unit_vectors_to_angles
from sslearn.geometry._directions import to_float

# Of unit vectors: a mean this short is what is left where the answers cancel.
_UNCERTAIN = 1e-3


def check_sources(y, *, n_samples=None):
    """Validate directions of one source, or of several where y has an axis of sources.

    Parameters
    ----------
    y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, n_sources, n_angles)
        Azimuth, or azimuth and elevation, in degrees.
    n_samples : int, default=None
        Number of samples that must be there; any if None.

    Returns
    -------
    y : ndarray of the same shape, float64
        A copy with azimuths in [-180, 180).

    Raises
    ------
    ValueError
        If y is not valid, or a source is absent.
    """
    if _n_axes(y) < 3:
        return check_doa(y, n_samples=n_samples, n_angles=(1, 2))
    y = check_multi_doa(y, n_samples=n_samples, n_angles=(1, 2))
    if y.ndim == 4:
        raise ValueError(f"y must be the same in all frames of a sample; got shape {y.shape}.")
    if np.isnan(y).any():
        sample = np.isnan(y).any(axis=(1, 2)).argmax()
        raise ValueError(f"y must hold every source in every sample; got NaN in sample {sample}.")
    return y


def _n_axes(y):
    """Number of axes of an array or of nested lists, which need not be even."""
    if isinstance(y, (list, tuple)) and len(y) > 0:
        return 1 + _n_axes(y[0])
    return np.asarray(y).ndim


def flatten_column(y):
    """Split the second axis off azimuths that come as a column.

    scikit-learn's TransformedTargetRegressor makes a column of every y without a second axis.

    Parameters
    ----------
    y : array-like
        Directions.

    Returns
    -------
    y : array-like
        The azimuths of a column; anything else as it is.
    is_column : bool
        Whether it was one.
    """
    if y is None or _n_axes(y) != 2:
        return y, False
    y = to_float(y, "y")
    return (y[:, 0], True) if y.shape[1] == 1 else (y, False)


def vectors_to_directions(vectors):
    """Directions of vectors of any length, with a warning where there is hardly any.

    Parameters
    ----------
    vectors : ndarray of shape (n, 3)
        Answers for unit vectors, or their means.

    Returns
    -------
    directions : ndarray of shape (n, 2)
        Azimuth and elevation in degrees.
    """
    n_uncertain = int((np.linalg.norm(vectors, axis=-1) < _UNCERTAIN).sum())
    if n_uncertain:
        warnings.warn(
            f"{n_uncertain} of {len(vectors)} answers are vectors shorter than {_UNCERTAIN:g}, "
            "whose directions are uncertain: the network, or its frames, answer with opposite "
            "directions that cancel, or with none.",
            UncertaintyWarning,
            stacklevel=4,
        )
    return unit_vectors_to_angles(vectors)


class Encoding(BaseEstimator):
    """Base of encodings: directions of one source to targets of a network and back.

    A subclass says ``activation``, the last activation of a network that learns it (None for
    none), and ``loss``, the short name of its criterion; ``fit`` sets ``output_shape_``.

    See Also
    --------
    GridEncoding : Base of those with a class for each direction of a grid.

    Notes
    -----
    Where the loss itself is a mixture, ``mixture`` holds the weights of its parts, and
    ``training_targets`` has the targets of all parts side by side on the last axis. Answers for
    each frame are averaged before they are decoded; where ``average_frames`` is False, the
    encoding decodes all of them. ``code`` names what a target holds, ``"angles"`` or
    ``"vectors"``, for losses that must know it, and ``scale`` the range of its values.

    Azimuths may come as a column (n_samples, 1), and are then decoded to one: so an encoding is a
    ``transformer`` of :class:`sklearn.compose.TransformedTargetRegressor` around any regressor.
    Its check that the inverse is one fails, with a warning, for the encodings that quantize, for
    azimuths that are not in [-180, 180), and where a pole has lost its azimuth;
    ``check_inverse=False`` turns it off.
    """

    _parameter_constraints: dict = {}
    activation = None
    loss = "mse"
    mixture = None
    average_frames = True
    code = None
    scale = None

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
        """
        y, self._is_column = flatten_column(y)
        y = check_doa(y, n_angles=(1, 2))
        self._validate_params()
        self.n_angles_ = 1 if y.ndim == 1 else y.shape[1]
        self.output_shape_ = (self._n_outputs(self.n_angles_),)
        return self

    def transform(self, y):
        """Encode directions.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, 2)
            Directions in degrees, laid out as in ``fit``.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_outputs)
            What the network shall answer.
        """
        check_is_fitted(self)
        return self._encode(check_doa(flatten_column(y)[0], n_angles=(self.n_angles_,)))

    def fit_transform(self, y):
        """Learn the layout and encode.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, 2)
            Azimuth, or azimuth and elevation, in degrees.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_outputs)
            What the network shall answer.
        """
        return self.fit(y).transform(y)

    def training_targets(self, y):
        """Encode directions for the loss; other than ``transform`` only for mixtures.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, 2)
            Directions in degrees, laid out as in ``fit``.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_outputs) or (n_samples, n_parts * n_outputs)
            What the loss compares the network's answers with.
        """
        return self.transform(y)

    def inverse_transform(self, targets):
        """Decode answers of a network.

        Parameters
        ----------
        targets : array-like of shape (n_samples, n_outputs)
            Targets, or what a network answered for them.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, 2)
            Directions in degrees, laid out as in ``fit``.
        """
        check_is_fitted(self)
        y = self._decode(targets)
        return y[:, None] if self._is_column else y
