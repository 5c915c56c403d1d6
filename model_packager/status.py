"""The statuses of a deployment, and the errors that mean something other than FAILED."""

from enum import StrEnum


class Status(StrEnum):
    """How a deployment ended."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"
    DUPLICATE = "DUPLICATE"
    ROLLED_BACK = "ROLLED_BACK"


STATUS_OF_ERROR = {
    "DuplicateDrop": Status.DUPLICATE,
    "SupersededDrop": Status.SUPERSEDED,
    "EndpointRolledBack": Status.ROLLED_BACK,
}
"""By the class name of the error. Every other error means FAILED."""


def status_of(error: str | None) -> Status:
    """Return the status that an error leads to; None is success."""
    return Status.SUCCEEDED if error is None else STATUS_OF_ERROR.get(error, Status.FAILED)
