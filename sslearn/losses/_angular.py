from math import pi

from sslearn.losses._base import RowLoss
from sslearn.utils.param_validation import StrOptions

# Shorter vectors have no direction: the angle to them goes to 90 degrees, not to NaN.
_SHORTEST = 1e-3


def _unit_vectors(angles):
    """Unit vectors (..., 3), or (..., 2) of azimuths alone, of angles in units of (pi, pi / 2)."""
    import torch

    azimuth_rad = pi * angles[..., 0]
    level = torch.stack([azimuth_rad.cos(), azimuth_rad.sin()], dim=-1)
    if angles.shape[-1] == 1:
        return level
    elevation_rad = pi / 2 * angles[..., 1:]
    return torch.cat([elevation_rad.cos() * level, elevation_rad.sin()], dim=-1)


class AngularLoss(RowLoss):
    """Great-circle distance in radians, ``"angular"`` for short.

    Parameters
    ----------
    code : {"angles", "vectors"}, default="angles"
        Kind of outputs and targets: those of :class:`sslearn.encoding.AngleEncoding` or of
        :class:`sslearn.encoding.UnitVectorEncoding`.
    scale : {"sigmoid", "tanh"} or None, default="sigmoid"
        Their range: [0, 1] for ``"sigmoid"``, else [-1, 1]. It must be the ``scale`` of the
        encoding: ``AngleEncoding("sigmoid")`` for the default.

    See Also
    --------
    SquaredErrorLoss : The error of the numbers, which ignores the wrap and the poles.

    Notes
    -----
    ``2 atan2(|u - v|, |u + v|)`` with the unit vectors u and v of output and target, averaged over
    the rows. Unlike the arc cosine of the published formula, which has no finite slope at 0 and 180
    degrees, its gradient is finite everywhere and of length 1 on the sphere; it is 0 where the
    distance is exactly 0 or pi. Vectors may have any length; below 0.001, the distance tends
    to 90 degrees as the length tends to 0.

    References
    ----------
    L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus classification
    for neural network based audio source localization", WASPAA 2019.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import AngularLoss
    >>> right, left = torch.tensor([[0.25, 0.5]]), torch.tensor([[0.75, 0.5]])
    >>> round(AngularLoss()(right, left).item(), 4)
    3.1416
    """

    _parameter_constraints: dict = {
        "code": [StrOptions({"angles", "vectors"})],
        "scale": [StrOptions({"sigmoid", "tanh"}), None],
    }

    def __init__(self, code="angles", *, scale="sigmoid"):
        self.code = code
        self.scale = scale

    @property
    def takes(self):
        """Required code of the outputs and its range."""
        return self.code, self.scale

    def per_row(self, output, target):
        """Distance of each row.

        Parameters
        ----------
        output, target : torch.Tensor of shape (..., n_outputs)
            Encoded directions: 1 or 2 angles, or 2 or 3 components.

        Returns
        -------
        losses : torch.Tensor of shape (...)
            Distances in radians.
        """
        u, v = self._vectors(output), self._vectors(target)
        # tan(d / 2) = |u - v| / |u + v| for unit vectors at the angle d.
        return 2.0 * (u - v).norm(dim=-1).atan2((u + v).norm(dim=-1))

    def _vectors(self, values):
        values = 2.0 * values - 1.0 if self.scale == "sigmoid" else values
        if self.code == "angles":
            return _unit_vectors(values)
        return values / values.norm(dim=-1, keepdim=True).clamp(min=_SHORTEST)
