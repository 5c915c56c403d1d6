from pathlib import Path

import pytest
import torch

from model_packager.exporter import ExportRejected, export_torchvision
from model_packager.exporter.torchvision_classifier import torchvision_classifier
from model_packager.spec.deploy_spec import DeploySpec
from tests.unit.model_packager.exporter.exported_file import signature_in


@pytest.mark.slow
def test_a_torchvision_classifier_by_name(tmp_path: Path) -> None:
    spec = export_torchvision("squeezenet1_1", tmp_path / "model.pt", seed=3)
    signature = signature_in(tmp_path / "model.pt")
    assert signature.max_batch_size == 8
    assert (signature.inputs[0].dims, signature.outputs[0].dims) == ((3, 224, 224), (1000,))
    assert (spec.smoke_test.picture.resize, spec.smoke_test.picture.crop) == (256, 224)


@pytest.mark.slow  # it imports torchvision
def test_preprocessing_is_that_of_the_model() -> None:
    made = torchvision_classifier("mobilenet_v3_small", weights=None, seed=0)
    picture = DeploySpec.model_validate(made.spec).smoke_test.picture
    assert picture == DeploySpec().smoke_test.picture
    made = torchvision_classifier("efficientnet_b1", weights=None, seed=0)
    picture = DeploySpec.model_validate(made.spec).smoke_test.picture
    assert (picture.resize, picture.crop, picture.interpolation) == (255, 240, "bilinear")
    assert made.example_inputs[0].shape == (1, 3, 240, 240)


@pytest.mark.slow  # it imports torchvision
def test_random_weights_follow_the_seed_and_leave_torchs_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, second, third = (
        torchvision_classifier("squeezenet1_1", weights=None, seed=seed).module
        for seed in (1, 1, 2)
    )
    assert torch.equal(torch.rand(3), expected)
    one, same, other = (next(module.parameters()) for module in (first, second, third))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.slow  # it imports torchvision
@pytest.mark.parametrize(
    ("name", "weights", "words"),
    [
        ("resnet5", None, "no classifier called 'resnet5'; it has alexnet,"),
        ("fasterrcnn_resnet50_fpn", None, "no classifier called"),
        ("resnet50", "BEST", "no weights called 'BEST'; it has IMAGENET1K_V1"),
    ],
)
def test_unknown_models_and_weights(name: str, weights: str | None, words: str) -> None:
    with pytest.raises(ExportRejected) as rejection:
        torchvision_classifier(name, weights=weights, seed=0)
    assert words in rejection.value.cause
