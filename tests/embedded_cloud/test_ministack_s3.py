"""The behavior of MiniStack's S3 that we need: deletion events, conditional writes, versions."""

from __future__ import annotations

import json
import uuid
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def s3(aws: boto3.Session) -> Any:
    return aws.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    """A versioned bucket."""
    name = f"b-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def received(aws: boto3.Session, bucket: str, pattern: dict[str, Any]) -> Any:
    """Return a function that waits for the next event of a bucket that matches a pattern."""
    events: Any = aws.client("events")
    sqs = aws.client("sqs")
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    queue = sqs.create_queue(QueueName=bucket)["QueueUrl"]
    own = {"source": ["aws.s3"], **pattern}
    own["detail"] = {"bucket": {"name": [bucket]}, **pattern.get("detail", {})}
    events.put_rule(Name=bucket, EventPattern=json.dumps(own))
    arn = f"arn:aws:sqs:us-east-1:000000000000:{bucket}"
    events.put_targets(Rule=bucket, Targets=[{"Id": "queue", "Arn": arn}])

    def next_event() -> dict[str, Any]:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)
        assert answer.get("Messages"), "no event has come"
        [message] = answer["Messages"]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return dict(json.loads(message["Body"]))

    return next_event


def test_deletion_of_the_current_version_sends_an_event(
    aws: boto3.Session, s3: Any, bucket: str
) -> None:
    next_event = received(aws, bucket, {"detail-type": ["Object Deleted"]})
    s3.put_object(Bucket=bucket, Key="a b/model.pt", Body=b"x")
    marker = s3.delete_object(Bucket=bucket, Key="a b/model.pt")["VersionId"]

    event = next_event()

    detail = event["detail"]
    assert event["detail-type"] == "Object Deleted"
    assert (detail["reason"], detail["deletion-type"]) == ("DeleteObject", "Delete Marker Created")
    assert detail["object"]["key"] == "a b/model.pt"
    assert detail["object"]["version-id"] == marker
    assert detail["object"].keys() == {"key", "etag", "version-id", "sequencer"}


def test_deletion_of_one_version_sends_an_event(aws: boto3.Session, s3: Any, bucket: str) -> None:
    wanted = {"detail": {"deletion-type": ["Permanently Deleted"]}}
    next_event = received(aws, bucket, wanted)
    version = s3.put_object(Bucket=bucket, Key="model.pt", Body=b"x")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="model.pt")
    s3.delete_object(Bucket=bucket, Key="model.pt", VersionId=version)

    detail = next_event()["detail"]

    assert (detail["reason"], detail["object"]["version-id"]) == ("DeleteObject", version)


def test_batch_deletion_sends_one_event_per_object(
    aws: boto3.Session, s3: Any, bucket: str
) -> None:
    next_event = received(aws, bucket, {"detail-type": ["Object Deleted"]})
    keys = {"a/model.pt", "b/model.pt"}
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")

    answer = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in sorted(keys)]}
    )

    assert {each["Key"] for each in answer["Deleted"]} == keys
    details = [next_event()["detail"] for _ in keys]
    assert {each["object"]["key"] for each in details} == keys
    assert {each["deletion-type"] for each in details} == {"Delete Marker Created"}


def test_sequencers_of_one_key_grow(aws: boto3.Session, s3: Any, bucket: str) -> None:
    """They order the events of one key, compared as hexadecimal text."""
    next_event = received(aws, bucket, {})
    sequencers = []
    for change in (s3.put_object, s3.put_object, s3.delete_object):
        change(Bucket=bucket, Key="model.pt")
        sequencers.append(next_event()["detail"]["object"]["sequencer"])

    assert sequencers == sorted(set(sequencers))


def test_conditional_write_requires_a_missing_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="live.json", Body=b"1", IfNoneMatch="*")

    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="live.json", Body=b"2", IfNoneMatch="*")

    assert code_of(caught.value) == ("PreconditionFailed", 412)
    assert content(s3, bucket) == b"1"
    s3.delete_object(Bucket=bucket, Key="live.json")  # a delete marker counts as a missing object
    s3.put_object(Bucket=bucket, Key="live.json", Body=b"3", IfNoneMatch="*")


def test_conditional_write_requires_an_unchanged_object(s3: Any, bucket: str) -> None:
    read = s3.put_object(Bucket=bucket, Key="live.json", Body=b"1")["ETag"]
    s3.put_object(Bucket=bucket, Key="live.json", Body=b"2", IfMatch=read)

    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="live.json", Body=b"3", IfMatch=read)

    assert code_of(caught.value) == ("PreconditionFailed", 412)
    assert content(s3, bucket) == b"2"


def test_conditional_write_to_a_deleted_object_is_refused(s3: Any, bucket: str) -> None:
    """If-Match without an object returns 404 (user guide, "Add preconditions to S3 operations")."""
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="live.json", Body=b"1", IfMatch='"etag"')

    assert code_of(caught.value) == ("NoSuchKey", 404)


def test_upload_in_parts_keeps_the_conditions(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="live.json", Body=b"1")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="live.json")["UploadId"]
    own = {"Bucket": bucket, "Key": "live.json", "UploadId": upload}
    etag = s3.upload_part(**own, PartNumber=1, Body=b"2")["ETag"]

    with pytest.raises(ClientError) as caught:
        s3.complete_multipart_upload(
            **own,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]},
            IfNoneMatch="*",
        )

    assert code_of(caught.value) == ("PreconditionFailed", 412)


def test_versions_and_markers_are_listed_newest_first(s3: Any, bucket: str) -> None:
    versions = [
        s3.put_object(Bucket=bucket, Key="model.pt", Body=body)["VersionId"]
        for body in (b"1", b"2")
    ]
    marker = s3.delete_object(Bucket=bucket, Key="model.pt")["VersionId"]

    listed = s3.list_object_versions(Bucket=bucket, Prefix="model.pt")

    assert [each["VersionId"] for each in listed["Versions"]] == versions[::-1]
    assert [each["IsLatest"] for each in listed["Versions"]] == [False, False]
    assert [(e["VersionId"], e["IsLatest"]) for e in listed["DeleteMarkers"]] == [(marker, True)]
    old = s3.get_object(Bucket=bucket, Key="model.pt", VersionId=versions[0])
    assert old["Body"].read() == b"1"


def code_of(error: ClientError) -> tuple[str, int]:
    response = error.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def content(s3: Any, bucket: str) -> bytes:
    return bytes(s3.get_object(Bucket=bucket, Key="live.json")["Body"].read())
