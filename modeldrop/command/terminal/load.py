"""The load that a person asks for, and the levels as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from model_packager.spec.load_profile import LoadPoint, LoadProfile
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Concurrency = Annotated[str, typer.Option(help="Clients at a time, level by level: 1,2,4.")]
Seconds = Annotated[float, typer.Option(help="How long each level lasts.")]

DEFAULT_CONCURRENCY = "1,2,4"


def load_of(concurrency: str, seconds: float) -> LoadProfile:
    """Read the options, within the bounds of deploy.yaml's smoke_test.load.

    Raises:
        UsageError: it is no load.
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
        said = problem["msg"].removeprefix("Value error, concurrency ").removeprefix("Input ")
        raise UsageError(f"--{option} {said[0].lower()}{said[1:]}.") from error


def table(points: Iterable[LoadPoint]) -> Table:
    """Show the levels, latencies in milliseconds."""
    shown = Table(box=None, pad_edge=False)
    for column in ("clients", "format", "requests/s", "items/s", "p50", "p90", "p95", "p99"):
        shown.add_column(column, justify="left" if column == "format" else "right")
    shown.add_column("bytes there", justify="right")
    shown.add_column("and back", justify="right")
    for each in points:
        shown.add_row(
            str(each.concurrency),
            each.request_format,
            f"{each.requests_per_second:,.1f}",
            f"{each.items_per_second:,.1f}",
            *(f"{value:.1f}" for value in (each.p50_ms, each.p90_ms, each.p95_ms, each.p99_ms)),
            f"{each.request_bytes:,}",
            f"{each.response_bytes:,}",
        )
    return shown
