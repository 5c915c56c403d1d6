"""A MiniStack for the conformance tests, and an embedded cloud with a model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from modeldrop.command.local import SETTINGS
from modeldrop.dropping.drop import Drop
from modeldrop.local import aws_session, cloud, process, stack_deployment, tools
from modeldrop.local.access.credentials import Credentials
from modeldrop.local.cloud_state import EmbeddedCloud
from modeldrop.local.ministack import process as ministack
from modeldrop.local.run import run
from tests.workflow.models import save, traced_scale

OWNER = Credentials(access_key="test", secret_key="test")  # noqa: S106 - only for MiniStack
NOBODY = "http://127.0.0.1:9"  # the discard port, because these tests need no local SageMaker


@contextmanager
def ministack_session(home: Path, settings: ministack.Settings) -> Iterator[boto3.Session]:
    """Yield a session for a MiniStack that runs during the `with` block."""
    [port] = process.free_ports(1)
    child = ministack.start(
        home,
        port,
        log=home / "ministack.log",
        sagemaker_url=NOBODY,
        settings=settings,
        owner=OWNER,
        stop_with_parent=True,
    )
    try:
        child.wait_until_ready(ministack.ready_url(ministack.url(port)), seconds=120)
        aws_session.write_config(home / "aws-config")
        yield aws_session.local_session(ministack.url(port), NOBODY, home / "aws-config", OWNER)
    finally:
        process.stop(child.identity)


@pytest.fixture(scope="package")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[boto3.Session]:
    """A session for one MiniStack for all tests, whose functions need no roles.

    Wait states and retry intervals have a hundredth of their length.

    """
    settings = ministack.Settings(wait_scale=0.01, enforce_iam=False)
    with ministack_session(tmp_path_factory.mktemp("ministack"), settings) as session:
        yield session


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """One embedded cloud for all tests, like the cloud of `modeldrop local up`."""
    with cloud.running(tmp_path_factory.mktemp("home"), SETTINGS) as running:
        yield running


@pytest.fixture(scope="package")
def double(embedded: EmbeddedCloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that doubles its input `x`. It is live as the model `double`."""
    model = save(traced_scale(2), tmp_path_factory.mktemp("double") / "model.pt")
    outcome = run(embedded, Drop("double", model, None, None))
    assert outcome.execution_status == "SUCCEEDED", outcome.notification.content
    return model


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the files that SAM needs, to build and edit."""
    for name in (*stack_deployment.BUILD_INPUTS, "samconfig.toml"):
        source = tools.PROJECT_ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copyfile(source, tmp_path / name)
    return tmp_path
