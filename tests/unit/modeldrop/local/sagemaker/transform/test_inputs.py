"""The objects that a transform job reads, and the keys of their outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from modeldrop.local.sagemaker.transform.inputs import (
    InputObject,
    InvalidManifest,
    input_objects,
    manifest_objects,
    output_key,
    relative_name,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "data"


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_prefix_has_all_objects_below_it_except_folders(s3: S3Client) -> None:
    for key in ("in/a", "in/b/c", "in/b/", "in-other/d"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"" if key.endswith("/") else b"x")

    def names(prefix: str) -> list[str]:
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}"}
        return [each.name for each in input_objects(s3, source)]

    assert names("in/") == ["a", "b/c"]
    # As on AWS, a prefix without a slash also matches similar names
    # (aws/sagemaker-python-sdk#1106).
    assert names("in") == ["in-other/d", "a", "b/c"]


def test_manifest_is_read_from_s3(s3: S3Client) -> None:
    manifest = json.dumps([{"prefix": f"s3://{BUCKET}/in/"}, "a", "b/c"])
    s3.put_object(Bucket=BUCKET, Key="x.manifest", Body=manifest.encode())
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/x.manifest"}
    assert list(input_objects(s3, source)) == [
        InputObject(BUCKET, "in/a", "a"),
        InputObject(BUCKET, "in/b/c", "b/c"),
    ]


@pytest.mark.parametrize(
    "content",
    [b"no json", b"{}", b"[]", b'["a"]', b'[{"prefix": 1}, "a"]', b'[{"prefix": "s3://b/"}, 1]'],
)
def test_invalid_manifest(content: bytes) -> None:
    with pytest.raises(InvalidManifest, match="The manifest is not"):
        manifest_objects(content)


@pytest.mark.parametrize(
    ("key", "prefix", "name"),
    [
        ("in/a.csv", "in/", "a.csv"),
        ("in/a.csv", "in", "a.csv"),  # aws/amazon-sagemaker-examples#347
        ("in/b/a.csv", "in/", "b/a.csv"),
        ("in/b/a.csv", "in/b/a.csv", "a.csv"),  # aws/amazon-sagemaker-examples#1049
        ("in/part-1", "in/part-", "part-1"),
        ("a.csv", "", "a.csv"),
    ],
)
def test_name_is_relative_to_the_folder(key: str, prefix: str, name: str) -> None:
    assert relative_name(key, prefix) == name


@pytest.mark.parametrize("prefix", ["out", "out/"])
def test_output_key(prefix: str) -> None:
    assert output_key(prefix, "b/a.csv") == "out/b/a.csv.out"


def test_output_key_in_the_bucket_itself() -> None:
    assert output_key("", "a") == "a.out"
