import numpy as np

from sslearn.encoding._base import Encoding, vectors_to_directions
from sslearn.encoding._output_spec import OutputSpec
from sslearn.geometry import angles_to_unit_vectors
from sslearn.utils.param_validation import StrOptions


class UnitVectorEncoding(Encoding):
    """Directions as points on the unit circle or sphere, without a jump.

    Azimuth alone is (cos, sin); azimuth and elevation are (x, y, z) with x to the front, y to the
    left, z up. Only the direction of an output is decoded, not its length.

    Parameters
    ----------
    scale : {"sigmoid"} or None, default=None
        None: components in [-1, 1] and no last activation. ``"sigmoid"``: components mapped to
        [0, 1], (1 + x) / 2, for a sigmoid.

    Attributes
    ----------
    n_angles_ : int
        Number of angles of y.
    output_spec_ : OutputSpec
        Specification of the network's output, of shape ``(2,)`` for azimuth and ``(3,)`` for
        azimuth and elevation.

    See Also
    --------
    AngleEncoding : One number per angle.

    Notes
    -----
    Outputs for each frame are averaged as vectors before decoding. If the mean is shorter than
    0.001, the outputs cancel: an :class:`sslearn.exceptions.UncertaintyWarning` is raised, and the
    remaining vector is decoded (to 0 degrees if it is zero).

    References
    ----------
    L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus classification
    for neural network based audio source localization", WASPAA 2019 (Cartesian regression, with
    ``scale="sigmoid"``).

    Examples
    --------
    >>> from sslearn.encoding import UnitVectorEncoding
    >>> encoding = UnitVectorEncoding().fit([0.0, 90.0])
    >>> encoding.transform([0.0, 90.0]).round(6).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> encoding.inverse_transform([[-2.0, 0.0]]).tolist()
    [-180.0]
    """

    _parameter_constraints: dict = {"scale": [StrOptions({"sigmoid"}), None]}

    def __init__(self, scale=None):
        self.scale = scale

    def _output_spec(self):
        shape, code = (self.n_angles_ + 1,), ("vectors", self.scale)
        return OutputSpec(shape, activation=self.scale, code=code)

    def _encode(self, y):
        vectors = angles_to_unit_vectors(y)[:, : self.n_angles_ + 1]
        return vectors if self.scale is None else (vectors + 1.0) / 2.0

    def _decode(self, outputs):
        vectors = np.zeros((len(outputs), 3))
        vectors[:, : self.n_angles_ + 1] = outputs if self.scale is None else 2.0 * outputs - 1.0
        directions = vectors_to_directions(vectors)
        return directions[:, 0] if self.n_angles_ == 1 else directions
