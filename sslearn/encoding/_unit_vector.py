import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn.encoding._base import vectors_to_directions
from sslearn.encoding._sources import SourcesEncoding
from sslearn.geometry import angles_to_unit_vectors
from sslearn.utils import as_numbers
from sslearn.utils.param_validation import Integral, Interval, Options, Real, StrOptions


class UnitVectorEncoding(SourcesEncoding):
    """Directions as points on the unit circle or sphere, without a jump.

    Azimuth alone is (cos, sin); azimuth and elevation are (x, y, z) with x to the front, y to the
    left, z up. Only the direction of an output is decoded; its length decides whether a source is
    present, if there is a ``threshold``.

    Parameters
    ----------
    scale : {"sigmoid"} or None, default=None
        None: components in [-1, 1] and no last activation. ``"sigmoid"``: components mapped to
        [0, 1], (1 + x) / 2, for a sigmoid.
    n_dims : {3} or None, default=None
        3 means (x, y, z) for azimuth alone too, with an elevation of 0 in the targets and any in
        the outputs, for networks that output unit vectors, such as
        :class:`sslearn.networks.IcoDOA`; their outputs are not scaled to the range of the targets.
    threshold : float, default=None
        Shortest length, in (0, 1], of the vector of a source that counts as present, for a y of
        several sources that may be absent. None means that all are always present.

    Attributes
    ----------
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y; None for a y of one source without an axis of sources.
    output_spec_ : OutputSpec
        Specification of the network's output, of shape ``(2,)`` for azimuth and ``(3,)`` for
        azimuth and elevation or ``n_dims=3``, with a leading ``n_sources_`` if y has that axis.

    See Also
    --------
    AngleEncoding : One number per angle.
    sslearn.losses.PermutationInvariantLoss : The loss of several sources.

    Notes
    -----
    Outputs for each frame are averaged as vectors before decoding, unless y holds tracks. If a
    vector is shorter than 0.001, the outputs cancel: an
    :class:`sslearn.exceptions.UncertaintyWarning` is raised, and the remaining vector is decoded
    (to 0 degrees if it is zero).

    Several sources are in descending order of azimuth, tracks in the order of y; the loss uses the
    order that fits the outputs best, in each frame of a track. The target of an absent source, NaN
    in y, is the zero vector; an output shorter than ``threshold`` is decoded to NaN [2]_.

    References
    ----------
    .. [1] L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus
       classification for neural network based audio source localization", WASPAA 2019 (Cartesian
       regression, with ``scale="sigmoid"``).
    .. [2] K. Shimada, Y. Koyama, N. Takahashi, S. Takahashi, Y. Mitsufuji, "ACCDOA:
       activity-coupled Cartesian direction of arrival representation for sound event localization
       and detection", ICASSP 2021, arXiv:2010.15306 (there a vector for each class of sound).

    Examples
    --------
    >>> from sslearn.encoding import UnitVectorEncoding
    >>> encoding = UnitVectorEncoding().fit([0.0, 90.0])
    >>> encoding.transform([0.0, 90.0]).round(6).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> encoding.inverse_transform([[-2.0, 0.0]]).tolist()
    [-180.0]
    >>> track = [[[[90.0], [float("nan")]]]]
    >>> encoding = UnitVectorEncoding(n_dims=3, threshold=0.5).fit(track)
    >>> encoding.transform(track).round(6).tolist()
    [[[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]]
    >>> encoding.inverse_transform([[[[0.0, 0.1, 0.2], [0.0, 0.6, 0.1]]]]).tolist()
    [[[[nan], [90.0]]]]
    """

    _parameter_constraints: dict = {
        "scale": [StrOptions({"sigmoid"}), None],
        "n_dims": [Options(Integral, {3}), None],
        "threshold": [Interval(Real, 0, 1, closed="right"), None],
    }

    def __init__(self, scale=None, *, n_dims=None, threshold=None):
        self.scale = scale
        self.n_dims = n_dims
        self.threshold = threshold

    def fit(self, y):
        """Learn the layout of the targets.

        Parameters
        ----------
        y : array-like of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Azimuth, or azimuth and elevation, in degrees.

        Returns
        -------
        self : UnitVectorEncoding
            The fitted encoding.

        Raises
        ------
        ValueError
            If y or a parameter is not valid, or a source is absent without ``threshold``.
        """
        self._fit_layout(y)
        self._n_components = self.n_dims or self.n_angles_ + 1
        self.output_spec_ = self._output_spec()
        return self

    def _output_spec(self):
        return self._spec(
            self._n_components,
            self.n_sources_,
            activation=self.scale,
            loss=self._loss_in_best_order(self.n_sources_),
            absence=self.threshold is not None,
            code=("vectors", self.scale),
            scaled=self.n_sources_ is None and self.n_dims is None,
        )

    def _encode(self, y):
        vectors = self._encode_sources(y, angles_to_unit_vectors, np.zeros(3))
        vectors = vectors[..., : self._n_components]
        return vectors if self.scale is None else (vectors + 1.0) / 2.0

    def inverse_transform(self, targets):
        """Decode outputs of a network.

        Parameters
        ----------
        targets : array-like of shape (n_samples, n_outputs), (n_samples, n_sources, n_outputs) \
or (n_samples, n_frames, n_sources, n_outputs)
            Targets, or outputs of a network.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Directions in degrees, laid out as in ``fit``, NaN where a source is absent.

        Raises
        ------
        ValueError
            If the targets are not numbers, or their shape is wrong.
        """
        check_is_fitted(self)
        outputs = np.asarray(as_numbers(targets, "targets"), dtype=float)
        return self._decode(self._check_outputs(outputs, "targets"))

    def _decode(self, outputs):
        outputs = outputs if self.scale is None else 2.0 * outputs - 1.0
        # Azimuth alone has no z, which stays 0.
        vectors = np.zeros((*outputs.shape[:-1], 3))
        vectors[..., : self._n_components] = outputs
        if self.threshold is None:
            directions = vectors_to_directions(vectors)
        else:
            # The length of a vector measures the activity of its source, as in ACCDOA.
            present = np.linalg.norm(vectors, axis=-1) >= self.threshold
            directions = np.full((*present.shape, 2), np.nan)
            directions[present] = vectors_to_directions(vectors[present])
        has_axis = self.n_sources_ is not None or self._is_column
        directions = directions[..., : self.n_angles_]
        return directions if has_axis or self.n_angles_ > 1 else directions[..., 0]
