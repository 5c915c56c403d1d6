from __future__ import annotations

import base64
import hashlib
import io
import random
import tarfile
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from inspect_model.sidecars import labels_sidecar
from package_model.handler import handler
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import ARTIFACTS, DEPLOYMENT, VERSION
from tests.unit.model_packager.formats.archives.test_tar_members import packed
from workflow.aws.clients import s3
from workflow.contracts.deploy_model import Sidecar
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from benchmarks.s3_stand_in.server import Server
    from model_packager.stored import Source

    Put = Callable[..., Source]

CONFIG = 'name: "resnet"\n'
KEY = f"resnet/{VERSION}/model.tar.gz"


@dataclass(frozen=True)
class Package:
    """Calls the step."""

    context: LambdaContext

    def __call__(
        self,
        source: Source,
        *,
        has_labels: bool = False,
        labels: Sidecar | None = None,
        packaging: str = "tar.gz",
        weights: Sequence[Sidecar] = (),
    ) -> str:
        made = self._made(source, packaging, has_labels, labels, weights)
        return str(made["artifact_uri"])

    def checksum(self, source: Source, packaging: str) -> Any:
        return self._made(source, packaging)["source_checksum"]

    def _made(
        self,
        source: Source,
        packaging: str,
        has_labels: bool = False,
        labels: Sidecar | None = None,
        weights: Sequence[Sidecar] = (),
    ) -> dict[str, Any]:
        event = {
            "deployment": DEPLOYMENT.model_dump(),
            "source": source.model_dump(),
            "config_pbtxt": CONFIG,
            "has_labels": has_labels,
            "labels": labels.model_dump() if labels else None,
            "sample": [],
            "weights": [each.model_dump() for each in weights],
            "packaging": packaging,
        }
        made: dict[str, Any] = handler(event, self.context)["package"]
        return made


@pytest.fixture
def package(context: LambdaContext, monkeypatch: pytest.MonkeyPatch) -> Package:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    return Package(context)


def archive() -> list[tuple[str, bytes]]:
    body = s3().get_object(Bucket=ARTIFACTS, Key=KEY)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body), mode="r|gz") as tar:
        return [(each.name, _content(tar, each)) for each in tar]


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def test_archive_is_the_model_repository(put: Put, package: Package, large_model: bytes) -> None:
    assert package(put(large_model)) == f"s3://{ARTIFACTS}/{KEY}"
    assert archive() == [
        ("resnet/1/model.pt", large_model),
        ("resnet/config.pbtxt", CONFIG.encode()),
    ]


def test_other_file_keeps_its_name(put: Put, package: Package) -> None:
    package(put(b"an ONNX model", "resnet/model.onnx"))
    assert archive()[0] == ("resnet/1/model.onnx", b"an ONNX model")


WEIGHTS = random.Random(5).randbytes(300_000)
WEIGHTS_PATH = "below/model.onnx.data"


def put_with_weights(put: Put) -> tuple[Source, list[Sidecar]]:
    weights = put(WEIGHTS, f"resnet/{WEIGHTS_PATH}")
    return put(b"an ONNX model", "resnet/model.onnx"), [
        Sidecar(name=WEIGHTS_PATH, etag=weights.etag)
    ]


def test_weights_are_next_to_the_model(put: Put, package: Package) -> None:
    source, weights = put_with_weights(put)
    package(source, weights=weights)
    assert archive() == [
        ("resnet/1/model.onnx", b"an ONNX model"),
        (f"resnet/1/{WEIGHTS_PATH}", WEIGHTS),
        ("resnet/config.pbtxt", CONFIG.encode()),
    ]


def test_weights_are_plain_objects_next_to_the_model(put: Put, package: Package) -> None:
    source, weights = put_with_weights(put)
    package(source, packaging="uncompressed", weights=weights)
    found = {key.partition("/model/")[2]: content for key, content in objects().items()}
    assert found[f"resnet/1/{WEIGHTS_PATH}"] == WEIGHTS
    assert found["resnet/1/model.onnx"] == b"an ONNX model"


