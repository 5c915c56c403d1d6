import pytest

from model_packager.deploy_spec import DeploySpec, parse_deploy_spec
from model_packager.hosting import Hosting, StackDefaults, resolve_hosting
from model_packager.rejection import SpecRejected

STACK = StackDefaults("eu-west-1", "26.05", instance_count=2)


def resolved(text: str = "", instance_type: str = "ml.g4dn.xlarge") -> Hosting:
    spec = parse_deploy_spec(text, origin="deploy.yaml")
    return resolve_hosting("resnet", spec, instance_type, STACK)[0]


def test_the_stack_holds_where_the_spec_says_nothing() -> None:
    assert resolved() == Hosting(
        image="763104351884.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-tritonserver:26.05-py3",
        instance_type="ml.g4dn.xlarge",
        instance_count=2,
        environment={"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "resnet"},
        model_download_timeout_seconds=1800,
        startup_timeout_seconds=900,
        inference_ami_version="al2023-ami-sagemaker-inference-gpu-4-1",
    )


def test_the_spec_wins() -> None:
    found = resolved(
        "endpoint: {instance_count: 5, inference_ami_version: default}\n"
        "container: {environment: {A: b}}"
    )
    assert (found.instance_count, found.inference_ami_version) == (5, None)
    assert found.environment == {"A": "b", "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "resnet"}


def test_a_cpu_instance_has_the_cpu_image_and_no_host_image() -> None:
    found = resolved(instance_type="ml.m5.large")
    assert found.image.endswith(":26.05-py3-cpu")
    assert found.inference_ami_version is None


def test_what_is_not_known_is_noted() -> None:
    _, notes = resolve_hosting("resnet", DeploySpec(), "ml.g9.xlarge", STACK)
    assert len(notes) == 1


def test_a_region_without_an_image_is_refused() -> None:
    with pytest.raises(SpecRejected, match="mars-north-1"):
        resolve_hosting(
            "resnet", DeploySpec(), "ml.m5.large", StackDefaults("mars-north-1", "26.05", 1)
        )
