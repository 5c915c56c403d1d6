"""A drop goes to SageMaker as uncompressed objects or as an archive. Real Triton serves both."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import torch

from modeldrop.local.ministack.injected_faults import AwsFault
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import NO_STAGING, batched_linear, save, traced, traced_linear

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("packaging", ["uncompressed", "tar.gz"])
def test_each_packaging_is_served(cloud: Cloud, name: str, tmp_path: Path, packaging: str) -> None:
    model = save(traced_linear(batched_linear()), tmp_path / "model.pt")
    spec = tmp_path / "deploy.yaml"
    spec.write_text(f"package: {packaging}\n")

    outcome = cloud.drop(name, model, spec)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    version = content_of(outcome)["version"]
    bucket = cloud.embedded.output("ArtifactBucketName")
    plain = [f"model/{name}/1/model.pt", f"model/{name}/config.pbtxt"]
    made = plain if packaging == "uncompressed" else ["archive.json", "model.tar.gz"]
    found = objects(cloud, bucket, f"{name}/{version}/")
    assert found == sorted([*made, "claim.json", "deployment.json"])
    container = model_container(cloud, f"{cloud.endpoint(name)}-{version}")
    assert ("ModelDataUrl" in container) == (packaging == "tar.gz")
    checksum = record(cloud, bucket, name, version)["package"]["source_checksum"]
    if packaging == "tar.gz":  # MiniStack computes no checksum for a copy
        assert checksum == {"algorithm": "CRC32", "value": f"{zlib.crc32(model.read_bytes()):08x}"}


def test_changed_spec_moves_no_byte_of_the_model(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """The function may no longer read the model, so it can only copy it."""
    model = save(traced(torch.nn.Linear(1500, 1000).eval(), torch.zeros(1, 1500)), tmp_path / "m")
    spec = tmp_path / "deploy.yaml"
    spec.write_text("package: tar.gz\nmax_batch_size: 4\n")
    first = cloud.drop(name, model, spec)
    assert first.execution_status == "SUCCEEDED", summary(first)

    spec.write_text(f"package: tar.gz\nmax_batch_size: 2\n{NO_STAGING}")
    cloud.emulator_faults.add(
        AwsFault(
            service="s3",
            operation="GetObject",
            contains=f"{name}/model.pt",
            caller_contains="PackageModel",
            times=None,
        )
    )
    second = cloud.drop(name, model, spec)

    assert second.execution_status == "SUCCEEDED", summary(second)
    bucket = cloud.embedded.output("ArtifactBucketName")
    packages = [
        record(cloud, bucket, name, content_of(each)["version"])["package"]
        for each in (first, second)
    ]
    assert packages[0]["artifact_uri"] != packages[1]["artifact_uri"]
    assert packages[0]["source_checksum"] == packages[1]["source_checksum"]


def objects(cloud: Cloud, bucket: str, prefix: str) -> list[str]:
    found = cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    return sorted(each["Key"].removeprefix(prefix) for each in found)


def model_container(cloud: Cloud, name: str) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("sagemaker").describe_model(ModelName=name)
    container: dict[str, Any] = found["PrimaryContainer"]
    return container


def record(cloud: Cloud, bucket: str, name: str, version: str) -> dict[str, Any]:
    key = f"{name}/{version}/deployment.json"
    body = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    content: dict[str, Any] = json.loads(body)
    return content
