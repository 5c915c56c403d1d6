"""The archive of a version that is stored as objects."""

from __future__ import annotations

import io
import tarfile

from start_transform.archive import archive_uri
from tests.unit.functions.batch_runs import CPU_HOSTING
from tests.unit.functions.request_count import counted
from tests.unit.functions.s3_stand_in import _server, aws, stand_in
from tests.unit.functions.samples import ARTIFACTS, SERVABLE, VERSION
from workflow.aws.clients import s3
from workflow.batch.documents import BatchPlan

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


def test_objects_become_an_archive_once(buckets: None) -> None:
    for path, content in FILES.items():
        s3().put_object(Bucket=ARTIFACTS, Key=PREFIX + path, Body=content)
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
    uri = f"s3://{ARTIFACTS}/_pools/small/resnet/{VERSION}.tar.gz"
    with counted(s3()) as requests:
        assert archive_uri(plan(uri), ARTIFACTS, "resnet") == uri
    assert not requests
