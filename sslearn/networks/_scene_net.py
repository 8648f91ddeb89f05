from sslearn.networks._backbone import WEIGHTS, Backbone
from sslearn.networks._shapes import check_sizes


class SceneNet(Backbone):
    """Small network for CPUs and small pictures: four convolutions, stride 4.

    Parameters
    ----------
    widths : tuple of int, default=(16, 32, 32, 32)
        Maps of the convolutions; the last are the features. (24, 48, 48, 32) is the wider one of
        our trials.
    weights : str, Path, dict of str to array-like, or None, default=None
        Local file with a state dict, or the state dict, for example ``weights_`` of
        :class:`sslearn.audiovisual.WindowContrast`. Random weights if None.

    See Also
    --------
    sslearn.audiovisual.WindowContrast : Train it on pictures without labels.
    EfficientNetLite0 : Pretrained on photographs.

    Notes
    -----
    ``conv(5 x 5, step 2), conv(3 x 3, step 2), conv(3 x 3)``, each followed by batch norm and a
    rectifier, and a last ``conv(3 x 3)`` with neither. Features of a picture of 64 pixels have
    shape (32, 16, 16) and a receptive field of 29 pixels. The network is our own design.

    Examples
    --------
    >>> from sslearn.networks import SceneNet
    >>> SceneNet().count_parameters((3, 64, 64))
    24432
    """

    _parameter_constraints: dict = {"widths": ["array-like"], "weights": WEIGHTS}
    _stride = 4

    def __init__(self, *, widths=(16, 32, 32, 32), weights=None):
        self.widths = widths
        self.weights = weights

    def _module(self, n_channels, height, width):
        from torch import nn

        from sslearn.networks._backbone_layers import NormalizedPictures

        widths = check_sizes("widths", self.widths)
        if len(widths) != 4:
            raise ValueError(
                f"widths must have one entry for each of 4 convolutions; got {widths}."
            )
        layers, n_inputs = [], 3
        for n_maps, size, stride in zip(widths, (5, 3, 3), (2, 2, 1), strict=False):
            conv = nn.Conv2d(n_inputs, n_maps, size, stride, padding=size // 2, bias=False)
            layers += [conv, nn.BatchNorm2d(n_maps), nn.ReLU(inplace=True)]
            n_inputs = n_maps
        layers.append(nn.Conv2d(n_inputs, widths[-1], 3, padding=1))
        return NormalizedPictures(nn.Sequential(*layers))
