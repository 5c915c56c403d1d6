"""Commands to paste after a drop: inspect the result, correct it, and continue. Pure."""

from model_packager.model_files import MODEL_FILES
from model_packager.names import SPEC_FILE, is_model_name
from model_packager.status import Status
from model_packager.stored import Source
from publish_result.notification import Notification
from workflow.notify.shell_commands import (
    download,
    file_name,
    model_commands,
    modeldrop,
    rename,
    upload,
)

_MODEL_ERRORS = {"ModelRejected", "SmokeTestFailed"}
_CONTAINER_ERRORS = {
    "EndpointFailed",
    "EndpointRolledBack",
    "EndpointTimedOut",
    "SmokeTestFailed",
}


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
    return (*_inspection(notification), *_retry(notification), *cleanup)


def _after_success(notification: Notification) -> tuple[str, ...]:
    is_async = notification.hosting_mode == "async"
    invoke = (f"{each} FILE{' --async' * is_async}" for each in _commands(notification, "invoke"))
    first = ("status", "report") if is_async else ("status", "report", "snippet")
    commands = (*_commands(notification, *first), *invoke)
    if notification.superseded_version:
        return (*commands, *_commands(notification, "rollback"))
    return commands


def _inspection(notification: Notification) -> tuple[str, ...]:
    error, source = notification.error, notification.source
    logs = _commands(notification, "logs") if error in _CONTAINER_ERRORS else ()
    if error == "SpecRejected":
        return (*logs, *download(source, SPEC_FILE), *_inspect(source, spec=True))
    if error in _MODEL_ERRORS and notification.model is not None:
        return (*logs, *download(source, file_name(source)), *_inspect(source))
    return logs


def _inspect(source: Source, *, spec: bool = False) -> tuple[str, ...]:
    options = ("--spec", SPEC_FILE) if spec else ()
    return (" ".join(("modeldrop", "inspect", file_name(source), *options)),)


def _retry(notification: Notification) -> tuple[str, ...]:
    if notification.restored and notification.version is not None:
        rollback = _commands(notification, "rollback")
        return tuple(f"{each} --to {notification.version}" for each in rollback)
    if notification.model is None:
        return rename(notification.source) if file_name(notification.source) in MODEL_FILES else ()
    return upload(notification.source)


def _commands(notification: Notification, *commands: str) -> tuple[str, ...]:
    if notification.model is None or not is_model_name(notification.model):
        return ()
    return model_commands(notification.execution_arn, notification.model, *commands)