@pytest.mark.parametrize("packaging", ["tar.gz", "uncompressed"])
def test_changed_weights_are_a_changed_source(put: Put, package: Package, packaging: str) -> None:
    source, weights = put_with_weights(put)
    put(b"other weights", f"resnet/{WEIGHTS_PATH}")
    with pytest.raises(SourceChanged):
        package(source, packaging=packaging, weights=weights)


def test_labels_next_to_a_format_that_has_none_inside(put: Put, package: Package) -> None:
    put(b"lion\nwolf\n", "resnet/labels.txt")
    source = put(b"an ONNX model", "resnet/model.onnx")
    package(source, has_labels=True, labels=labels_sidecar(source))
    assert archive()[1] == ("resnet/labels.txt", b"lion\nwolf\n")


def test_folder_is_unpacked_on_the_way(put: Put, package: Package) -> None:
    dropped = packed({"saved_model.pb": b"graph", "variables/variables.index": b"index"})
    package(put(dropped, "resnet/model.savedmodel.tar.gz"))
    assert archive() == [
        ("resnet/1/model.savedmodel/saved_model.pb", b"graph"),
        ("resnet/1/model.savedmodel/variables/variables.index", b"index"),
        ("resnet/config.pbtxt", CONFIG.encode()),
    ]


def test_repository_is_copied_within_s3(put: Put, package: Package) -> None:
    source = put(b"a whole repository", "resnet/model.tar.gz")
    with counted(s3()) as requests:
        package(source)
    assert requests == {"HeadObject": 3, "CopyObject": 1}
    assert s3().get_object(Bucket=ARTIFACTS, Key=KEY)["Body"].read() == b"a whole repository"


def objects() -> dict[str, bytes]:
    found = s3().list_objects_v2(Bucket=ARTIFACTS).get("Contents", [])
    keys = [each["Key"] for each in found]
    return {key: s3().get_object(Bucket=ARTIFACTS, Key=key)["Body"].read() for key in keys}


def test_plain_repository_is_copied_within_s3(
    put: Put, package: Package, large_model: bytes, stand_in: Server
) -> None:
    source = put(large_model)
    received = stand_in.wire.received.bytes
    with counted(s3()) as requests:
        uri = package(source, packaging="uncompressed")
    assert requests == {"HeadObject": 3, "CopyObject": 1, "PutObject": 1}
    assert stand_in.wire.sent.bytes == 0
    assert stand_in.wire.received.bytes - received == len(CONFIG)
    assert uri == f"s3://{ARTIFACTS}/resnet/{VERSION}/model/"
    assert objects() == {
        f"resnet/{VERSION}/model/resnet/1/model.pt": large_model,
        f"resnet/{VERSION}/model/resnet/config.pbtxt": CONFIG.encode(),
    }


def test_plain_repository_with_labels(put: Put, package: Package, model_with_labels: bytes) -> None:
    package(put(model_with_labels), has_labels=True, packaging="uncompressed")
    assert objects()[f"resnet/{VERSION}/model/resnet/labels.txt"] == b"cat\ndog\n"


def test_plain_repository_is_made_once(put: Put, package: Package, traced_model: bytes) -> None:
    source = put(traced_model)
    uri = package(source, packaging="uncompressed")
    with counted(s3()) as requests:
        assert package(source, packaging="uncompressed") == uri
    assert requests == {"HeadObject": 2}


def test_incomplete_plain_repository_is_completed(
    put: Put, package: Package, traced_model: bytes
) -> None:
    source = put(traced_model)
    package(source, packaging="uncompressed")
    config = f"resnet/{VERSION}/model/resnet/config.pbtxt"
    s3().delete_object(Bucket=ARTIFACTS, Key=config)
    package(source, packaging="uncompressed")
    assert config in objects()


def test_copied_object_is_identified_by_its_sha256(
    put: Put, package: Package, traced_model: bytes
) -> None:
    assert package.checksum(put(traced_model), "uncompressed") == {
        "algorithm": "SHA256",
        "value": hashlib.sha256(traced_model).hexdigest(),
    }


def test_packed_object_is_identified_by_the_checksum_that_s3_has(
    put: Put, package: Package, stand_in: Server, traced_model: bytes
) -> None:
    source = put(traced_model)
    place = source.bucket, source.key
    known = {"CRC64NVME": base64.b64encode(b"checksum").decode()}
    stand_in.store.objects[place] = replace(stand_in.store.objects[place], checksums=known)

    assert package.checksum(source, "tar.gz") == {
        "algorithm": "CRC64NVME",
        "value": b"checksum".hex(),
    }


