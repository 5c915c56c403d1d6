"""Tuning one model file: each candidate is served, asked once, and put under load."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from model_client.load import Exchange, LevelFailed, levels, run_level
from model_client.request import request
from model_client.tensors import input_of
from model_packager.rejection import Rejection
from modeldrop.dropping.offline_inspection import judge_with
from modeldrop.errors import UsageError
from modeldrop.tuning.search import Candidate, CandidateFailed, Space, Trial, Tuning, tune

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
"""What the file is called while it is judged; where it is served it may have another name."""


class Trials(Protocol):
    """Where candidates are served: on this computer, or on an endpoint."""

    def processors(self, found: Inspection, /) -> int:
        """Count those that copies of the model would share."""

    def serving(
        self, found: Inspection, spec: str, /
    ) -> AbstractContextManager[Callable[[bytes, str], Response]]:
        """Serve the file with a deploy.yaml, and what it was found to be with that."""


@dataclass(frozen=True)
class TuningJob:
    """What is to be tuned, and how.

    Attributes:
        file: the model.
        spec: text of its deploy.yaml; None where there is none.
        sample: what to ask it; None: random data.
        load: the levels of each trial.
        max_p95_ms: the latency limit; None for none.
        minutes: the time budget.
    """

    file: Path
    spec: str | None
    sample: File | None
    load: LoadProfile
    max_p95_ms: float | None
    minutes: float


def run_tuning(
    job: TuningJob, trials: Trials, watch: Callable[[Trial], None] = lambda _trial: None
) -> Tuning:
    """Search within the time.

    Raises:
        UsageError: the model cannot be tuned here.
        Rejection: the pipeline would not take the model, its deploy.yaml or the sample.
        CandidateFailed: the model cannot be served as it is.
    """
    end = time.monotonic() + job.minutes * 60
    found = judge_with(job.file, job.spec, MODEL)
    if found.model_format.path is None:
        raise UsageError(f"{job.file.name} has its own config.pbtxt ({found.model_format.title}).")
    asked = input_of(job.sample, found.signature, found.spec.smoke_test)
    items = _items(found, asked.tensors)
    space = Space(
        processors=trials.processors(found),
        items=job.load.concurrency[-1] * items,
        batches=found.signature.max_batch_size > 0,
    )
    return tune(
        starting_point(found.spec, found.signature.max_batch_size),
        space,
        lambda candidate: _measure(job, trials, candidate, found),
        max_p95_ms=job.max_p95_ms,
        seconds_left=lambda: end - time.monotonic(),
        watch=watch,
    )


def starting_point(spec: DeploySpec, max_batch_size: int) -> Candidate:
    """Give the settings that hold now."""
    batching = spec.dynamic_batching
    if batching is None:
        return Candidate(copies=spec.instance_group.count)
    return Candidate(
        copies=spec.instance_group.count,
        joined=max_batch_size,
        delay=batching.max_queue_delay_microseconds,
        preferred=batching.preferred_batch_sizes,
    )


def with_keys(spec: str | None, keys: dict[str, Any]) -> str:
    """Write the text of a deploy.yaml with other keys; mappings keep what else they hold."""
    content = yaml.safe_load(spec or "") or {}
    for key, value in keys.items():
        kept = content.get(key) if key == "instance_group" else None
        content[key] = {**kept, **value} if isinstance(kept, dict) else value
    return yaml.safe_dump(content, sort_keys=False)


def _items(found: Inspection, tensors: Any) -> int:
    return next(iter(tensors.values())).shape[0] if found.signature.max_batch_size else 1


def _measure(
    job: TuningJob, trials: Trials, candidate: Candidate, before: Inspection
) -> tuple[LoadPoint, ...]:
    try:
        text = with_keys(job.spec, candidate.keys())
        found = judge_with(job.file, text, MODEL)
        tensors = input_of(job.sample, found.signature, before.spec.smoke_test).tensors
        with trials.serving(found, text) as serve:

            def ask(body: bytes, content_type: str) -> Exchange:
                answer = serve(body, content_type)
                return Exchange(answer.milliseconds, answer.request_bytes, answer.response_bytes)

            ask(*request(tensors, found.signature, binary=True))  # a warm-up that does not count
            planned = levels(
                tensors,
                found.signature,
                ask,
                concurrency=job.load.concurrency,
                request_format="binary",
                response_bytes=0,
            )
            own = islice(planned, len(job.load.concurrency))  # without the comparison with JSON
            return tuple(run_level(level, job.load.seconds) for level in own)
    except LevelFailed as error:
        raise CandidateFailed(f"{error}: {error.__cause__}") from error
    except Rejection as error:
        raise CandidateFailed(str(error)) from error
