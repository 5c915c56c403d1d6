from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from modeldrop.local.sagemaker.hosting.artifact import (
    Artifact,
    ArtifactError,
    artifact_of,
    exists,
    fetch,
    split_s3_url,
)
from tests.local_sagemaker.archives import archive

BUCKET = "models"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    return made


def s3_source(uri: str, kind: str, compression: str) -> dict[str, Any]:
    source = {"S3Uri": uri, "S3DataType": kind, "CompressionType": compression}
    return {"ModelDataSource": {"S3DataSource": source}}


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("s3://models/a/model.tar.gz", ("models", "a/model.tar.gz")),
        ("https://models.s3.eu-west-1.amazonaws.com/a/b", ("models", "a/b")),
        ("https://s3.eu-west-1.amazonaws.com/models/a/b", ("models", "a/b")),
        ("s3://models/a#1/b?c", ("models", "a#1/b?c")),
        ("s3://models", ("models", "")),
        ("s3://[models/a", ("[models", "a")),
    ],
)
def test_urls(url: str, parts: tuple[str, str]) -> None:
    assert split_s3_url(url) == parts


def test_a_container_names_its_artifact_in_three_ways() -> None:
    url = "s3://models/a.tar.gz"
    archived = Artifact(url, "models", "a.tar.gz", "archive")
    assert artifact_of({"ModelDataUrl": url}) == archived
    assert artifact_of(s3_source(url, "S3Object", "Gzip")) == archived
    prefix = artifact_of(s3_source("s3://models/a/", "S3Prefix", "None"))
    assert prefix == Artifact("s3://models/a/", "models", "a/", "prefix")
    one = artifact_of(s3_source("s3://models/a/m.pt", "S3Object", "None"))
    assert one == Artifact("s3://models/a/m.pt", "models", "a/m.pt", "object")
    assert artifact_of({"Image": "i"}) is None


def test_an_archive_is_unpacked(s3: Any, folder: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=archive({"m/1/model.pt": b"weights"}))
    fetch(s3, Artifact("s3://models/a", BUCKET, "a", "archive"), folder, 60)
    assert (folder / "m/1/model.pt").read_bytes() == b"weights"
    assert list(folder.parent.iterdir()) == [folder]  # the archive is removed


def test_a_prefix_is_laid_out_below_its_slash(s3: Any, folder: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="a/m/config.pbtxt", Body=b"config")
    s3.put_object(Bucket=BUCKET, Key="a/m/1/model.pt", Body=b"weights")
    prefix = Artifact("s3://models/a/", BUCKET, "a/", "prefix")
    assert exists(s3, prefix)
    fetch(s3, prefix, folder, 60)
    assert (folder / "m/config.pbtxt").read_bytes() == b"config"
    assert (folder / "m/1/model.pt").read_bytes() == b"weights"


@pytest.mark.parametrize("layout", ["archive", "prefix", "object"])
def test_a_missing_artifact_has_sagemakers_reason(s3: Any, folder: Path, layout: Any) -> None:
    missing = Artifact("s3://models/none/", BUCKET, "none/", layout)
    assert not exists(s3, missing)
    with pytest.raises(ArtifactError) as caught:
        fetch(s3, missing, folder, 60)
    assert str(caught.value) == (
        'Failed to download model data for container "container_1" from URL: "s3://models/none/". '
        "Please ensure that there is an object located at the URL and that the role passed to "
        "CreateModel has permissions to download the object."
    )


@pytest.mark.parametrize("url", ["s3://models", "s3://models/", "s3://my bucket/model.tar.gz"])
def test_a_url_that_names_no_object_has_no_artifact(s3: Any, url: str) -> None:
    artifact = artifact_of({"ModelDataUrl": url})
    assert artifact is not None
    assert not exists(s3, artifact)


def test_a_folder_made_in_the_console_is_refused(s3: Any, folder: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="a/m/", Body=b"")
    with pytest.raises(ArtifactError, match="SageMaker rejects as a file or directory name"):
        fetch(s3, Artifact("s3://models/a/", BUCKET, "a/", "prefix"), folder, 60)


def test_download_beyond_its_timeout_fails(s3: Any, folder: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=archive({"m": b""}))
    with pytest.raises(ArtifactError, match="Failed to download"):
        fetch(s3, Artifact("s3://models/a", BUCKET, "a", "archive"), folder, -1)


def crafted(member: tarfile.TarInfo) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as tar:
        tar.addfile(member, io.BytesIO(bytes(member.size)))
    return output.getvalue()


def damaged() -> bytes:
    """Return an archive whose compressed data is invalid in the middle of a file."""
    member = tarfile.TarInfo("m/1/model.pt")
    member.size = 1_000_000
    compressor = zlib.compressobj(wbits=31)
    start = compressor.compress(member.tobuf() + bytes(500_000))
    return start + compressor.flush(zlib.Z_FULL_FLUSH) + b"\x07" * 99


def link() -> tarfile.TarInfo:
    member = tarfile.TarInfo("m/link")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return member


@pytest.mark.parametrize(
    "body",
    [
        b"<html>not found</html>",
        b"",
        archive({"m/1/model.pt": bytes(range(256)) * 64})[:60],
        crafted(tarfile.TarInfo("../outside")),
        crafted(tarfile.TarInfo("/outside")),
        crafted(link()),
        crafted(tarfile.TarInfo("\N{WHITE SMILING FACE}\0")),
        damaged(),
    ],
    ids=["html", "empty", "truncated", "parent", "absolute", "link", "null", "damaged"],
)
def test_what_is_no_safe_archive_has_sagemakers_reason(s3: Any, folder: Path, body: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=body)
    with pytest.raises(ArtifactError) as caught:
        fetch(s3, Artifact("s3://models/a", BUCKET, "a", "archive"), folder, 60)
    assert str(caught.value) == (
        'Failed to extract model data archive for container "container_1" from URL "s3://models/a".'
        " Please ensure that the object located at the URL is a valid tar.gz archive."
    )
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    ("url", "target", "key"),
    [
        ("s3://models/pool/", "a.tar.gz", "pool/a.tar.gz"),
        ("s3://models/pool", "/b/a.tar.gz", "pool/b/a.tar.gz"),
        ("s3://models", "a.tar.gz", "a.tar.gz"),
    ],
)
def test_an_archive_of_a_multi_model_endpoint_is_below_its_prefix(
    url: str, target: str, key: str
) -> None:
    several = artifact_of({"Mode": "MultiModel", "ModelDataUrl": url})
    assert several is not None
    assert several.layout == "archives"
    assert several.archive(target) == Artifact(f"s3://models/{key}", "models", key, "archive")


def test_a_prefix_for_several_archives_may_be_empty(s3: Any) -> None:
    assert exists(s3, Artifact("s3://models/none/", BUCKET, "none/", "archives"))
    assert not exists(s3, Artifact("s3://models/none/", BUCKET, "none/", "prefix"))
