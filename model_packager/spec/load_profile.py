"""How fast a model is asked by more and more clients at a time, and what that showed."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from model_packager.spec.value_types import Positive, Whole

MAX_LEVELS = 8
MAX_CLIENTS = 64
MAX_SECONDS = 20
"""Eight levels and the comparison of formats take 180 s, of the smoke test's 600."""


class LoadProfile(BaseModel):
    """A load in levels: so many clients at a time, each with one request on its way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrency: Annotated[
        tuple[Annotated[Whole, Field(ge=1, le=MAX_CLIENTS)], ...],
        Field(min_length=1, max_length=MAX_LEVELS),
    ] = Field((1, 2, 4), description="Clients at a time, a level each, from few to many.")
    seconds: Annotated[Positive, Field(le=MAX_SECONDS)] = Field(
        5,
        description="How long each level lasts; one more compares binary with JSON.",
        json_schema_extra={"exclusiveMinimum": 0, "maximum": MAX_SECONDS},
    )

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        if list(self.concurrency) != sorted(set(self.concurrency)):
            raise ValueError(
                f"concurrency should rise from level to level, and is {list(self.concurrency)}"
            )
        return self


class LoadPoint(BaseModel):
    """What one level showed. Latencies there and back in milliseconds, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrency: int
    request_format: Literal["binary", "json"]  # RequestFormat, whose file imports this one
    requests: int
    requests_per_second: float
    items_per_second: float
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    request_bytes: int
    response_bytes: int


def best_point(points: Iterable[LoadPoint], max_p95_ms: float | None) -> LoadPoint | None:
    """Give the point with most items a second among those within the latency limit.

    Of two that differ by less than `NOISE`, the one with fewer clients: more would only queue.

    Args:
        points: what was measured.
        max_p95_ms: the limit; None for none.
    """
    within = [each for each in points if max_p95_ms is None or each.p95_ms <= max_p95_ms]
    most = max((each.items_per_second for each in within), default=0)
    enough = [each for each in within if each.items_per_second >= most * (1 - NOISE)]
    return min(enough, key=lambda each: (each.concurrency, -each.items_per_second), default=None)


NOISE = 0.03
"""Measurements a few seconds long differ by so much from run to run."""


def in_words(points: Sequence[LoadPoint], max_p95_ms: float | None) -> str:
    """Say in one sentence which level is best, or that none is within the limit.

    Args:
        points: one or more; those in another format than the first are there to compare with.
        max_p95_ms: the limit; None for none.
    """
    own = [each for each in points if each.request_format == points[0].request_format]
    best = best_point(own, max_p95_ms)
    limit = "" if max_p95_ms is None else f", of the {max_p95_ms:g} ms that are allowed"
    if best is not None:
        return f"Under load it does best with {_described(best)}{limit}."
    nearest = min(own, key=lambda each: each.p95_ms)
    return (
        f"Under load no level keeps to the {max_p95_ms:g} ms that are allowed; the nearest is "
        f"{_described(nearest)}."
    )


def _described(point: LoadPoint) -> str:
    clients = "client" if point.concurrency == 1 else "clients"
    return (
        f"{point.concurrency} {clients} at a time: {point.items_per_second:,g} items/s, and a 95th "
        f"percentile of {point.p95_ms:g} ms"
    )
