"""Serves candidates on an endpoint of a stack, each as a drop."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from model_packager.names.drop import SPEC_FILE, drop_folder
from model_packager.sagemaker.instance_facts import instance_facts
from model_packager.spec.yaml.document import read_document
from modeldrop.dropping.drop import Drop, put, with_sibling_files
from modeldrop.errors import UsageError
from modeldrop.executions.following import find_execution, follow
from modeldrop.executions.outcome import follow_to_outcome
from modeldrop.interruption import announce, deferred
from modeldrop.live.invocation import InvocationFailed, endpoint_client
from modeldrop.live.live_model import read_live_model
from modeldrop.live.retirement import retire
from modeldrop.tuning.search import MAX_INSTANCES, CandidateFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boto3 import Session

    from model_client.response import Response
    from model_packager.inspection import Inspection

    Invoke = Callable[[bytes, str], Response]

POLL_SECONDS = 2.0


@dataclass(frozen=True)
class EndpointServer:
    """Deploys one model file repeatedly, with the settings of each candidate.

    Attributes:
        session: a session for the stack's account.
        outputs: the stack's outputs.
        drop: the file under a temporary model name, with its sibling files.
        folder: the folder for the deploy.yaml of each candidate.
        executions: the ARNs of the executions that the candidates started.
    """

    session: Session
    outputs: Mapping[str, str]
    drop: Drop
    folder: Path
    executions: list[str] = field(default_factory=list)

    def processors(self, inspection: Inspection) -> int:
        """Return the vCPUs of the instance. A GPU can run more model instances than cores."""
        facts = instance_facts(inspection.instance_type)
        return MAX_INSTANCES if facts is None or facts.gpus else facts.vcpus

    @contextmanager
    def serving(self, _inspection: Inspection, spec: str) -> Iterator[Invoke]:
        """Drop the file with this deploy.yaml. It stays live until the next candidate.

        Raises:
            CandidateFailed: the candidate failed its smoke test, or does not respond.
            NotStarted: the drop started no execution.
        """
        arn = self._deploy(spec)
        stepfunctions = self.session.client("stepfunctions")
        outcome = follow_to_outcome(stepfunctions, arn, poll_seconds=POLL_SECONDS)
        if outcome.execution_status != "SUCCEEDED":
            content = outcome.notification.content
            failed_at = content.get("failed_state") or content["status"]
            raise CandidateFailed(f"{failed_at}: {content['cause']}")
        live_model = read_live_model(
            self.session, self.drop.name, self.outputs["ArtifactBucketName"]
        )
        invoke = endpoint_client(self.session, live_model)

        def send(body: bytes, content_type: str) -> Response:
            try:
                return invoke(body, content_type)
            except InvocationFailed as error:
                raise CandidateFailed(str(error)) from error

        yield send

    def _deploy(self, spec: str) -> str:
        """Upload the drop, and return the ARN of its execution.

        Once S3 has the model, an interruption waits for the ARN, which cleanup needs.
        """
        written = self.folder / "deploy.yaml"
        written.write_text(without_staging(spec))
        s3, bucket = self.session.client("s3"), self.outputs["DropBucketName"]
        machine = self.outputs["DeployModelStateMachineArn"]
        with ExitStack() as critical:
            dropped = put(
                s3,
                bucket,
                replace(self.drop, spec=written),
                completing=lambda: critical.enter_context(deferred()),
            )
            arn = find_execution(self.session.client("stepfunctions"), machine, dropped)
            self.executions.append(arn)
        return arn


def without_staging(spec: str) -> str:
    """Return a deploy.yaml without a staging endpoint, because candidates have no clients."""
    content = dict(read_document(spec, SPEC_FILE).content)
    content["rollout"] = {**content.get("rollout", {}), "staging": False}
    return yaml.safe_dump(content, sort_keys=False)


@contextmanager
def endpoint_server(
    session: Session,
    outputs: Mapping[str, str],
    file: Path,
    *,
    delete_command: Callable[[str], str],
) -> Iterator[EndpointServer]:
    """Create a temporary model, and remove its endpoint, versions and drop at the end.

    Args:
        session: a session for the stack's account.
        outputs: the stack's outputs.
        file: the model.
        delete_command: returns the command that deletes a model, for an interruption.

    Raises:
        UsageError: a file is missing.
    """
    drop = with_sibling_files(Drop(f"tune-{secrets.token_hex(4)}", file))
    with tempfile.TemporaryDirectory(prefix="modeldrop-tune-") as folder:
        server = EndpointServer(session, outputs, drop, Path(folder))
        announce("Tuning was interrupted. Its endpoint and its files are removed.")
        try:
            yield server
        finally:
            announce(
                f"Cleanup was interrupted. Delete s3://{outputs['DropBucketName']}/{drop.name}/, "
                f"then run: {delete_command(drop.name)}"
            )
            _remove(server)
            announce("Tuning was interrupted. Its endpoint and its files are removed.")


def _remove(server: EndpointServer) -> None:
    s3, bucket = server.session.client("s3"), server.outputs["DropBucketName"]
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=drop_folder(server.drop.key)):
        for listed in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=listed["Key"])
    for arn in server.executions[-1:]:  # may be running after an interruption
        for _visits in follow(server.session.client("stepfunctions"), arn, POLL_SECONDS):
            pass
    with suppress(UsageError):  # no candidate had an endpoint
        retire(server.session, server.outputs, server.drop.name)
