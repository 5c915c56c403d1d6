from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from model_packager.names.artifact import live_key, record_key
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import (
    ARTIFACTS,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    LATER,
    OLDER,
    OTHER_EXECUTION,
    VERSION,
    client_error,
)
from workflow.aws.clients import s3
from workflow.errors import Throttled
from workflow.versions.deployment_record import (
    live_before,
    mark_asleep,
    mark_awake,
    read_live,
    read_record,
    superseded_record,
    withdraw,
    write_record,
)

pytestmark = pytest.mark.usefixtures("buckets")


def keys() -> list[str]:
    found = s3().list_objects_v2(Bucket=ARTIFACTS).get("Contents", [])
    return [each["Key"] for each in found]


def test_record_is_read_back_whole() -> None:
    assert write_record(ARTIFACTS, record()) == f"s3://{ARTIFACTS}/{record_key('resnet', VERSION)}"
    assert read_record(ARTIFACTS, "resnet", VERSION) == record()


def test_what_is_live_points_to_its_record() -> None:
    write_record(ARTIFACTS, record())
    live = read_live(ARTIFACTS, "resnet")
    assert live is not None
    assert (live.version, live.endpoint, live.since) == (VERSION, ENDPOINT, record().deployed_at)
    assert live.record in keys()


def test_the_last_one_is_live_and_both_are_kept() -> None:
    for version in (VERSION, OLDER):
        write_record(ARTIFACTS, record(version))
    live = read_live(ARTIFACTS, "resnet")
    assert live is not None
    assert live.version == OLDER
    assert read_record(ARTIFACTS, "resnet", VERSION) is not None


def test_both_are_json_for_programs() -> None:
    write_record(ARTIFACTS, record())
    for key in (record_key("resnet", VERSION), live_key("resnet")):
        found = s3().get_object(Bucket=ARTIFACTS, Key=key)
        assert found["ContentType"] == "application/json"
        assert json.load(found["Body"])


def test_missing_documents_are_none() -> None:
    assert read_record(ARTIFACTS, "resnet", VERSION) is None
    assert read_live(ARTIFACTS, "resnet") is None
    with pytest.raises(ClientError, match="NoSuchBucket"):
        read_live("no-such-bucket", "resnet")


@pytest.mark.parametrize(
    ("refused", "left"),
    [("deployment.json", []), ("live.json", [record_key("resnet", VERSION)])],
)
def test_live_names_no_version_without_a_record(refused: str, left: list[str]) -> None:
    def refuse(params: dict[str, Any], **_: object) -> None:
        if params["Key"].endswith(refused):
            raise client_error("SlowDown", "Please reduce your request rate.", "PutObject")

    events = s3().meta.events
    events.register("provide-client-params.s3.PutObject", refuse)
    try:
        with pytest.raises(ClientError, match="SlowDown"):
            write_record(ARTIFACTS, record())
    finally:
        events.unregister("provide-client-params.s3.PutObject", refuse)
    assert keys() == left


@pytest.mark.parametrize("serving", [OLDER, None])
def test_withdrawn_version_is_not_live(serving: str | None) -> None:
    write_record(ARTIFACTS, record())
    for _ in range(2):
        withdraw(ARTIFACTS, DEPLOYMENT, record(serving) if serving else None)
        live = read_live(ARTIFACTS, "resnet")
        assert (live.version if live else None) == serving


def test_documents_of_another_execution_stay() -> None:
    write_record(ARTIFACTS, record(LATER))
    withdraw(ARTIFACTS, DEPLOYMENT, record(OLDER))
    live = read_live(ARTIFACTS, "resnet")
    assert live is not None
    assert live.version == LATER


@pytest.mark.parametrize("version", [VERSION, OLDER])
def test_version_that_stays_without_an_endpoint_is_asleep(version: str) -> None:
    write_record(ARTIFACTS, record())
    withdraw(ARTIFACTS, DEPLOYMENT, record(version), record().deployed_at)
    live = read_live(ARTIFACTS, "resnet")
    assert live is not None
    assert (live.version, live.asleep_since) == (version, record().deployed_at)


def test_version_before_is_the_live_one() -> None:
    assert live_before(ARTIFACTS, DEPLOYMENT) is None
    write_record(ARTIFACTS, record(OLDER))
    assert live_before(ARTIFACTS, DEPLOYMENT) == OLDER
    assert live_before(ARTIFACTS, DEPLOYMENT, only_asleep=True) is None
    mark_asleep(ARTIFACTS, "resnet", record().deployed_at, EXECUTION)
    assert live_before(ARTIFACTS, DEPLOYMENT, only_asleep=True) == OLDER
    write_record(ARTIFACTS, record().model_copy(update={"supersedes": OLDER}))
    assert live_before(ARTIFACTS, DEPLOYMENT) == OLDER


def test_superseded_version_is_read_through_the_record() -> None:
    assert superseded_record(ARTIFACTS, DEPLOYMENT) is None
    for supersedes, found in ((None, None), (OLDER, None)):
        write_record(ARTIFACTS, record().model_copy(update={"supersedes": supersedes}))
        assert superseded_record(ARTIFACTS, DEPLOYMENT) is found
    older = record(OLDER)
    write_record(ARTIFACTS, older)
    assert superseded_record(ARTIFACTS, DEPLOYMENT) == older


def test_only_the_execution_that_put_the_model_to_sleep_says_that_it_is_awake() -> None:
    write_record(ARTIFACTS, record())
    mark_asleep(ARTIFACTS, "resnet", record().deployed_at, EXECUTION)
    for execution, asleep in ((OTHER_EXECUTION, True), (EXECUTION, False)):
        mark_awake(ARTIFACTS, "resnet", execution)
        live = read_live(ARTIFACTS, "resnet")
        assert live is not None
        assert (live.asleep_since is not None) == asleep


def test_version_that_goes_live_meanwhile_is_not_overwritten() -> None:
    write_record(ARTIFACTS, record())

    def write_later(**_: object) -> None:
        s3().meta.events.unregister("before-call.s3.PutObject", write_later)
        write_record(ARTIFACTS, record(LATER))

    s3().meta.events.register("before-call.s3.PutObject", write_later)
    with pytest.raises(Throttled):
        mark_asleep(ARTIFACTS, "resnet", record().deployed_at, EXECUTION)
    live = read_live(ARTIFACTS, "resnet")
    assert live is not None
    assert (live.version, live.asleep_since) == (LATER, None)
