from sslearn.networks._backbone import PatchBackbone


class LogMelStatistics(PatchBackbone):
    """Mean and standard deviation over time of each mel band: 128 numbers without training.

    Stand-in for a pretrained audio network.

    See Also
    --------
    sslearn.features.LogMelPatches : Its input.
    VGGish : Audio network of the papers.

    Notes
    -----
    Features of (n_samples, n_patches, 96, 64) have shape (n_samples, 1, 128): the means of the 64
    bands over the frames of all patches, then their standard deviations.

    Examples
    --------
    >>> from sslearn.networks import LogMelStatistics
    >>> LogMelStatistics().count_parameters((3, 96, 64))
    0
    """

    _parameter_constraints: dict = {}

    def _module(self, n_patches, n_frames, n_bands):
        from sslearn.networks._backbone_layers import PatchStatistics

        return PatchStatistics()

    def _weights(self):
        return None
