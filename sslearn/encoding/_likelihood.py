import numpy as np

from sslearn.decoding import AdjacentDecoder, PeakDecoder
from sslearn.encoding._labels import GaussianEncoding


class LikelihoodEncoding(GaussianEncoding):
    """One spectrum for all sources: the highest of the bells around them.

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes, as in :class:`OneHotEncoding`.
    width : float, default=8.0
        Distance, in degrees, at which a bell has fallen to 1/e.
    decoder : Decoder, default=None
        Decoder of a spectrum into the directions of all sources. None is a :class:`PeakDecoder`
        with the number of sources of y, peaks that are at least ``width`` apart and, where there
        is a ``threshold``, as high as it; ``AdjacentDecoder(3)`` for a y without an axis of
        sources.
    threshold : float, default=None
        Lowest score, in (0, 1], of a source that counts as present, for a y of several sources
        that may be absent; the paper uses 0.5. None means that all are always present.

    Attributes
    ----------
    grid_ : ndarray of shape (n_classes,) or (n_classes, 2)
        Directions of the classes.
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y, the most that are decoded; None for a y of one source without an
        axis of sources.
    output_spec_ : OutputSpec
        Specification of the network's output: ``(n_classes,)``, however many sources there are.

    See Also
    --------
    GaussianEncoding : A spectrum of its own for each source.

    Notes
    -----
    The target of a class is ``max_j exp(-(d_j / width)**2)`` over the sources j, with d_j as in
    :class:`GaussianEncoding`, and all zeros without sources. Sources need no order and no best
    permutation, and one output of a network serves any number of them. Sources nearer to each
    other than ``width`` merge, and are decoded to one. The activation is a sigmoid and the loss a
    squared error, as published.

    References
    ----------
    W. He, P. Motlicek, J.-M. Odobez, "Deep neural networks for multiple speaker detection and
    localization", ICRA 2018, doi:10.1109/ICRA.2018.8461267.

    Examples
    --------
    >>> from sslearn.encoding import LikelihoodEncoding
    >>> encoding = LikelihoodEncoding([0, 10, 20, 30, 40], threshold=0.5)
    >>> targets = encoding.fit_transform([[[40], [10]], [[20], [float("nan")]]])
    >>> targets.round(2).tolist()
    [[0.21, 1.0, 0.21, 0.21, 1.0], [0.0, 0.21, 1.0, 0.21, 0.0]]
    >>> encoding.inverse_transform(targets)[..., 0].round(1).tolist()
    [[10.0, 40.0], [20.0, nan]]
    """

    def _output_spec(self):
        return self._spec(
            len(self.grid_),
            activation="sigmoid",
            loss="mse",
            classes=True,
            # Sources that merge leave fewer peaks than there are sources.
            absence=self.n_sources_ is not None,
        )

    def _encode(self, y):
        targets = super()._encode(y)
        # (..., n_sources, n_classes) to (..., n_classes); an absent source adds 0 everywhere.
        return targets if self.n_sources_ is None else targets.max(axis=-2)

    def inverse_transform(self, scores):
        """Decode spectra into the directions of all sources.

        Parameters
        ----------
        scores : array-like of shape (n_samples, n_classes) or (n_samples, n_frames, n_classes)
            Targets, or outputs of a network.

        Returns
        -------
        y : ndarray of shape (n_samples, n_sources, n_angles), (n_samples, n_frames, n_sources, \
n_angles), or laid out like the y of ``fit`` without an axis of sources
            Directions in degrees, from the highest peak down, then NaN. ``n_sources`` is that of
            the decoder.

        Raises
        ------
        ValueError
            If the shape is wrong or a score is not finite.

        Warns
        -----
        UncertaintyWarning
            If spectra have fewer peaks than sources, and there is no ``threshold``.
        """
        y = super().inverse_transform(scores)
        if self.n_sources_ is None:
            return y
        # A decoder of one source omits the axis of sources.
        return y.reshape(*np.shape(scores)[:-1], -1, self.n_angles_)

    @property
    def _chosen_decoder(self):
        if self.decoder is not None:
            return self.decoder
        if self.n_sources_ is None:
            return AdjacentDecoder(3)
        return PeakDecoder(
            self.n_sources_, min_height=self.threshold, min_separation=min(self.width, 180.0)
        )
