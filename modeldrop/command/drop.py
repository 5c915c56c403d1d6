"""`modeldrop drop`: a model file becomes a tested endpoint."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from model_packager.sagemaker.hosting import resolve_hosting
from modeldrop.command.terminal.deployed_stack import DeployedStack, StackChoice, choosing_stack
from modeldrop.command.terminal.following import follow_and_tell, going_on, tell_running
from modeldrop.command.terminal.screen import Json, give, people, rejection_as_json
from modeldrop.command.terminal.upload_progress import upload_progress
from modeldrop.dropping.drop import Drop, check, check_sample, model_name_for, put, with_neighbours
from modeldrop.dropping.offline_inspection import judge_with, spec_text
from modeldrop.errors import CommandError, UsageError
from modeldrop.executions.following import find_execution
from modeldrop.local import cloud

if TYPE_CHECKING:
    from modeldrop.dropping.drop import Dropped
    from modeldrop.stack.parameters import StackParameters

File = Annotated[Path, typer.Argument(help="The model file; its ending tells the format.")]
Name = Annotated[str | None, typer.Option(help="The model's name; else the file's.")]
Spec = Annotated[Path | None, typer.Option(help="deploy.yaml; else the one beside FILE.")]
Sample = Annotated[
    Path | None, typer.Option(help="Folder of the golden sample; else sample/ beside FILE.")
]
Labels = Annotated[Path | None, typer.Option(help="labels.txt; else the one beside FILE.")]


@choosing_stack
def drop(
    chosen: StackChoice,
    file: File,
    name: Name = None,
    spec: Spec = None,
    sample: Sample = None,
    labels: Labels = None,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Follow it to its result.")
    ] = True,
    detach: Annotated[bool, typer.Option("--detach", help="The same as --no-follow.")] = False,
    as_json: Json = False,
) -> None:
    """Drop FILE into the stack's bucket, and follow its deployment to the result.

    What the pipeline would refuse is refused before anything is uploaded. A big file whose upload
    broke off goes on with the parts that S3 has. Ctrl-C leaves the deployment running.

    Exit code 0: the deployment SUCCEEDED, or was left to itself with --no-follow; 1: it did not;
    2: it could not be dropped; 130: Ctrl-C.
    """
    found = chosen.find()
    with rejection_as_json(as_json):
        ready = judged(file, name, spec, sample, labels, stack=found.parameters)
    come_back = watch_command(ready.name, chosen)
    dropped, arn = upload_and_find(found, ready, come_back)
    if follow and not detach:
        follow_and_tell(found.session, arn, come_back=come_back, as_json=as_json)
    elif as_json:
        give(_document(ready, dropped, arn, come_back))
    else:
        tell_running(None, come_back)


def judged(
    file: Path,
    name: str | None,
    spec: Path | None,
    sample: Path | None,
    labels: Path | None,
    *,
    stack: StackParameters,
) -> Drop:
    """Refuse what could not be dropped, and what the pipeline would refuse; give what is dropped.

    The checks are Inspect Model's own, with the stack's parameters.

    Raises:
        UsageError: a file is missing, or the name holds a folder.
        Rejection: the pipeline would refuse it, or its sample does not fit.
    """
    ready = with_neighbours(Drop(name or model_name_for(file), file, spec, sample, labels))
    check(ready)
    verdict = judge_with(
        file,
        spec_text(file, ready.spec),
        ready.name,
        ready.labels,
        instance_type=stack.instance_type,
        release=stack.triton_release,
    )
    defaults = stack.defaults(artifact_bucket="")
    resolve_hosting(verdict.default_model, verdict.spec, verdict.instance_type, defaults)
    check_sample(ready, verdict.signature, verdict.spec.smoke_test)
    for each in verdict.warnings:
        people.print(f"Warning: {each.cause}\nWhat to do: {each.fix}", markup=False, soft_wrap=True)
    return ready


def upload_and_find(
    found: DeployedStack, ready: Drop, come_back: str | None
) -> tuple[Dropped, str]:
    """Upload the drop, and find the execution that it starts.

    Args:
        found: the stack.
        ready: what is dropped.
        come_back: the command that follows the deployment; None where it ends with this one.

    Raises:
        UsageError: the bucket cannot be written to, the upload broke off, or nothing has started.
    """
    bucket = found.outputs["DropBucketName"]
    beside = ", ".join(ready.files)
    if beside:
        people.print(f"With it goes what belongs to it: {beside}", markup=False, soft_wrap=True)
    try:
        with upload_progress(ready) as sent:
            dropped = put(found.session.client("s3"), bucket, ready, sent)
    except (ClientError, ConnectionError, HTTPClientError) as error:
        raise upload_failed(error, bucket) from error
    except KeyboardInterrupt:
        people.print(f"Stopped; nothing is deployed. {GOES_ON}", soft_wrap=True)
        raise typer.Exit(130) from None
    with going_on(come_back), people.status("Waiting for the execution to start"):
        arn = find_execution(
            found.session.client("stepfunctions"),
            found.machine,
            dropped,
        )
    return dropped, arn


GOES_ON = "Drop the same file again: parts that S3 has are not sent again."


_PASSING = {"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}


def upload_failed(
    error: ClientError | ConnectionError | HTTPClientError, bucket: str
) -> UsageError | UploadInterrupted | ClientError:
    """Say what to do about an upload that failed; what is not known here stays as it is."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code in ("AccessDenied", "403"):
        return UsageError(
            f"You may not write to s3://{bucket}: have s3:PutObject on its objects and "
            "s3:ListBucket on the bucket granted to you, or use another profile (AWS_PROFILE)."
        )
    if code in ("NoSuchBucket", "404"):
        return UsageError(f"The bucket {bucket} is gone. Deploy the stack again: sam deploy")
    if isinstance(error, ClientError) and code not in _PASSING:
        return error
    return UploadInterrupted(f"The upload broke off: {str(error).rstrip('.')}. {GOES_ON}")


class UploadInterrupted(CommandError):
    """The network or S3 failed on the way; the next try goes on."""


def watch_command(name: str, chosen: StackChoice) -> str:
    """Write the command that follows a model's deployment."""
    words = ["modeldrop", "watch", name]
    if chosen.local:
        words += ["--local"]
        words += [] if chosen.home == cloud.DEFAULT_HOME else ["--home", str(chosen.home)]
        return shlex.join(words)
    for option, value in (
        ("--stack", chosen.stack),
        ("--config-env", chosen.config_env),
        ("--profile", chosen.profile),
        ("--region", chosen.region),
    ):
        words += [option, value] if value else []
    return shlex.join(words)


def _document(ready: Drop, dropped: Dropped, arn: str, come_back: str) -> dict[str, str | None]:
    return {
        "status": "RUNNING",
        "model": ready.name,
        "execution_arn": arn,
        "bucket": dropped.bucket,
        "key": dropped.key,
        "etag": dropped.etag,
        "version_id": dropped.version_id,
        "watch": come_back,
    }
