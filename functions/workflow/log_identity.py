"""Whom a step works for, as its log lines and its trace say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names import drop_folder, model_name
from model_packager.rejection import ModelRejected
from workflow.contracts.base import Deployment, Source
from workflow.contracts.retire_model import Retirement, RetirementRequest

if TYPE_CHECKING:
    from workflow.contracts.base import Contract


def identity(given: Contract) -> dict[str, str]:
    """Give model, version, endpoint and execution_arn, as far as a step's input knows them.

    The identity that the workflow carries says all of them; before there is one, the model is read
    from what was dropped or deleted.
    """
    found: dict[str, str | None] = {"execution_arn": getattr(given, "execution_arn", None)}
    match getattr(given, "source", None), getattr(given, "request", None):
        case Source() as source, _:
            found |= {"model": _dropped_model(source.key), "version": _version(given)}
        case _, RetirementRequest() as request:
            deleted = _dropped_model(request.deleted.key) if request.deleted else None
            found |= {"model": request.model or deleted, "version": request.version}
    match getattr(given, "deployment", None), getattr(given, "retirement", None):
        case Deployment() as deployment, _:
            found |= deployment.model_dump()
        case _, Retirement() as retirement:
            found |= retirement.model_dump(include={"model", "version", "endpoint"})
    return {name: value for name, value in found.items() if value is not None}


def _version(given: Contract) -> str | None:
    return getattr(given, "version", None)


def _dropped_model(key: str) -> str:
    """Name the model of an object beside `model.pt`, or that one; the key where it names none."""
    try:
        return model_name(f"{drop_folder(key)}model.pt")
    except ModelRejected:
        return key
