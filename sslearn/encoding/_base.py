from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sslearn.geometry import check_doa


class Encoding(BaseEstimator):
    """Base of encodings: directions of one source to targets of a network and back.

    A subclass says ``activation``, the last activation of a network that learns it, and ``loss``,
    the short name of its criterion; ``fit`` sets ``output_shape_``.
    """

    _parameter_constraints: dict = {}
    activation = "none"
    loss = "mse"

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
        return self._encode(check_doa(y, n_angles=(self.n_angles_,)))

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
        return self._decode(targets)
