from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.names import live_key
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import ARTIFACTS, OLDER, VERSION
from workflow.aws.clients import s3
from workflow.versions.deployment_record import write_record
from workflow.versions.live_since import live_since

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.usefixtures("buckets")


def since(version: str | None, bucket: str = ARTIFACTS) -> datetime | None:
    return live_since(bucket, "resnet", version)


def test_record_has_the_start_of_the_live_version() -> None:
    kept = record()
    write_record(ARTIFACTS, kept)
    assert since(VERSION) == kept.deployed_at
    assert since(OLDER) is None  # SageMaker went back to it, and nobody has written that down
    assert since(None) is None


def test_nobody_knows_where_there_is_no_record() -> None:
    assert since(VERSION) is None


def test_what_cannot_be_read_is_logged_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    assert since(VERSION, bucket="gone") is None
    s3().put_object(Bucket=ARTIFACTS, Key=live_key("resnet"), Body=b"{}")
    assert since(VERSION) is None
    assert caplog.messages == ["live.json could not be read."] * 2
