"""Tunes a model file: serves each candidate, sends a warm-up request, and runs a load test."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from model_client.load import Exchange, LevelFailed, levels, run_level
from model_client.request import request
from model_client.tensors import input_of
from model_packager.names.drop import SPEC_FILE
from model_packager.rejection import Rejection
from model_packager.spec.yaml.document import read_document
from modeldrop.dropping.offline_inspection import inspect_text
from modeldrop.errors import UsageError
from modeldrop.tuning.search import Candidate, CandidateFailed, Search, Space

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from model_client.response import Response
    from model_client.sample_file import File
    from model_packager.inspection import Inspection
    from model_packager.spec.deploy_spec import DeploySpec
    from model_packager.spec.load_profile import LoadPoint, LoadProfile


MODEL = "model"
"""The model's name during the inspection. The server may use another name."""


class CandidateServer(Protocol):
    """Serves candidates on this computer, or on an endpoint."""

    def processors(self, inspection: Inspection, /) -> int:
        """Return the number of processors that the model instances share."""

    def serving(
        self, inspection: Inspection, spec: str, /
    ) -> AbstractContextManager[Callable[[bytes, str], Response]]:
        """Serve the file with a deploy.yaml, and with the inspection for it."""


@dataclass(frozen=True)
class TuningJob:
    """The model to tune, and the options.

    Attributes:
        file: the model file.
        spec: the text of its deploy.yaml; None without one.
        sample: the input to send; None for random data.
        load: the load levels of each measurement.
        max_p95_ms: the limit of the p95 latency in milliseconds, or None.
        minutes: the time budget in minutes.
    """

    file: Path
    spec: str | None
    sample: File | None
    load: LoadProfile
    max_p95_ms: float | None
    minutes: float


def run_tuning(job: TuningJob, server: CandidateServer, search: Search) -> None:
    """Run the search within the job's time budget.

    Raises:
        UsageError: the model cannot be tuned on this server.
        Rejection: the pipeline would reject the model, its deploy.yaml or the sample.
        CandidateFailed: the model cannot be served with its current settings.
    """
    end = time.monotonic() + job.minutes * 60
    inspection = inspect_text(job.file, job.spec, MODEL)
    if inspection.model_format.path is None:
        raise UsageError(
            f"{job.file.name} has its own config.pbtxt ({inspection.model_format.title})."
        )
    test_input = input_of(job.sample, inspection.signature, inspection.spec.smoke_test)
    items = _items(inspection, test_input.tensors)
    space = Space(
        processors=server.processors(inspection),
        items=job.load.concurrency[-1] * items,
        batches=inspection.signature.max_batch_size > 0,
    )
    search.run(
        starting_point(inspection.spec, inspection.signature.max_batch_size),
        space,
        lambda candidate: _measure(job, server, candidate, inspection),
        seconds_left=lambda: end - time.monotonic(),
    )


def starting_point(spec: DeploySpec, max_batch_size: int) -> Candidate:
    """Return the current settings."""
    batching = spec.dynamic_batching
    if batching is None:
        return Candidate(instances=spec.instance_group.count)
    return Candidate(
        instances=spec.instance_group.count,
        batch_size=max_batch_size,
        delay=batching.max_queue_delay_microseconds,
        preferred=batching.preferred_batch_sizes,
    )


def with_keys(spec: str | None, keys: dict[str, Any]) -> str:
    """Return a deploy.yaml with changed keys. instance_group keeps its other keys."""
    content = dict(read_document(spec or "", SPEC_FILE).content)
    for key, value in keys.items():
        kept = content.get(key) if key == "instance_group" else None
        content[key] = {**kept, **value} if isinstance(kept, dict) else value
    return yaml.safe_dump(content, sort_keys=False)


def _items(inspection: Inspection, tensors: Any) -> int:
    return next(iter(tensors.values())).shape[0] if inspection.signature.max_batch_size else 1


def _measure(
    job: TuningJob, server: CandidateServer, candidate: Candidate, current: Inspection
) -> tuple[LoadPoint, ...]:
    try:
        text = with_keys(job.spec, candidate.keys())
        inspection = inspect_text(job.file, text, MODEL)
        tensors = input_of(job.sample, inspection.signature, current.spec.smoke_test).tensors
        with server.serving(inspection, text) as invoke:

            def send(body: bytes, content_type: str) -> Exchange:
                answer = invoke(body, content_type)
                return Exchange(answer.milliseconds, answer.request_bytes, answer.response_bytes)

            send(*request(tensors, inspection.signature, binary=True))  # the warm-up
            planned = levels(
                tensors,
                inspection.signature,
                send,
                concurrency=job.load.concurrency,
                request_format="binary",
                response_bytes=0,
            )
            own = islice(planned, len(job.load.concurrency))  # without JSON
            return tuple(run_level(level, job.load.seconds) for level in own)
    except LevelFailed as error:
        raise CandidateFailed(f"{error}: {error.__cause__}") from error
    except Rejection as error:
        raise CandidateFailed(str(error)) from error
