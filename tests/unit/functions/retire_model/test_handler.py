from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.endpoint import endpoint_name, resource_name
from model_packager.sagemaker.endpoint_alarm import (
    backlog_alarm_request,
    endpoint_alarm_name,
    endpoint_alarm_request,
)
from retire_model.handler import handler
from retire_model.queue_drain import DRAIN_SECONDS
from tests.unit.functions.recorded import deploy
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    ENDPOINT,
    EXECUTION,
    LATER,
    OLDER,
    ROLE,
    VERSION,
)
from workflow.aws.clients import cloudwatch, s3, scheduler, stepfunctions
from workflow.aws.schedules import put_schedule
from workflow.versions.deployment_record import read_live
from workflow.versions.ownership import mark_verified

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

    Create = Callable[[str], None]

CLAIM = json.dumps({"execution_arn": EXECUTION}).encode()
UNTIL = "2026-08-02T00:00:00Z"
DONE = {"done": True, "overtaken": False, "removed": [], "remaining": []}


def event(*, waited_seconds: int = 0, **changed: Any) -> dict[str, Any]:
    retirement = {
        "model": "resnet",
        "endpoint": ENDPOINT,
        "target": ENDPOINT,
        "version": VERSION,
        "source": None,
        "reason_text": "",
        "until": None,
    }
    return {
        "retirement": retirement | changed,
        "execution_arn": EXECUTION,
        "waited_seconds": waited_seconds,
    }


class Account:
    """Creates versions in SageMaker and S3, and lists what is left."""

    def __init__(self, sagemaker: SageMakerClient, create_config: Create) -> None:
        self.sagemaker = sagemaker
        self.create_config = create_config

    def version(self, version: str, model: str = "resnet") -> str:
        name = resource_name(endpoint_name("modeldrop", model), version)
        self.create_config(name)
        s3().put_object(Bucket=ARTIFACTS, Key=f"{model}/{version}/model.tar.gz", Body=b"")
        return name

    def serve(self, name: str, config: str) -> None:
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)

    def left(self) -> dict[str, set[str]]:
        configs = self.sagemaker.list_endpoint_configs()["EndpointConfigs"]
        files = s3().list_objects_v2(Bucket=ARTIFACTS).get("Contents", [])
        return {
            "endpoints": {e["EndpointName"] for e in self.sagemaker.list_endpoints()["Endpoints"]},
            "configs": {each["EndpointConfigName"] for each in configs},
            "models": {each["ModelName"] for each in self.sagemaker.list_models()["Models"]},
            "files": {each["Key"] for each in files},
        }


@pytest.fixture
def account(sagemaker: SageMakerClient, create_config: Create) -> Account:
    return Account(sagemaker, create_config)


def put_alarm(endpoint: str) -> None:
    request = endpoint_alarm_request(endpoint, "resnet", limit=0, topic_arn="arn:aws:sns:::results")
    cloudwatch().put_metric_alarm(**request)


def alarms() -> list[str]:
    return [each["AlarmName"] for each in cloudwatch().describe_alarms()["MetricAlarms"]]


def test_alarm_is_deleted_with_the_endpoint(context: LambdaContext, account: Account) -> None:
    account.serve(ENDPOINT, account.version(VERSION))
    for endpoint in (ENDPOINT, "modeldrop-vgg"):
        put_alarm(endpoint)
    handler(event(), context)
    assert endpoint_alarm_name(ENDPOINT) in alarms()  # clients may still get responses
    handler(event(), context)
    assert alarms() == [endpoint_alarm_name("modeldrop-vgg")]


def test_alarm_is_kept_when_only_a_staging_endpoint_is_deleted(
    context: LambdaContext, account: Account
) -> None:
    account.serve(ENDPOINT, account.version(OLDER))
    account.serve(CONFIG, account.version(VERSION))
    put_alarm(ENDPOINT)
    handler(event(target=CONFIG), context)
    assert handler(event(target=CONFIG), context)["done"]
    assert alarms() == [endpoint_alarm_name(ENDPOINT)]


