"""Deploy models to tested SageMaker endpoints, and call them.

    import modeldrop

    report = modeldrop.inspect("model.pt")
    deployment = modeldrop.drop("model.pt", name="cat")
    deployment.wait()
    cat = modeldrop.Endpoint("cat")
    cat(image="cat.jpg")

The `modeldrop` command does the same in a shell. Errors are exceptions with `cause` and `fix`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modeldrop.api.deployment import Deployment, DeploymentFailed, drop
    from modeldrop.api.endpoint import Endpoint, models
    from modeldrop.api.inspection import InspectionReport, inspect
    from modeldrop.api.registered_model import drop_registered
    from modeldrop.api.stack import Stack
    from modeldrop.errors import CommandError, UsageError

__all__ = [
    "CommandError",
    "Deployment",
    "DeploymentFailed",
    "Endpoint",
    "InspectionReport",
    "Stack",
    "UsageError",
    "drop",
    "drop_registered",
    "inspect",
    "models",
]

_MODULES = {
    "CommandError": "modeldrop.errors",
    "Deployment": "modeldrop.api.deployment",
    "DeploymentFailed": "modeldrop.api.deployment",
    "Endpoint": "modeldrop.api.endpoint",
    "InspectionReport": "modeldrop.api.inspection",
    "Stack": "modeldrop.api.stack",
    "UsageError": "modeldrop.errors",
    "drop": "modeldrop.api.deployment",
    "drop_registered": "modeldrop.api.registered_model",
    "inspect": "modeldrop.api.inspection",
    "models": "modeldrop.api.endpoint",
}


def __getattr__(name: str) -> Any:
    # Imported at first use, because numpy, boto3 and torch take seconds.
    if name not in _MODULES:
        raise AttributeError(f"module 'modeldrop' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return [*__all__]
