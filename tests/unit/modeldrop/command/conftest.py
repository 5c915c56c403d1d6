"""A stack on AWS for the commands."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session as BotocoreSession

from tests.unit.modeldrop.account import Account
from tests.unit.modeldrop.command.cloudformation import described
from tests.unit.modeldrop.conftest import REGION
from tests.unit.modeldrop.recorded import BUCKET, MIDDLE, OLDEST, PREFIX, ROLE, keep, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boto3 import Session

FUNCTION_LOGS = "/aws/lambda/modeldrop"


@pytest.fixture(scope="session")
def _clients() -> dict[str, Any]:
    """The clients by Region, endpoint and credentials. Creating a client takes 30 ms."""
    return {}


@pytest.fixture(autouse=True)
def _clients_are_created_once(_clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Share clients only here, because other tests register handlers on their clients."""
    clients = _clients
    create_client = BotocoreSession.create_client

    def create_client_once(
        session: BotocoreSession, service: str, *args: Any, **options: Any
    ) -> Any:
        if args or options.get("config"):
            return create_client(session, service, *args, **options)
        own = f"AWS_ENDPOINT_URL_{service}".upper().replace("-", "_")
        environment = {
            name: each
            for name, each in os.environ.items()
            if name == own or (name.startswith("AWS_") and "_ENDPOINT_URL_" not in name)
        }
        credentials = session.get_credentials()
        key = repr(
            (
                service,
                options,
                environment,
                session.get_config_variable("region"),
                credentials and credentials.get_frozen_credentials(),
            )
        )
        if key not in clients:
            clients[key] = create_client(session, service, **options)
        return clients[key]

    monkeypatch.setattr(BotocoreSession, "create_client", create_client_once)


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
