"""The resources of an account under a stack's prefix, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from model_packager.names.endpoint import endpoint_name, resource_name

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ResourceOwner:
    """The tags of a resource: its model, version and execution."""

    model: str
    version: str
    execution_arn: str | None


@dataclass(frozen=True)
class Endpoint:
    """An endpoint. `origin` and `pool` are None if it does not belong to the stack.

    Attributes:
        pool: the pool whose models share the endpoint, which has no origin.
    """

    origin: ResourceOwner | None
    status: str
    config: str
    pending: str | None = None
    pool: str | None = None


@dataclass(frozen=True)
class EndpointConfig:
    """An endpoint config. `previous` is the config to restore if it fails its test.

    Attributes:
        pool: the pool whose endpoint has this config; None without a pool.
    """

    origin: ResourceOwner | None
    previous: str | None
    verified: bool
    pool: str | None = None


@dataclass(frozen=True)
class Folder:
    """A version's files in the artifact bucket.

    Attributes:
        claimed_by: the ARN of the execution in claim.json.
        recorded: whether it has a deployment record, because it passed its test in production.
    """

    model: str
    version: str
    claimed_by: str | None
    recorded: bool


@dataclass(frozen=True)
class PoolLock:
    """The lock of a pool: the ARN of its execution and the entity tag of the document."""

    execution_arn: str
    etag: str


@dataclass(frozen=True)
class PoolObjects:
    """The objects of a pool in the artifact bucket.

    Attributes:
        archives: the model and the version of each archive.
    """

    archives: tuple[tuple[str, str], ...] = ()
    lock: PoolLock | None = None


@dataclass(frozen=True)
class Inventory:
    """All resources under the prefix.

    Attributes:
        prefix: the prefix of endpoint names, which are <prefix>-<model>.
        models: the SageMaker models, by name.
        live: the models with a live.json.
        asleep: the live models that were put to sleep, and so have no endpoint.
        pooled: the pool of each live model that is in one, by model.
        scaled: the endpoints with a scalable target in Application Auto Scaling.
        logged: the endpoints with a log group.
        running_executions: the ARNs of the resources' executions that are running.
        transform_jobs: the running transform jobs, by name.
        pool_models: the pool of each SageMaker model that a pool's models share, by name.
        pools: the objects of the pools, by pool.
        unchecked: the services that could not be checked, with the reason.
    """

    prefix: str
    endpoints: Mapping[str, Endpoint]
    configs: Mapping[str, EndpointConfig]
    models: Mapping[str, ResourceOwner | None]
    folders: tuple[Folder, ...]
    live: tuple[str, ...]
    alarms: tuple[str, ...]
    scaled: tuple[str, ...]
    logged: tuple[str, ...]
    running_executions: frozenset[str]
    unchecked: tuple[str, ...] = ()
    transform_jobs: Mapping[str, ResourceOwner | None] = field(default_factory=dict)
    asleep: frozenset[str] = frozenset()
    pooled: Mapping[str, str] = field(default_factory=dict)
    pool_models: Mapping[str, str] = field(default_factory=dict)
    pools: Mapping[str, PoolObjects] = field(default_factory=dict)

    def endpoint_of(self, model: str) -> str:
        """Return the endpoint name of a model."""
        return endpoint_name(self.prefix, model)

    def config_of(self, model: str, version: str) -> str:
        """Return the name of a version's endpoint config, SageMaker model and staging endpoint."""
        return resource_name(self.endpoint_of(model), version)

    def is_running(self, execution_arn: str | None) -> bool:
        """Return whether an execution is running."""
        return execution_arn in self.running_executions
