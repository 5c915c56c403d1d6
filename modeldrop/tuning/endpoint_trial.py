"""A model on an endpoint of a stack for the length of a trial: each trial is a drop."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from model_packager.names import drop_folder
from model_packager.sagemaker.instance_facts import instance_facts
from modeldrop.dropping.drop import Drop, put, with_neighbours
from modeldrop.errors import UsageError
from modeldrop.executions.following import find_execution, follow
from modeldrop.executions.outcome import follow_to_outcome
from modeldrop.live.invocation import InvocationFailed, way_to
from modeldrop.live.live_model import read_target
from modeldrop.live.retirement import retire
from modeldrop.tuning.search import MAX_COPIES, CandidateFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boto3 import Session

    from model_client.response import Response
    from model_packager.inspection import Inspection

    Ask = Callable[[bytes, str], Response]

LOOK_SECONDS = 2.0


@dataclass(frozen=True)
class EndpointTrials:
    """Deploys one model file again and again, with other settings each time.

    Attributes:
        session: reaches the stack.
        outputs: the stack's.
        drop: the file under a name of its own, with what belongs to it.
        folder: a place for the deploy.yaml of each trial.
        executions: the ARNs of those that the trials started.
    """

    session: Session
    outputs: Mapping[str, str]
    drop: Drop
    folder: Path
    executions: list[str] = field(default_factory=list)

    def processors(self, found: Inspection) -> int:
        """Count the instance's processors; a GPU takes more copies than it has cores."""
        facts = instance_facts(found.instance_type)
        return MAX_COPIES if facts is None or facts.gpus else facts.vcpus

    @contextmanager
    def serving(self, _found: Inspection, spec: str) -> Iterator[Ask]:
        """Drop the file with this deploy.yaml; it serves until the next trial.

        Raises:
            CandidateFailed: it did not pass its smoke test, or does not answer.
            UsageError: nothing was started by the drop.
        """
        written = self.folder / "deploy.yaml"
        written.write_text(spec)
        stepfunctions = self.session.client("stepfunctions")
        machine, bucket = self.outputs["DeployModelStateMachineArn"], self.outputs["DropBucketName"]
        dropped = put(self.session.client("s3"), bucket, replace(self.drop, spec=written))
        arn = find_execution(stepfunctions, machine, dropped)
        self.executions.append(arn)
        outcome = follow_to_outcome(stepfunctions, arn, look_seconds=LOOK_SECONDS)
        if outcome.execution_status != "SUCCEEDED":
            told = outcome.notification.content
            raise CandidateFailed(f"{told.get('failed_state') or told['status']}: {told['cause']}")
        target = read_target(self.session, self.drop.name, self.outputs["ArtifactBucketName"])
        invoke = way_to(self.session, target)

        def ask(body: bytes, content_type: str) -> Response:
            try:
                return invoke(body, content_type)
            except InvocationFailed as error:
                raise CandidateFailed(str(error)) from error

        yield ask


@contextmanager
def endpoint_trials(
    session: Session, outputs: Mapping[str, str], file: Path
) -> Iterator[EndpointTrials]:
    """Have a model of its own for the trials; endpoint, versions and drop are removed at the end.

    Raises:
        UsageError: a file is missing.
    """
    drop = with_neighbours(Drop(f"tune-{secrets.token_hex(4)}", file))
    with tempfile.TemporaryDirectory(prefix="modeldrop-tune-") as folder:
        trials = EndpointTrials(session, outputs, drop, Path(folder))
        try:
            yield trials
        finally:
            _remove(trials)


def _remove(trials: EndpointTrials) -> None:
    s3, bucket = trials.session.client("s3"), trials.outputs["DropBucketName"]
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=drop_folder(trials.drop.key)):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=found["Key"])
    for arn in trials.executions[-1:]:  # after Ctrl-C it may be under way
        for _visits in follow(trials.session.client("stepfunctions"), arn, LOOK_SECONDS):
            pass
    with suppress(UsageError):  # no trial got as far as an endpoint
        retire(trials.session, trials.outputs, trials.drop.name)
