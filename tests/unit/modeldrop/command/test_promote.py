"""The uploads of `modeldrop promote` between two stacks (moto)."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from model_packager.names.artifact import live_key
from model_packager.stored import Live, Source
from modeldrop.command.app import app
from tests.unit.modeldrop.command.cloudformation import described
from tests.unit.modeldrop.conftest import REGION
from tests.unit.modeldrop.recorded import ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from typer.testing import Result

SPEC = b"max_batch_size: 4\n"


def stack(session: Session, name: str) -> dict[str, str]:
    """Create the buckets and the workflow of a stack, and return its outputs."""
    s3 = session.client("s3")
    for kind in ("drops", "artifacts"):
        s3.create_bucket(Bucket=f"{name}-{kind}")
    s3.put_bucket_versioning(Bucket=f"{name}-drops", VersioningConfiguration={"Status": "Enabled"})
    machine = session.client("stepfunctions").create_state_machine(
        name=f"{name}-deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]
    return {
        "EndpointPrefix": name,
        "DropBucketName": f"{name}-drops",
        "ArtifactBucketName": f"{name}-artifacts",
        "ResultTopicArn": "unused",
        "DeployModelStateMachineArn": machine,
        "RetireModelStateMachineArn": "unused",
    }


@pytest.fixture
def stacks(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, dict[str, str]]]:
    found = {name: stack(session, name) for name in ("dev", "prod")}
    with described(found) as url:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        yield found


@pytest.fixture
def s3(session: Session, stacks: dict[str, dict[str, str]]) -> S3Client:
    return session.client("s3")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def drop_live(s3: S3Client, content: bytes) -> Live:
    """Make a version live in dev, and then change its folder."""
    bucket, key = "dev-drops", "teams/resnet/model.pt"
    s3.put_object(Bucket=bucket, Key="teams/resnet/labels.txt", Body=b"of an earlier drop\n")
    s3.delete_object(Bucket=bucket, Key="teams/resnet/labels.txt")
    s3.put_object(Bucket=bucket, Key="teams/resnet/deploy.yaml", Body=SPEC)
    s3.put_object(Bucket=bucket, Key="teams/resnet/other/model.pt", Body=b"of another model")
    put = s3.put_object(Bucket=bucket, Key=key, Body=content)
    source = Source(
        bucket=bucket, key=key, version_id=put["VersionId"], etag=put["ETag"].strip('"')
    )
    now = datetime.now(UTC)
    version = f"{now:%Y%m%dT%H%M%SZ}-3f9a1c2b"
    live = Live(
        model="resnet", version=version, endpoint="dev-resnet", source=source, since=now, record="r"
    )
    s3.put_object(
        Bucket="dev-artifacts", Key=live_key("resnet"), Body=live.model_dump_json().encode()
    )
    return live


def contents(s3: S3Client, bucket: str) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {
        each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed
    }


@pytest.mark.slow
def test_files_are_those_of_the_drop_and_not_the_newest(
    session: Session, stacks: dict[str, dict[str, str]], s3: S3Client, model: Path
) -> None:
    content = model.read_bytes()
    live = drop_live(s3, content)
    # No EventBridge rule starts an execution here.
    dropped = {"key": live.source.key, "etag": live.source.etag}
    session.client("stepfunctions").start_execution(
        stateMachineArn=stacks["prod"]["DeployModelStateMachineArn"],
        input=json.dumps({"detail": {"bucket": {"name": "prod-drops"}, "object": dropped}}),
    )
    time.sleep(3.1)  # S3 has whole seconds, and promote tolerates a difference of two
    s3.put_object(Bucket="dev-drops", Key="teams/resnet/model.pt", Body=b"newer")
    s3.put_object(Bucket="dev-drops", Key="teams/resnet/deploy.yaml", Body=b"newer: 1")
    s3.put_object(Bucket="dev-drops", Key="teams/resnet/labels.txt", Body=b"newer\n")
    ended = run("promote", "resnet", "--stack", "dev", "--to-stack", "prod", "--detach")
    assert ended.exit_code == 0, ended.exception
    assert "Follow it with: modeldrop watch resnet --stack prod" in ended.stderr
    assert f"Promoting version {live.version} of resnet" in ended.stderr
    uploaded = contents(s3, "prod-drops")
    assert uploaded.keys() == {"teams/resnet/model.pt", "teams/resnet/deploy.yaml"}
    assert uploaded["teams/resnet/deploy.yaml"] == SPEC
    sent = uploaded["teams/resnet/model.pt"]
    assert hashlib.sha256(sent).digest() == hashlib.sha256(content).digest()


def test_model_that_is_not_live_has_nothing_to_promote(s3: S3Client) -> None:
    ended = run("promote", "resnet", "--stack", "dev", "--to-stack", "prod")
    assert 'No version of "resnet" is live.' in str(ended.exception)
    assert contents(s3, "prod-drops") == {}


def test_version_whose_file_is_gone_is_named(s3: S3Client) -> None:
    live = drop_live(s3, b"gone")
    s3.delete_object(
        Bucket="dev-drops", Key=live.source.key, VersionId=live.source.version_id or ""
    )
    ended = run("promote", "resnet", "--stack", "dev", "--to-stack", "prod")
    assert f"no longer has the file of version {live.version}" in str(ended.exception)


def test_what_the_other_stack_refuses_is_not_uploaded(s3: S3Client) -> None:
    drop_live(s3, b"<html>404</html>")
    ended = run("promote", "resnet", "--stack", "dev", "--to-stack", "prod", "--json")
    assert ended.exit_code == 2
    assert json.loads(ended.stdout)["accepted"] is False
    assert contents(s3, "prod-drops") == {}


def test_other_stack_has_to_be_named_and_another_one(s3: S3Client) -> None:
    assert "Name the other stack" in str(run("promote", "resnet", "--stack", "dev").exception)
    same = run("promote", "resnet", "--stack", "dev", "--to-stack", "dev")
    assert "the same stack" in str(same.exception)


def test_profile_of_the_other_account_is_used(s3: S3Client) -> None:
    ended = run("promote", "resnet", "--stack", "dev", "--to", "nobody")
    assert "nobody" in str(ended.exception)
