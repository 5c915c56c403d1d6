"""The options of a load test, and its levels as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from model_packager.latency_statistics import has_percentiles
from model_packager.spec.load_profile import LoadPoint, LoadProfile
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Concurrency = Annotated[str, typer.Option(help="Concurrent clients of each level.")]
Seconds = Annotated[float, typer.Option(help="Duration of each level.")]

DEFAULT_CONCURRENCY = "1,2,4"


def load_of(concurrency: str, seconds: float) -> LoadProfile:
    """Parse the options, within the limits of smoke_test.load in deploy.yaml.

    Raises:
        UsageError: an option is invalid.
    """
    try:
        clients = tuple(int(each) for each in concurrency.split(","))
    except ValueError:
        raise UsageError(
            f"--concurrency {concurrency} should be whole numbers, such as 1,2,4."
        ) from None
    try:
        return LoadProfile(concurrency=clients, seconds=seconds)
    except ValidationError as error:
        problem = error.errors()[0]
        option = problem["loc"][0] if problem["loc"] else "concurrency"
        message = problem["msg"].removeprefix("Value error, concurrency ").removeprefix("Input ")
        raise UsageError(f"--{option} {message[0].lower()}{message[1:]}.") from error


def table(points: Iterable[LoadPoint]) -> Table:
    """Return the levels as a table with latencies in milliseconds."""
    shown = Table(box=None, pad_edge=False)
    for column in ("clients", "format", "req/s", "items/s", "p50", "p90", "p95", "p99"):
        shown.add_column(column, justify="left" if column == "format" else "right")
    shown.add_column("sent B", justify="right")
    shown.add_column("received B", justify="right")
    for each in points:
        shown.add_row(
            str(each.concurrency),
            each.request_format,
            f"{each.requests_per_second:,.1f}",
            f"{each.items_per_second:,.1f}",
            f"{each.p50_ms:.1f}",
            *(_percentile(value, each) for value in (each.p90_ms, each.p95_ms, each.p99_ms)),
            f"{each.request_bytes:,}",
            f"{each.response_bytes:,}",
        )
    return shown


def _percentile(value: float, point: LoadPoint) -> str:
    return f"{value:.1f}" if has_percentiles(point.requests) else "-"
