import numpy as np

from sslearn.encoding._base import Encoding, vectors_to_directions
from sslearn.encoding._output_spec import OutputSpec
from sslearn.geometry import angles_to_unit_vectors, wrap_azimuth
from sslearn.utils.param_validation import StrOptions


class AngleEncoding(Encoding):
    """Each angle as one number, scaled to the range of the last activation.

    Parameters
    ----------
    scale : {"tanh", "sigmoid"}, default="tanh"
        ``"tanh"``: azimuth / 180 and elevation / 90, in [-1, 1]. ``"sigmoid"``: the same mapped
        to [0, 1].
    frame_mean : {"arithmetic", "circular"}, default="arithmetic"
        Mean of a network's outputs over frames. ``"arithmetic"``: of the numbers, as in the paper
        [2]_, which is wrong if they are on both sides of the wrap (179 and -179 degrees have the
        mean 0). ``"circular"``: of the directions, as unit vectors.

    Attributes
    ----------
    n_angles_ : int
        Number of angles of y.
    output_spec_ : OutputSpec
        Specification of the network's output, of shape ``(n_angles_,)``.

    See Also
    --------
    UnitVectorEncoding : Encoding without a jump, for directions all around.

    Notes
    -----
    The code jumps behind the array, where the azimuth wraps: it suits frontal sources. The paper
    [1]_ divides both angles by 180; we divide the elevation by 90, so that every output of the
    activation is an elevation. The round trip is exact to rounding. Decoded azimuths are wrapped;
    outputs beyond a pole, possible only without an activation, are clipped to the pole.

    The circular mean warns if the frames cancel, as :class:`UnitVectorEncoding` does.

    References
    ----------
    .. [1] D. Tang, M. Taseska, T. van Waterschoot, "Toward learning robust contrastive embeddings
       for binaural sound source localization", Frontiers in Neuroinformatics 16:942978, 2022,
       doi:10.3389/fninf.2022.942978 (the feed-forward baseline).
    .. [2] L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus
       classification for neural network based audio source localization", WASPAA 2019 (spherical
       regression, with ``scale="sigmoid"``).

    Examples
    --------
    >>> from sslearn.encoding import AngleEncoding
    >>> encoding = AngleEncoding().fit([[90.0, 45.0]])
    >>> encoding.transform([[90.0, 45.0]]).tolist()
    [[0.5, 0.5]]
    """

    _parameter_constraints: dict = {
        "scale": [StrOptions({"tanh", "sigmoid"})],
        "frame_mean": [StrOptions({"arithmetic", "circular"})],
    }

    _most_axes = 3

    def __init__(self, scale="tanh", *, frame_mean="arithmetic"):
        self.scale = scale
        self.frame_mean = frame_mean

    def _output_spec(self):
        return OutputSpec(
            (self.n_angles_,),
            activation=self.scale,
            frames="mean" if self.frame_mean == "arithmetic" else "decode",
            code=("angles", self.scale),
        )

    def inverse_transform(self, targets):
        """Decode outputs of a network.

        Parameters
        ----------
        targets : array-like of shape (n_samples, n_angles) or (n_samples, n_frames, n_angles)
            Targets, or outputs of a network per sample or per frame.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, 2)
            Directions in degrees, laid out as in ``fit``.
        """
        return super().inverse_transform(targets)

    def _encode(self, y):
        codes = y.reshape(len(y), -1) / (180.0, 90.0)[: self.n_angles_]
        return codes if self.scale == "tanh" else (codes + 1.0) / 2.0

    def _decode(self, outputs):
        codes = outputs if self.scale == "tanh" else 2.0 * outputs - 1.0
        if codes.ndim == 3 and self.frame_mean == "arithmetic":
            codes = codes.mean(axis=1)
        y = codes * (180.0, 90.0)[: self.n_angles_]
        # Only elevations are clipped; azimuths beyond +-180 wrap.
        y[..., 1:] = np.clip(y[..., 1:], -90.0, 90.0)
        if y.ndim == 3:
            y = vectors_to_directions(angles_to_unit_vectors(y).mean(axis=1))
        y[:, 0] = wrap_azimuth(y[:, 0])
        return y[:, 0] if self.n_angles_ == 1 else y
