"""A model is put to sleep while other executions change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retire_model.handler import handler
from tests.unit.functions.recorded import DEPLOYED_AT, deploy
from tests.unit.functions.retire_model.test_handler import Account, event
from tests.unit.functions.samples import ARTIFACTS, CONFIG, ENDPOINT, EXECUTION, VERSION
from workflow.versions.deployment_record import mark_asleep, read_live
from workflow.versions.ownership import mark_verified, remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

    from model_packager.stored import Live

SLEEP = event(keep_versions=True, until="2026-08-02T00:00:00Z")
STAYS = {"done": True, "overtaken": True, "removed": [], "remaining": []}


@pytest.fixture(autouse=True)
def account(
    sagemaker: SageMakerClient,
    create_config: Callable[[str], None],
) -> Account:
    """An account with a live version."""
    account = Account(sagemaker, create_config)
    account.serve(ENDPOINT, account.version(VERSION))
    mark_verified(CONFIG)
    deploy()
    return account


def live() -> Live:
    found = read_live(ARTIFACTS, "resnet")
    assert found is not None
    return found


def test_live_json_names_the_execution(context: LambdaContext) -> None:
    handler(SLEEP, context)
    assert live().sleep_execution == EXECUTION


def test_version_that_is_being_woken_or_restored_stays(
    context: LambdaContext, account: Account, execution: Callable[..., str]
) -> None:
    """The execution that wakes or restores it does not own the version."""
    remember_previous(CONFIG, None, execution("wake"))
    assert handler(SLEEP, context) == STAYS
    assert account.left()["endpoints"] == {ENDPOINT}
    assert live().asleep_since is None


def test_deployment_that_begins_in_the_meantime_finds_the_model_awake(
    context: LambdaContext, account: Account, execution: Callable[..., str]
) -> None:
    mark_asleep(ARTIFACTS, "resnet", DEPLOYED_AT, EXECUTION)
    remember_previous(CONFIG, None, execution("rollback"))
    assert handler(SLEEP, context) == STAYS
    assert (live().asleep_since, live().sleep_execution) == (None, None)


def test_deployment_after_the_deletion_leaves_the_model_asleep(
    context: LambdaContext, account: Account, execution: Callable[..., str]
) -> None:
    """If the deployment fails, it deletes its endpoint, so live.json must say "asleep"."""
    mark_asleep(ARTIFACTS, "resnet", DEPLOYED_AT, EXECUTION)
    account.sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    later = account.version("20260801T160000Z-00000000")
    account.serve(ENDPOINT, later)
    remember_previous(later, None, execution("drop"))
    assert handler(SLEEP, context) == STAYS
    assert live().asleep_since == DEPLOYED_AT


def test_request_from_before_the_model_was_woken_is_late(
    context: LambdaContext, account: Account
) -> None:
    late = event(keep_versions=True, until="2026-08-01T15:29:59Z")
    assert handler(late, context) == STAYS
    assert account.left()["endpoints"] == {ENDPOINT}


def test_second_request_waits_for_the_first(
    context: LambdaContext, account: Account, execution: Callable[..., str]
) -> None:
    first = execution("sleep")
    mark_asleep(ARTIFACTS, "resnet", DEPLOYED_AT, first)
    waiting = handler(SLEEP, context)
    assert (waiting["done"], waiting["removed"]) == (False, [])
    assert waiting["remaining"] == [f"endpoint {ENDPOINT}, which another execution deletes"]
    assert live().sleep_execution == first


def test_request_that_was_stopped_is_finished(
    context: LambdaContext, account: Account, execution: Callable[..., str]
) -> None:
    mark_asleep(ARTIFACTS, "resnet", DEPLOYED_AT, execution("sleep", stopped=True))
    assert handler(SLEEP, context)["removed"] == [f"endpoint {ENDPOINT}"]
    assert handler(SLEEP, context)["done"]
    assert (live().asleep_since, live().sleep_execution) == (DEPLOYED_AT, EXECUTION)


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating", "Deleting"])
def test_model_is_awake_while_its_endpoint_changes(
    context: LambdaContext, set_status: Callable[[str, str], None], status: str
) -> None:
    set_status(ENDPOINT, status)
    assert not handler(SLEEP, context)["done"]
    assert live().asleep_since is None


def test_retired_model_is_not_put_to_sleep(context: LambdaContext, account: Account) -> None:
    handler(event(), context)
    handler(event(), context)
    assert handler(SLEEP, context) == STAYS


def test_running_execution_does_not_wait_for_itself(
    context: LambdaContext, execution: Callable[..., str]
) -> None:
    own = execution("sleep")
    mark_asleep(ARTIFACTS, "resnet", DEPLOYED_AT, own)
    output = handler(SLEEP | {"execution_arn": own}, context)
    assert output["removed"] == [f"endpoint {ENDPOINT}"]
