"""An S3 that rejects stale conditions of copies, and damaged and small parts, unlike moto."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.s3_stand_in.server import running
from tests.unit.functions.conftest import forget_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.s3_stand_in.server import Server


@pytest.fixture(scope="module")
def _server(_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        running(tmp_path_factory.mktemp("objects")) as server,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("AWS_ENDPOINT_URL_S3", server.url)
        forget_clients()
        yield server
        forget_clients()


@pytest.fixture
def stand_in(_server: Server) -> Server:
    """An empty stand-in."""
    _server.clear()
    return _server


@pytest.fixture
def aws(stand_in: Server) -> None:
    """The stand-in in place of moto's S3."""
