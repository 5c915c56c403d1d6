"""What stands in an account under a stack's prefix: plain data, as `survey` finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.names import endpoint_name, resource_name

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG_GROUPS = "/aws/sagemaker/Endpoints/"
"""What the log group of an endpoint's containers begins with (SageMaker developer guide)."""


@dataclass(frozen=True)
class Origin:
    """What the tags of a resource say: whose it is, and of which execution."""

    model: str
    version: str
    execution_arn: str | None


@dataclass(frozen=True)
class StandingEndpoint:
    """An endpoint. `origin` is None where another stack or a person made it."""

    origin: Origin | None
    status: str
    config: str
    pending: str | None = None


@dataclass(frozen=True)
class StandingConfig:
    """An endpoint config. `previous` is what is put back if it fails its test."""

    origin: Origin | None
    previous: str | None
    verified: bool


@dataclass(frozen=True)
class Folder:
    """A version's files in the artifact bucket.

    Attributes:
        claimed_by: the execution that claim.json names.
        recorded: it has a deployment record: it passed its test in production.
    """

    model: str
    version: str
    claimed_by: str | None
    recorded: bool


@dataclass(frozen=True)
class Standing:
    """All of it.

    Attributes:
        prefix: endpoints are called <prefix>-<model>.
        models: SageMaker models, by name.
        live: the models that live.json says something of.
        scaled: the endpoints that Application Auto Scaling has a scalable target for.
        logged: the endpoints that have a log group.
        under_way: the executions that go on, of those named above.
        unseen: what could not be looked at, and why.
    """

    prefix: str
    endpoints: Mapping[str, StandingEndpoint]
    configs: Mapping[str, StandingConfig]
    models: Mapping[str, Origin | None]
    folders: tuple[Folder, ...]
    live: tuple[str, ...]
    alarms: tuple[str, ...]
    scaled: tuple[str, ...]
    logged: tuple[str, ...]
    under_way: frozenset[str]
    unseen: tuple[str, ...] = ()

    def endpoint_of(self, model: str) -> str:
        """Name the endpoint of a model."""
        return endpoint_name(self.prefix, model)

    def config_of(self, model: str, version: str) -> str:
        """Name the endpoint config of a version, which is also its model's and staging's name."""
        return resource_name(self.endpoint_of(model), version)

    def goes_on(self, execution_arn: str | None) -> bool:
        """Tell whether an execution is under way."""
        return execution_arn in self.under_way
