"""Run the benchmarks, or those that are named: tables for people, JSON for docs/performance.md.

    make bench [BENCH="inspection cost"] [BENCH=--large]

A benchmark gives rows of plain data. Each is one module; its docstring says what it proves, and
what it does not.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine

BENCHMARKS = (
    "packaging",
    "requests",
    "inspection",
    "cold_starts",
    "cost",
    "pipeline",
    "overlap",
    "walkthrough",
    "served_endpoint",
)
"""Each has `measure()`."""

LARGE = {"large": (4000,)}

RESULTS = Path(__file__).with_name("results")


def table(name: str, rows: list[dict[str, Any]]) -> Table:
    """Lay the rows out; a row may lack columns that others have."""
    shown = Table(title=name, title_justify="left")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    for column in columns:
        numbers = all(isinstance(row.get(column, 0), int | float) for row in rows)
        shown.add_column(column, justify="right" if numbers else "left")
    for row in rows:
        shown.add_row(*(str(row.get(column, "")) for column in columns))
    return shown


def run(name: str, **options: object) -> dict[str, Any]:
    """Run one benchmark."""
    begun = datetime.now(UTC)
    ran_on = machine()
    rows = import_module(f"benchmarks.{name}").measure(**options)
    return {
        "benchmark": name,
        "at": begun.isoformat(timespec="seconds"),
        "machine": ran_on,
        "rows": rows,
    }


def main() -> None:
    """Run what the command line names; everything by default."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("names", nargs="*", metavar="BENCH", help=", ".join(BENCHMARKS))
    parser.add_argument("--large", action="store_true", help="package 4 GB as well")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of the JSON")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHMARKS):
        parser.error(f"There is no {', '.join(sorted(unknown))}, only {', '.join(BENCHMARKS)}.")
    given.results.mkdir(exist_ok=True)
    screen = Console(stderr=True, width=160)
    for name in given.names or BENCHMARKS:
        screen.print(f"[dim]{name}[/dim]")
        found = run(name, **(LARGE if given.large and name == "packaging" else {}))
        (given.results / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
        screen.print(table(name, found["rows"]))


if __name__ == "__main__":
    main()
