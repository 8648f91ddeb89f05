from math import pi

from sklearn.base import BaseEstimator

from sslearn.losses._base import check_tensors
from sslearn.utils.param_validation import Interval, Real, StrOptions

# Grids put many pairs exactly one radius apart, and float32 degrees are accurate to 1.5e-5.
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
    # No square root, whose slope at 0 is infinite; rounding may make the sum negative.
    squares = a.square().sum(1)[:, None] + b.square().sum(1)
    return squares.addmm(a, b.T, alpha=-2.0).clamp(min=0.0)


def _pairs_by_angle(y, radius):
    # min(d, 360 - d) of d = |y_i - y_j| mod 360.
    degrees = (y[:, None] - y).abs() % 360.0
    degrees = degrees.minimum(360.0 - degrees)
    return degrees <= radius + _TIE, degrees


def _pairs_by_distance(y, radius):
    chords = squared_distances(y, y).sqrt()
    return chords <= (radius + _TIE) * (pi / 180.0), chords


def _pairs_by_label(y, radius):
    return y[:, None] == y, None


def _precomputed_pairs(y, radius):
    return y != 0, None


_PAIRS = {
    "angle": _pairs_by_angle,
    "distance": _pairs_by_distance,
    "label": _pairs_by_label,
    "precomputed": _precomputed_pairs,
}
_MARGINS = {"adaptive": 1.0, "adaptive_radians": pi / 180.0}


class ContrastiveLoss(BaseEstimator):
    """Contrastive loss over all pairs of a mini-batch, ``"contrastive"`` for short.

    Similar pairs are pulled together; the others are pushed apart until their squared distance
    reaches a margin.

    Parameters
    ----------
    margin : {"adaptive", "adaptive_radians"} or float, default="adaptive"
        Squared distance that dissimilar pairs should reach. ``"adaptive"`` is the sigmoid of the
        distance of the targets: degrees for angles, chord of the unit sphere for positions; 1 for
        labels and for ``"precomputed"``. ``"adaptive_radians"``, for angles only, is the sigmoid of
        their difference in radians.
    neighborhood : {"angle", "distance", "label", "precomputed"}, default="angle"
        Kind of the targets and rule for similar ones: circular difference of angles in degrees
        at most ``radius``; chord of unit vectors at most ``radius * pi / 180``; equal labels; or
        the targets are a symmetric matrix, not 0 for similar pairs.
    radius : float, default=5.0
        Radius of the neighbourhood in degrees; not used by ``"label"`` and ``"precomputed"``.

    See Also
    --------
    sslearn.embedding.SiameseEmbedding : The transformer that minimizes it.

    Notes
    -----
    With ``D`` the squared distance of two embeddings, ``d`` the distance of their targets and
    ``mu`` the margin, the loss is the mean over all pairs of ``D`` where the pair is similar and
    ``max(0, mu - D)`` where it is not; ``mu = 1 / (1 + exp(-d))`` if adaptive (equation 14). In
    degrees, the unit of the paper for angles, that is between 0.993 and 1 beyond a radius of 5;
    only chords and radians give near pairs a smaller margin than distant ones. The paper sums over
    the pairs, which differs by a factor only.

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
        "margin": [StrOptions(set(_MARGINS)), Interval(Real, 0, None, closed="neither")],
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
        targets : torch.Tensor of shape (n_samples,), (n_samples, 3) or (n_samples, n_samples)
            Angles in degrees; unit vectors for ``"distance"``; integers for ``"label"``; for
            ``"precomputed"`` booleans, or numbers that are not 0 where a pair is similar, such as
            on the diagonal.

        Returns
        -------
        loss : torch.Tensor of shape ()
            The mean over the pairs; 0 for a single sample.

        Raises
        ------
        TypeError
            If ``embeddings`` is not a tensor of floating-point numbers, or ``targets`` is not a
            tensor.
        ValueError
            If a parameter is not valid, or the shapes do not fit.
        """
        self._validate_params()
        if self.margin == "adaptive_radians" and self.neighborhood != "angle":
            raise ValueError(
                'margin="adaptive_radians" needs neighborhood="angle"; got '
                f'neighborhood={self.neighborhood!r}. Set margin="adaptive".'
            )
        self._check(embeddings, targets)
        similar, distances = _PAIRS[self.neighborhood](targets, self.radius)
        squared = squared_distances(embeddings, embeddings)
        if self.margin in _MARGINS:
            margins = 1.0 if distances is None else (_MARGINS[self.margin] * distances).sigmoid()
        else:
            margins = float(self.margin)
        # D for similar pairs, max(0, mu - D) for all others.
        losses = squared.where(similar, (margins - squared).clamp(min=0.0))
        n_samples = len(embeddings)
        # A sample is similar to itself at distance 0: the diagonal adds nothing.
        return losses.sum() / max(n_samples * (n_samples - 1), 1)

    def _check(self, embeddings, targets):
        check_tensors(embeddings=embeddings)
        check_tensors(integers=self.neighborhood in ("label", "precomputed"), targets=targets)
        if embeddings.ndim != 2:
            raise ValueError(
                f"embeddings must have shape (n_samples, n_components); got "
                f"{tuple(embeddings.shape)}."
            )
        n_samples = len(embeddings)
        axes, shape = {
            "distance": ((3,), "(n_samples, 3)"),
            "precomputed": ((n_samples,), "(n_samples, n_samples)"),
        }.get(self.neighborhood, ((), "(n_samples,)"))
        if targets.shape != (n_samples, *axes):
            raise ValueError(
                f"targets must have shape {shape} with n_samples={n_samples} for "
                f"neighborhood={self.neighborhood!r}; got {tuple(targets.shape)}."
            )
