"""Phase differences of the direct paths as targets of networks for several moving sources."""

import numpy as np

from sslearn.encoding._ipd_matching import IPDMatching
from sslearn.utils.param_validation import StrOptions


class IPDEncoding(IPDMatching):
    """Phase differences between microphones of the direct path of each source.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; the first one is the reference.
    fs : float, default=16000
        Sampling rate in Hz.
    n_fft : int, default=512
        Length of the transform. The ``n_fft // 2`` frequencies above 0 are used.
    grid : array-like of shape (n_directions,) or (n_directions, 2), default=None
        Directions of the search in degrees, laid out as y. None means azimuths in steps of 1
        degree, or ``sphere_grid(5)`` with elevations.
    n_sources : int, default=2
        Number of outputs, each for one source, where y has an axis of sources. The outputs in
        excess of the sources of y are always silent.
    threshold : float, default=0.4
        Detection threshold where y has an axis of sources. With ``matching="distance"`` a source
        is present if its relative distance is below, with ``"projection"`` if its projection ratio
        is above.
    non_source : {"mean", "zeros"}, default="mean"
        Target of an output without an active source: the mean over all directions, or 0.
    matching : {"distance", "projection"}, default="distance"
        Comparison with the targets of the grid: the nearest one, or the largest inner product.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.

    Attributes
    ----------
    grid_ : ndarray of shape (n_directions,) or (n_directions, 2)
        Directions of the search.
    silent_distance_ : float
        Mean squared distance of the target without a source from the nearest target of the grid.
    n_angles_ : int
        Number of angles of a source in y.
    output_spec_ : OutputSpec
        Specification of the network's output: ``(2 * n_freqs * (n_mics - 1),)``, or with a leading
        ``n_sources`` where y has an axis of sources.

    See Also
    --------
    SummedIPDEncoding : One output for all sources.
    sslearn.losses.PermutationInvariantLoss : The loss of several sources.

    Notes
    -----
    The target of a source in the direction of the unit vector u is
    ``[cos phi_m(f); sin phi_m(f)]`` with ``phi_m(f) = -2 pi f u.(p_m - p_0) / c``, the phase of the
    reference relative to microphone m, in C order of 2 n_freqs rows and n_mics - 1 columns. y is an
    azimuth or azimuth and elevation per sample, per source, or per source and frame (tracks). Where
    y has an axis of sources, NaN is a silent one, and the loss of several sources is the
    permutation-invariant squared error, frame by frame for tracks.

    The mean of the targets over all azimuths is the Bessel function ``J0(2 pi f d / c)`` for the
    cosines, with the horizontal distance d of the two microphones, and 0 for the sines; over the
    sphere it is ``sin(x) / x`` with ``x = 2 pi f d / c`` and the whole distance.

    An output is compared with the targets of the grid by the mean squared distance D. Its score,
    that of ``spatial_spectrum``, is ``1 - D / D0``, where D0 is ``silent_distance_``: 1 for a
    perfect match, at most 0 for silence; a source is present if ``D / D0 < threshold``. IPDnet and
    FN-SSL use ``matching="projection"`` with a threshold of 0.5 instead, FN-SSL also
    ``non_source="zeros"``; the score is then ``<output, target> / <target, target>``.

    References
    ----------
    Y. Wang, B. Yang, X. Li, "IPDnet: a universal direct-path IPD estimation network for sound
    source localization", IEEE/ACM Transactions on Audio, Speech, and Language Processing, 2024,
    arXiv:2405.07021. "IPDnet2", arXiv:2509.21900, 2025. The papers use a speed of sound of 340 m/s;
    their released program computes D0 = 0.2919 for one array, we compute it for any.

    Examples
    --------
    >>> from sslearn.encoding import IPDEncoding
    >>> from sslearn.geometry import circular_array
    >>> encoding = IPDEncoding([[0, 0, 0], *circular_array(4, 0.03)])
    >>> track = [[[[10.0], [-170.0]], [[11.0], [float("nan")]]]]
    >>> targets = encoding.fit_transform(track)
    >>> targets.shape
    (1, 2, 2, 2048)
    >>> encoding.inverse_transform(targets)[..., 0].tolist()
    [[[10.0, -170.0], [11.0, nan]]]
    """

    _parameter_constraints: dict = {
        **IPDMatching._parameter_constraints,
        "non_source": [StrOptions({"mean", "zeros"})],
        "matching": [StrOptions({"distance", "projection"})],
    }

    def __init__(
        self,
        mic_positions,
        *,
        fs=16000,
        n_fft=512,
        grid=None,
        n_sources=2,
        threshold=0.4,
        non_source="mean",
        matching="distance",
        speed_of_sound=343.0,
    ):
        self.mic_positions = mic_positions
        self.fs = fs
        self.n_fft = n_fft
        self.grid = grid
        self.n_sources = n_sources
        self.threshold = threshold
        self.non_source = non_source
        self.matching = matching
        self.speed_of_sound = speed_of_sound

    def _fit_templates(self):
        super()._fit_templates()
        self._silent = self._mean if self.non_source == "mean" else np.zeros_like(self._mean)
        self.silent_distance_ = float(self._distances(self._silent).min())

    def _output_spec(self):
        n_tracks = None if self.n_sources_ is None else self._n_tracks
        loss, absence = self._loss_in_best_order(n_tracks), n_tracks is not None
        return self._spec(self._mean.size, n_tracks, loss=loss, absence=absence, scaled=False)

    def _encode(self, y):
        targets = self._encode_sources(y, self._vectors, self._silent)
        if self.n_sources_ in (None, self._n_tracks):
            return targets
        shape = (*targets.shape[:-2], self._n_tracks - targets.shape[-2], targets.shape[-1])
        return np.concatenate([targets, np.broadcast_to(self._silent, shape)], axis=-2)

    def _scores(self, outputs):
        projections = self._projections(outputs)
        if self.matching == "projection":
            return projections
        # D = |x|^2 / n - 2 x.q / n + |q|^2 / n over n outputs: 2 x.q / n is the projection, and
        # |q|^2 = n / 2, because cos^2 + sin^2 = 1.
        distances = np.square(outputs).mean(axis=1)[:, None] - projections + 0.5
        return 1.0 - distances / self.silent_distance_

    def _match(self, outputs):
        scores = self._scores(outputs)
        indices = scores.argmax(axis=1)[:, None]
        return indices, np.take_along_axis(scores, indices, axis=1)

    def _least_score(self, threshold):
        return threshold if self.matching == "projection" else 1.0 - threshold


