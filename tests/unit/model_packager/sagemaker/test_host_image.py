import re
from typing import Any

import botocore.session
import pytest

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.host_image import _DEFAULT_DRIVER, HostImage, host_image
from model_packager.spec.hosting_spec import InferenceAmiVersion

CU12 = "al2-ami-sagemaker-inference-gpu-3-1"
CU13 = "al2023-ami-sagemaker-inference-gpu-4-1"


def test_versions_match_awss() -> None:
    model: Any = botocore.session.Session().get_service_model("sagemaker")
    theirs = set(model.shape_for("ProductionVariantInferenceAmiVersion").enum)
    ours = set(InferenceAmiVersion) - {InferenceAmiVersion.DEFAULT}
    assert ours == {each for each in theirs if "gpu" in each}


def test_families_match_awss() -> None:
    model: Any = botocore.session.Session().get_service_model("sagemaker")
    types = model.shape_for("ProductionVariantInstanceType").enum
    assert set(_DEFAULT_DRIVER) <= {name.split(".")[1] for name in types}


@pytest.mark.parametrize(
    ("instance_type", "release", "version"),
    [
        ("ml.g4dn.xlarge", "26.05", CU13),
        ("ml.g5.xlarge", "25.09", CU13),
        ("ml.p5en.48xlarge", "25.09", CU13),
        ("ml.g4dn.xlarge", "25.04", CU12),
        ("ml.p4d.24xlarge", "23.12", CU12),
        ("ml.g6.xlarge", "25.04", None),
        ("ml.p5e.48xlarge", "24.09", None),
    ],
)
def test_an_old_default_driver_needs_a_host_image(
    instance_type: str, release: str, version: str | None
) -> None:
    assert host_image(instance_type, release, gpu=True, requested=None) == HostImage(version)


def test_a_cpu_instance_has_no_driver() -> None:
    assert host_image("ml.m5.large", "26.05", gpu=False, requested=None) == HostImage(None)


@pytest.mark.parametrize("family", ["g6e", "g7e", "p6-b200", "g9"])
def test_cuda_13_on_an_undocumented_driver_gets_the_newest_image(family: str) -> None:
    image = host_image(f"ml.{family}.xlarge", "26.05", gpu=True, requested=None)
    assert image.version == CU13
    assert image.warning is not None
    assert re.search(rf"CUDA 13 .* driver 580 .* ml\.{family}\. .*{CU13}", image.warning.cause)
    assert "endpoint.inference_ami_version to default" in image.warning.fix


def test_cuda_12_on_an_undocumented_driver_keeps_the_default_with_a_warning() -> None:
    image = host_image("ml.p3.2xlarge", "24.09", gpu=True, requested=None)
    assert image.version is None
    assert image.warning is not None
    assert CU12 in image.warning.fix


@pytest.mark.parametrize(
    ("requested", "version"),
    [(InferenceAmiVersion.DEFAULT, None), (InferenceAmiVersion.AL2_GPU_2, "al2-ami-sagemaker-inf")],
)
def test_the_spec_takes_precedence(requested: InferenceAmiVersion, version: str | None) -> None:
    image = host_image("ml.g9.xlarge", "26.05", gpu=True, requested=requested)
    assert image.warning is None
    assert image.version is version if version is None else str(image.version).startswith(version)


def test_a_release_that_does_not_support_old_gpus_is_rejected() -> None:
    with pytest.raises(SpecRejected, match=r"V100 \(compute capability 7\.0\)"):
        host_image("ml.p3.2xlarge", "25.04", gpu=True, requested=None)
