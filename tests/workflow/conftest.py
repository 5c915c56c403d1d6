"""One embedded cloud for all workflow tests. Each test uses different model names."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from modeldrop.local import cloud as embedded
from modeldrop.local import cloud_state
from modeldrop.local.ministack import process as ministack
from tests.workflow.drops import Cloud

WAIT_SCALE = 0.5
"""The factor for Wait states and retry intervals."""

ENDPOINT_TIMEOUT_SECONDS = 60
"""The time for ResNet-50 to load and warm up, even on a busy computer."""

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
    """A model name that only this test uses. Its endpoints are deleted after the test."""
    shared = request.getfixturevalue("cloud") if "cloud" in request.fixturenames else None
    node: str = request.node.name
    yield re.sub(r"[^a-z0-9]+", "-", node.removeprefix("test_")).strip("-")
    if shared:
        shared.stop_serving()
