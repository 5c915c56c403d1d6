"""If only the spec changes, the step copies no byte of the model."""

from __future__ import annotations

import io
import random
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from package_model.archive_note import read_note
from package_model.handler import handler
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import ARTIFACTS, DEPLOYMENT, LATER, VERSION
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from benchmarks.s3_stand_in.server import Server
    from model_packager.stored import Source

    Put = Callable[..., Source]
    Package = Callable[..., dict[str, Any]]

WEIGHTS = random.Random(3).randbytes(6 * 1024**2 + 77)
KEY = f"resnet/{VERSION}/model.tar.gz"
LATER_KEY = f"resnet/{LATER}/model.tar.gz"


@pytest.fixture
def package(context: LambdaContext, monkeypatch: pytest.MonkeyPatch) -> Package:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)

    def package(
        source: Source, version: str, config: str, packaging: str = "tar.gz"
    ) -> dict[str, Any]:
        event = {
            "deployment": DEPLOYMENT.model_copy(update={"version": version}).model_dump(),
            "source": source.model_dump(),
            "config_pbtxt": config,
            "has_labels": False,
            "labels": None,
            "sample": [],
            "weights": [],
            "packaging": packaging,
        }
        package: dict[str, Any] = handler(event, context)["package"]
        return package

    return package


def goes_live(source: Source, version: str = VERSION) -> None:
    live = (
        f'{{"model": "resnet", "version": "{version}", "endpoint": "modeldrop-resnet", '
        f'"source": {source.model_dump_json()}, "since": "2026-08-01T15:20:00Z", '
        f'"record": "resnet/{version}/deployment.json"}}'
    )
    s3().put_object(Bucket=ARTIFACTS, Key="resnet/live.json", Body=live.encode())


def stored(key: str) -> bytes:
    return s3().get_object(Bucket=ARTIFACTS, Key=key)["Body"].read()


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        files = {each.name: tar.extractfile(each) for each in tar}
        return {name: file.read() for name, file in files.items() if file is not None}


def test_only_the_end_is_sent(put: Put, package: Package, stand_in: Server) -> None:
    source = put(WEIGHTS)
    first = package(source, VERSION, "one\n")
    goes_live(source)
    wire = stand_in.wire
    received, sent = wire.received.bytes, wire.sent.bytes
    with counted(s3()) as requests:
        second = package(source, LATER, "two\n")
    assert requests["UploadPartCopy"] == requests["UploadPart"] == 1
    assert wire.sent.bytes - sent < 10_000  # live.json and the note about the archive
    assert wire.received.bytes - received < 30_000
    assert members(stored(LATER_KEY)) == {
        "resnet/1/model.pt": WEIGHTS,
        "resnet/config.pbtxt": b"two\n",
    }
    assert second["source_checksum"] == first["source_checksum"]


def test_archive_equals_a_newly_packed_one(put: Put, package: Package) -> None:
    source = put(WEIGHTS)
    package(source, VERSION, "one\n")
    goes_live(source)
    package(source, LATER, "two\n")
    short_way = stored(LATER_KEY)
    s3().delete_object(Bucket=ARTIFACTS, Key=LATER_KEY)
    s3().delete_object(Bucket=ARTIFACTS, Key="resnet/live.json")
    package(source, LATER, "two\n")
    assert stored(LATER_KEY) == short_way


def test_third_version_is_copied_from_the_second(put: Put, package: Package) -> None:
    source = put(WEIGHTS)
    package(source, VERSION, "one\n")
    goes_live(source)
    package(source, LATER, "two\n")
    assert read_note(ARTIFACTS, "resnet", LATER) == read_note(ARTIFACTS, "resnet", VERSION)


def packs_from_scratch(package: Package, source: Source) -> bool:
    with counted(s3()) as requests:
        package(source, LATER, "two\n")
    assert members(stored(LATER_KEY))["resnet/config.pbtxt"] == b"two\n"
    return requests["UploadPart"] > 0 and requests["UploadPartCopy"] == 0


def test_another_model(put: Put, package: Package) -> None:
    source = put(WEIGHTS)
    package(source, VERSION, "one\n")
    goes_live(source)
    assert packs_from_scratch(package, put(WEIGHTS[::-1]))
    assert members(stored(LATER_KEY))["resnet/1/model.pt"] == WEIGHTS[::-1]


def test_small_model(put: Put, package: Package) -> None:
    source = put(b"small")
    package(source, VERSION, "one\n")
    goes_live(source)
    assert packs_from_scratch(package, source)


def test_live_version_without_an_archive(put: Put, package: Package) -> None:
    source = put(WEIGHTS)
    package(source, VERSION, "one\n", "uncompressed")
    goes_live(source)
    assert packs_from_scratch(package, source)


def test_archive_that_was_removed_meanwhile(put: Put, package: Package) -> None:
    source = put(WEIGHTS)
    package(source, VERSION, "one\n")
    goes_live(source)

    def remove(**_: object) -> None:
        s3().delete_object(Bucket=ARTIFACTS, Key=KEY)

    s3().meta.events.register("before-call.s3.CreateMultipartUpload", remove)
    try:
        package(source, LATER, "two\n")
    finally:
        s3().meta.events.unregister("before-call.s3.CreateMultipartUpload", remove)
    assert members(stored(LATER_KEY))["resnet/1/model.pt"] == WEIGHTS
    assert "Uploads" not in s3().list_multipart_uploads(Bucket=ARTIFACTS)
