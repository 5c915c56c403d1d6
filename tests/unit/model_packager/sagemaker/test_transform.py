"""Transform jobs: instances, payload and request."""

from __future__ import annotations

import boto3
import pytest
from botocore.validate import validate_parameters

from model_packager.aws_limits import TRANSFORM_PAYLOAD_MB
from model_packager.rejection import SpecRejected
from model_packager.sagemaker.cost_limits import CostLimits
from model_packager.sagemaker.hosting import Hosting, Serverless
from model_packager.sagemaker.requests import origin_tags
from model_packager.sagemaker.transform import (
    REQUEST_BYTES,
    SHARED_MEMORY_BYTES,
    Instances,
    Payload,
    batch_hosting,
    payload_of,
    transform_request,
)
from tests.unit.functions.samples import HOSTING

SERVICE = boto3.client("sagemaker", region_name="us-east-1").meta.service_model
SUPPORTED = SERVICE.shape_for("TransformInstanceType").enum  # type: ignore[attr-defined]
MIB = 1024**2


def resolved(
    hosting: Hosting = HOSTING,
    config: str = "",
    instance_type: str = "ml.m5.xlarge",
    count: int = 1,
    limits: CostLimits = CostLimits(),  # noqa: B008  # frozen
) -> Hosting:
    default = Instances(instance_type, count)
    return batch_hosting(
        hosting, "resnet", config, default=default, limits=limits, supported=SUPPORTED
    )


def changed(**update: object) -> Hosting:
    return HOSTING.model_copy(update=update)


def test_gpu_version_runs_on_the_stacks_cpu_type() -> None:
    found = resolved()
    assert (found.instance_type, found.instance_count) == ("ml.m5.xlarge", 1)
    assert found.image.endswith("26.05-py3-cpu")
    assert found.inference_ami_version is None


def test_cpu_version_keeps_the_type_it_was_tested_on() -> None:
    tested = changed(instance_type="ml.c6i.large", image=f"{HOSTING.image}-cpu")
    assert resolved(tested).instance_type == "ml.c6i.large"
    assert resolved(tested).image == tested.image
    limits = CostLimits(allowed_instance_types=("ml.m5.xlarge",))
    assert resolved(tested, limits=limits).instance_type == "ml.m5.xlarge"


def test_type_that_batch_transform_lacks_is_replaced() -> None:
    assert "ml.c5.large" not in SUPPORTED
    assert resolved(changed(instance_type="ml.c5.large")).instance_type == "ml.m5.xlarge"


def test_old_release_runs_on_a_gpu_with_the_newest_driver_of_batch_hosts() -> None:
    old = changed(image=HOSTING.image.replace("26.05", "25.07"))
    found = resolved(old, "KIND_GPU", "ml.g4dn.xlarge")
    assert found.image.endswith("25.07-py3")
    assert found.inference_ami_version == "al2-ami-sagemaker-batch-gpu-535"


def test_serverless_and_pooled_versions_run_alone_and_isolated() -> None:
    serverless = Serverless(memory_mb=4096, max_concurrency=5)
    found = resolved(changed(serverless=serverless, network_isolation=False, environment={}))
    assert (found.serverless, found.network_isolation) == (None, True)
    assert found.environment["SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"] == "resnet"
    assert resolved(changed(pool="small", environment={})).pool is None


def test_default_model_of_a_repository_keeps_its_name() -> None:
    """The container exits if the archive has no model with the name of the default."""
    name = "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"
    assert resolved(changed(environment={name: "ensemble"})).environment[name] == "ensemble"


def test_environment_of_the_spec_decides_about_shared_memory() -> None:
    name = "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE"
    assert resolved().environment[name] == str(MIB)
    assert resolved(changed(environment={name: "4194304"})).environment[name] == "4194304"


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"instance_type": "ml.g4dn.xlarge"}, "Triton 26.05 is built on CUDA 13"),
        ({"config": "kind: KIND_GPU"}, "needs a GPU, and batch jobs of this stack run on"),
        ({"config": 'platform: "tensorrt_plan"'}, "needs a GPU"),
        ({"instance_type": "ml.c5.large"}, "Batch transform has no instance type ml.c5.large"),
        ({"limits": CostLimits(allowed_instance_types=("ml.c5.xlarge",))}, "does not allow"),
        ({"count": 7, "limits": CostLimits(max_instances=6)}, "BatchInstanceCount is 7"),
    ],
)
def test_instances_that_cannot_run_the_version_are_refused(
    changes: dict[str, object], cause: str
) -> None:
    with pytest.raises(SpecRejected) as refused:
        resolved(**changes)  # type: ignore[arg-type]
    assert cause in refused.value.cause
    assert refused.value.fix


def test_payload_times_concurrency_is_at_most_a_hundred() -> None:
    assert payload_of(1000, "") == Payload(1, 8)
    assert payload_of(25 * MIB, "") == Payload(26, 3)
    assert payload_of(64 * MIB, "") == Payload(65, 1)
    assert payload_of(REQUEST_BYTES, "") == Payload(TRANSFORM_PAYLOAD_MB.value, 1)


def test_python_models_share_little_memory() -> None:
    config = 'backend: "python"'
    assert payload_of(10 * MIB, config).concurrent == 3
    assert payload_of(0, config).concurrent == 8
    with pytest.raises(SpecRejected, match="shared memory"):
        payload_of(SHARED_MEMORY_BYTES + 1, config)


@pytest.mark.parametrize("key", [None, "arn:aws:kms:us-east-1:123456789012:key/1"])
def test_request_is_valid(key: str | None) -> None:
    hosting = resolved(changed(kms_key_arn=key, tags={"team": "vision"}))
    request = transform_request(
        "modeldrop-resnet-batch-3f9a1c2b3f9a1c",
        inputs_uri="s3://artifacts/_batch/1/inputs/",
        outputs_uri="s3://artifacts/_batch/1/outputs/",
        content_type="application/octet-stream",
        payload=Payload(26, 3),
        hosting=hosting,
        tags=origin_tags("resnet", "20260801T151224Z-3f9a1c2b", "arn"),
    )
    shape = SERVICE.operation_model("CreateTransformJob").input_shape
    assert shape is not None
    validate_parameters(request, shape)
    assert request["TransformResources"].get("VolumeKmsKeyId") == key
    assert request["TransformOutput"].get("KmsKeyId") == key
    assert {"Key": "team", "Value": "vision"} in request["Tags"]
    assert request["MaxPayloadInMB"] * request["MaxConcurrentTransforms"] <= 100
