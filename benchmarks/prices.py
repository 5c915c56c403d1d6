"""AWS's list prices, and the cost of a workflow."""

from __future__ import annotations

from dataclasses import dataclass

PRICE_LIST = "2026-11-25, us-east-1"
"""The date and Region of the prices, which do not include the free tier and volume discounts."""

STATE_TRANSITION_USD = 0.025 / 1000
"""The price of a transition of a Standard workflow. Each retry counts as one
(https://aws.amazon.com/step-functions/pricing)."""

GB_SECOND_USD = 0.0000166667
"""The price of Lambda on x86, billed per millisecond including the cold start
(https://aws.amazon.com/lambda/pricing)."""

REQUEST_USD = 0.20 / 1_000_000
"""The price of a Lambda request (the same page)."""

INSTANCE_TYPE = "ml.g4dn.xlarge"
"""The stack's default instance type."""

INSTANCE_HOUR_USD = 0.736
"""The hourly price of hosting on it, which is also the example in the template
(https://aws.amazon.com/sagemaker/ai/pricing)."""


@dataclass(frozen=True)
class Usage:
    """The billed usage of a deployment's workflow."""

    state_transitions: int
    requests: int
    gb_seconds: float

    def plus_polls(self, polls: int, poll_gb_seconds: float) -> Usage:
        """Add polls of the endpoint. Each takes three states: Wait, Task and Choice."""
        return Usage(
            self.state_transitions + 3 * polls,
            self.requests + polls,
            self.gb_seconds + polls * poll_gb_seconds,
        )


def usd(usage: Usage) -> float:
    """Return the price in US dollars."""
    return (
        usage.state_transitions * STATE_TRANSITION_USD
        + usage.requests * REQUEST_USD
        + usage.gb_seconds * GB_SECOND_USD
    )
