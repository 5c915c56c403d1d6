"""Versions of a model: recorded, restored, redeployed for a deploy.yaml, and removed when old."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any

from model_packager.names.artifact import live_key, record_key
from model_packager.names.endpoint import resource_name
from model_packager.sagemaker.requests import origin_tags
from model_packager.stored import DeploymentRecord, Live
from modeldrop.dropping.drop import Dropped
from modeldrop.executions.following import find_execution
from modeldrop.executions.outcome import Outcome
from modeldrop.local.sagemaker.faults import EndpointFault
from tests.workflow.command import modeldrop
from tests.workflow.drops import NOTHING, Cloud, content_of, summary
from tests.workflow.models import NO_STAGING, save_scale
from tests.workflow.scaled import scaled

if TYPE_CHECKING:
    from pathlib import Path

ALONE = ["Receive Drop", "Drop Type?", "Wait for Model", "Find Model", "Model to Redeploy?"]


def test_rollback(cloud: Cloud, name: str, tmp_path: Path) -> None:
    first, second = (drop(cloud, name, tmp_path, factor) for factor in (2, 3))
    older, newer = content_of(first)["version"], content_of(second)["version"]
    assert content_of(second)["superseded_version"] == older
    assert_recorded(cloud, name, second, tmp_path / "3.onnx")

    ended = modeldrop(cloud, "rollback", name, "--json")
    assert ended.code == 0, ended.err
    assert f"Rolling back {name}: v2 ({newer}) → v1 ({older}), deployed" in ended.err
    content = ended.document
    assert (content["status"], content["restored"]) == ("SUCCEEDED", True)
    assert content["version"] == content["live_version"] == older
    assert content["superseded_version"] == newer
    assert scaled(cloud, name) == 2
    assert live(cloud, name).version == older

    third = drop(cloud, name, tmp_path, 4)
    assert content_of(third)["superseded_version"] == older
    assert scaled(cloud, name) == 4
    history = modeldrop(cloud, "history", name, "--json").document
    assert history["live"] == history["serving"] == content_of(third)["version"]
    assert [each["version"] for each in history["versions"]] == [
        content_of(third)["version"],
        newer,
        older,
    ]
    assert [each["restored"] for each in history["versions"]] == [False, False, True]
    assert [each["label"] for each in history["versions"]] == ["v3", "v2", "v1"]
    shown = modeldrop(cloud, "history", name)
    assert (shown.code, shown.out) == (0, "")
    assert all(version in shown.err for version in (older, newer))


def test_rollback_to_an_unknown_version(cloud: Cloud, name: str, tmp_path: Path) -> None:
    version = content_of(drop(cloud, name, tmp_path, 2))["version"]
    for arguments, words in (
        (["--to", "1999"], f"{name} has no version 1999. Retained: v1 ({version})."),
        ([], f"{name} has no version older than the live version {version}"),
        (["--to", version], f"Version v1 ({version}) of {name} is already live."),
    ):
        ended = modeldrop(cloud, "rollback", name, *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert words in ended.err
    assert modeldrop(cloud, "rollback", "nobody").code == 2


def test_restored_version_fails_its_test(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """The live version stays live, and the old version is kept for another attempt."""
    first, second = (drop(cloud, name, tmp_path, factor) for factor in (2, 3))
    left = cloud.left_of(name)
    endpoint = cloud.endpoint(name)
    cloud.faults.add(EndpointFault(kind="roll_back", endpoint_contains=endpoint, reason="No."))

    ended = modeldrop(cloud, "rollback", name, "--json")
    assert ended.code == 1, ended.err
    assert (ended.document["status"], ended.document["restored"]) == ("ROLLED_BACK", True)
    assert ended.document["live_version"] == content_of(second)["version"]
    assert scaled(cloud, name) == 3
    assert live(cloud, name).version == content_of(second)["version"]
    assert cloud.left_of(name) == left

    version = content_of(first)["version"]
    assert modeldrop(cloud, "rollback", name, "--to", version).code == 0
    assert scaled(cloud, name) == 2


def test_deploy_yaml_alone(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """A changed deploy.yaml deploys its model again.

    One without changes or without a model does nothing.
    """
    spec = f"max_batch_size: 4\n{NO_STAGING}".encode()
    assert states_after(cloud, name, spec) == [*ALONE, "Nothing to Deploy"]
    assert cloud.left_of(name) == []

    first = drop(cloud, name, tmp_path, 2)
    second = cloud.put_and_follow(f"{name}/deploy.yaml", spec, model=name)
    assert content_of(second)["status"] == "SUCCEEDED", summary(second)
    assert (
        content_of(second)["live_version"]
        == content_of(second)["version"]
        > content_of(first)["version"]
    )
    assert content_of(second)["source"] == content_of(first)["source"]
    assert content_of(second)["signature"]["max_batch_size"] == 4
    assert scaled(cloud, name) == 2

    left = cloud.left_of(name)
    assert states_after(cloud, name, spec) == [*ALONE, "Nothing to Deploy"]
    assert cloud.left_of(name) == left


def test_old_versions_are_removed(cloud: Cloud, name: str, tmp_path: Path) -> None:
    versions = [
        content_of(drop(cloud, name, tmp_path, factor))["version"] for factor in (2, 3, 4, 5)
    ]
    left = cloud.left_of(name)
    assert [each for each in left if versions[0] in each] == []
    for version in versions[1:]:
        kept = resource_name(cloud.endpoint(name), version)
        assert f"EndpointConfigs {kept}" in left
        assert f"Models {kept}" in left
        assert record_key(name, version) in left
    assert live(cloud, name).version == versions[-1]
    assert scaled(cloud, name) == 5


def test_orphans(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """An unfinished version is reported and removed; the live version is not."""
    version = content_of(drop(cloud, name, tmp_path, 2))["version"]
    sound = cloud.left_of(name)
    orphan = resource_name(cloud.endpoint(name), "20260101T000000Z-00000000")
    sagemaker = cloud.client("sagemaker")
    live = resource_name(cloud.endpoint(name), version)
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=live)["ProductionVariants"]
    gone = cloud.embedded.output("DeployModelStateMachineArn").replace("stateMachine", "execution")
    sagemaker.create_endpoint_config(
        EndpointConfigName=orphan,
        ProductionVariants=variants,
        Tags=origin_tags(name, "20260101T000000Z-00000000", f"{gone}:forgotten"),
    )

    shown = modeldrop(cloud, "orphans")
    assert shown.code == 1
    assert f"endpoint config {orphan}" in shown.err
    reported = modeldrop(cloud, "orphans", "--json").document["orphans"]
    assert orphans_of(name, reported, cloud) == [orphan]
    assert orphan in str(cloud.left_of(name))

    removed = modeldrop(cloud, "orphans", "--delete", "--json").document
    assert orphan in [each["name"] for each in removed["removed"]]
    assert cloud.left_of(name) == sound
    assert scaled(cloud, name) == 2
    again = modeldrop(cloud, "orphans", "--json")
    assert orphans_of(name, again.document["orphans"], cloud) == []
    # Other tests leave log groups behind; they are listed but not counted.
    others = [each for each in again.document["orphans"] if each["kind"] != "log group"]
    incomplete = again.document["unchecked"] or others
    assert again.code == (1 if incomplete else 0)


def orphans_of(name: str, reported: list[dict[str, str]], cloud: Cloud) -> list[str]:
    """Return the orphans of this test's model, because other tests may have left some."""
    return [each["name"] for each in reported if cloud.endpoint(name) in each["name"]]


