"""A stack on AWS for the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.modeldrop.account import Account
from tests.unit.modeldrop.command.cloudformation import described
from tests.unit.modeldrop.conftest import REGION
from tests.unit.modeldrop.recorded import BUCKET, MIDDLE, OLDEST, PREFIX, ROLE, keep, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boto3 import Session

FUNCTION_LOGS = "/aws/lambda/modeldrop"


@pytest.fixture(autouse=True)
def _shared_clients(clients_are_created_once: None) -> None:
    """Share the clients between all commands."""


@pytest.fixture
def account(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account with a stack, in which the newer of two versions is live."""
    machine = session.client("stepfunctions").create_state_machine(
        name="modeldrop-deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]
    outputs = {
        "EndpointPrefix": PREFIX,
        "ArtifactBucketName": BUCKET,
        "ResultTopicArn": session.client("sns").create_topic(Name="results")["TopicArn"],
        "DeployModelStateMachineArn": machine,
        "RetireModelStateMachineArn": "unused",
        "FunctionLogGroupName": FUNCTION_LOGS,
    }
    account = Account(session)
    account.make(OLDEST, verified=True)
    keep(account.s3, record(OLDEST))
    account.serve(MIDDLE)
    with described({"modeldrop": outputs, "other": {"EndpointPrefix": "other"}}) as url:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        yield account
