"""The hosting mode in deploy.yaml: how clients call the endpoint, and when its instances run."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from model_packager.aws_limits import (
    CONCURRENT_INVOCATIONS,
    SERVERLESS_CONCURRENCY,
    SERVERLESS_MEMORY_MB,
)
from model_packager.names.endpoint import POOL_NAME_LIMIT
from model_packager.spec.base import SpecPart
from model_packager.spec.value_types import Positive, Whole

_SERVERLESS = "ml.serverless."
_POOL_NAME = r"^[a-z0-9](-?[a-z0-9])*$"

_DEFAULTS: dict[str, dict[str, Any]] = {
    "real_time": {},
    "async": {
        "min_instances": 0,
        "max_instances": 1,
        "backlog_per_instance": 5,
        "max_concurrent_invocations": 4,
    },
    "serverless": {"memory_mb": 4096, "max_concurrency": 5},
    "pool": {"pool": None},
}
"""The keys of each mode, with their defaults."""


class HostingMode(SpecPart):
    """How clients call the endpoint, and when its instances run.

    With `async`, requests wait in a queue, and inputs and outputs are objects in S3. With
    `serverless`, SageMaker runs containers while there are requests. With `pool`, models share an
    endpoint. The keys of other modes are None.
    """

    mode: Literal["real_time", "async", "serverless", "pool"] = Field(
        "real_time",
        description="`real_time`: clients wait for the response. `async`: requests wait in a "
        "queue, with payloads up to 1 GB, for up to an hour each. `serverless`: clients wait, also "
        "for a container to start if none runs; no GPUs, and payloads up to 4 MB. `pool`: several "
        "models share the instances of one endpoint; a model is loaded by its first request.",
    )
    min_instances: Annotated[Whole, Field(ge=0, le=1000)] | None = Field(
        None,
        description="`async` only: smallest number of instances. 0 stops all instances while the "
        "queue is empty. Default: 0.",
    )
    max_instances: Annotated[Whole, Field(ge=1, le=1000)] | None = Field(
        None, description="`async` only: largest number of instances. Default: 1."
    )
    backlog_per_instance: Positive | None = Field(
        None,
        description="`async` only: target of requests in the queue per instance; more requests "
        "start more instances. Default: 5.",
    )
    max_concurrent_invocations: (
        Annotated[Whole, Field(ge=CONCURRENT_INVOCATIONS.least, le=CONCURRENT_INVOCATIONS.value)]
        | None
    ) = Field(
        None,
        description="`async` only: requests that SageMaker sends to an instance at once. "
        "Default: 4.",
    )

    memory_mb: (
        Annotated[
            Whole,
            Field(
                ge=SERVERLESS_MEMORY_MB.least,
                le=SERVERLESS_MEMORY_MB.value,
                multiple_of=SERVERLESS_MEMORY_MB.least,
            ),
        ]
        | None
    ) = Field(
        None, description="`serverless` only: memory in MB, in steps of 1,024. Default: 4096."
    )
    max_concurrency: (
        Annotated[Whole, Field(ge=SERVERLESS_CONCURRENCY.least, le=SERVERLESS_CONCURRENCY.value)]
        | None
    ) = Field(
        None,
        description="`serverless` only: requests that run at once; SageMaker refuses more. "
        "Default: 5.",
    )

    pool: Annotated[str, Field(max_length=POOL_NAME_LIMIT, pattern=_POOL_NAME)] | None = Field(
        None,
        description="`pool` only: name of the pool, with lower-case letters, digits and hyphens. "
        "Its first model creates the endpoint, and its last model deletes it.",
    )

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_mode(cls, data: Any) -> Any:
        mode = data.get("mode") if isinstance(data, dict) else None
        if not isinstance(mode, str) or mode not in _DEFAULTS:  # a list cannot be a key
            return data
        given = {key: each for key, each in data.items() if each is not None}
        return _DEFAULTS[mode] | given

    @model_validator(mode="after")
    def _keys_fit_the_mode(self) -> Self:
        for mode, keys in _DEFAULTS.items():
            for name in keys:
                if mode != self.mode and getattr(self, name) is not None:
                    raise ValueError(f"{name} is for mode {mode}, not for {self.mode}")
        if self.is_pool and self.pool is None:
            raise ValueError("mode pool needs the name of a pool, such as pool: small-vision")
        if self.is_async and self.min_capacity > self.max_capacity:
            raise ValueError(
                f"min_instances {self.min_instances} should be at most max_instances "
                f"{self.max_instances}"
            )
        return self

    @property
    def is_async(self) -> bool:
        """Whether requests wait in a queue."""
        return self.mode == "async"

    @property
    def is_serverless(self) -> bool:
        """Whether SageMaker runs containers instead of instances."""
        return self.mode == "serverless"

    @property
    def is_pool(self) -> bool:
        """Whether the model shares an endpoint with others."""
        return self.mode == "pool"

    @property
    def min_capacity(self) -> int:
        """The smallest number of instances of an asynchronous endpoint."""
        return self.min_instances or 0

    @property
    def max_capacity(self) -> int:
        """The largest number of instances of an asynchronous endpoint."""
        return self.max_instances or 1


def serverless_type(memory_mb: int) -> str:
    """Name the memory of a serverless endpoint in the form of an instance type.

    It replaces the instance type in checks, records and reports, but not in requests to SageMaker.
    """
    return f"{_SERVERLESS}{memory_mb}mb"


def serverless_memory_mb(instance_type: str) -> int | None:
    """Return the memory of a serverless endpoint; None for an instance type."""
    if not instance_type.startswith(_SERVERLESS):
        return None
    return int(instance_type.removeprefix(_SERVERLESS).removesuffix("mb"))
