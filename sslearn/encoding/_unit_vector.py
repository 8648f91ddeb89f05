import numpy as np

from sslearn.encoding._base import Encoding
from sslearn.geometry import angles_to_unit_vectors, unit_vectors_to_angles


class UnitVectorEncoding(Encoding):
    """Directions as points of the unit circle or sphere, without a jump anywhere.

    Azimuth alone is (cos, sin); azimuth and elevation are (x, y, z) with x to the front, y to the
    left, z up. Answers are decoded by their direction, whatever their length.

    Attributes
    ----------
    n_angles_ : int
        Number of angles of y.
    output_shape_ : tuple of int
        ``(2,)`` for azimuth, ``(3,)`` for azimuth and elevation.

    See Also
    --------
    AngleEncoding : One number per angle.

    Examples
    --------
    >>> from sslearn.encoding import UnitVectorEncoding
    >>> encoding = UnitVectorEncoding().fit([0.0, 90.0])
    >>> encoding.transform([0.0, 90.0]).round(6).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> encoding.inverse_transform([[-2.0, 0.0]]).tolist()
    [-180.0]
    """

    def _n_outputs(self, n_angles):
        return n_angles + 1

    def _encode(self, y):
        return angles_to_unit_vectors(y)[:, : self.n_angles_ + 1]

    def _decode(self, targets):
        vectors = np.zeros((len(targets), 3))
        vectors[:, : self.n_angles_ + 1] = targets
        directions = unit_vectors_to_angles(vectors)
        return directions[:, 0] if self.n_angles_ == 1 else directions
