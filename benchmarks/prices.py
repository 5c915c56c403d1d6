"""AWS's list prices, and the cost of a workflow."""

from __future__ import annotations

from dataclasses import dataclass

PRICE_LIST = "2026-11-25, us-east-1"
"""Date and Region of the prices; without the free tier and volume discounts."""

STATE_TRANSITION_USD = 0.025 / 1000
"""Standard workflows; each retry counts as one (https://aws.amazon.com/step-functions/pricing)."""

GB_SECOND_USD = 0.0000166667
"""Lambda on x86, billed per millisecond including the cold start (https://aws.amazon.com/lambda/pricing)."""

REQUEST_USD = 0.20 / 1_000_000
"""Lambda (the same page)."""

INSTANCE_TYPE = "ml.g4dn.xlarge"
"""The default of the stack."""

INSTANCE_HOUR_USD = 0.736
"""Hosting on it; the example in the template, too (https://aws.amazon.com/sagemaker/ai/pricing)."""


@dataclass(frozen=True)
class Usage:
    """The billed usage of a deployment's workflow."""

    state_transitions: int
    requests: int
    gb_seconds: float

    def plus_polls(self, polls: int, poll_gb_seconds: float) -> Usage:
        """Add polls of the endpoint; each takes three states: Wait, Task and Choice."""
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
