from itertools import permutations

from sslearn.losses._base import RowLoss
from sslearn.losses._short_names import SHORT_NAMES, get_loss
from sslearn.utils.param_validation import StrOptions


class PermutationInvariantLoss(RowLoss):
    """Loss of several sources in the order that fits the outputs best.

    Parameters
    ----------
    base : str or loss, default="mse"
        Loss of one source: a short name, or an object such as :class:`SquaredErrorLoss`.
    each_frame : bool, default=False
        Whether each frame has its own best order, instead of one order for all frames of a
        sample.

    See Also
    --------
    sslearn.encoding.GridEncoding : Without this loss, sources are in descending order.

    Notes
    -----
    For each sample the loss is the least one over all orders of the targets [1]_, one order for all
    frames of the sample, or with ``each_frame`` [2]_ the mean over the frames of the least one.
    All S! orders are tried, which is meant for a few sources. Without this loss, sources are in
    descending order of azimuth, so that targets jump where one crosses the end of the grid.

    References
    ----------
    .. [1] D. Yu, M. Kolbæk, Z.-H. Tan, J. Jensen, "Permutation invariant training of deep models
       for speaker-independent multi-talker speech separation", ICASSP 2017,
       doi:10.1109/ICASSP.2017.7952154.
    .. [2] Y. Wang, B. Yang, X. Li, "IPDnet: a universal direct-path IPD estimation network for
       sound source localization", IEEE/ACM Transactions on Audio, Speech, and Language
       Processing, 2024, arXiv:2405.07021.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import PermutationInvariantLoss
    >>> sources = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> PermutationInvariantLoss()(sources, sources.flip(1)).item()
    0.0
    """

    _parameter_constraints: dict = {
        "base": [StrOptions(set(SHORT_NAMES)), RowLoss],
        "each_frame": ["boolean"],
    }

    def __init__(self, base="mse", *, each_frame=False):
        self.base = base
        self.each_frame = each_frame

    @property
    def takes(self):
        """Kind of outputs that the base takes."""
        return get_loss(self.base).takes

    @property
    def learns_absence(self):
        """Whether a source may be absent, as in the base."""
        return get_loss(self.base).learns_absence

    def __call__(self, output, target):
        """Mean over the samples of the least loss over all orders of the sources.

        Parameters
        ----------
        output : torch.Tensor of shape (n_samples, ..., n_sources, n_classes)
            Output of the network; axes between the first and the sources are frames.
        target : torch.Tensor of the same shape
            Encoded targets.

        Returns
        -------
        loss : torch.Tensor of shape ()
            The mean over the samples.

        Raises
        ------
        TypeError
            If ``output`` or ``target`` is not a tensor of floating-point numbers.
        ValueError
            If there is no axis of sources, or the shapes differ.
        """
        self._validate_params()
        get_loss(self.base)._check(output, target)
        if output.ndim < 3:
            raise ValueError(
                "output must have an axis of sources, (n_samples, ..., n_sources, n_classes); got "
                f"{tuple(output.shape)}. Give y the shape (n_samples, n_sources, n_angles)."
            )
        return self.per_row(output, target).mean()

    def per_row(self, output, target):
        """Least loss of each sample.

        Parameters
        ----------
        output : torch.Tensor of shape (n_samples, ..., n_sources, n_classes)
            Output of the network.
        target : torch.Tensor of the same shape
            Encoded targets.

        Returns
        -------
        losses : torch.Tensor of shape (n_samples,)
            Mean over frames and sources, in the best order.
        """
        import torch

        # (n_samples, ..., n_sources, n_sources): loss of output i with target j.
        pairs = get_loss(self.base).per_row(output.unsqueeze(-2), target.unsqueeze(-3))
        if pairs.ndim > 3 and not self.each_frame:
            pairs = pairs.flatten(1, -3).mean(1)
        n_sources = pairs.shape[-1]
        orders = list(permutations(range(n_sources)))
        # Mean over the outputs i of pairs[..., i, order[i]], for each of the S! orders.
        in_order = [pairs[..., range(n_sources), order].mean(-1) for order in orders]
        losses = torch.stack(in_order).amin(0)
        return losses.flatten(1).mean(1) if losses.ndim > 1 else losses
