"""The results of inputs, from the responses of the transform job."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from collect_results.data_log import failed_requests
from model_client.batch.encoding import LINES_SUFFIX
from model_client.batch.responses import outputs_of
from model_client.batch.results import arrays_file, lines_file
from model_client.errors import InvalidResponse
from model_packager.names.batch import BATCH_RESULTS
from workflow.aws.clients import s3
from workflow.batch.documents import (
    ENCODED,
    OUTPUTS,
    CollectedInput,
    Encoded,
    EncodedInput,
    list_work,
    read_steps,
    request_name,
)
from workflow.contracts.batch_transform import RecordFailure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model_client.arrays import Tensors
    from workflow.batch.documents import BatchPlan
    from workflow.contracts.batch_transform import CollectResultsInput

RESULT_BYTES = 128 * 1024**2
"""The maximum for the responses to one input: each reader has them in memory three times."""

READERS = 4
_SUFFIX = ".out"
"""What the transform job adds to the name of a request (developer guide, batch transform)."""


class Collector:
    """Writes the results of inputs into the folder of the job."""

    def __init__(self, event: CollectResultsInput, plan: BatchPlan, bucket: str) -> None:
        """List the responses once. The data log is read only if some are missing."""
        self._event, self._plan, self._bucket = event, plan, bucket
        steps = read_steps(bucket, event.batch.run, ENCODED, Encoded)
        self._encoded = {each.index: each for done in steps for each in done.inputs}
        # Only the name counts, because AWS does not document the folder.
        self._responses = {
            key.rpartition("/")[2].removesuffix(_SUFFIX): (key, size)
            for key, size in list_work(bucket, event.batch.run, OUTPUTS)
            if key.endswith(_SUFFIX)
        }
        requested = (name for index in self._encoded for name in self._names(index))
        complete = all(name in self._responses for name in requested)
        self._causes = {} if complete else failed_requests(event.batch.name)

    def sizes(self) -> list[int]:
        """Return the size in bytes of the responses to each input."""
        return [
            sum(self._responses.get(name, ("", 0))[1] for name in self._names(index))
            for index in range(len(self._plan.inputs))
        ]

    def collect(self, indexes: range) -> tuple[CollectedInput, ...]:
        """Write the results of these inputs."""
        with ThreadPoolExecutor(READERS) as pool:
            return tuple(pool.map(self._collect_input, indexes))

    def _names(self, index: int) -> Iterable[str]:
        requests = self._encoded[index].requests
        return (request_name(index, number) for number in range(len(requests)))

    def _collect_input(self, index: int) -> CollectedInput:
        encoded, name = self._encoded[index], self._plan.inputs[index].name
        is_lines = name.lower().endswith(LINES_SUFFIX)
        outputs, failed = self._read(index, encoded)
        causes: list[tuple[int | None, int, str]] = [
            *((start, 1, cause) for start, cause in encoded.unreadable),
            *((start, rows, failed[start]) for start, rows in encoded.requests if start in failed),
        ]
        causes.sort(key=lambda each: (each[0] is not None, each[0] or 0))
        failures = tuple(
            RecordFailure(
                input=name,
                record=_record(start, rows, is_lines=is_lines, only=len(encoded.requests) == 1),
                cause=cause,
            )
            for start, rows, cause in causes
        )
        result = None
        if (is_lines and any(start is not None for start, _rows, _cause in causes)) or outputs:
            body = (
                lines_file(outputs, {start: cause for start, _, cause in causes if start})
                if is_lines
                else arrays_file(outputs, dict(encoded.requests), all_rows=not causes)
            )
            result = self._write(name if is_lines else f"{name}.npz", body)
        return CollectedInput(input=name, result=result, failures=failures, outputs=len(outputs))

    def _read(self, index: int, encoded: EncodedInput) -> tuple[dict[int, Tensors], dict[int, str]]:
        """Return the outputs by first row or line, and the causes of those that are missing."""
        size = sum(self._responses.get(name, ("", 0))[1] for name in self._names(index))
        if size > RESULT_BYTES:
            cause = (
                f"The responses to this input have {size:,} bytes. A result has at most "
                f"{RESULT_BYTES:,}: split the input."
            )
            return {}, {start: cause for start, _rows in encoded.requests}
        outputs, failed = dict[int, "Tensors"](), dict[int, str]()
        for (start, _rows), name in zip(encoded.requests, self._names(index), strict=True):
            if name not in self._responses:
                failed[start] = self._missing(name)
                continue
            key = self._responses[name][0]
            body = s3().get_object(Bucket=self._bucket, Key=key)["Body"].read()
            try:
                outputs[start] = outputs_of(body, self._plan.servable.signature)
            except InvalidResponse as error:
                failed[start] = error.cause
        return outputs, failed

    def _missing(self, name: str) -> str:
        """Return why a request has no response, if the data log has the reason."""
        if name in self._causes:
            return f"The model did not process it: {self._causes[name]}"
        reason = self._event.transform_reason
        return f"The model did not respond to it{f': {reason:.200}' if reason else '.'}"

    def _write(self, name: str, body: bytes) -> str:
        key = self._event.batch.folder + BATCH_RESULTS + name
        s3().put_object(Bucket=self._event.source.bucket, Key=key, Body=body)
        return key


def _record(start: int | None, rows: int, *, is_lines: bool, only: bool) -> str | None:
    if start is None or (only and not is_lines):
        return None
    if is_lines:
        return f"line {start}"
    return f"row {start}" if rows == 1 else f"rows {start} to {start + rows - 1}"
