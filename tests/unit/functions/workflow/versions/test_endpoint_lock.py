"""The lock of an endpoint: a version is under test from its update to the end of its test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import CONFIG, EXECUTION
from workflow.aws.clients import stepfunctions
from workflow.errors import EndpointBusy
from workflow.versions.endpoint_lock import require_unlocked
from workflow.versions.ownership import mark_verified, remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _config(create_config: Callable[..., None]) -> None:
    create_config(CONFIG)


def test_version_under_test_blocks_the_endpoint(execution: Callable[..., str]) -> None:
    other = execution("other")
    remember_previous(CONFIG, None, other)
    with pytest.raises(EndpointBusy, match=other):
        require_unlocked(CONFIG, EXECUTION)


def test_version_that_has_passed_is_not(execution: Callable[..., str]) -> None:
    remember_previous(CONFIG, None, execution("other"))
    mark_verified(CONFIG)
    require_unlocked(CONFIG, EXECUTION)


def test_stopped_execution_blocks_nobody(execution: Callable[..., str]) -> None:
    remember_previous(CONFIG, None, execution("other", stopped=True))
    require_unlocked(CONFIG, EXECUTION)


def test_expired_execution_blocks_nobody(execution: Callable[..., str]) -> None:
    remember_previous(CONFIG, None, execution("other").replace("other", "forgotten"))
    require_unlocked(CONFIG, EXECUTION)


def test_execution_does_not_wait_for_itself(execution: Callable[..., str]) -> None:
    own = execution("own")
    remember_previous(CONFIG, None, own)
    require_unlocked(CONFIG, own)


def test_foreign_and_deleted_endpoints_are_skipped(aws: None) -> None:
    with counted(stepfunctions()) as requests:
        require_unlocked(CONFIG, EXECUTION)
        require_unlocked("not-there", EXECUTION)
    assert requests == {}
