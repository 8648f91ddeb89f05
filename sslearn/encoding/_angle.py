import numpy as np

from sslearn.encoding._base import Encoding
from sslearn.geometry import wrap_azimuth
from sslearn.utils._param_validation import StrOptions


class AngleEncoding(Encoding):
    """Each angle as one number, scaled to the range of the last activation.

    Parameters
    ----------
    scale : {"tanh", "sigmoid"}, default="tanh"
        ``"tanh"``: azimuth / 180 and elevation / 90, in [-1, 1]. ``"sigmoid"``: the same mapped
        to [0, 1].

    Attributes
    ----------
    n_angles_ : int
        Number of angles of y.
    output_shape_ : tuple of int
        ``(n_angles_,)``.

    See Also
    --------
    UnitVectorEncoding : The choice for directions all around.

    Notes
    -----
    The code jumps where the azimuth wraps, behind: it suits frontal sources. The paper divides
    both angles by 180; we divide the elevation by 90, so that whatever the activation answers
    is an elevation. The round trip is exact to rounding, and decoded azimuths are wrapped.

    References
    ----------
    D. Tang, M. Taseska, T. van Waterschoot, "Toward learning robust contrastive embeddings for
    binaural sound source localization", Frontiers in Neuroinformatics 16:942978, 2022,
    doi:10.3389/fninf.2022.942978 (the feed-forward baseline).

    Examples
    --------
    >>> from sslearn.encoding import AngleEncoding
    >>> encoding = AngleEncoding().fit([[90.0, 45.0]])
    >>> encoding.transform([[90.0, 45.0]]).tolist()
    [[0.5, 0.5]]
    """

    _parameter_constraints: dict = {"scale": [StrOptions({"tanh", "sigmoid"})]}

    def __init__(self, scale="tanh"):
        self.scale = scale

    @property
    def activation(self):
        """Last activation of the network: the scale."""
        return self.scale

    def _n_outputs(self, n_angles):
        return n_angles

    def _encode(self, y):
        codes = y.reshape(len(y), -1) / (180.0, 90.0)[: self.n_angles_]
        return codes if self.scale == "tanh" else (codes + 1.0) / 2.0

    def _decode(self, targets):
        codes = np.asarray(targets, dtype=float)
        codes = codes if self.scale == "tanh" else 2.0 * codes - 1.0
        y = codes * (180.0, 90.0)[: self.n_angles_]
        y[:, 0] = wrap_azimuth(y[:, 0])
        return y[:, 0] if self.n_angles_ == 1 else y
