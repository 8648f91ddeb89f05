from sslearn.networks._backbone import WEIGHTS, Backbone, PatchBackbone

# Filters of the convolutions between two poolings.
_VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
_VGGISH = ((64,), (128,), (256, 256), (512, 512))


def _stacks(n_inputs, stacks):
    """Layers of stacks of convolutions, in the order that numbers them in the files."""
    from torch import nn

    layers = []
    for widths in stacks:
        for width in widths:
            layers += [nn.Conv2d(n_inputs, width, 3, padding=1), nn.ReLU(inplace=True)]
            n_inputs = width
        layers.append(nn.MaxPool2d(2))
    return layers


class VGG16(Backbone):
    """VGG16 without batch norm, up to its last convolution: 512 features, stride 16.

    Image network of the paper's SSPL.

    Parameters
    ----------
    weights : str, Path, dict of str to array-like, or None, default=None
        Local file with the state dict of ``torchvision.models.vgg16`` (its classifier is not
        used), or the state dict. Random weights if None.

    See Also
    --------
    EfficientNetLite0 : Pretrained weights in an ordinary package.

    Notes
    -----
    Features of a picture of 224 pixels have shape (512, 14, 14). The last convolution has neither
    rectifier nor pooling, so features have both signs. Pictures are RGB from 0 to 1; the module
    subtracts and divides by the means and standard deviations of ImageNet.

    References
    ----------
    K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image
    recognition", ICLR 2015, arXiv:1409.1556.

    Examples
    --------
    >>> from sslearn.networks import VGG16
    >>> VGG16().count_parameters((3, 224, 224))
    14714688
    """

    _parameter_constraints: dict = {"weights": WEIGHTS}
    _unused = ("classifier.",)
    _stride = 16

    def __init__(self, *, weights=None):
        self.weights = weights

    def _module(self, n_channels, height, width):
        from torch import nn

        from sslearn.networks._backbone_layers import NormalizedPictures, start_he

        # The last rectifier and pooling are cut off.
        return start_he(NormalizedPictures(nn.Sequential(*_stacks(3, _VGG16)[:-2])))


class VGGish(PatchBackbone):
    """VGGish: an embedding of 128 numbers for each log-mel patch of 0.96 s.

    Audio network of the paper's systems, without their last two dense layers.

    Parameters
    ----------
    weights : str, Path, dict of str to array-like, or None, default=None
        Local file with the state dict of ``torchvggish`` (keys ``features.N.*`` and
        ``embeddings.N.*``; its ``pproc.*`` are not used), or the state dict. Random weights if
        None.

    See Also
    --------
    sslearn.features.LogMelPatches : Its input.
    LogMelStatistics : Stand-in without weights.

    Notes
    -----
    The outputs end with a rectifier. The post-processing of AudioSet (principal components and
    8 bits) is left out, as in the paper.

    References
    ----------
    S. Hershey, S. Chaudhuri, D. P. W. Ellis et al., "CNN architectures for large-scale audio
    classification", ICASSP 2017, doi:10.1109/ICASSP.2017.7952132.

    Examples
    --------
    >>> from sslearn.networks import VGGish
    >>> VGGish().count_parameters((3, 96, 64))
    72141184
    """

    _parameter_constraints: dict = {"weights": WEIGHTS}
    _unused = ("pproc.",)

    def __init__(self, *, weights=None):
        self.weights = weights

    def _module(self, n_patches, n_frames, n_bands):
        from torch import nn

        from sslearn.networks._backbone_layers import PatchEmbedding, start_he

        # Four poolings by 2 divide both sides by 16.
        n_features = 512 * (n_frames // 16) * (n_bands // 16)
        dense = []
        for width in (4096, 4096, 128):
            dense += [nn.Linear(n_features, width), nn.ReLU(inplace=True)]
            n_features = width
        features = nn.Sequential(*_stacks(1, _VGGISH))
        return start_he(PatchEmbedding(features, nn.Sequential(*dense)))
