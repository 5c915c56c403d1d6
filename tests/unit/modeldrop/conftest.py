"""Emulates AWS in this process (moto), with clients of a session as in the command."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import typer.main
import typer.testing
from botocore.session import Session as BotocoreSession
from moto import mock_aws

import modeldrop.command.terminal.screen  # noqa: F401  # creates the console before COLUMNS is set
from tests import torchscript_files
from tests.unit.modeldrop.recorded import ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_stepfunctions import SFNClient

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Set an environment without account, Region and the user's settings."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="session", autouse=True)
def _commands_are_built_once() -> Iterator[None]:
    """Build the commands once, because otherwise typer inspects all functions for each run."""
    with pytest.MonkeyPatch.context() as patch:
        get_command = cache(typer.main.get_command)
        patch.setattr(typer.main, "get_command", get_command)
        patch.setattr(typer.testing, "_get_command", get_command)
        yield


@pytest.fixture(scope="session")
def _session() -> boto3.Session:
    """One session for all tests, because a session reads the service models only once."""
    return boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
        region_name=REGION,
    )


@pytest.fixture(scope="session")
def _clients() -> dict[str, Any]:
    """The clients by Region, endpoint and credentials. Creating a client takes 30 ms."""
    return {}


@pytest.fixture
def clients_are_created_once(_clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Share the clients between tests that leave no handlers on them."""
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
def session(_session: boto3.Session) -> Iterator[boto3.Session]:
    """A session for an empty account."""
    with mock_aws():
        yield _session


@pytest.fixture
def stepfunctions(session: boto3.Session) -> SFNClient:
    return session.client("stepfunctions")


@pytest.fixture
def machine(stepfunctions: SFNClient) -> str:
    """The ARN of a state machine whose executions run until they are stopped."""
    return stepfunctions.create_state_machine(
        name="deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]


@pytest.fixture(scope="session")
def traced_model() -> bytes:
    """A traced model: FP32 [1, 3] to FP32 [1, 2]."""
    return torchscript_files.LINEAR.read_bytes()


@pytest.fixture
def model(tmp_path: Path, traced_model: bytes) -> Path:
    """The model as a file in a separate folder."""
    file = tmp_path / "resnet" / "model.pt"
    file.parent.mkdir()
    file.write_bytes(traced_model)
    return file
