"""The packaging methods that the benchmark compares, each run in its own process."""

from __future__ import annotations

import http.client
import json
import os
import resource
import ssl
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

FUNCTIONS = Path(__file__).parents[1] / "functions"
if str(FUNCTIONS) not in sys.path:  # as in Lambda
    sys.path.append(str(FUNCTIONS))

from model_packager.names.artifact import artifact_key  # noqa: E402
from model_packager.spec.hosting_spec import Packaging  # noqa: E402
from model_packager.stored import Deployment, Source  # noqa: E402
from package_model.packed_repository import pack  # noqa: E402
from package_model.plain_repository import lay_out  # noqa: E402
from workflow.archive.multipart_upload import WRITERS  # noqa: E402
from workflow.archive.part_size import MIN_BYTES  # noqa: E402
from workflow.aws.clients import s3  # noqa: E402
from workflow.contracts.deploy_model import PackageModelInput  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

DROPS, ARTIFACTS, MODEL = "drops", "artifacts", "model"
KEY = f"{MODEL}/model.pt"
EARLIER, VERSION = "20260801T151224Z-3f9a1c2b", "20260801T151225Z-00000000"
CONFIG = 'name: "model"\nplatform: "pytorch_libtorch"\n'


def step_input(etag: str, version: str = VERSION) -> PackageModelInput:
    """Return the input of Package Model."""
    return PackageModelInput(
        deployment=Deployment(
            model=MODEL, version=version, endpoint="modeldrop-model", execution_arn="arn"
        ),
        source=Source(bucket=DROPS, key=KEY, etag=etag.strip('"')),
        config_pbtxt=CONFIG,
        has_labels=False,
        labels=None,
        sample=(),
        weights=(),
        packaging=Packaging.UNCOMPRESSED,
    )


def plain_objects(etag: str) -> None:
    """Package as the pipeline does, with `package: uncompressed`."""
    prefix = artifact_key(MODEL, VERSION, compressed=False)
    lay_out(step_input(etag), ARTIFACTS, prefix)


def streamed_archive(etag: str) -> None:
    """Package as the pipeline does, with `package: tar.gz`."""
    pack(step_input(etag), ARTIFACTS, artifact_key(MODEL, VERSION, compressed=True))


def tar_czf(etag: str) -> None:  # noqa: ARG001 - part of the signature of all methods
    """Download, run `tar -czf`, and upload, as in the walk-through."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, MODEL, "1", "model.pt")
        model.parent.mkdir(parents=True)
        s3().download_file(DROPS, KEY, str(model))
        Path(folder, MODEL, "config.pbtxt").write_text(CONFIG)
        archive = Path(folder, "model.tar.gz")
        subprocess.run(["tar", "-czf", archive, "-C", folder, MODEL], check=True)
        s3().upload_file(str(archive), ARTIFACTS, "model.tar.gz")


def tarfile_upload(etag: str) -> None:  # noqa: ARG001 - part of the signature of all methods
    """Use download_fileobj, tarfile with gzip's default level, and upload_fileobj."""
    with tempfile.TemporaryFile() as model, tempfile.TemporaryFile() as archive:
        s3().download_fileobj(DROPS, KEY, model)
        member = tarfile.TarInfo(f"{MODEL}/1/model.pt")
        member.size = model.tell()
        model.seek(0)
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            tar.addfile(member, model)
        archive.seek(0)
        s3().upload_fileobj(archive, ARTIFACTS, "model.tar.gz")


def bytes_alone(etag: str) -> None:  # noqa: ARG001 - part of the signature of all methods
    """Download and upload the same bytes by HTTP, without an archive, checksums and boto3.

    This is the limit of loopback, stand-in and memory. The rest of the pipeline's time is
    packaging.
    """
    size, connect = s3().head_object(Bucket=DROPS, Key=KEY)["ContentLength"], _connect()
    target: dict[str, Any] = {"Bucket": ARTIFACTS, "Key": "bytes"}
    upload = s3().create_multipart_upload(**target)["UploadId"]
    local = threading.local()

    def move(number: int) -> CompletedPartTypeDef:
        if not hasattr(local, "connection"):
            local.connection, local.buffer = connect(), bytearray(MIN_BYTES)
        first = number * MIN_BYTES
        buffer = memoryview(local.buffer)[: min(MIN_BYTES, size - first)]
        headers = {"Range": f"bytes={first}-{first + len(buffer) - 1}"}
        local.connection.request("GET", f"/{DROPS}/{KEY}", headers=headers)
        response, read = local.connection.getresponse(), 0
        while read < len(buffer):
            read += response.readinto(buffer[read:])
        path = f"/{ARTIFACTS}/bytes?partNumber={number + 1}&uploadId={upload}"
        local.connection.request("PUT", path, body=buffer)
        response = local.connection.getresponse()
        response.read()
        return {"PartNumber": number + 1, "ETag": response.headers["ETag"]}

    with ThreadPoolExecutor(WRITERS) as pool:
        parts = list(pool.map(move, range(-(-size // MIN_BYTES))))
    s3().complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": parts})


def _connect() -> Callable[[], http.client.HTTPConnection]:
    """Return a function that opens a connection to S3."""
    scheme, _, host = os.environ["AWS_ENDPOINT_URL_S3"].partition("://")
    if scheme == "http":
        return partial(http.client.HTTPConnection, host)
    trust = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    return partial(http.client.HTTPSConnection, host, context=trust)


PIPELINE: dict[str, Callable[[str], None]] = {
    "uncompressed": plain_objects,
    "tar.gz": streamed_archive,
}
FLOOR = "bytes alone"
SPEC_CHANGED = "tar.gz, spec changed"
MANUAL: dict[str, Callable[[str], None]] = {
    "tarfile, upload_fileobj": tarfile_upload,
    "tar -czf": tar_czf,
}
METHODS = PIPELINE | {SPEC_CHANGED: streamed_archive, FLOOR: bytes_alone} | MANUAL


def measured(method: str, etag: str, url: str, certificate: str) -> dict[str, Any]:
    """Run a method in this process. Return wall and CPU seconds, and the peak memory in MiB.

    Imports and the creation of the client are not measured, because they belong to the cold start.
    """
    os.environ |= {
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }
    if certificate:
        os.environ["AWS_CA_BUNDLE"] = certificate
        # Otherwise boto3 sends checksums of small objects as trailers, which the stand-in does not
        # support. Parts of an archive always have a checksum.
        os.environ["AWS_REQUEST_CHECKSUM_CALCULATION"] = "when_required"
    s3().head_object(Bucket=DROPS, Key=KEY)
    before, start = _cpu_seconds(), time.perf_counter()
    METHODS[method](etag)
    wall, cpu = time.perf_counter() - start, _cpu_seconds() - before
    peak = max(each.ru_maxrss for each in _usages())
    return {"wall": wall, "cpu": cpu, "rss_mib": peak / 1024}


def _usages() -> list[resource.struct_rusage]:
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


def _cpu_seconds() -> float:
    return sum(each.ru_utime + each.ru_stime for each in _usages())


if __name__ == "__main__":
    json.dump(measured(*sys.argv[1:]), sys.stdout)
