from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from create_endpoint.rollout_alarms import put_alarms
from model_packager.names.artifact import live_key, record_key
from model_packager.names.endpoint import resource_name
from model_packager.spec.operation_spec import Rollout
from model_packager.stored import CaughtError
from record_deployment.handler import handler
from tests.smoke_results import RANDOM
from tests.unit.functions.deployment_records import PACKAGE, record
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    OLDER,
    SERVABLE,
    VERSION,
    client_error,
    source,
)
from workflow.aws.clients import cloudwatch, s3
from workflow.errors import Throttled
from workflow.versions.deployment_record import mark_asleep, read_live, read_record, write_record
from workflow.versions.ownership import config_tags, remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

OLDER_CONFIG = resource_name(ENDPOINT, OLDER)
RECOVERED_ERROR = CaughtError(state="Check Endpoint", error="CapacityShort", cause="none left")


@pytest.fixture
def event(
    buckets: None,
    execution: Callable[..., str],
    create_config: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, Any]:
    """A version that has passed its test and replaces an older one."""
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    arn = execution("first")
    create_config(CONFIG)
    older = DEPLOYMENT.model_copy(update={"version": OLDER, "number": 3})
    stored = record().model_copy(update={"deployment": older})
    s3().put_object(
        Bucket=ARTIFACTS, Key=record_key("resnet", OLDER), Body=stored.model_dump_json().encode()
    )
    remember_previous(CONFIG, OLDER_CONFIG, arn)
    put_alarms(ENDPOINT, CONFIG, Rollout(strategy="canary", max_p95_ms=9))
    return {
        "deployment": DEPLOYMENT.model_copy(
            update={"execution_arn": arn, "number": 4}
        ).model_dump(),
        "source": source("abc").model_dump(),
        "servable": SERVABLE.model_dump(mode="json"),
        "package": PACKAGE.model_dump(),
        "smoke": RANDOM.model_dump(),
        "recovered_errors": [RECOVERED_ERROR.model_dump()],
        "restoring": False,
    }


def refusing(key: str) -> Callable[[], None]:
    """Make S3 reject writes to keys with this name, and return a function that stops this."""

    def refuse(params: dict[str, Any], **_: object) -> None:
        if params["Key"].endswith(key):
            raise client_error("SlowDown", "Please reduce your request rate.", "PutObject")

    name = "provide-client-params.s3.PutObject"
    s3().meta.events.register(name, refuse)
    return lambda: s3().meta.events.unregister(name, refuse)


def is_verified() -> bool:
    made = config_tags(CONFIG)
    assert made is not None
    return made.verified


def test_version_is_recorded_live_and_verified(
    context: LambdaContext, event: dict[str, Any]
) -> None:
    assert handler(event, context) == {
        "record_uri": f"s3://{ARTIFACTS}/{record_key('resnet', VERSION)}",
        "superseded_version": OLDER,
        "superseded_number": 3,
    }
    found, live = read_record(ARTIFACTS, "resnet", VERSION), read_live(ARTIFACTS, "resnet")
    assert found is not None
    assert live is not None
    assert (found.supersedes, found.restored, found.recovered_errors) == (
        OLDER,
        False,
        [RECOVERED_ERROR],
    )
    assert (found.package, found.servable, found.smoke) == (PACKAGE, SERVABLE, RANDOM)
    assert (live.version, live.since) == (VERSION, found.deployed_at)
    assert (live.label, found.label) == ("v4", "v4")
    assert is_verified()


def test_alarms_of_the_rollout_are_deleted(context: LambdaContext, event: dict[str, Any]) -> None:
    assert len(cloudwatch().describe_alarms()["MetricAlarms"]) == 2
    handler(event, context)
    assert cloudwatch().describe_alarms()["MetricAlarms"] == []


def test_second_call_changes_nothing(context: LambdaContext, event: dict[str, Any]) -> None:
    assert handler(event, context) == handler(event, context)
    keys = [each["Key"] for each in s3().list_objects_v2(Bucket=ARTIFACTS)["Contents"]]
    assert keys == [*(record_key("resnet", each) for each in (OLDER, VERSION)), live_key("resnet")]
    assert is_verified()


@pytest.mark.parametrize("key", ["deployment.json", "live.json"])
def test_nothing_is_verified_before_all_is_written(
    context: LambdaContext, event: dict[str, Any], key: str
) -> None:
    end = refusing(key)
    try:
        with pytest.raises(Throttled):
            handler(event, context)
    finally:
        end()
    assert read_live(ARTIFACTS, "resnet") is None
    assert not is_verified()
    handler(event, context)
    assert is_verified()


def test_first_version_supersedes_none(
    context: LambdaContext, event: dict[str, Any], execution: Callable[..., str]
) -> None:
    remember_previous(CONFIG, None, event["deployment"]["execution_arn"])
    assert handler(event, context)["superseded_version"] is None


@pytest.mark.parametrize("asleep", [True, False])
def test_drop_that_wakes_a_model_supersedes_the_version_with_which_it_slept(
    context: LambdaContext, event: dict[str, Any], *, asleep: bool
) -> None:
    """A user may also have deleted the endpoint of a model that was awake."""
    remember_previous(CONFIG, None, event["deployment"]["execution_arn"])
    write_record(ARTIFACTS, record(OLDER))
    if asleep:
        mark_asleep(ARTIFACTS, "resnet", record().deployed_at, EXECUTION)
    for _ in range(2):  # the step may be repeated after it has written live.json
        superseded = handler(event, context)["superseded_version"]
        assert superseded == (OLDER if asleep else None)
    live = read_live(ARTIFACTS, "resnet")
    assert live is not None
    assert (live.version, live.asleep_since) == (VERSION, None)


def test_restored_version_is_recorded_as_such(
    context: LambdaContext, event: dict[str, Any]
) -> None:
    handler(event | {"restoring": True}, context)
    found = read_record(ARTIFACTS, "resnet", VERSION)
    assert found is not None
    assert found.restored
