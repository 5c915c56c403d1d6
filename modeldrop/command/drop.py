"""`modeldrop drop`: upload a model file and follow its deployment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from modeldrop.api.stack import DeployedStack
from modeldrop.aws_errors import is_denied
from modeldrop.command.inspect import File, Name, Spec
from modeldrop.command.terminal.deployed_stack import StackChoice, Yes, choosing_stack
from modeldrop.command.terminal.following import (
    announce_running,
    continuing,
    follow_and_report,
)
from modeldrop.command.terminal.screen import Json, console, print_json, rejection_as_json
from modeldrop.command.terminal.upload_progress import upload_progress
from modeldrop.dropping.drop import (
    Drop,
    model_file,
    model_name_for,
    put,
    with_sibling_files,
)
from modeldrop.dropping.live_folder import check_folder
from modeldrop.dropping.new_endpoint import described, is_new, similar_live_model
from modeldrop.dropping.offline_inspection import inspect_drop
from modeldrop.dropping.pool_plan import PoolPlan, plan_for
from modeldrop.dropping.running_pool import read_pool
from modeldrop.dropping.unchanged import unchanged_version
from modeldrop.dropping.uploader import metadata_of_upload
from modeldrop.errors import CommandError, UsageError
from modeldrop.executions.following import find_execution
from modeldrop.interruption import announce
from modeldrop.live.earlier_deployments import usual_course_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from model_packager.inspection import Inspection
    from modeldrop.dropping.drop import Dropped
    from modeldrop.stack.parameters import StackParameters

Sample = Annotated[
    Path | None,
    typer.Option(help="Folder of the golden sample. Default: sample/ next to FILE, if it exists."),
]
Labels = Annotated[
    Path | None, typer.Option(help="labels.txt. Default: the one next to FILE, if it exists.")
]

Prefix = Annotated[
    str | None,
    typer.Option(
        help="Prefix of the model's folder in the drop bucket, such as teams/vision. Default: none."
    ),
]

RESUME_UPLOAD = "Run the same command again to resume: parts that S3 has are not sent again."


@choosing_stack
def drop(
    chosen: StackChoice,
    file: File,
    name: Name = None,
    spec: Spec = None,
    sample: Sample = None,
    labels: Labels = None,
    prefix: Prefix = None,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Follow the deployment to its result.")
    ] = True,
    detach: Annotated[bool, typer.Option("--detach", help="The same as --no-follow.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Deploy the files even if they are live already.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Upload FILE to the stack's drop bucket and follow its deployment.

    The command checks everything that the pipeline checks before it uploads anything. It resumes
    an interrupted upload of a large file. Ctrl-C leaves the deployment running. If exactly these
    files are live, it uploads nothing. A new name similar to that of a live model needs a
    confirmation on a terminal.

    Exit code 0: the deployment SUCCEEDED, or continues with --no-follow, or the files are live
    already; 1: it failed; 2: nothing was uploaded; 130: Ctrl-C.
    """
    announce("Interrupted. Nothing was uploaded.")
    stack = chosen.find()
    with rejection_as_json(as_json):
        parameters = stack.parameters
        ready, checked = checked_drop(file, name, spec, sample, labels, prefix, stack=parameters)
        check_folder(
            stack.session.client("s3"), stack.artifact_bucket, ready, checked.spec.move_from
        )
    deploy(
        chosen,
        stack,
        ready,
        checked,
        follow=follow and not detach,
        force=force,
        yes=yes,
        as_json=as_json,
    )


def deploy(
    chosen: StackChoice,
    stack: DeployedStack,
    ready: Drop,
    checked: Inspection,
    *,
    follow: bool = True,
    force: bool = False,
    yes: bool = False,
    as_json: bool = False,
) -> None:
    """Upload a checked drop to a stack, unless its files are live, and follow the deployment.

    Args:
        chosen: the stack options, for commands in messages.
        stack: the stack to upload to.
        ready: the files to upload.
        checked: the inspection of the drop.
        follow: whether to follow the deployment to its result.
        force: whether to deploy files that are already live.
        yes: whether to skip the question about a name that is similar to a live model's.
        as_json: whether to print the result as a JSON document.
    """
    s3, parameters = stack.session.client("s3"), stack.parameters
    live = None if force else _unchanged(stack, ready)
    if live is not None:
        _show_unchanged(ready, live, as_json=as_json)
        return
    with rejection_as_json(as_json):
        joined = _existing_pool(stack, ready, checked)
    if joined is not None:
        console.print(joined.text)
    if is_new(s3, stack.artifact_bucket, ready.name):
        ask = _can_ask() and not (yes or chosen.local)
        _announce_new(s3, stack.artifact_bucket, ready.name, ask=ask)
        if joined is None:
            console.print(described(ready.name, checked, parameters))
    resume_command = chosen.command("watch", ready.name)
    usual = None
    if console.is_terminal:
        usual = usual_course_of(
            stack.session, ready.name, prefix=stack.prefix, artifact_bucket=stack.artifact_bucket
        )
    dropped, arn = upload_and_find(stack, ready, resume_command)
    if follow:
        follow_and_report(
            stack.session,
            arn,
            resume_command=resume_command,
            next_commands=chosen.next_commands(ready.name),
            as_json=as_json,
            usual=usual,
        )
    elif as_json:
        print_json(_document(ready, dropped, arn, resume_command))
    else:
        console.print(f"The deployment is running. Follow it with: {resume_command}")


