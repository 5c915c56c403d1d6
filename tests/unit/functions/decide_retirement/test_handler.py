from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from decide_retirement.handler import handler
from tests.unit.functions.recorded import deploy, record
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    DROPS,
    ENDPOINT,
    EXECUTION,
    OLDER,
    VERSION,
)
from workflow.aws.clients import s3
from workflow.versions.deployment_record import write_record
from workflow.versions.ownership import mark_verified

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

    from model_packager.stored import Source

NOW = "2026-08-02T00:00:00Z"
DELETED = {"reason": "OBJECT_DELETED", "deleted": {"bucket": DROPS, "key": "resnet/model.pt"}}


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, buckets: None) -> None:
    monkeypatch.setenv("ENDPOINT_PREFIX", "modeldrop")
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    monkeypatch.setenv("RETIRE_ON_DELETE", "notify")


def event(**request: Any) -> dict[str, Any]:
    return {"request": request, "event_time": NOW, "execution_arn": EXECUTION}


def test_command_without_a_model(context: LambdaContext) -> None:
    assert handler(event(reason="COMMAND", model="resnet"), context)["decision"] == "NOTHING"


def test_command_retires_all_versions(context: LambdaContext) -> None:
    numbered = record()
    deployment = numbered.deployment.model_copy(update={"number": 7})
    write_record(ARTIFACTS, numbered.model_copy(update={"deployment": deployment}))
    output = handler(event(reason="COMMAND", model="resnet"), context)
    assert output["decision"] == "RETIRE"
    assert output["retirement"] == {
        "model": "resnet",
        "endpoint": ENDPOINT,
        "target": ENDPOINT,
        "version": VERSION,
        "source": {
            "bucket": DROPS,
            "key": "resnet/model.pt",
            "etag": "abc",
            "version_id": None,
            "dropped_by": None,
            "git_commit": None,
        },
        "reason_text": "`modeldrop delete` requested it.",
        "until": None,
        "keep_versions": False,
        "pool": None,
        "number": 7,
    }


def test_sleep_spares_later_drops(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    deploy()
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    output = handler(event(reason="COMMAND", model="resnet", keep_versions=True), context)
    assert output["decision"] == "RETIRE"
    assert output["retirement"]["keep_versions"]
    assert output["retirement"]["until"] == NOW
    assert output["retirement"]["reason_text"] == "`modeldrop sleep` requested it."


def test_command_retires_leftovers_of_a_model_that_is_not_live(context: LambdaContext) -> None:
    s3().put_object(Bucket=ARTIFACTS, Key=f"resnet/{OLDER}/claim.json", Body=b"")
    assert handler(event(reason="COMMAND", model="resnet"), context)["decision"] == "RETIRE"


@pytest.mark.parametrize(("setting", "decision"), [("notify", "NOTICE"), ("retire", "RETIRE")])
def test_deleted_drop_has_a_notice_or_is_retired(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, setting: str, decision: str
) -> None:
    monkeypatch.setenv("RETIRE_ON_DELETE", setting)
    deploy()
    output = handler(event(**DELETED), context)
    assert output["decision"] == decision
    assert output["retirement"]["reason_text"] == "s3://drops/resnet/model.pt was deleted."
    assert output["retirement"]["until"] == NOW


def test_restored_object_is_not_a_deletion(
    context: LambdaContext, put: Callable[..., Source]
) -> None:
    deploy()
    put(b"again")
    assert handler(event(**DELETED), context)["decision"] == "NOTHING"


def test_invalid_model_name_is_ignored(context: LambdaContext) -> None:
    key = "no good name/model.pt"
    request = event(reason="OBJECT_DELETED", deleted={"bucket": DROPS, "key": key})
    assert handler(request, context) == {"decision": "NOTHING", "retirement": None}


def test_version_that_passed_since_is_not_stuck(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    stuck = event(reason="STUCK", model="resnet", version=VERSION, reason_text="It hangs.")
    output = handler(stuck, context)
    assert (output["decision"], output["retirement"]["reason_text"]) == ("RETIRE", "It hangs.")
    mark_verified(CONFIG)
    assert handler(stuck, context)["decision"] == "NOTHING"
