"""One embedded cloud for all workflow tests. A test has its own model name."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from modeldrop.local import cloud as embedded
from modeldrop.local import cloud_state
from modeldrop.local.ministack import process as ministack
from tests.workflow.drops import Cloud

WAIT_SCALE = 0.5
"""Seconds that a second of a Wait state or of a retry's interval takes."""

ENDPOINT_TIMEOUT_SECONDS = 60
"""Long enough for ResNet-50 to load and warm up, also on a busy computer."""

SETTINGS = cloud_state.Settings(
    parameters={
        "FirstPollSeconds": "1",
        "PollSeconds": "1",
        "SettleSeconds": "1",
        "ChatNotifications": "true",
        "AllowNetworkAccess": "true",  # serverless containers cannot be isolated
        "EndpointTimeoutSeconds": str(ENDPOINT_TIMEOUT_SECONDS),
    },
    aws=ministack.Settings(wait_scale=WAIT_SCALE),
    seconds_per_minute=1.0,
)


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with embedded.running(tmp_path_factory.mktemp("cloud"), SETTINGS) as running:
        yield Cloud.of(running)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    """A model name of the test's own. After the test, its endpoints are deleted."""
    shared = request.getfixturevalue("cloud") if "cloud" in request.fixturenames else None
    node: str = request.node.name
    yield re.sub(r"[^a-z0-9]+", "-", node.removeprefix("test_")).strip("-")
    if shared:
        shared.stop_serving()
