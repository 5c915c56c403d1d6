"""Run all benchmarks or the named ones; print tables and write JSON for docs/performance.md.

    make bench [BENCH="inspection cost"] [BENCH=--large]

Each benchmark is a module that returns rows of plain data. The docstring of the module describes
what the benchmark measures.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    "hosting_live",
    "hosting_load",
    "hosting_cost",
)
"""The modules with a function `measure()`."""

GROUPS = {"hosting": ("hosting_live", "hosting_load", "hosting_cost")}
"""The names of groups of benchmarks."""

LARGE = {"large": (4000,)}

RESULTS = Path(__file__).with_name("results")


def table(name: str, rows: list[dict[str, Any]]) -> Table:
    """Return the rows as a table. Rows may have different columns."""
    result_table = Table(title=name, title_justify="left")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    for column in columns:
        numbers = all(isinstance(row.get(column, 0), int | float) for row in rows)
        result_table.add_column(column, justify="right" if numbers else "left")
    for row in rows:
        result_table.add_row(*(str(row.get(column, "")) for column in columns))
    return result_table


def run(name: str, **options: object) -> dict[str, Any]:
    """Run one benchmark."""
    started = datetime.now(UTC)
    ran_on = machine()
    rows = import_module(f"benchmarks.{name}").measure(**options)
    return {
        "benchmark": name,
        "at": started.isoformat(timespec="seconds"),
        "machine": ran_on,
        "rows": rows,
    }


def selected(names: Sequence[str]) -> tuple[str, ...]:
    """Return the benchmarks with these names, or in these groups; all benchmarks without a name."""
    return tuple(one for name in names or BENCHMARKS for one in GROUPS.get(name, (name,)))


def main() -> None:
    """Run the benchmarks on the command line, or all of them."""
    parser = argparse.ArgumentParser(prog="make bench")
    known = (*BENCHMARKS, *GROUPS)
    parser.add_argument("names", nargs="*", metavar="BENCH", help=", ".join(known))
    parser.add_argument("--large", action="store_true", help="also package 4 GB")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON files")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(known):
        parser.error(f"Unknown: {', '.join(sorted(unknown))}. Choose from {', '.join(known)}.")
    arguments.results.mkdir(exist_ok=True)
    screen = Console(stderr=True, width=160)
    for name in selected(arguments.names):
        screen.print(f"[dim]{name}[/dim]")
        result = run(name, **(LARGE if arguments.large and name == "packaging" else {}))
        (arguments.results / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
        screen.print(table(name, result["rows"]))


if __name__ == "__main__":
    main()
