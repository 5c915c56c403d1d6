from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.functions.publish_retirement.ended_retirements import RETIREMENT
from tests.unit.functions.samples import ARTIFACTS
from workflow.aws.clients import s3
from write_index.handler import handler

if TYPE_CHECKING:
    import pytest
    from aws_lambda_powertools.utilities.typing import LambdaContext


def test_page_is_written_where_the_output_says(
    buckets: None, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    bucket, _, key = (
        handler({"retirement": RETIREMENT.model_dump(mode="json")}, context)["index_uri"]
        .removeprefix("s3://")
        .partition("/")
    )
    written = s3().get_object(Bucket=bucket, Key=key)
    assert written["ContentType"] == "text/html; charset=utf-8"
    assert b"<html" in written["Body"].read()
