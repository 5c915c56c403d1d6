"""AWS's list prices, and what a workflow costs by them."""

from __future__ import annotations

from dataclasses import dataclass

PRICES_OF = "2026-11-25, us-east-1"
"""Without the free tier and the volume tiers."""

STATE_TRANSITION_USD = 0.025 / 1000
"""Standard workflows; each retry is one, too (https://aws.amazon.com/step-functions/pricing)."""

GB_SECOND_USD = 0.0000166667
"""Lambda on x86; by the millisecond, its start included (https://aws.amazon.com/lambda/pricing)."""

REQUEST_USD = 0.20 / 1_000_000
"""Lambda (the same page)."""


@dataclass(frozen=True)
class Usage:
    """What a deployment's workflow used."""

    state_transitions: int
    requests: int
    gb_seconds: float

    def plus_looks(self, looks: int, look_gb_seconds: float) -> Usage:
        """Add further looks at the endpoint: each waits, checks and chooses."""
        return Usage(
            self.state_transitions + 3 * looks,
            self.requests + looks,
            self.gb_seconds + looks * look_gb_seconds,
        )


def usd(usage: Usage) -> float:
    """Price it."""
    return (
        usage.state_transitions * STATE_TRANSITION_USD
        + usage.requests * REQUEST_USD
        + usage.gb_seconds * GB_SECOND_USD
    )
