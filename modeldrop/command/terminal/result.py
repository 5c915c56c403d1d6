"""The result of a deployment as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from model_packager.latency_statistics import LatencyStatistics
from model_packager.names.version import version_text
from modeldrop.command.terminal.screen import console

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modeldrop.executions.published import Published

TOP = 3


def show(published: Published, next_commands: Mapping[str, str] | None = None) -> None:
    """Print the subject, the result in two columns, and the commands for a live model."""
    console.print(Text(f"\n{published.subject}", "bold"))
    succeeded = published.content["status"] == "SUCCEEDED"
    commands = (next_commands or {}).items() if succeeded else ()
    console.print_rows([*rows(published.content), *commands])


def rows(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the rows of the table for which the content has values."""
    yield "status", content["status"]
    if content.get("version"):
        yield "version", version_text(content["version"], content.get("version_label"))
    for name, key in (
        ("endpoint", "endpoint"),
        ("failed at", "failed_state"),
        ("cause", "cause"),
        ("fix", "fix"),
    ):
        if content.get(key):
            yield name, content[key]
    yield from _test(content.get("smoke"))
    for warning in content.get("warnings", []):
        yield "warning", f"{warning['cause']} {warning['fix']}"
    for each in content.get("recovered_errors", []):
        yield "recovered error", f"{each['state']}: {each['error']}: {each['cause']}"
    if content.get("remaining"):
        yield "not removed", ", ".join(content["remaining"])
    if "live_version" in content:
        live, label = content["live_version"], content.get("live_version_label")
        yield "live version", version_text(live, label) if live else "none"
    if content.get("record"):
        yield "record", content["record"]
    if content.get("timings"):
        yield "duration", _duration(content["timings"])


def _test(smoke: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    if smoke is None:
        return
    yield (
        "latency",
        LatencyStatistics.after_warm_up(
            smoke["requests"], smoke["p50_ms"], smoke["p95_ms"], smoke["slowest_ms"]
        ).text,
    )
    top = [
        f"{each.get('label') or 'class ' + str(each['index'])} {each['score']:.3f}"
        for each in smoke["top"][:TOP]
    ]
    if top:
        yield "top classes", f"{', '.join(top)} ({smoke['input']})"


def _duration(timings: dict[str, float]) -> str:
    """Return the total and the slowest states."""
    longest = sorted(timings.items(), key=lambda each: each[1], reverse=True)[:TOP]
    named = [f"{state} {seconds:.1f} s" for state, seconds in longest if round(seconds, 1)]
    return f"{sum(timings.values()):.1f} s in total: {', '.join(named)}"
