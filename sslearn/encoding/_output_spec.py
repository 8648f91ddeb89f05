from dataclasses import dataclass


@dataclass(frozen=True)
class OutputSpec:
    """Specification of a network's output for an encoding, and of its decoding.

    Parameters
    ----------
    shape : tuple of int
        Shape of one output: ``(n_outputs,)``, or ``(n_sources, n_outputs)`` for several sources.
    activation : {"softmax", "sigmoid", "tanh"} or None, default=None
        Last activation.
    loss : str or loss, default="mse"
        Short name of the loss, or the loss itself.
    classes : bool, default=False
        Whether the outputs are scores of classes: in prediction they are clamped to [0, 1].
    frames : {"mean", "decode", "track"}, default="mean"
        Use of a network's outputs for each frame. ``"mean"``: their mean is decoded.
        ``"decode"``: the encoding decodes all of them to one direction. ``"track"``: each is
        decoded separately, and there is a target for each frame.
    absence : bool, default=False
        Whether a source may be absent; its target is then all zeros, or another constant.
    mixture : tuple of float, default=None
        Weights of the parts of the loss, whose targets are concatenated on the last axis.
    code : tuple of (str, str or None), default=None
        Kind and range of the outputs, such as ``("angles", "tanh")``, which must equal ``takes``
        of losses that depend on it.
    scaled : bool, default=True
        Whether the input of the last activation is scaled and shifted by constants to the range
        of the targets. Scores of classes are never scaled.

    See Also
    --------
    Encoding : Base of encodings, with attribute ``output_spec_``.

    Examples
    --------
    >>> from sslearn.encoding import UnbiasedEncoding
    >>> spec = UnbiasedEncoding([0.0, 10.0, 20.0]).fit([5.0]).output_spec_
    >>> spec.shape, spec.activation, spec.loss
    ((3,), 'softmax', 'mse')
    """

    shape: tuple
    activation: str | None = None
    loss: str = "mse"
    classes: bool = False
    frames: str = "mean"
    absence: bool = False
    mixture: tuple | None = None
    code: tuple | None = None
    scaled: bool = True

    def has_frames(self, outputs):
        """Return whether outputs have an axis of frames.

        Parameters
        ----------
        outputs : array or tensor of shape (n_samples, \\*shape) or (n_samples, n_frames, \\*shape)
            Outputs of a network.

        Returns
        -------
        bool
            Whether there is an output for each frame.

        Raises
        ------
        ValueError
            If the outputs have another shape.
        """
        n_axes = len(self.shape)
        n_before = outputs.ndim - n_axes
        if n_before not in (1, 2) or tuple(outputs.shape[n_before:]) != self.shape:
            raise ValueError(
                "network must output the shape (n_samples, *output_shape) or (n_samples, "
                f"n_frames, *output_shape) with output_shape={self.shape}; got "
                f"{tuple(outputs.shape)}. Is it a network for this number of sources?"
            )
        return n_before == 2
