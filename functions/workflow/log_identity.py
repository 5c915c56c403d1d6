"""The model, version, endpoint and execution that the log lines and traces of a step name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.drop import owning_model
from model_packager.stored import Deployment, Source
from workflow.contracts.batch_transform import Batch
from workflow.contracts.retire_model import Retirement, RetirementRequest

if TYPE_CHECKING:
    from workflow.contracts.base import Contract


def identity(event: Contract) -> dict[str, str]:
    """Return model, version, endpoint and execution_arn, as far as a step's input has them.

    A deployment or a retirement has all of them. Earlier steps derive the model's name from the
    dropped or deleted object.
    """
    event = getattr(event, "ending", event)
    names: dict[str, str | None] = {"execution_arn": getattr(event, "execution_arn", None)}
    match getattr(event, "source", None), getattr(event, "request", None):
        case Source() as source, _:
            names |= {"model": _owner(source.key), "version": _version(event)}
        case _, RetirementRequest() as request:
            deleted = _owner(request.deleted.key) if request.deleted else None
            names |= {"model": request.model or deleted, "version": request.version}
    batch = getattr(event, "batch", None)
    if isinstance(batch, Batch):
        names |= {"model": batch.model, "version": batch.version}
    match getattr(event, "deployment", None), getattr(event, "retirement", None):
        case Deployment() as deployment, _:
            names |= deployment.model_dump(
                include={"model", "version", "endpoint", "execution_arn"}
            )
        case _, Retirement() as retirement:
            names |= retirement.model_dump(include={"model", "version", "endpoint"})
    return {name: value for name, value in names.items() if value is not None}


def _version(event: Contract) -> str | None:
    return getattr(event, "version", None)


def _owner(key: str) -> str:
    """Return the model that an object belongs to, or the key if it belongs to none."""
    return owning_model(key) or key
