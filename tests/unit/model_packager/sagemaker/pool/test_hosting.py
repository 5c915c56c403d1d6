from __future__ import annotations

import pytest

from model_packager.sagemaker.cost_limits import CostLimits
from model_packager.sagemaker.hosting import Hosting
from model_packager.sagemaker.pool.hosting import (
    PoolEndpoint,
    contradicts,
    differences,
    pool_hosting,
)
from model_packager.sagemaker.triton_image import image_uri
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_spec import Endpoint, InferenceAmiVersion

REGION, RELEASE = "us-east-1", "26.05"
GPU = image_uri(REGION, RELEASE, gpu=True)
CPU = image_uri(REGION, RELEASE, gpu=False)
DEFAULTS = Hosting(
    image=CPU,
    instance_type="ml.m5.large",
    instance_count=1,
    environment={},
    model_download_timeout_seconds=1800,
    startup_timeout_seconds=900,
    pool="small",
)
RUNNING = PoolEndpoint(
    image=GPU,
    instance_type="ml.g5.xlarge",
    instance_count=2,
    network_isolation=False,
    inference_ami_version="al2-ami-sagemaker-inference-gpu-3-1",
)


def after(spec: DeploySpec, running: PoolEndpoint = RUNNING, release: str = RELEASE) -> Hosting:
    kind = spec.endpoint.instance_type or DEFAULTS.instance_type
    image = image_uri(REGION, release, gpu=kind.startswith("ml.g"))
    own = DEFAULTS.model_copy(update={"instance_type": kind, "image": image})
    return pool_hosting(own, spec, running, CostLimits(), region=REGION, release=release)


def test_drop_without_requests_keeps_the_pool_as_it_is() -> None:
    kept = after(DeploySpec())
    assert differences(RUNNING, kept) is None
    assert (kept.image, kept.instance_type, kept.instance_count) == (GPU, "ml.g5.xlarge", 2)
    assert kept.inference_ami_version == RUNNING.inference_ami_version
    assert not kept.network_isolation


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        (Endpoint(instance_count=3), "3 x ml.g5.xlarge with Triton 26.05"),
        (Endpoint(instance_type="ml.g5.2xlarge"), "2 x ml.g5.2xlarge with Triton 26.05"),
        (Endpoint(instance_type="ml.m5.large"), "2 x ml.m5.large with Triton 26.05"),
    ],
)
def test_keys_that_are_set_change_the_pool(endpoint: Endpoint, text: str) -> None:
    changed = after(DeploySpec(endpoint=endpoint))
    assert differences(RUNNING, changed) == ("2 x ml.g5.xlarge with Triton 26.05", text)
    assert changed.image == (CPU if "m5" in text else GPU)


def test_host_image_of_the_spec_applies_to_the_running_instance_type() -> None:
    own = DEFAULTS.model_copy(
        update={"instance_type": RUNNING.instance_type, "image": GPU, "inference_ami_version": None}
    )
    spec = DeploySpec(endpoint=Endpoint(inference_ami_version=InferenceAmiVersion.DEFAULT))
    changed = pool_hosting(own, spec, RUNNING, CostLimits(), region=REGION, release=RELEASE)
    assert changed.inference_ami_version is None


def test_release_of_the_stack_changes_the_pool() -> None:
    changed = after(DeploySpec(), release="25.09")
    assert differences(RUNNING, changed) == (
        "2 x ml.g5.xlarge with Triton 26.05",
        "2 x ml.g5.xlarge with Triton 25.09",
    )
    assert changed.image == image_uri(REGION, "25.09", gpu=True)


def test_only_keys_that_are_set_contradict() -> None:
    running = after(DeploySpec())
    assert not contradicts(Endpoint(), running)
    assert not contradicts(Endpoint(instance_type="ml.g5.xlarge", instance_count=2), running)
    assert contradicts(Endpoint(instance_count=1), running)
    assert contradicts(Endpoint(instance_type="ml.m5.large"), running)
