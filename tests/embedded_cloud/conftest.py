"""MiniStack for the conformance tests, started as the embedded cloud starts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from modeldrop.local import endpoints, ministack, process

NOBODY = "http://127.0.0.1:9"  # the discard port: no local SageMaker is needed here


@contextmanager
def ministack_session(home: Path, settings: ministack.Settings) -> Iterator[boto3.Session]:
    """A session on a MiniStack that runs for the length of the block."""
    [port] = process.free_ports(1)
    child = ministack.start(
        home,
        port,
        log=home / "ministack.log",
        sagemaker_url=NOBODY,
        settings=settings,
        tied=True,
    )
    try:
        child.wait_until_ready(ministack.ready_url(port), seconds=30)
        endpoints.write_config(home / "aws-config")
        yield endpoints.local_session(ministack.url(port), NOBODY, home / "aws-config")
    finally:
        process.stop(child.identity)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[boto3.Session]:
    """One for all tests; Wait states and retry intervals are a hundredth as long."""
    settings = ministack.Settings(wait_scale=0.01)
    with ministack_session(tmp_path_factory.mktemp("ministack"), settings) as session:
        yield session
