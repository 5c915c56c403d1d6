"""The archive of a version that is stored as objects."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from model_packager.names.artifact import record_key
from start_transform.archive import archive_uri
from tests.unit.functions.batch_runs import CPU_HOSTING
from tests.unit.functions.request_count import counted
from tests.unit.functions.s3_stand_in import _server, aws, stand_in
from tests.unit.functions.samples import ARTIFACTS, SERVABLE, VERSION
from workflow.aws.clients import s3
from workflow.batch.documents import BatchPlan
from workflow.errors import BatchFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["_server", "aws", "stand_in"]

PREFIX = f"resnet/{VERSION}/model/"
ARCHIVE = f"resnet/{VERSION}/model.tar.gz"
FILES = {
    "resnet/config.pbtxt": SERVABLE.config_pbtxt.encode(),
    "resnet/labels.txt": b"cat\ndog\n",
    "resnet/1/model.onnx": b"o" * 1000,
    "resnet/1/weights/a.bin": b"w" * 7,
}


def plan(artifact_uri: str) -> BatchPlan:
    return BatchPlan(
        inputs=(),
        servable=SERVABLE,
        hosting=CPU_HOSTING,
        artifact_uri=artifact_uri,
        version=VERSION,
    )


def store(files: Mapping[str, bytes], *, recorded: bool = True) -> None:
    """Store a version as objects, with its record."""
    for path, content in files.items():
        s3().put_object(Bucket=ARTIFACTS, Key=PREFIX + path, Body=content)
    if recorded:
        s3().put_object(Bucket=ARTIFACTS, Key=record_key("resnet", VERSION), Body=b"{}")


def test_objects_become_an_archive_once(buckets: None) -> None:
    store(FILES)
    uri = f"s3://{ARTIFACTS}/{PREFIX}"
    assert archive_uri(plan(uri), ARTIFACTS, "resnet") == f"s3://{ARTIFACTS}/{ARCHIVE}"
    body = s3().get_object(Bucket=ARTIFACTS, Key=ARCHIVE)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
        found = [(each.name, archive.extractfile(each)) for each in archive]
        assert sorted((name, each.read()) for name, each in found if each) == sorted(FILES.items())
    with counted(s3()) as requests:
        archive_uri(plan(uri), ARTIFACTS, "resnet")
    assert requests == {"ListObjectsV2": 1}


def test_archive_is_used_as_it_is(buckets: None) -> None:
    key = f"_pools/small/resnet/{VERSION}.tar.gz"
    s3().put_object(Bucket=ARTIFACTS, Key=key, Body=b"")
    with counted(s3()) as requests:
        assert archive_uri(plan(f"s3://{ARTIFACTS}/{key}"), ARTIFACTS, "resnet").endswith(key)
    assert requests == {"ListObjectsV2": 1}


@pytest.mark.parametrize("uri", [ARCHIVE, PREFIX, f"_pools/small/resnet/{VERSION}.tar.gz"])
def test_deleted_version_is_not_run(buckets: None, uri: str) -> None:
    with pytest.raises(BatchFailed, match=f"Version {VERSION} of resnet was deleted") as caught:
        archive_uri(plan(f"s3://{ARTIFACTS}/{uri}"), ARTIFACTS, "resnet")
    assert "upload the model first" in caught.value.fix


@pytest.mark.parametrize("deleted", ["a file", "the record"])
def test_archive_of_a_version_that_is_deleted_meanwhile_is_not_left(
    buckets: None, deleted: str
) -> None:
    """The version is deleted after a file is read, or before the archive is complete."""
    store(FILES, recorded=deleted == "a file")

    def read(**_: object) -> None:
        if deleted == "a file":
            key = f"{PREFIX}resnet/1/model.onnx"
            s3().delete_object(Bucket=ARTIFACTS, Key=key)

    s3().meta.events.register("before-call.s3.GetObject", read)
    try:
        with pytest.raises(BatchFailed, match="was deleted after the job had begun"):
            archive_uri(plan(f"s3://{ARTIFACTS}/{PREFIX}"), ARTIFACTS, "resnet")
    finally:
        s3().meta.events.unregister("before-call.s3.GetObject", read)
    left = s3().list_objects_v2(Bucket=ARTIFACTS, Prefix=ARCHIVE)
    assert "Contents" not in left
    assert "Uploads" not in s3().list_multipart_uploads(Bucket=ARTIFACTS)