def test_packed_object_without_a_checksum_is_identified_by_its_crc32(
    put: Put, package: Package, stand_in: Server, traced_model: bytes
) -> None:
    """S3 has no checksum of the whole object if the parts have separate checksums."""
    source = put(traced_model)
    place = source.bucket, source.key
    stand_in.store.objects[place] = replace(stand_in.store.objects[place], checksums={})

    assert package.checksum(source, "tar.gz") == {
        "algorithm": "CRC32",
        "value": f"{zlib.crc32(traced_model):08x}",
    }


def test_folder_is_always_packed(put: Put, package: Package) -> None:
    dropped = packed({"saved_model.pb": b"graph"})
    uri = package(put(dropped, "resnet/model.savedmodel.tar.gz"), packaging="uncompressed")
    assert uri == f"s3://{ARTIFACTS}/{KEY}"
    assert archive()[0] == ("resnet/1/model.savedmodel/saved_model.pb", b"graph")


def test_labels_inside_the_model(put: Put, package: Package, model_with_labels: bytes) -> None:
    package(put(model_with_labels), has_labels=True)
    assert archive()[1:] == [
        ("resnet/labels.txt", b"cat\ndog\n"),
        ("resnet/config.pbtxt", CONFIG.encode()),
    ]


def test_labels_next_to_the_model_win(put: Put, package: Package, model_with_labels: bytes) -> None:
    put(b"lion\nwolf\n", "resnet/labels.txt")
    source = put(model_with_labels)
    package(source, has_labels=True, labels=labels_sidecar(source))
    assert archive()[1] == ("resnet/labels.txt", b"lion\nwolf\n")


def test_labels_that_were_not_promised_are_left_out(
    put: Put, package: Package, model_with_labels: bytes
) -> None:
    package(put(model_with_labels))
    assert [name for name, _ in archive()] == ["resnet/1/model.pt", "resnet/config.pbtxt"]


def test_second_call_sends_no_byte(put: Put, package: Package, traced_model: bytes) -> None:
    source = put(traced_model)
    with counted(s3()) as first:
        uri = package(source)
    with counted(s3()) as second:
        assert package(source) == uri
    assert first["CreateMultipartUpload"] == 1
    assert second == {"HeadObject": 1, "GetObject": 1}  # the note about the archive


def test_same_model_gives_the_same_bytes(put: Put, package: Package, traced_model: bytes) -> None:
    etags = []
    for _ in range(2):
        package(put(traced_model))
        etags.append(s3().head_object(Bucket=ARTIFACTS, Key=KEY)["ETag"])
        s3().delete_object(Bucket=ARTIFACTS, Key=KEY)
    assert etags[0] == etags[1]


@pytest.mark.parametrize("packaging", ["uncompressed", "tar.gz"])
def test_overwritten_model_leaves_nothing(
    put: Put, package: Package, traced_model: bytes, model_with_labels: bytes, packaging: str
) -> None:
    source = put(traced_model)
    put(model_with_labels)
    with pytest.raises(SourceChanged):
        package(source, packaging=packaging)
    assert "Contents" not in s3().list_objects_v2(Bucket=ARTIFACTS)


@pytest.mark.parametrize(
    ("packaging", "operation"),
    [("tar.gz", "CreateMultipartUpload"), ("uncompressed", "CopyObject")],
)
def test_model_overwritten_while_it_is_opened_leaves_nothing(
    put: Put,
    package: Package,
    traced_model: bytes,
    model_with_labels: bytes,
    packaging: str,
    operation: str,
) -> None:
    source = put(traced_model)

    def overwrite(**_: object) -> None:
        put(model_with_labels)

    s3().meta.events.register(f"before-call.s3.{operation}", overwrite)
    try:
        with pytest.raises(SourceChanged):
            package(source, packaging=packaging)
    finally:
        s3().meta.events.unregister(f"before-call.s3.{operation}", overwrite)
    assert objects() == {}
    assert "Uploads" not in s3().list_multipart_uploads(Bucket=ARTIFACTS)
