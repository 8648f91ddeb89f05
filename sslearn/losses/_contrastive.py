from math import pi

from sklearn.base import BaseEstimator

from sslearn.losses._base import check_tensors
from sslearn.utils.param_validation import Interval, Real, StrOptions

# Grids put many pairs exactly one radius apart, and float32 degrees are good to 1.5e-5.
_TIE = 1e-4


def squared_distances(a, b):
    """Squared Euclidean distances of the rows of two tensors, never negative.

    Parameters
    ----------
    a : torch.Tensor of shape (n_a, n_components)
        Points.
    b : torch.Tensor of shape (n_b, n_components)
        Points.

    Returns
    -------
    distances : torch.Tensor of shape (n_a, n_b)
        ``|a|^2 + |b|^2 - 2 a.b``, which has finite gradients at equal points.
    """
    squares = a.square().sum(1)[:, None] + b.square().sum(1)
    return squares.addmm(a, b.T, alpha=-2.0).clamp(min=0.0)


def _pairs_by_angle(y, radius):
    degrees = (y[:, None] - y).abs() % 360.0
    degrees = degrees.minimum(360.0 - degrees)
    return degrees <= radius + _TIE, degrees * (pi / 180.0)


def _pairs_by_distance(y, radius):
    chords = squared_distances(y, y).sqrt()
    return chords <= (radius + _TIE) * (pi / 180.0), chords


def _pairs_by_label(y, radius):
    return y[:, None] == y, None


_PAIRS = {"angle": _pairs_by_angle, "distance": _pairs_by_distance, "label": _pairs_by_label}


class ContrastiveLoss(BaseEstimator):
    """Contrastive loss over all pairs of a mini-batch, ``"contrastive"`` for short.

    Similar pairs are pulled together; the others are pushed apart until their squared distance
    reaches a margin.

    Parameters
    ----------
    margin : "adaptive" or float, default="adaptive"
        Squared distance that dissimilar pairs should reach. ``"adaptive"`` takes the sigmoid of
        the distance of the targets (radians for angles, chord of the unit sphere for positions),
        so that near directions need not be as far apart as opposite ones; it is 1 for labels.
    neighborhood : {"angle", "distance", "label"}, default="angle"
        What the targets are and when two are similar: circular difference of angles in degrees
        at most ``radius``; chord of unit vectors at most ``radius * pi / 180``; equal labels.
    radius : float, default=5.0
        Radius of the neighbourhood in degrees.

    See Also
    --------
    sslearn.embedding.SiameseEmbedding : The transformer that minimizes it.

    Notes
    -----
    With ``D`` the squared distance of two embeddings, ``d`` the distance of their targets and
    ``mu`` the margin, the loss is the mean over all pairs of ``D`` where the pair is similar and
    ``max(0, mu - D)`` where it is not; ``mu = 1 / (1 + exp(-d))`` if adaptive. The paper sums
    over the pairs, which differs by a factor only, and does not tell the unit of ``d``; in
    degrees the adaptive margin would be 1 almost everywhere, which is ``margin=1.0``.

    References
    ----------
    D. Tang, M. Taseska, T. van Waterschoot, "Toward learning robust contrastive embeddings for
    binaural sound source localization", Frontiers in Neuroinformatics 16:942978, 2022,
    doi:10.3389/fninf.2022.942978.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import ContrastiveLoss
    >>> embeddings = torch.tensor([[0.0], [0.5], [2.0]])
    >>> azimuths = torch.tensor([0.0, 1.0, 90.0])
    >>> round(ContrastiveLoss(margin=1.0)(embeddings, azimuths).item(), 4)
    0.0833
    """

    _parameter_constraints: dict = {
        "margin": [StrOptions({"adaptive"}), Interval(Real, 0, None, closed="neither")],
        "neighborhood": [StrOptions(set(_PAIRS))],
        "radius": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, margin="adaptive", *, neighborhood="angle", radius=5.0):
        self.margin = margin
        self.neighborhood = neighborhood
        self.radius = radius

    def __call__(self, embeddings, targets):
        """Mean loss of all pairs.

        Parameters
        ----------
        embeddings : torch.Tensor of shape (n_samples, n_components)
            Points of the embedding.
        targets : torch.Tensor of shape (n_samples,) or (n_samples, 3)
            Angles in degrees; unit vectors for ``"distance"``; integers for ``"label"``.

        Returns
        -------
        loss : torch.Tensor of shape ()
            The mean over the pairs; 0 for a single sample.

        Raises
        ------
        TypeError
            If ``embeddings`` is no tensor of floating-point numbers, or ``targets`` no tensor.
        ValueError
            If a parameter is not valid, or the shapes do not fit.
        """
        self._validate_params()
        self._check(embeddings, targets)
        similar, distances = _PAIRS[self.neighborhood](targets, self.radius)
        squared = squared_distances(embeddings, embeddings)
        if self.margin == "adaptive":
            margins = 1.0 if distances is None else distances.sigmoid()
        else:
            margins = float(self.margin)
        losses = squared.where(similar, (margins - squared).clamp(min=0.0))
        n_samples = len(embeddings)
        # A sample is similar to itself at distance 0: the diagonal adds nothing.
        return losses.sum() / max(n_samples * (n_samples - 1), 1)

    def _check(self, embeddings, targets):
        check_tensors(embeddings=embeddings)
        check_tensors(integers=self.neighborhood == "label", targets=targets)
        if embeddings.ndim != 2:
            raise ValueError(
                f"embeddings must have shape (n_samples, n_components); got "
                f"{tuple(embeddings.shape)}."
            )
        n_axes = 2 if self.neighborhood == "distance" else 1
        if targets.ndim != n_axes or len(targets) != len(embeddings):
            shape = "(n_samples, 3)" if n_axes == 2 else "(n_samples,)"
            raise ValueError(
                f"targets must have shape {shape} with n_samples={len(embeddings)} for "
                f"neighborhood={self.neighborhood!r}; got {tuple(targets.shape)}."
            )