class SummedIPDEncoding(IPDMatching):
    """Sum of the phase differences of the direct paths of all sources.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; the first one is the reference.
    fs : float, default=16000
        Sampling rate in Hz.
    n_fft : int, default=512
        Length of the transform. The ``n_fft // 2`` frequencies above 0 are used.
    grid : array-like of shape (n_directions,) or (n_directions, 2), default=None
        Directions of the search in degrees, as of :class:`IPDEncoding`.
    n_sources : int, default=2
        Largest number of sources to find, where y has an axis of sources.
    threshold : float, default=0.3
        Projection ratio above which a source is present, where y has an axis of sources.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.

    Attributes
    ----------
    grid_ : ndarray of shape (n_directions,) or (n_directions, 2)
        Directions of the search.
    n_angles_ : int
        Number of angles of a source in y.
    output_spec_ : OutputSpec
        Specification of the network's output, of shape ``(2 * n_freqs * (n_mics - 1),)``.

    See Also
    --------
    IPDEncoding : One output for each source, and the formula of the phase differences.

    Notes
    -----
    The target is the sum of the vectors of :class:`IPDEncoding` of all active sources, in any
    order, and 0 for silence. It is decoded one source after the other: the direction of the grid
    whose vector q has the largest projection ratio ``rho = <output, q> / <q, q>`` is found, and
    ``rho q`` is subtracted from the output. The subtractions are made on the projections, with the
    inner products between the vectors of the grid.

    References
    ----------
    B. Yang, H. Liu, X. Li, "SRP-DNN: learning direct-path phase difference for multiple moving
    sound source localization", ICASSP 2022. In the paper, a source is weighted by the part of a
    frame in which it is active; here it is active in a whole frame or silent, as in y.

    Examples
    --------
    >>> from sslearn.encoding import SummedIPDEncoding
    >>> from sslearn.geometry import circular_array
    >>> encoding = SummedIPDEncoding([[0, 0, 0], *circular_array(4, 0.03)])
    >>> track = [[[[0.0], [-180.0]], [[11.0], [float("nan")]]]]
    >>> targets = encoding.fit_transform(track)
    >>> targets.shape
    (1, 2, 2048)
    >>> encoding.inverse_transform(targets)[..., 0].tolist()
    [[[-180.0, 0.0], [11.0, nan]]]
    """

    def __init__(
        self,
        mic_positions,
        *,
        fs=16000,
        n_fft=512,
        grid=None,
        n_sources=2,
        threshold=0.3,
        speed_of_sound=343.0,
    ):
        self.mic_positions = mic_positions
        self.fs = fs
        self.n_fft = n_fft
        self.grid = grid
        self.n_sources = n_sources
        self.threshold = threshold
        self.speed_of_sound = speed_of_sound

    def _output_spec(self):
        return self._spec(self._mean.size, absence=self.n_sources_ is not None, scaled=False)

    def _encode(self, y):
        targets = self._encode_sources(y, self._vectors, np.zeros_like(self._mean))
        return targets if self.n_sources_ is None else targets.sum(axis=-2)

    def _match(self, outputs):
        projections = self._projections(outputs)
        found = []
        for _ in range(self._n_tracks):
            indices = projections.argmax(axis=1)
            ratios = projections[np.arange(len(outputs)), indices]
            # Subtracting rho q lowers the projection on q' by rho <q, q'> / <q', q'>.
            projections = projections - ratios[:, None] * self._cross_projections[indices]
            found.append((indices, ratios))
        indices, ratios = zip(*found, strict=True)
        return np.stack(indices, axis=1), np.stack(ratios, axis=1)
