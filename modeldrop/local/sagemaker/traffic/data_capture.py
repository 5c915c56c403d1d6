"""Data capture: writes requests and responses to S3, as lines of JSON.

Keys and members are those of SageMaker's developer guide, "Capture data from real-time endpoint":
`<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl`. `inferenceId` is the client's value
(InvokeEndpoint API reference). `invocationSource` marks the copies for a shadow variant, as in
SageMaker's Model Monitor container, which skips records with "ShadowExperiment". AWS documents
neither the file names, nor the delay of a record, nor whether failed requests are captured. Here
failed requests are not captured, and each record has a different event ID.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.local.sagemaker.execution_role import ExecutionRoles, RoleNotAssumable
from modeldrop.local.sagemaker.hosting.artifact import split_s3_url
from modeldrop.local.sagemaker.hosting.fleet_plan import VariantPlan
from modeldrop.local.sagemaker.repetition import Repetition

_logger = logging.getLogger(__name__)

SHADOW = "ShadowExperiment"
_FLUSH_SECONDS = 0.5
_MAX_UNWRITTEN = 256 * 1024 * 1024
"""The maximum bytes in memory. "Data Capture stops capturing requests at high levels of disk usage"
(developer guide)."""


@dataclass(frozen=True)
class Exchange:
    """A request, and a variant's response.

    Attributes:
        endpoint: the name of the endpoint.
        variant: the name of the variant that responded.
        headers: the request headers, with names in lower case.
        body: the request body.
        content_type: the content type of the response.
        answer: the body of the response.
        at: the time of the response.
    """

    endpoint: str
    variant: VariantPlan
    headers: Mapping[str, str]
    body: bytes
    content_type: str
    answer: bytes
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class DataCapture:
    """Captures the requests of all endpoints. Thread-safe."""

    def __init__(self, roles: ExecutionRoles) -> None:
        """Start the writing thread."""
        self._roles = roles
        self._lock = threading.Lock()
        self._credits: defaultdict[tuple[str, str, str], float] = defaultdict(float)
        self._unwritten: defaultdict[_File, list[str]] = defaultdict(list)
        self._bytes = 0
        self._repetition = Repetition("data-capture", _FLUSH_SECONDS, self._write, once_more=True)

    def record(self, config: dict[str, Any] | None, exchange: Exchange) -> None:
        """Capture an exchange, if data capture is on and the sample includes it.

        Args:
            config: the DataCaptureConfig of the endpoint config, or None.
            exchange: a successful request.
        """
        if config is None or not config.get("EnableCapture", True):
            return
        with self._lock:
            if not self._is_sampled(config, exchange) or self._bytes > _MAX_UNWRITTEN:
                return
            line = json.dumps(record(config, exchange))
            self._unwritten[_file(config, exchange)].append(line)
            self._bytes += len(line)

    def close(self) -> None:
        """Write the remaining records within five seconds, and stop."""
        self._repetition.close(5)

    def _is_sampled(self, config: dict[str, Any], exchange: Exchange) -> bool:
        """Return whether the sample includes the exchange.

        The percentage is exact for each variant.
        """
        key = (exchange.endpoint, exchange.variant.name, config["DestinationS3Uri"])
        self._credits[key] += config["InitialSamplingPercentage"]
        if self._credits[key] < 100:
            return False
        self._credits[key] -= 100
        return True

    def _write(self) -> None:
        with self._lock:
            unwritten, self._unwritten = self._unwritten, defaultdict(list)
            self._bytes = 0
        for file, lines in unwritten.items():
            key = f"{file.folder}/{datetime.now(UTC):%M-%S-%f}-{uuid.uuid4()}.jsonl"
            body = "".join(f"{line}\n" for line in lines).encode()
            try:
                s3 = self._roles.clients(file.role_arn).s3
                s3.put_object(Bucket=file.bucket, Key=key, Body=body)
            except (BotoCoreError, ClientError, RoleNotAssumable) as error:
                _logger.warning("cannot write captured data to %s: %s", key, error)


@dataclass(frozen=True)
class _File:
    """The destination of records, and the role that writes them."""

    role_arn: str
    bucket: str
    folder: str


def _file(config: dict[str, Any], exchange: Exchange) -> _File:
    bucket, prefix = split_s3_url(config["DestinationS3Uri"])
    parts = [prefix.strip("/"), exchange.endpoint, exchange.variant.name]
    folder = "/".join(part for part in parts if part)
    return _File(exchange.variant.role_arn, bucket, f"{folder}/{exchange.at:%Y/%m/%d/%H}")


def record(config: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """Return the captured record of an exchange."""
    modes = {each["CaptureMode"] for each in config["CaptureOptions"]}
    data: dict[str, Any] = {}
    if modes & {"Input", "InputAndOutput"}:
        content_type = exchange.headers.get("content-type", "")
        data["endpointInput"] = _payload(config, "INPUT", content_type, exchange.body)
    if modes & {"Output", "InputAndOutput"}:
        data["endpointOutput"] = _payload(config, "OUTPUT", exchange.content_type, exchange.answer)
    metadata = {"eventId": str(uuid.uuid4()), "inferenceTime": f"{exchange.at:%Y-%m-%dT%H:%M:%SZ}"}
    inference_id = exchange.headers.get("x-amzn-sagemaker-inference-id")
    if inference_id is not None:
        metadata["inferenceId"] = inference_id
    if exchange.variant.is_shadow:
        metadata["invocationSource"] = SHADOW
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _payload(
    config: dict[str, Any], mode: str, content_type: str, content: bytes
) -> dict[str, str]:
    """Return a payload as text, if CaptureContentTypeHeader names its type; otherwise in base64."""
    named = config.get("CaptureContentTypeHeader", {})
    media_type = content_type.partition(";")[0].strip()
    encoding = "BASE64"
    for name in ("Csv", "Json"):
        if media_type in named.get(f"{name}ContentTypes", ()):
            encoding = name.upper()
    text = (
        base64.b64encode(content).decode()
        if encoding == "BASE64"
        else content.decode("utf-8", "replace")
    )
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}
