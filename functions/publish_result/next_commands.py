"""Commands to paste after a drop: those of the remedy, if it failed. Pure."""

from model_packager.error_message import Remedy
from model_packager.model_files import MODEL_FILES, RUN_LOCALLY
from model_packager.names.drop import SPEC_FILE
from model_packager.names.model import is_model_name
from model_packager.status import Status
from model_packager.stored import Source
from publish_result.notification import Notification
from workflow.notify.message import UNKNOWN
from workflow.notify.shell_commands import (
    download,
    download_sample,
    fetch_spec,
    file_name,
    model_commands,
    modeldrop,
    redeploy,
    rename,
    upload,
    upload_sample,
    upload_spec,
)

_ENDPOINT_ERRORS = {"EndpointFailed", "EndpointRolledBack", "EndpointTimedOut"}


def next_commands(notification: Notification) -> tuple[str, ...]:
    """Return the commands that fit the drop's result."""
    cleanup = (
        (modeldrop(notification.execution_arn, "orphans", "--delete"),)
        if notification.remaining
        else ()
    )
    if notification.status is Status.SUCCEEDED:
        return (*_after_success(notification), *cleanup)
    if notification.status in (Status.SUPERSEDED, Status.DUPLICATE):
        return (*_commands(notification, "status", "history"), *cleanup)
    logs = _commands(notification, "logs") if _has_log(notification) else ()
    return (*logs, *_to_fix(notification), *cleanup)


def _after_success(notification: Notification) -> tuple[str, ...]:
    is_async = notification.hosting_mode == "async"
    invoke = (f"{each} FILE{' --async' * is_async}" for each in _commands(notification, "invoke"))
    commands = (*_commands(notification, "status", "report", "snippet"), *invoke)
    if notification.superseded_version:
        return (*commands, *_commands(notification, "rollback"))
    return commands


def _has_log(notification: Notification) -> bool:
    """Return whether the container's log may say more.

    Triton logs why a model does not start and what it prints before it fails, but not rejected
    requests.
    """
    failed_inside = notification.remedy is Remedy.RUN_MODEL and notification.evidence is not None
    return notification.error in _ENDPOINT_ERRORS or failed_inside


def _to_fix(notification: Notification) -> tuple[str, ...]:
    """Return the commands of the remedy, in order: inspect, correct, upload."""
    if notification.restored:
        return _restore_again(notification)
    if notification.model is None:
        is_model = file_name(notification.source) in MODEL_FILES
        return rename(notification.source) if is_model else ()
    source = notification.source
    match notification.remedy:
        case Remedy.CORRECT_SPEC:
            inspection = _inspect(source, "--spec", SPEC_FILE)
            is_invalid = notification.error == "SpecRejected"
            return (*fetch_spec(source), *(inspection if is_invalid else ()), *upload_spec(source))
        case Remedy.CORRECT_SAMPLE:
            return (*download_sample(source), *upload_sample(source), *redeploy(source))
        case Remedy.CORRECT_MODEL:
            return (*download(source), *_inspect(source), *upload(source))
        case Remedy.RUN_MODEL:
            return (*download(source), *download_sample(source), *_run(source), *upload(source))
        case Remedy.COMPARE_OUTPUTS:
            return (
                *download(source),
                *download_sample(source),
                *_run(source),
                *_live_output(notification),
                *upload_sample(source),
                *upload(source),
            )
        case Remedy.CHECK_ACCOUNT:
            return (modeldrop(notification.execution_arn, "doctor"), *redeploy(source))
        case _:
            return redeploy(source)


def _restore_again(notification: Notification) -> tuple[str, ...]:
    if notification.version is None:
        return ()
    rollback = _commands(notification, "rollback")
    return tuple(f"{each} --to {notification.version}" for each in rollback)


def _inspect(source: Source, *options: str) -> tuple[str, ...]:
    return (" ".join(("modeldrop", "inspect", file_name(source), *options)),)


def _run(source: Source) -> tuple[str, ...]:
    """Return the commands that inspect the model, and run it if its format runs on a computer."""
    return _inspect(source, *(("--run",) if file_name(source) in RUN_LOCALLY else ()))


def _live_output(notification: Notification) -> tuple[str, ...]:
    """Return the commands that show the live version's response to its own sample."""
    if notification.live_version in (None, UNKNOWN):
        return ()
    option = " --async" * (notification.hosting_mode == "async")
    return tuple(f"{each}{option}" for each in _commands(notification, "invoke"))


def _commands(notification: Notification, *commands: str) -> tuple[str, ...]:
    if notification.model is None or not is_model_name(notification.model):
        return ()
    return model_commands(notification.execution_arn, notification.model, *commands)