def put_backlog(requests: int) -> None:
    cloudwatch().put_metric_data(
        Namespace="AWS/SageMaker",
        MetricData=[
            {
                "MetricName": "ApproximateBacklogSize",
                "Dimensions": [{"Name": "EndpointName", "Value": ENDPOINT}],
                "Timestamp": datetime.now(UTC),
                "Value": requests,
            }
        ],
    )


def test_queued_requests_are_answered_first(context: LambdaContext, account: Account) -> None:
    account.serve(ENDPOINT, account.version(VERSION))
    put_backlog(3)
    waiting = handler(event(), context)
    assert not waiting["done"]
    assert waiting["remaining"] == [f"endpoint {ENDPOINT} with 3 queued requests"]
    assert account.left()["endpoints"] == {ENDPOINT}
    handler(event(waited_seconds=DRAIN_SECONDS), context)
    assert account.left()["endpoints"] == set()


def test_backlog_alarm_is_deleted_with_the_endpoint(
    context: LambdaContext, account: Account
) -> None:
    account.serve(ENDPOINT, account.version(VERSION))
    cloudwatch().put_metric_alarm(**backlog_alarm_request(ENDPOINT, "arn:aws:autoscaling:::x"))
    handler(event(), context)
    handler(event(), context)
    assert alarms() == []


def test_nothing_to_delete(context: LambdaContext) -> None:
    assert handler(event(), context) == DONE


def test_endpoints_are_deleted_first_then_versions_then_live_json(
    context: LambdaContext, account: Account
) -> None:
    for version in (OLDER, VERSION):
        account.version(version)
    deploy()
    account.serve(ENDPOINT, CONFIG)
    account.serve(CONFIG, CONFIG)  # the staging endpoint
    endpoints = [f"endpoint {ENDPOINT}", f"endpoint {CONFIG}"]
    versions = [f"version {OLDER}", f"version {VERSION}"]
    assert handler(event(), context) == {
        "done": False,
        "overtaken": False,
        "removed": endpoints,
        "remaining": endpoints + versions,
    }
    assert account.left()["endpoints"] == set()
    assert f"resnet/{VERSION}/model.tar.gz" in account.left()["files"]
    assert handler(event(), context) == DONE | {"removed": versions}
    assert not any(account.left().values())
    assert handler(event(), context) == DONE


def test_sleep_deletes_only_the_endpoint_and_its_alarm(
    context: LambdaContext, account: Account
) -> None:
    deploy()
    account.serve(ENDPOINT, account.version(VERSION))
    put_alarm(ENDPOINT)
    before = account.left()
    assert handler(event(keep_versions=True, until=UNTIL), context) == {
        "done": False,
        "overtaken": False,
        "removed": [f"endpoint {ENDPOINT}"],
        "remaining": [f"endpoint {ENDPOINT}"],
    }
    asleep = read_live(ARTIFACTS, "resnet")
    assert asleep is not None
    assert asleep.asleep_since is not None
    assert handler(event(keep_versions=True, until=UNTIL), context) == DONE
    assert account.left() == before | {"endpoints": set()}
    assert alarms() == []
    assert read_live(ARTIFACTS, "resnet") == asleep  # the time of the first call


def test_schedules_are_deleted_with_the_model_and_stay_while_it_sleeps(
    context: LambdaContext,
) -> None:
    put_schedule(ENDPOINT, "wake", "cron(0 7 * * ? *)", "UTC", "arn:aws:states:::m", ROLE, {})
    handler(event(keep_versions=True, until=UNTIL), context)
    assert len(scheduler().list_schedules()["Schedules"]) == 1
    handler(event(), context)
    assert scheduler().list_schedules()["Schedules"] == []


def test_endpoint_and_alarm_of_another_model_with_the_same_endpoint_name_are_kept(
    context: LambdaContext, account: Account, create_config: Callable[..., None]
) -> None:
    config = resource_name(ENDPOINT, OLDER)
    create_config(config, model="ResNet")
    account.serve(ENDPOINT, config)
    put_alarm(ENDPOINT)
    account.version(VERSION)
    assert handler(event(), context) == DONE | {"removed": [f"version {VERSION}"]}
    left = account.left()
    assert (left["endpoints"], left["configs"], left["models"]) == ({ENDPOINT}, {config}, {config})
    assert alarms() == [endpoint_alarm_name(ENDPOINT)]


