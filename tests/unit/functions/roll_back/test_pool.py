"""Record Deployment failed in a pool, after it had changed the pointer to the live version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.endpoint import pool_endpoint_name
from model_packager.names.pool import pool_archive_key, pool_config_names
from roll_back.handler import handler
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import ARTIFACTS, DEPLOYMENT, EXECUTION, LATER, OLDER, VERSION
from workflow.aws.clients import s3
from workflow.pool.lock import take
from workflow.versions.deployment_record import read_live, read_record, write_record
from workflow.versions.ownership import mark_verified, remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

    from model_packager.stored import DeploymentRecord

POOL = "small"
POOLED = DEPLOYMENT.model_copy(
    update={"pool": POOL, "endpoint": pool_endpoint_name("modeldrop", POOL)}
)
DONE = {"done": True, "remaining": []}


@pytest.fixture(autouse=True)
def _bucket(monkeypatch: pytest.MonkeyPatch, buckets: None) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    take(ARTIFACTS, POOL, EXECUTION)


def pooled(version: str, supersedes: str | None = None) -> DeploymentRecord:
    deployment = POOLED.model_copy(update={"version": version})
    return record(version).model_copy(update={"deployment": deployment, "supersedes": supersedes})


def go_live(found: DeploymentRecord) -> None:
    key = pool_archive_key(POOL, "resnet", found.deployment.version)
    s3().put_object(Bucket=ARTIFACTS, Key=key, Body=b"archive")
    write_record(ARTIFACTS, found)


def roll_back(context: LambdaContext, *, restoring: bool = False) -> dict[str, Any]:
    return handler({"deployment": POOLED.model_dump(), "restoring": restoring}, context)


def live() -> str | None:
    found = read_live(ARTIFACTS, "resnet")
    return found.version if found else None


def archives() -> list[str]:
    listed = s3().list_objects_v2(Bucket=ARTIFACTS, Prefix="_pools/").get("Contents", [])
    return [each["Key"].rpartition("/")[2].removesuffix(".tar.gz") for each in listed]


def test_pointer_returns_to_the_version_that_was_live(context: LambdaContext) -> None:
    go_live(pooled(OLDER))
    go_live(pooled(VERSION, supersedes=OLDER))
    assert roll_back(context) == DONE
    assert (live(), archives()) == (OLDER, [OLDER])
    assert read_record(ARTIFACTS, "resnet", VERSION) is None
    assert roll_back(context) == DONE
    assert live() == OLDER


def test_pointer_of_a_first_version_is_deleted(context: LambdaContext) -> None:
    go_live(pooled(VERSION))
    assert roll_back(context) == DONE
    assert (live(), archives()) == (None, [])


@pytest.mark.parametrize("verified", [False, True], ids=["untested", "tested"])
def test_endpoint_returns_to_its_previous_config_first(
    context: LambdaContext,
    create_config: Callable[..., None],
    sagemaker: SageMakerClient,
    updates: list[dict[str, Any]],
    verified: bool,
) -> None:
    """The version is kept until the old instances run, because the new ones may still load it."""
    former, changed = pool_config_names(POOLED.endpoint)
    create_config(former)
    create_config(changed)
    sagemaker.create_endpoint(EndpointName=POOLED.endpoint, EndpointConfigName=changed)
    remember_previous(changed, former, EXECUTION)
    go_live(pooled(OLDER))
    if verified:  # Record Deployment failed after its last request
        go_live(pooled(VERSION, supersedes=OLDER))
        mark_verified(changed)
    else:
        s3().put_object(Bucket=ARTIFACTS, Key=pool_archive_key(POOL, "resnet", VERSION), Body=b"")
    undoing = {
        "done": False,
        "remaining": [f"endpoint {POOLED.endpoint} with the config of this drop"],
    }
    assert roll_back(context) == undoing
    assert live() == OLDER
    assert updates == [{"EndpointName": POOLED.endpoint, "EndpointConfigName": former}]
    assert archives() == [OLDER, VERSION]
    assert roll_back(context) == DONE
    assert archives() == [OLDER]
    [config] = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert config["EndpointConfigName"] == former


def test_restored_version_keeps_its_files(context: LambdaContext) -> None:
    go_live(pooled(LATER))
    go_live(pooled(VERSION, supersedes=LATER))
    assert roll_back(context, restoring=True) == DONE
    assert (live(), sorted(archives())) == (LATER, sorted([VERSION, LATER]))
    assert read_record(ARTIFACTS, "resnet", VERSION) is not None
