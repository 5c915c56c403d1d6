"""The status of a stack's models, combined from four services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from model_packager.names.endpoint import pool_endpoint_name
from model_packager.stored import DeploymentRecord
from modeldrop.executions.last_executions import LastExecution
from modeldrop.live.model_status import (
    RunningEndpoint,
    _type_in,
    read_status,
    status_of,
)
from modeldrop.live.traffic import Traffic
from tests.unit.modeldrop.account import Account
from tests.unit.modeldrop.executions.test_last_executions import event
from tests.unit.modeldrop.live.test_traffic import count
from tests.unit.modeldrop.recorded import (
    BUCKET,
    EXECUTION,
    MIDDLE,
    NEWEST,
    OLDEST,
    PREFIX,
    ROLE,
    record,
)

if TYPE_CHECKING:
    from boto3 import Session

    from modeldrop.live.model_status import ModelStatus

ENDPOINT = "modeldrop-resnet"
NOW = datetime(2026, 8, 4, tzinfo=UTC)


def kept(version: str = MIDDLE) -> DeploymentRecord:
    return DeploymentRecord.model_validate_json(record(version).model_dump_json())


def last(result: str) -> LastExecution:
    return LastExecution(EXECUTION, result, NOW, NOW)


def put_together(
    running: RunningEndpoint | None = None,
    record: DeploymentRecord | None = None,
    execution: LastExecution | None = None,
) -> ModelStatus | None:
    return status_of("resnet", ENDPOINT, running, record, execution, Traffic(7, 2, 1))


def test_live_model() -> None:
    found = put_together(RunningEndpoint("InService", f"{ENDPOINT}-{MIDDLE}", 3), kept())
    assert found is not None
    assert (found.live, found.serving, found.endpoint_status) == (MIDDLE, MIDDLE, "InService")
    assert (found.instance_type, found.instance_count) == ("ml.g4dn.xlarge", 3)
    assert (found.requests, found.client_errors, found.server_errors) == (7, 2, 1)
    assert found.last_result == "SUCCEEDED"


def test_a_failure_after_it_is_the_last_result() -> None:
    found = put_together(
        RunningEndpoint("InService", f"{ENDPOINT}-{MIDDLE}", 1), kept(), last("FAILED")
    )
    assert found is not None
    assert (found.live, found.last_result) == (MIDDLE, "FAILED")


def test_version_under_test() -> None:
    found = put_together(
        RunningEndpoint("Updating", f"{ENDPOINT}-{NEWEST}", None), kept(), last("RUNNING")
    )
    assert found is not None
    assert (found.live, found.serving, found.last_result) == (MIDDLE, NEWEST, "RUNNING")


def test_live_version_in_a_pool_is_that_of_live_json() -> None:
    running = RunningEndpoint("InService", "modeldrop-pool-small", 1)
    found = status_of(
        "resnet", "modeldrop-pool-small", running, kept(), None, Traffic(7), pool="small"
    )
    assert found is not None
    assert (found.live, found.serving, found.instance_count) == (MIDDLE, MIDDLE, 1)
    assert found.pool == "small"


def test_a_first_drop_that_failed_is_listed_and_a_retired_model_is_not() -> None:
    found = put_together(execution=last("FAILED"))
    assert found is not None
    assert (found.live, found.endpoint_status, found.instance_type) == (None, None, None)
    assert put_together(execution=last("SUCCEEDED")) is None
    assert put_together() is None


@pytest.fixture
def account(session: Session) -> Account:
    return Account(session)


def test_everything_is_read(account: Account) -> None:
    session = account.session
    machine = session.client("stepfunctions").create_state_machine(
        name="deploy", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]
    arn = session.client("stepfunctions").start_execution(
        stateMachineArn=machine, input=event("vgg/model.pt")
    )["executionArn"]
    account.serve(MIDDLE)
    account.make(OLDEST, model="retired")
    account.s3.put_object(Bucket=BUCKET, Key="_capture/x", Body=b"")
    count(session, ENDPOINT, timedelta(minutes=5), 3)
    found = {
        each.model: each
        for each in read_status(session, prefix=PREFIX, artifact_bucket=BUCKET, machine_arn=machine)
    }
    assert list(found) == ["resnet", "vgg"]
    assert (found["resnet"].live, found["resnet"].serving) == (MIDDLE, MIDDLE)
    assert found["resnet"].requests == 3
    assert found["vgg"].last is not None
    assert (found["vgg"].last.arn, found["vgg"].last_result) == (arn, "RUNNING")


def test_models_of_a_pool_have_the_instance_type_that_it_has_now(account: Account) -> None:
    endpoint = pool_endpoint_name(PREFIX, "small")
    account.serve_pool("small", "cats", "dogs", instance_type="ml.m5.large")
    machine = account.session.client("stepfunctions").create_state_machine(
        name="deploy", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]
    found = read_status(account.session, prefix=PREFIX, artifact_bucket=BUCKET, machine_arn=machine)
    assert [(each.model, each.endpoint, each.instance_type) for each in found] == [
        ("cats", endpoint, "ml.m5.large"),
        ("dogs", endpoint, "ml.m5.large"),
    ]
    assert record(MIDDLE).servable.hosting.instance_type != "ml.m5.large"


def test_an_endpoint_that_is_deleted_during_the_reading_is_no_error(account: Account) -> None:
    endpoint = pool_endpoint_name(PREFIX, "small")
    account.serve_pool("small", "cats", "dogs", instance_type="ml.m5.large")
    machine = account.session.client("stepfunctions").create_state_machine(
        name="deploy", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]

    def delete(**_: object) -> None:
        account.sagemaker.delete_endpoint(EndpointName=endpoint)

    account.session.events.register("after-call.sagemaker.ListEndpoints", delete)
    found = read_status(account.session, prefix=PREFIX, artifact_bucket=BUCKET, machine_arn=machine)
    assert [(each.model, each.endpoint_status) for each in found] == [
        ("cats", None),
        ("dogs", None),
    ]
    assert _type_in(account.sagemaker, f"{endpoint}-deleted") is None


@pytest.mark.parametrize(
    ("instances", "desired", "queued", "activity"),
    [
        (None, 1, 0, None),
        (1, 1, 0, "running"),
        (2, 2, 3, "queued"),
        (0, 0, 0, "scaled to zero"),
        (0, 0, 1, "scaling from zero"),
        (0, 1, 0, "scaling from zero"),
    ],
)
def test_activity_of_an_asynchronous_endpoint(
    instances: int | None, desired: int, queued: int, activity: str | None
) -> None:
    running = RunningEndpoint("InService", ENDPOINT, instances, desired, is_async=True)
    found = status_of(
        "resnet", ENDPOINT, running, kept(), last("SUCCEEDED"), Traffic(7, queued=queued)
    )
    assert found is not None
    assert (found.activity, found.queued) == (activity, queued)


def test_real_time_endpoint_has_no_queue() -> None:
    found = put_together(RunningEndpoint("InService", ENDPOINT, 1, 1), kept())
    assert found is not None
    assert (found.activity, found.queued) == (None, None)
