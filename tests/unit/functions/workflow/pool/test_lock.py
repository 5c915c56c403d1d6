from __future__ import annotations

import json

import pytest

from model_packager.names.pool import pool_lock_key
from tests.unit.functions.samples import ARTIFACTS, ROLE
from workflow.aws.clients import s3, stepfunctions
from workflow.errors import EndpointBusy
from workflow.pool.lock import release, take

POOL = "small"
OTHER = "arn:aws:states:us-east-1:123456789012:execution:deploy-model:other"


def holder() -> str | None:
    listed = s3().list_objects_v2(Bucket=ARTIFACTS, Prefix=pool_lock_key(POOL))
    if not listed.get("Contents"):
        return None
    found = s3().get_object(Bucket=ARTIFACTS, Key=pool_lock_key(POOL))
    return str(json.load(found["Body"])["execution_arn"])


@pytest.fixture
def running(buckets: None) -> str:
    """The ARN of a running execution."""
    machine = stepfunctions().create_state_machine(
        name="deploy-model", definition="{}", roleArn=ROLE
    )["stateMachineArn"]
    return stepfunctions().start_execution(stateMachineArn=machine)["executionArn"]


def test_one_execution_has_the_lock_until_it_releases_it(running: str) -> None:
    take(ARTIFACTS, POOL, running)
    take(ARTIFACTS, POOL, running)
    with pytest.raises(EndpointBusy, match="Another execution is changing the pool small"):
        take(ARTIFACTS, POOL, OTHER)
    release(ARTIFACTS, POOL, OTHER)
    assert holder() == running
    release(ARTIFACTS, POOL, running)
    release(ARTIFACTS, POOL, running)
    take(ARTIFACTS, POOL, OTHER)
    assert holder() == OTHER


def test_another_pool_is_free(running: str) -> None:
    take(ARTIFACTS, POOL, running)
    take(ARTIFACTS, "large", OTHER)
    assert holder() == running


def test_ended_execution_has_no_lock(running: str) -> None:
    take(ARTIFACTS, POOL, running)
    stepfunctions().stop_execution(executionArn=running)
    take(ARTIFACTS, POOL, OTHER)
    assert holder() == OTHER
    take(ARTIFACTS, POOL, running)  # unknown executions have ended, too
    assert holder() == running
