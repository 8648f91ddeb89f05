from sslearn.networks._backbone import WEIGHTS, Backbone

# Maps and step of the stages, of two blocks each; the step of the last is 2 in a classifier.
_STAGES = ((64, 1), (128, 2), (256, 2), (512, 1))


class ResNet18(Backbone):
    """ResNet-18 whose last stage keeps the resolution: 512 features, stride 16.

    Image network of the paper's SACL.

    Parameters
    ----------
    weights : str, Path, dict of str to array-like, or None, default=None
        Local file with the state dict of ``torchvision.models.resnet18`` (its classifier ``fc`` is
        not used), or the state dict. Random weights if None.

    See Also
    --------
    VGG16 : Image network of the paper's SSPL.

    Notes
    -----
    Features of a picture of 224 pixels have shape (512, 14, 14). They come after a rectifier, so
    none is negative. Pictures are RGB from 0 to 1; the module subtracts and divides by the means
    and standard deviations of ImageNet.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", CVPR 2016,
    doi:10.1109/CVPR.2016.90. Different from it: the step of the last stage is 1.

    Examples
    --------
    >>> from sslearn.networks import ResNet18
    >>> ResNet18().count_parameters((3, 224, 224))
    11176512
    """

    _parameter_constraints: dict = {"weights": WEIGHTS}
    _unused = ("fc.",)
    _stride = 16

    def __init__(self, *, weights=None):
        self.weights = weights

    def _module(self, n_channels, height, width):
        from collections import OrderedDict

        from torch import nn

        from sslearn.networks._backbone_layers import BasicBlock, PictureNorm, start_he

        layers = {
            "normalize": PictureNorm(),
            "conv1": nn.Conv2d(3, 64, 7, 2, padding=3, bias=False),
            "bn1": nn.BatchNorm2d(64),
            "relu": nn.ReLU(inplace=True),
            "maxpool": nn.MaxPool2d(3, 2, padding=1),
        }
        n_inputs = 64
        for i, (n_maps, stride) in enumerate(_STAGES, start=1):
            blocks = BasicBlock(n_inputs, n_maps, stride), BasicBlock(n_maps, n_maps, 1)
            layers[f"layer{i}"] = nn.Sequential(*blocks)
            n_inputs = n_maps
        return start_he(nn.Sequential(OrderedDict(layers)))
