"""The load test: concurrency levels and their measurements."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from model_packager.latency_statistics import has_percentiles
from model_packager.spec.value_types import Positive, Whole

MAX_LEVELS = 8
MAX_CLIENTS = 64
MAX_SECONDS = 20
"""Eight levels, and one for the other format, take 180 s of the smoke test's 600 s."""


class LoadProfile(BaseModel):
    """A load test in levels of concurrent clients, each with one request in flight."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    concurrency: Annotated[
        tuple[Annotated[Whole, Field(ge=1, le=MAX_CLIENTS)], ...],
        Field(min_length=1, max_length=MAX_LEVELS),
    ] = Field(
        (1, 2, 4), description="Concurrent clients, one level for each number, in ascending order."
    )
    seconds: Annotated[Positive, Field(le=MAX_SECONDS)] = Field(
        5,
        description="Duration of each level. One more level compares binary with JSON.",
        json_schema_extra={"exclusiveMinimum": 0, "maximum": MAX_SECONDS},
    )

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        if list(self.concurrency) != sorted(set(self.concurrency)):
            raise ValueError(
                f"concurrency should be in ascending order, not {list(self.concurrency)}"
            )
        return self


class LoadPoint(BaseModel):
    """The measurements of one level: round-trip latencies in milliseconds, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    concurrency: int
    request_format: Literal["binary", "json"]  # RequestFormat's module imports this one
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
    """Return the point within the latency limit that has the most items per second.

    If points differ by less than `NOISE`, the one with fewer clients wins, because more clients
    would only queue.

    Args:
        points: the measurements.
        max_p95_ms: the limit, or None.
    """
    within = [each for each in points if max_p95_ms is None or each.p95_ms <= max_p95_ms]
    most = max((each.items_per_second for each in within), default=0)
    enough = [each for each in within if each.items_per_second >= most * (1 - NOISE)]
    return min(enough, key=lambda each: (each.concurrency, -each.items_per_second), default=None)


NOISE = 0.03
"""The share by which measurements of a few seconds differ from run to run."""


def load_summary(points: Sequence[LoadPoint], max_p95_ms: float | None) -> str:
    """Describe the best level in one sentence, or state that none is within the limit.

    Args:
        points: one or more points; only those in the format of the first count.
        max_p95_ms: the limit, or None.
    """
    own = [each for each in points if each.request_format == points[0].request_format]
    best = best_point(own, max_p95_ms)
    limit = "" if max_p95_ms is None else f" (limit: {max_p95_ms:g} ms)"
    if best is not None:
        return f"Best load level: {_described(best)}{limit}."
    nearest = min(own, key=lambda each: each.p95_ms)
    return (
        f"No load level stays within the limit of {max_p95_ms:g} ms. The closest one: "
        f"{_described(nearest)}."
    )


def _described(point: LoadPoint) -> str:
    clients = "client" if point.concurrency == 1 else "clients"
    latency = (
        f"p95 {point.p95_ms:g} ms"
        if has_percentiles(point.requests)
        else f"p50 {point.p50_ms:g} ms of {point.requests} requests"
    )
    return (
        f"{point.concurrency} concurrent {clients}, {point.items_per_second:,g} items/s, {latency}"
    )