@pytest.mark.parametrize("other", ["resnet-50", "vgg", "my-resnet"])
def test_other_models_are_kept(context: LambdaContext, account: Account, other: str) -> None:
    account.serve(endpoint_name("modeldrop", other), account.version(VERSION, other))
    before = account.left()
    account.serve(ENDPOINT, account.version(VERSION))
    handler(event(), context)
    handler(event(), context)
    assert account.left() == before


def test_foreign_resources_are_kept(context: LambdaContext, account: Account) -> None:
    account.version(VERSION)
    account.create_config("modeldrop-resnet-by-hand")
    account.serve(ENDPOINT, "modeldrop-resnet-by-hand")
    assert handler(event(), context)["done"]
    left = account.left()
    assert left["endpoints"] == {ENDPOINT}
    assert left["configs"] == left["models"] == {"modeldrop-resnet-by-hand"}


def test_endpoint_of_a_later_drop_is_kept_with_its_rollback_target(
    context: LambdaContext, account: Account
) -> None:
    account.version(VERSION)
    account.serve(ENDPOINT, account.version(LATER))
    before = account.left()
    output = handler(event(until="2026-08-01T15:12:25Z"), context)
    assert output == DONE | {"overtaken": True}
    assert account.left() == before


def test_later_drop_being_deployed_is_kept(context: LambdaContext, account: Account) -> None:
    account.version(OLDER)
    s3().put_object(Bucket=ARTIFACTS, Key=f"resnet/{LATER}/claim.json", Body=b"")
    output = handler(event(until="2026-08-01T15:12:25Z"), context)
    assert output == DONE | {"removed": [f"version {OLDER}"]}
    assert account.left()["files"] == {f"resnet/{LATER}/claim.json"}


def test_earlier_drop_being_deployed_is_kept_except_by_a_command(
    context: LambdaContext, account: Account
) -> None:
    account.version(OLDER)
    s3().put_object(Bucket=ARTIFACTS, Key=f"resnet/{VERSION}/claim.json", Body=CLAIM)
    machine = stepfunctions().create_state_machine(
        name="deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )
    stepfunctions().start_execution(stateMachineArn=machine["stateMachineArn"], name="first")
    output = handler(event(until="2026-08-02T00:00:00Z"), context)
    assert output["removed"] == [f"version {OLDER}"]
    assert account.left()["files"] == {f"resnet/{VERSION}/claim.json"}
    assert handler(event(), context)["removed"] == [f"version {VERSION}"]


def test_claim_of_an_ended_execution_is_ignored(context: LambdaContext, account: Account) -> None:
    account.version(VERSION)
    s3().put_object(Bucket=ARTIFACTS, Key=f"resnet/{VERSION}/claim.json", Body=CLAIM)
    output = handler(event(until="2026-08-02T00:00:00Z"), context)
    assert output["removed"] == [f"version {VERSION}"]


@pytest.mark.parametrize("passed", [False, True])
def test_staging_endpoint_is_deleted_alone(
    context: LambdaContext, account: Account, passed: bool
) -> None:
    account.serve(ENDPOINT, account.version(OLDER))
    account.serve(CONFIG, account.version(VERSION))
    deploy()
    if passed:
        mark_verified(CONFIG)
    before = account.left()
    request = event(target=CONFIG)
    assert handler(request, context)["removed"] == [f"endpoint {CONFIG}"]
    assert handler(request, context)["removed"] == ([] if passed else [f"version {VERSION}"])
    left = account.left()
    assert left["endpoints"] == {ENDPOINT}
    assert "resnet/live.json" in left["files"]
    assert (CONFIG in left["configs"]) is passed
    assert left["configs"] | {CONFIG} == before["configs"]


def test_staging_endpoint_of_the_live_version_is_deleted_without_it(
    context: LambdaContext, account: Account
) -> None:
    account.serve(ENDPOINT, account.version(VERSION))
    account.serve(CONFIG, CONFIG)
    request = event(target=CONFIG)
    handler(request, context)
    assert handler(request, context) == DONE
    assert account.left()["configs"] == {CONFIG}
