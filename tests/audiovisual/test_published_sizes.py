"""Whole systems of the papers: their numbers of parameters and of operations."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from sslearn.audiovisual._sspl_head import PredictiveHead
from sslearn.networks import VGG16, PredictiveCoding, ResNet18, VGGish

PICTURE, PATCHES, MAP, EMBEDDING = (3, 224, 224), (3, 96, 64), (512, 14, 14), (128,)
# Table S6 of the paper, in giga operations, rounded there to one decimal.
GFLOPS = {1: 38.3, 3: 43.0, 5: 47.6, 6: 49.9, 7: 52.2, 8: 54.5}


def head():
    with torch.device("meta"):
        return PredictiveHead(
            512,
            128,
            hidden_size=512,
            projector_sizes=(2048, 2048, 2048),
            predictor_size=512,
            fusion="attention",
        )


def giga_macs(function, *shapes):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        function(*(torch.empty(shape, device="meta") for shape in shapes))
    return counter.get_total_flops() / 2e9


def giga_macs_of_sspl(n_cycles):
    """Two views; the sound is counted with each of them, as published."""
    layers = head().eval()
    sound = VGGish().count_macs(PATCHES) / 1e9 + giga_macs(layers.fc, (3, 128))
    heads = giga_macs(layers.projector, (1, 512)) + giga_macs(layers.predictor, (1, 2048))
    coding = PredictiveCoding(n_cycles).count_macs((MAP, EMBEDDING)) / 1e9 if n_cycles else 0.0
    return 2 * (VGG16().count_macs(PICTURE) / 1e9 + sound + heads + coding)


def test_operations_without_predictive_coding():
    assert giga_macs_of_sspl(0) == pytest.approx(35.90, abs=0.005)


@pytest.mark.parametrize("n_cycles", GFLOPS)
def test_operations_with_predictive_coding(n_cycles):
    assert giga_macs_of_sspl(n_cycles) == pytest.approx(GFLOPS[n_cycles], abs=0.06)


def test_trained_parameters():
    trained = {k: sum(p.numel() for p in v.parameters()) for k, v in head().named_children()}
    assert trained == {"fc": 328_704, "projector": 9_445_376, "predictor": 2_100_224}
    sspl = sum(trained.values())
    assert sspl == 11_874_304
    assert sspl + PredictiveCoding().count_parameters((MAP, EMBEDDING)) == 21_734_016
    networks = ResNet18().count_parameters(PICTURE) + VGGish().count_parameters(PATCHES)
    assert networks + trained["fc"] == 83_646_400
