"""The operations part of deploy.yaml: rollout and autoscaling."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model_packager.aws_limits import (
    CANARY_PERCENT,
    LINEAR_PERCENT,
    ROLLING_PERCENT,
    ROLLOUT_SECONDS,
    ROLLOUT_WAIT_SECONDS,
    TERMINATION_WAIT_SECONDS,
)
from model_packager.latency_statistics import REQUESTS_FOR_PERCENTILES
from model_packager.spec.base import SpecPart
from model_packager.spec.value_types import Number, Positive, Switch, Whole

_SIZES = {
    strategy: (limit.least or 1, limit.value)
    for strategy, limit in (
        ("canary", CANARY_PERCENT),
        ("linear", LINEAR_PERCENT),
        ("rolling", ROLLING_PERCENT),
    )
}
"""The percentages that SageMaker accepts."""

LONGEST_SHADOW_HOURS = 8
"""A later drop of the model waits for the end of the test, for up to about ten hours."""

_OF_STEPS = ("size_percent", "wait_seconds", "termination_wait_seconds")
_OF_SHADOW = ("sample_percent", "hours", "min_requests", "min_agreement_percent")

LONGEST_WAIT_SECONDS = ROLLOUT_SECONDS.value - 2 * 3600
"""New instances may need two of the eight hours to start."""

_Wait = Annotated[Whole, Field(ge=0, le=ROLLOUT_WAIT_SECONDS.value)]
_TerminationWait = Annotated[Whole, Field(ge=0, le=TERMINATION_WAIT_SECONDS.value)]


class Rollout(SpecPart):
    """How a new version replaces the live version."""

    strategy: Literal["all_at_once", "canary", "linear", "rolling", "shadow"] = Field(
        "all_at_once",
        description="How traffic moves to the new version: all at once, one part and then the "
        "rest, in equal steps, or instance by instance. With one instance, all traffic moves at "
        "once, and SageMaker watches the alarms for wait_seconds. `shadow`: the new version first "
        "gets copies of requests for some hours, and its responses are compared with those of the "
        "live version; then all traffic moves at once.",
    )
    staging: Switch = Field(
        True,
        description="Test an update on a separate endpoint first, so that it gets no client "
        "traffic before it has passed. One more instance is billed for that time. `false`: test it "
        "on the live endpoint, in half the time.",
    )
    size_percent: Annotated[Whole, Field(ge=1, le=50)] = Field(
        10, description="Capacity for each step: canary 1 to 50, linear 10 to 50, rolling 5 to 50."
    )
    wait_seconds: _Wait = Field(
        300, description="How long SageMaker watches the alarms after each step."
    )
    termination_wait_seconds: _TerminationWait = Field(
        0,
        description="How long the old version keeps running, with the alarms watched, after the "
        "last step. Not with rolling, which stops old instances step by step.",
    )
    max_5xx_per_minute: Annotated[Whole, Field(ge=0)] = Field(
        0,
        description="More 5XX responses than this in a minute roll the version back. With "
        "all_at_once, only if termination_wait_seconds is above 0.",
    )
    max_p95_ms: Positive | None = Field(
        None,
        description="A p95 model latency above this rolls the version back, under the same "
        "conditions as max_5xx_per_minute. With shadow, it rejects the version, if there were "
        f"{REQUESTS_FOR_PERCENTILES} requests or more. Default: no limit.",
    )
    sample_percent: Annotated[Whole, Field(ge=1, le=100)] = Field(
        20, description="With shadow: share of the requests that the new version gets copies of."
    )
    hours: Annotated[Number, Field(gt=0, le=LONGEST_SHADOW_HOURS)] = Field(
        1, description="With shadow: how long the new version gets copies of requests."
    )
    min_requests: Annotated[Whole, Field(ge=0)] = Field(
        1,
        description="With shadow: fewer compared requests than this reject the version. 0: a "
        "version that got no request goes live, too.",
    )
    min_agreement_percent: Annotated[Number, Field(ge=0, le=100)] = Field(
        95,
        description="With shadow: share of the compared requests whose responses must agree with "
        "those of the live version, within the tolerances of smoke_test. At most the rest of the "
        "copies may fail.",
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
    def _every_key_has_an_effect(self) -> Self:
        if self.strategy == "rolling" and self.termination_wait_seconds > 0:
            raise ValueError(
                "termination_wait_seconds has no effect with rolling, which stops old instances "
                "step by step; remove it, or choose another strategy"
            )
        if self.strategy == "all_at_once" and self.termination_wait_seconds == 0:
            for key, is_set in (
                ("max_5xx_per_minute", self.max_5xx_per_minute > 0),
                ("max_p95_ms", self.max_p95_ms is not None),
            ):
                if is_set:
                    raise ValueError(
                        f"{key} has no effect with all_at_once, which keeps no version to roll "
                        "back to; choose another strategy, or set termination_wait_seconds"
                    )
        return self

    @model_validator(mode="after")
    def _shadow_agrees(self) -> Self:
        """Reject keys of other strategies with shadow, and keys of shadow with other strategies.

        A shadow test cannot have a guarded rollout, because SageMaker's deployment guardrails need
        the same variants in both configs (developer guide, "Deployment guardrails").
        """
        if self.strategy != "shadow":
            for key in filter(self._is_changed, _OF_SHADOW):
                raise ValueError(f"{key} needs strategy shadow; remove it, or set that strategy")
            return self
        if not self.staging:
            raise ValueError(
                "staging false cannot be used with shadow: only a version that has passed its "
                "smoke test gets copies of requests; remove it"
            )
        for key in filter(self._is_changed, _OF_STEPS):
            raise ValueError(
                f"{key} has no effect with shadow, which moves all traffic at once; remove it"
            )
        if self.max_5xx_per_minute > 0:
            raise ValueError(
                "max_5xx_per_minute has no effect with shadow, where min_agreement_percent limits "
                "failed requests; remove it"
            )
        return self

    def _is_changed(self, key: str) -> bool:
        """Return whether a value is not the default. Stored specs name every key."""
        return bool(getattr(self, key) != type(self).model_fields[key].default)

    @model_validator(mode="after")
    def _ends_in_time(self) -> Self:
        steps = self.steps()
        seconds = steps * self.wait_seconds + self.termination_wait_seconds
        if seconds > LONGEST_WAIT_SECONDS:
            raise ValueError(
                f"wait_seconds {self.wait_seconds} in {steps} steps and termination_wait_seconds "
                f"should be at most {LONGEST_WAIT_SECONDS} in total, not {seconds}"
            )
        return self

    def steps(self) -> int:
        """Return the number of waits if there are enough instances."""
        fixed = {"all_at_once": 1, "shadow": 1, "canary": 2}
        return fixed.get(self.strategy, -(-100 // self.size_percent))


class Autoscaling(SpecPart):
    """The number of instances, by request rate (target tracking)."""

    min_instances: Annotated[Whole, Field(ge=1, le=1000)] = Field(
        1, description="Smallest number of instances."
    )
    max_instances: Annotated[Whole, Field(ge=1, le=1000)] = Field(
        description="Largest number of instances."
    )
    invocations_per_instance: Positive = Field(
        description="Target of requests per minute and instance."
    )
    scale_in_cooldown_seconds: Annotated[Whole, Field(ge=0, le=3600)] = Field(
        300, description="Cooldown after instances are removed."
    )
    scale_out_cooldown_seconds: Annotated[Whole, Field(ge=0, le=3600)] = Field(
        60, description="Cooldown after instances are added."
    )

    @model_validator(mode="after")
    def _min_is_at_most_max(self) -> Self:
        if self.min_instances > self.max_instances:
            raise ValueError(
                f"min_instances {self.min_instances} should be at most max_instances "
                f"{self.max_instances}"
            )
        return self