def drop(cloud: Cloud, name: str, folder: Path, factor: float) -> Outcome:
    spec = folder / "deploy.yaml"
    spec.write_text(NO_STAGING)
    outcome = cloud.drop(name, save_scale(factor, folder / f"{factor}.onnx"), spec)
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    return outcome


def states_after(cloud: Cloud, name: str, spec: bytes) -> list[str]:
    """Put a deploy.yaml, and return the states of its execution, which publishes nothing."""
    bucket, key = cloud.embedded.output("DropBucketName"), f"{name}/deploy.yaml"
    cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=spec)
    stepfunctions = cloud.client("stepfunctions")
    dropped = Dropped.read(cloud.client("s3"), bucket, key)
    machine = cloud.embedded.output("DeployModelStateMachineArn")
    arn = find_execution(stepfunctions, machine, dropped)
    cloud.executions.ended(arn)
    return cloud.states_of(Outcome(arn, "", NOTHING))


def stored(cloud: Cloud, key: str) -> Any:
    bucket = cloud.embedded.output("ArtifactBucketName")
    return json.load(cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"])


def live(cloud: Cloud, name: str) -> Live:
    return Live.model_validate(stored(cloud, live_key(name)))


def assert_recorded(cloud: Cloud, name: str, outcome: Outcome, file: Path) -> None:
    """Assert that the record describes the version, and that live.json points to it."""
    content = content_of(outcome)
    key = record_key(name, content["version"])
    record = DeploymentRecord.model_validate(stored(cloud, key))
    assert content["record"].endswith(f"/{key}")
    deployment = record.deployment
    assert (deployment.model, deployment.version) == (name, content["version"])
    assert deployment.endpoint == content["endpoint"]
    assert deployment.execution_arn == outcome.execution_arn
    assert deployment.content
    assert int(deployment.sequencer or "", 16)  # S3's sequencer is hexadecimal
    checksum, data = record.package.source_checksum, file.read_bytes()
    assert checksum is not None
    # For a copy, S3 computes the requested SHA-256; MiniStack keeps the CRC32 of the upload.
    known = {
        "SHA256": hashlib.sha256(data).hexdigest(),
        "CRC32": f"{zlib.crc32(data):08x}",
    }
    assert checksum.value == known[checksum.algorithm]
    assert record.source.model_dump() == content["source"]
    assert record.servable.signature.model_dump(mode="json") == content["signature"]
    assert record.smoke.model_dump(mode="json") == content["smoke"]
    assert (record.supersedes, record.restored) == (content["superseded_version"], False)
    assert record.servable.config_pbtxt.startswith(f'name: "{name}"')
    assert set(record.timings) >= {"Inspect Model", "Package Model", "Smoke Test"}
    noted = live(cloud, name)
    assert (noted.version, noted.record, noted.since) == (
        content["version"],
        key,
        record.deployed_at,
    )
