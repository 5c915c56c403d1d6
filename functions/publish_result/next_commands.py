"""What to paste after a drop: to look closer, to put it right, and to go on. Pure."""

from model_packager.model_files import MODEL_FILES
from model_packager.names import SPEC_FILE, is_model_name
from model_packager.stored import Source
from publish_result.notification import Notification
from workflow.contracts.deploy_model import Status
from workflow.notify.shell_commands import drop_again, fetch, file_of, modeldrop, of_model, rename

_OF_THE_MODEL = {"ModelRejected", "SmokeTestFailed"}
_OF_THE_CONTAINER = {
    "EndpointFailed",
    "EndpointRolledBack",
    "EndpointTimedOut",
    "SmokeTestFailed",
}


def next_commands(told: Notification) -> tuple[str, ...]:
    """Give the commands that fit how the drop ended."""
    left = (modeldrop(told.execution_arn, "orphans", "--delete"),) if told.remaining else ()
    if told.status is Status.SUCCEEDED:
        return (*_after_success(told), *left)
    if told.status in (Status.SUPERSEDED, Status.DUPLICATE):
        return (*_of(told, "status", "history"), *left)
    return (*_closer_look(told), *_another_try(told), *left)


def _after_success(told: Notification) -> tuple[str, ...]:
    look = (*_of(told, "status", "report"), *(f"{each} FILE" for each in _of(told, "invoke")))
    return (*look, *_of(told, "rollback")) if told.superseded_version else look


def _closer_look(told: Notification) -> tuple[str, ...]:
    logs = _of(told, "logs") if told.error in _OF_THE_CONTAINER else ()
    if told.error == "SpecRejected":
        return (*logs, *fetch(told.source, SPEC_FILE), *_inspect(told.source, spec=True))
    if told.error in _OF_THE_MODEL and told.model is not None:
        return (*logs, *fetch(told.source, file_of(told.source)), *_inspect(told.source))
    return logs


def _inspect(source: Source, *, spec: bool = False) -> tuple[str, ...]:
    options = ("--spec", SPEC_FILE) if spec else ()
    return (" ".join(("modeldrop", "inspect", file_of(source), *options)),)


def _another_try(told: Notification) -> tuple[str, ...]:
    if told.restored and told.version is not None:
        return tuple(f"{each} --to {told.version}" for each in _of(told, "rollback"))
    if told.model is None:
        return rename(told.source) if file_of(told.source) in MODEL_FILES else ()
    return drop_again(told.source)


def _of(told: Notification, *commands: str) -> tuple[str, ...]:
    if told.model is None or not is_model_name(told.model):
        return ()
    return of_model(told.execution_arn, told.model, *commands)
