"""Writes the data log of a transform job, with a block of lines for each object that failed.

The format is from AWS's data logs in aws/sagemaker-tensorflow-serving-container#93 (500),
aws/sagemaker-python-sdk#1882 (413) and #1951 (no response). The log names each failed object; the
FailureReason of the job names none.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Literal

from modeldrop.local.sagemaker.transform.inputs import InputObject
from modeldrop.local.sagemaker.transform.job import TransformSettings
from modeldrop.local.sagemaker.triton.container_log import ContainerLog

FailureKind = Literal["ClientError", "AlgorithmError"]
_MESSAGE_CHARACTERS = 4096


class ObjectFailed(Exception):
    """An object has no output. The text goes to the data log.

    Attributes:
        kind: the kind of failure, for the job's FailureReason.
        message: the body of the container's response.
    """

    def __init__(self, kind: FailureKind, text: str, message: str = "") -> None:
        super().__init__(text)
        self.kind: FailureKind = kind
        self.message = message


def bad_response(status: int, message: str) -> ObjectFailed:
    """Return the failure of an object for which the container returned an error.

    Args:
        status: the HTTP status of the response.
        message: the body of the response.
    """
    if 400 <= status < 500:
        return ObjectFailed("ClientError", f"ClientError: {status}", message)
    text = f"Bad HTTP status received from algorithm: {status}"
    return ObjectFailed("AlgorithmError", text, message)


def no_response() -> ObjectFailed:
    """Return the failure of an object whose request got no response in time."""
    return ObjectFailed("AlgorithmError", "Unable to get response from algorithm")


class DataLog:
    """Writes the data log. Thread-safe."""

    def __init__(self, log: ContainerLog, settings: TransformSettings) -> None:
        """Write the job's settings first, as AWS does."""
        self._log = log
        self._lock = threading.Lock()
        self._write(
            f"MaxConcurrentTransforms={settings.concurrency}, "
            f"MaxPayloadInMB={settings.max_payload_mb}, BatchStrategy={settings.strategy}"
        )

    def failure(self, each: InputObject, failed: ObjectFailed) -> None:
        """Write the reason why an object has no output."""
        response = failed.message[:_MESSAGE_CHARACTERS].splitlines()
        name = f"{each.bucket}/{each.key}"
        with self._lock:
            for line in (str(failed), *(("", "Message:", *response) if response else ())):
                self._write(f"{name}: {line}")

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    def _write(self, text: str) -> None:
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        self._log.write(f"{moment}:[sagemaker logs]: {text}")
