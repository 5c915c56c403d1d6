"""The hosting mode in deploy.yaml: how clients call the endpoint, and when its instances run."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from model_packager.aws_limits import CONCURRENT_INVOCATIONS
from model_packager.spec.base import SpecPart
from model_packager.spec.value_types import Positive, Whole

_ASYNC_DEFAULTS: dict[str, Any] = {
    "min_instances": 0,
    "max_instances": 1,
    "backlog_per_instance": 5,
    "max_concurrent_invocations": 4,
}


class HostingMode(SpecPart):
    """How clients call the endpoint, and when its instances run.

    With `async`, requests wait in a queue, and inputs and outputs are objects in S3. The other keys
    are for `async` only, and None in `real_time`.
    """

    mode: Literal["real_time", "async"] = Field(
        "real_time",
        description="`real_time`: clients wait for the response. `async`: requests wait in a "
        "queue, with payloads up to 1 GB, for up to an hour each.",
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

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_async(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("mode") != "async":
            return data
        return _ASYNC_DEFAULTS | {key: each for key, each in data.items() if each is not None}

    @model_validator(mode="after")
    def _keys_fit_the_mode(self) -> Self:
        if self.mode == "real_time":
            given = [name for name in _ASYNC_DEFAULTS if getattr(self, name) is not None]
            if given:
                raise ValueError(
                    f"{given[0]} is for mode async; in real_time, autoscaling and "
                    "endpoint.instance_count set the number of instances"
                )
        elif self.least_instances > self.most_instances:
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
    def least_instances(self) -> int:
        """The smallest number of instances of an asynchronous endpoint."""
        return self.min_instances or 0

    @property
    def most_instances(self) -> int:
        """The largest number of instances of an asynchronous endpoint."""
        return self.max_instances or 1
