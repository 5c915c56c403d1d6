"""What deploy.yaml says of a model in operation: how a new version goes live, how it grows."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model_packager.spec.base import SpecPart
from model_packager.spec.value_types import Positive, Switch, Whole

_SIZES = {"canary": (1, 50), "linear": (10, 50), "rolling": (5, 50)}
"""Percent that SageMaker takes: CapacitySize and RollingUpdatePolicy API reference; deployment
guardrails in the SageMaker developer guide."""

LONGEST_WAIT_SECONDS = 21_600
"""SageMaker gives a rollout 8 hours in all (MaximumExecutionTimeoutInSeconds, UpdateEndpoint API
reference); new instances may need two of them to start."""


class Rollout(SpecPart):
    """How a version takes the place of the one that serves."""

    strategy: Literal["all_at_once", "canary", "linear", "rolling"] = Field(
        "all_at_once",
        description="How traffic moves to the new version: all at once, a part and then the rest, "
        "part by part, or instance by instance. With one instance every one of them is all at "
        "once, watched for wait_seconds.",
    )
    staging: Switch = Field(
        False,
        description="Test the version on an endpoint of its own first, so that one that fails "
        "never meets a client. Costs a second endpoint meanwhile.",
    )
    size_percent: Annotated[Whole, Field(ge=1, le=50)] = Field(
        10, description="Of the capacity, a step: canary 1 to 50, linear 10 to 50, rolling 5 to 50."
    )
    wait_seconds: Annotated[Whole, Field(ge=0, le=3600)] = Field(
        300, description="How long the alarms are watched after each step."
    )
    termination_wait_seconds: Annotated[Whole, Field(ge=0, le=3600)] = Field(
        0,
        description="How long the old version is kept running after the last step, and the alarms "
        "are watched. Not with rolling, which ends the old instances step by step.",
    )
    max_5xx_per_minute: Annotated[Whole, Field(ge=0)] = Field(
        0,
        description="More 5XX answers than this in a minute take the version back. Nothing watches "
        "them with all_at_once, unless termination_wait_seconds is above 0.",
    )
    max_p95_ms: Positive | None = Field(
        None,
        description="A 95th percentile of the model's latency above this takes the version back, "
        "where 5XX answers do. Default: no limit.",
    )

    @model_validator(mode="after")
    def _size_fits(self) -> Self:
        low, high = _SIZES.get(self.strategy, (1, 50))
        if not low <= self.size_percent <= high:
            raise ValueError(
                f"size_percent {self.size_percent} should be {low} to {high} for {self.strategy}"
            )
        return self

    @model_validator(mode="after")
    def _nothing_is_without_effect(self) -> Self:
        if self.strategy == "rolling" and self.termination_wait_seconds > 0:
            raise ValueError(
                "termination_wait_seconds has no effect with rolling, which ends the old instances "
                "step by step; leave it out, or take another strategy"
            )
        if self.strategy == "all_at_once" and self.termination_wait_seconds == 0:
            for key, is_said in (
                ("max_5xx_per_minute", self.max_5xx_per_minute > 0),
                ("max_p95_ms", self.max_p95_ms is not None),
            ):
                if is_said:
                    raise ValueError(
                        f"{key} has no effect with all_at_once, where no version is left to go "
                        "back to; take another strategy, or set termination_wait_seconds"
                    )
        return self

    @model_validator(mode="after")
    def _ends_in_time(self) -> Self:
        steps = self.steps()
        seconds = steps * self.wait_seconds + self.termination_wait_seconds
        if seconds > LONGEST_WAIT_SECONDS:
            raise ValueError(
                f"wait_seconds {self.wait_seconds} in {steps} steps, and termination_wait_seconds, "
                f"should be at most {LONGEST_WAIT_SECONDS} in all, not {seconds}"
            )
        return self

    def steps(self) -> int:
        """Give how often SageMaker waits, where there are instances enough."""
        return {"all_at_once": 1, "canary": 2}.get(self.strategy, -(-100 // self.size_percent))


class Autoscaling(SpecPart):
    """How many instances serve, by the requests that arrive (target tracking)."""

    min_instances: Annotated[Whole, Field(ge=1, le=1000)] = Field(
        1, description="The fewest instances."
    )
    max_instances: Annotated[Whole, Field(ge=1, le=1000)] = Field(description="The most instances.")
    invocations_per_instance: Positive = Field(
        description="Requests a minute that one instance is to have: the target."
    )
    scale_in_cooldown_seconds: Annotated[Whole, Field(ge=0, le=3600)] = Field(
        300, description="How long to wait between two removals."
    )
    scale_out_cooldown_seconds: Annotated[Whole, Field(ge=0, le=3600)] = Field(
        60, description="How long to wait between two additions."
    )

    @model_validator(mode="after")
    def _range_is_one(self) -> Self:
        if self.min_instances > self.max_instances:
            raise ValueError(
                f"min_instances {self.min_instances} should be at most max_instances "
                f"{self.max_instances}"
            )
        return self
