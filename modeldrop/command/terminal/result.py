"""The result of a deployment as a person sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from modeldrop.command.terminal.screen import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modeldrop.executions.published import Published

TOP = 3


def show(published: Published) -> None:
    """Print the subject, what there is to know as a small table, and where the time went."""
    console.print(f"\n[bold]{escape(published.subject)}[/bold]")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows(published.content):
        table.add_row(name, escape(value))
    console.print(table)


def rows(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the table's rows; what the execution did not come to know has none."""
    yield "status", told["status"]
    for name, key in (
        ("version", "version"),
        ("endpoint", "endpoint"),
        ("failed at", "failed_state"),
        ("cause", "cause"),
        ("what to do", "fix"),
    ):
        if told.get(key):
            yield name, told[key]
    yield from _test(told.get("smoke"))
    for warning in told.get("warnings", []):
        yield "warning", f"{warning['cause']} {warning['fix']}"
    for each in told.get("recovered_errors", []):
        yield "on the way", f"{each['state']} met {each['error']}: {each['cause']}"
    if told.get("remaining"):
        yield "not removed", ", ".join(told["remaining"])
    if "live_version" in told:
        yield "serves now", told["live_version"] or "nothing"
    if told.get("record"):
        yield "record", told["record"]
    if told.get("timings"):
        yield "took", _took(told["timings"])


def _test(smoke: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    if smoke is None:
        return
    yield "answers in", f"{smoke['p50_ms']:g} ms (p50), {smoke['p95_ms']:g} ms (p95)"
    seen = [
        f"{each.get('label') or 'class ' + str(each['index'])} {each['score']:.3f}"
        for each in smoke["top"][:TOP]
    ]
    if seen:
        yield "sees", f"{', '.join(seen)} ({smoke['input']})"


def _took(timings: dict[str, float]) -> str:
    """Sum it, and name what took longest."""
    longest = sorted(timings.items(), key=lambda each: each[1], reverse=True)[:TOP]
    named = [f"{state} {seconds:.1f} s" for state, seconds in longest if round(seconds, 1)]
    return f"{sum(timings.values()):.1f} s in all: {', '.join(named)}"