def checked_drop(
    file: Path,
    name: str | None,
    spec: Path | None,
    sample: Path | None,
    labels: Path | None,
    prefix: str | None = None,
    *,
    stack: StackParameters,
) -> tuple[Drop, Inspection]:
    """Run the checks of Inspect Model with the stack's parameters.

    Returns:
        The files to upload, and their inspection.

    Raises:
        UsageError: a file is missing, or the name is invalid.
        Rejection: the pipeline would reject the model, or the sample does not fit it.
    """
    file = model_file(file)
    model = name or model_name_for(file)
    ready = with_sibling_files(Drop(model, file, spec, sample, labels, prefix or ""))
    inspection = inspect_drop(ready, stack=stack)
    for warning in inspection.warnings:
        console.print(f"Warning: {warning.cause}\nFix: {warning.fix}")
    return ready, inspection


def _existing_pool(stack: DeployedStack, ready: Drop, checked: Inspection) -> PoolPlan | None:
    """Return the effect of the drop on an existing pool.

    None without a pool, or if the user may not read it: Create Model repeats the check.

    Raises:
        SpecRejected: the pool is full, or keeps instances that the stack no longer allows.
    """
    pool = checked.spec.hosting.pool
    if pool is None:
        return None
    try:
        running = read_pool(stack.session, pool, prefix=stack.prefix, bucket=stack.artifact_bucket)
    except ClientError as error:
        if is_denied(error):
            return None
        raise
    size = ready.model.stat().st_size
    planned, _ = plan_for(running, ready.name, checked, stack.parameters.defaults(), size)
    return planned if planned.exists else None


def _unchanged(stack: DeployedStack, ready: Drop) -> str | None:
    with console.status("Comparing the files with the live version"):
        bucket = stack.outputs["DropBucketName"]
        return unchanged_version(stack.session, bucket, stack.artifact_bucket, ready)


def _show_unchanged(ready: Drop, version: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"status": "UNCHANGED", "model": ready.name, "live_version": version})
    console.print(
        f"Nothing to deploy: version {version} of {ready.name} is live and was made from these "
        "files. --force deploys them again."
    )


def _can_ask() -> bool:
    """Return whether a person can read and answer a question. A closed stdin is None."""
    return console.is_terminal and sys.stdin is not None and sys.stdin.isatty()


def _announce_new(s3: S3Client, artifact_bucket: str, model: str, *, ask: bool) -> None:
    """Warn that the name may be a typo; with `ask`, require a confirmation."""
    similar = similar_live_model(s3, artifact_bucket, model)
    if similar is None:
        return
    warning = f"{model} is a new name, and {similar} is live. Did you mean {similar}?"
    if ask:
        typer.confirm(f"{warning} Create a new endpoint for {model}?", abort=True, err=True)
    else:
        console.print(f"Warning: {warning}")


def upload_and_find(
    stack: DeployedStack, ready: Drop, resume_command: str | None
) -> tuple[Dropped, str]:
    """Upload the drop, and find the execution that it starts.

    Args:
        stack: the stack to upload to.
        ready: the files to upload.
        resume_command: the command that follows the deployment; None if it ends with this one.

    Returns:
        The uploaded object, and the ARN of the execution.

    Raises:
        UsageError: the bucket is not writable.
        NotStarted: the upload started no execution.
        UploadInterrupted: the network or S3 failed.
    """
    bucket = stack.outputs["DropBucketName"]
    sidecars = ", ".join(ready.files)
    if sidecars:
        console.print(f"Also uploading: {sidecars}")

    def completing() -> None:
        if resume_command is not None:
            announce(
                "The upload may be complete; then the deployment continues. Follow it with: "
                f"{resume_command}",
                resume_command=resume_command,
            )

    if resume_command is not None:
        announce(f"Interrupted the upload. Nothing was deployed. {RESUME_UPLOAD}")
    try:
        with upload_progress(ready.key, ready.size) as sent:
            metadata = metadata_of_upload(stack.session, ready.model.parent)
            dropped = put(stack.session.client("s3"), bucket, ready, sent, completing, metadata)
    except (ClientError, ConnectionError, HTTPClientError) as error:
        raise upload_failed(error, bucket) from error
    with continuing(resume_command), console.status("Waiting for the execution to start"):
        arn = find_execution(stack.session.client("stepfunctions"), stack.machine, dropped)
    if resume_command is not None:
        announce_running(resume_command, arn)
    return dropped, arn


_TRANSIENT = {"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}


def upload_failed(
    error: ClientError | ConnectionError | HTTPClientError, bucket: str
) -> UsageError | UploadInterrupted | ClientError:
    """Return an error with the fix for a failed upload, or the same error."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code in ("AccessDenied", "403"):
        return UsageError(
            f"You may not write to s3://{bucket}.",
            "Ask for s3:PutObject on its objects and "
            "s3:ListBucket on the bucket, or use another profile (AWS_PROFILE).",
        )
    if code in ("NoSuchBucket", "404"):
        return UsageError(f"The bucket {bucket} is gone.", "Deploy the stack again: sam deploy")
    if isinstance(error, ClientError) and code not in _TRANSIENT:
        return error
    return UploadInterrupted(f"The upload failed: {str(error).rstrip('.')}.", RESUME_UPLOAD)


class UploadInterrupted(CommandError):
    """The network or S3 failed during the upload; the next attempt resumes it."""


def _document(
    ready: Drop, dropped: Dropped, arn: str, resume_command: str
) -> dict[str, str | None]:
    return {
        "status": "RUNNING",
        "model": ready.name,
        "execution_arn": arn,
        "bucket": dropped.bucket,
        "key": dropped.key,
        "etag": dropped.etag,
        "version_id": dropped.version_id,
        "resume_command": resume_command,
    }
