"""Transforms one object: input from S3, requests to the container, output to S3.

An object has an output only if all its requests succeeded (TransformOutput, API reference). Its
content is copied through files in pieces, so an object of 100 MB does not have to fit into memory.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from modeldrop.local.sagemaker.execution_role import RoleNotAssumable
from modeldrop.local.sagemaker.faults import RequestFaults
from modeldrop.local.sagemaker.hosting.artifact import split_s3_url
from modeldrop.local.sagemaker.hosting.payload_files import (
    TRANSFER_ERRORS,
    download,
    post,
    start_of,
    upload,
)
from modeldrop.local.sagemaker.transform.data_log import (
    DataLog,
    FailureKind,
    ObjectFailed,
    bad_response,
    no_response,
)
from modeldrop.local.sagemaker.transform.inputs import InputObject, output_key
from modeldrop.local.sagemaker.transform.job import TransformSettings
from modeldrop.local.sagemaker.transform.records import RecordTooLarge, lines, payloads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ROLE_ERRORS = (*TRANSFER_ERRORS, RoleNotAssumable)


@dataclass(frozen=True)
class ObjectTransform:
    """Transforms the objects of one job. Thread-safe.

    Attributes:
        settings: the settings of the job.
        s3: returns an S3 client with the execution role's credentials.
        output_path: the S3OutputPath of the job.
        address: the path of the container's Unix socket.
        folder: the folder for temporary files.
        faults: returns the injected faults for a request of the object with a key.
        log: the data log, which names each failed object.
        stopping: is set when the job stops; later failures are not the objects'.
    """

    settings: TransformSettings
    s3: Callable[[], S3Client]
    output_path: str
    address: str
    folder: Path
    faults: Callable[[str], RequestFaults]
    log: DataLog
    stopping: threading.Event

    def transform(self, each: InputObject) -> FailureKind | None:
        """Transform an object.

        Returns:
            None if the object has an output; otherwise the kind of failure, which the data log
            explains.
        """
        name = uuid.uuid4()
        with ExitStack() as files:
            content, payload, response, output = (
                self.folder / f"{name}.{suffix}" for suffix in ("in", "record", "response", "out")
            )
            for file in (content, payload, response, output):
                files.callback(file.unlink, missing_ok=True)
            try:
                self._download(each, content)
                with output.open("wb") as assembled:
                    for sent in self._payloads(content, payload):
                        self._invoke(each, sent, response)
                        with response.open("rb") as received:
                            shutil.copyfileobj(received, assembled)
                        if self.settings.ends_lines:
                            assembled.write(b"\n")
                self._upload(output, each)
            except ObjectFailed as failed:
                if not self.stopping.is_set():
                    self.log.failure(each, failed)
                return failed.kind
        return None

    def _download(self, each: InputObject, target: Path) -> None:
        most = None if self.settings.splits_lines else self.settings.max_payload_bytes
        try:
            fits = download(self.s3(), each.bucket, each.key, target, most)
        except _ROLE_ERRORS as error:
            raise ObjectFailed("ClientError", "Failed to read the object", str(error)) from error
        if not fits:
            raise self._too_large("The object")

    def _payloads(self, content: Path, payload: Path) -> Iterator[Path]:
        """Yield the files to post, one after the other."""
        most = self.settings.max_payload_bytes
        if not self.settings.splits_lines or most is None:
            yield content
            return
        with content.open("rb") as file:
            records = lines(file, most)
            try:
                for each in payloads(records, most) if self.settings.fills_payloads else records:
                    payload.write_bytes(each)
                    yield payload
            except RecordTooLarge as error:
                raise self._too_large("A record") from error

    def _too_large(self, what: str) -> ObjectFailed:
        """Return the failure of an object that is too large.

        AWS documents the error, but not the message ("Exceeding the MaxPayloadInMB limit").
        """
        limit = self.settings.max_payload_mb
        return ObjectFailed("ClientError", f"{what} is larger than MaxPayloadInMB ({limit})")

    def _invoke(self, each: InputObject, sent: Path, response: Path) -> None:
        """Post a payload. Retry failures of the container, but not rejected requests."""
        for left in range(self.settings.max_retries, -1, -1):
            try:
                status, message = self._invoke_once(each, sent, response)
            except httpx.TransportError as error:  # includes timeouts
                failed = no_response()
                failed.__cause__ = error
            else:
                if _is_success(status):
                    return
                failed = bad_response(status, message)
            if not left or failed.kind == "ClientError" or self.stopping.is_set():
                raise failed

    def _invoke_once(self, each: InputObject, sent: Path, response: Path) -> tuple[int, str]:
        """Post a payload, and apply the injected faults.

        Returns:
            The status of the response, and the response's text if it is an error.
        """
        faults = self.faults(each.key)
        faults.wait(self.stopping)
        if faults.error is not None:
            return HTTPStatus.INTERNAL_SERVER_ERROR, faults.error
        status, _content_type = post(
            self.address,
            sent,
            response,
            self.settings.headers,
            self.settings.timeout_seconds,
            chunked=self.settings.max_payload_bytes is None,
        )
        return status, "" if _is_success(status) else start_of(response)

    def _upload(self, output: Path, each: InputObject) -> None:
        """Upload the output, without a Content-Type, because AWS documents none."""
        bucket, prefix = split_s3_url(self.output_path)
        key = output_key(prefix, each.name)
        try:
            upload(self.s3(), output, bucket, key)
        except _ROLE_ERRORS as error:
            text = f"Failed to write the output s3://{bucket}/{key}"
            raise ObjectFailed("ClientError", text, str(error)) from error


def _is_success(status: int) -> bool:
    return 200 <= status < 300
