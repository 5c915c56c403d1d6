"""The policies in docs/dropping.md allow what the page says. MiniStack enforces them.

The local SageMaker also asks the IAM of MiniStack.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import torch
from botocore.exceptions import ClientError

from modeldrop.dropping.resumable_upload import PART_BYTES
from tests.documentation import ROOT
from tests.workflow.command import COMMAND
from tests.workflow.models import save, traced, traced_scale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.workflow.drops import Cloud

PAGE = (ROOT / "docs" / "dropping.md").read_text().partition("## Who may drop")[2]
UPLOADING, FOLLOWING = (json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.S))


@contextmanager
def user(cloud: Cloud, policy: Any) -> Iterator[dict[str, str]]:
    """Yield the environment of a user with a policy from the page, and no other permission."""
    here = {
        "DROP_BUCKET": cloud.embedded.output("DropBucketName"),
        "ARTIFACT_BUCKET": cloud.embedded.output("ArtifactBucketName"),
        "ENDPOINT_PREFIX": cloud.embedded.output("EndpointPrefix"),
        "REGION": "us-east-1",
        "ACCOUNT": "000000000000",
        "STACK": "modeldrop",
    }
    names = "|".join(here)
    text = re.sub(rf"\b({names})\b", lambda found: here[found[0]], json.dumps(policy))
    iam, name = cloud.client("iam"), f"u-{uuid.uuid4().hex}"
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="drop", PolicyDocument=text)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield {
        **os.environ,
        **cloud.embedded.environment(),
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="drop")
    iam.delete_user(UserName=name)


def drop(file: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    words = [str(COMMAND), "drop", str(file), "--stack", "modeldrop", "--json"]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def test_upload_needs_only_write_permission(cloud: Cloud, name: str) -> None:
    bucket = cloud.embedded.output("DropBucketName")
    with user(cloud, UPLOADING) as environment:
        s3 = boto3.Session(
            environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        ).client("s3", endpoint_url=cloud.embedded.aws_url, region_name="us-east-1")
        s3.put_object(Bucket=bucket, Key=f"{name}/labels.txt", Body=b"cat")
        assert s3.list_objects_v2(Bucket=bucket, Prefix=f"{name}/")["KeyCount"] == 1
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_object(Bucket=bucket, Key=f"{name}/labels.txt")


@pytest.mark.parametrize("parts", [1, 3])
def test_drop_command_is_followed(cloud: Cloud, name: str, tmp_path: Path, parts: int) -> None:
    heavy = traced(torch.nn.Linear(1, (parts - 1) * PART_BYTES // 8 + 1), torch.zeros(1, 1))
    file = save(heavy, tmp_path / f"{name}.pt")
    with user(cloud, FOLLOWING) as environment:
        ended = drop(file, environment)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("left_out", ["s3:DeleteObject", "cloudformation", "states:Describe"])
def test_drop_command_names_the_missing_permission(
    cloud: Cloud, name: str, tmp_path: Path, left_out: str
) -> None:
    """The command fails without one of the permissions, so the policies are enforced."""
    less = [each for each in FOLLOWING["Statement"] if left_out not in json.dumps(each)]
    assert len(less) == len(FOLLOWING["Statement"]) - 1
    file = save(traced_scale(2), tmp_path / f"{name}.pt")
    with user(cloud, {**FOLLOWING, "Statement": less}) as environment:
        ended = drop(file, environment)
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert re.search(r"may not|not authorized|AccessDenied|denied", ended.stderr), ended.stderr
