from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.functions.samples import DEPLOYMENT, ENDPOINT, EXECUTION, VERSION, source
from workflow.contracts.base import Contract
from workflow.contracts.deploy_model import (
    DeleteStagingEndpointInput,
    FindModelInput,
    RestoreVersionInput,
)
from workflow.contracts.retire_model import (
    DecideRetirementInput,
    DeletedObject,
    Retirement,
    RetirementReason,
    RetirementRequest,
    RetireModelInput,
    WatchEndpointsInput,
)
from workflow.log_identity import identity

NOW = datetime(2026, 8, 1, tzinfo=UTC)
IDENTITY = {
    "model": "resnet",
    "version": VERSION,
    "endpoint": ENDPOINT,
    "execution_arn": EXECUTION,
}
RETIREMENT = Retirement(
    model="resnet",
    endpoint=ENDPOINT,
    target=ENDPOINT,
    version=None,
    source=None,
    reason_text="",
    until=None,
)


def find(key: str) -> FindModelInput:
    return FindModelInput(source=source("abc", key), event_time=NOW, execution_arn=EXECUTION)


def inspect_file(request: RetirementRequest) -> DecideRetirementInput:
    return DecideRetirementInput(request=request, event_time=NOW, execution_arn=EXECUTION)


def retirement_request(model: str) -> RetirementRequest:
    return RetirementRequest(reason=RetirementReason.IDLE, model=model, version=VERSION)


def deleted(key: str) -> RetirementRequest:
    gone = DeletedObject(bucket="drops", key=key)
    return RetirementRequest(reason=RetirementReason.OBJECT_DELETED, deleted=gone)


@pytest.mark.parametrize(
    ("event", "known"),
    [
        (DeleteStagingEndpointInput(deployment=DEPLOYMENT), IDENTITY),
        (find("team/resnet/deploy.yaml"), {"model": "resnet", "execution_arn": EXECUTION}),
        (find("deploy.yaml"), {"model": "model", "execution_arn": EXECUTION}),
        (find("a b/deploy.yaml"), {"model": "a b/deploy.yaml", "execution_arn": EXECUTION}),
        (
            RestoreVersionInput(source=source("abc"), version=VERSION, execution_arn=EXECUTION),
            {"model": "resnet", "version": VERSION, "execution_arn": EXECUTION},
        ),
        (
            inspect_file(retirement_request("resnet")),
            {"model": "resnet", "version": VERSION, "execution_arn": EXECUTION},
        ),
        (inspect_file(deleted("resnet/model.pt")), {"model": "resnet", "execution_arn": EXECUTION}),
        (
            RetireModelInput(retirement=RETIREMENT, execution_arn=EXECUTION, waited_seconds=0),
            {"model": "resnet", "endpoint": ENDPOINT, "execution_arn": EXECUTION},
        ),
        (WatchEndpointsInput(), {}),
    ],
)
def test_identity_contains_the_known_fields(event: Contract, known: dict[str, str]) -> None:
    assert identity(event) == known
