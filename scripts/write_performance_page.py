"""Write the tables of docs/performance.md from the results of `make bench`.

`make pages` runs it.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "benchmarks" / "results"

Row = dict[str, Any]
Results = dict[str, Any]

FIGURES = "figures"
BENCHMARKS = (
    "packaging",
    "pipeline",
    "cold_starts",
    "cost",
    "walkthrough",
    "overlap",
    "inspection",
    "requests",
    "served_endpoint",
    "hosting_live",
    "hosting_load",
    "hosting_cost",
)


def rendered(page: str) -> str:
    """Return the page with all tables regenerated."""
    results = {
        name: json.loads((RESULTS / f"{name}.json").read_text())
        for name in BENCHMARKS
        if (RESULTS / f"{name}.json").exists()
    }
    page = _filled(page, FIGURES, _figures(results))
    for name, found in results.items():
        page = _filled(page, name, f"{_machine(found)}\n\n{_table(found['rows'])}")
    return page


def _filled(page: str, name: str, text: str) -> str:
    mark = f"<!-- {name} -->"
    before, found, rest = page.partition(mark)
    _, ended, after = rest.partition("<!-- end -->")
    if not (found and ended):
        raise ValueError(f"{PAGE.name} has no section for {name}: {mark} … <!-- end -->")
    return f"{before}{mark}\n{text}\n<!-- end -->{after}"


# --- the rows of a benchmark ---


def _table(rows: list[Row]) -> str:
    folded = [_folded(row) for row in rows]
    columns = list(dict.fromkeys(column for row in folded for column in row))
    numbers = {
        column
        for column in columns
        if all(isinstance(row.get(column, 0), int | float) or "(" in row[column] for row in folded)
    }
    lines = [
        columns,
        ["---:" if column in numbers else "---" for column in columns],
        *([_cell(row.get(column, "")) for column in columns] for row in folded),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _folded(row: Row) -> Row:
    """Join median, minimum and maximum into one column."""
    folded: Row = {}
    for column, value in row.items():
        name, _, kind = column.rpartition(" ")
        if kind == "median" and f"{name} min" in row:
            lowest, highest = row[f"{name} min"], row[f"{name} max"]
            folded[name] = f"{_cell(value)} ({_cell(lowest)} to {_cell(highest)})"
        elif not (kind in ("min", "max") and f"{name} median" in row):
            folded[column] = value
    return folded


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return f"{value:,}" if abs(value) >= 1000 else f"{value:g}"
    return str(value)


def _machine(found: Results) -> str:
    machine = found["machine"]
    return (
        f"{found['at'][:10]}, {machine['cores']} cores ({machine['processor']}), "
        f"{machine['memory_gib']} GiB, {machine['system']}, Python "
        f"{machine['versions']['python']}; load average at the start {machine['load_before']}."
    )


# --- targets and results ---


def _figures(results: dict[str, Results]) -> str:
    lines = ["| Figure | Target | Measured | |", "|---|---:|---:|---|"]
    for what, unit, target, measured in _measured({n: r["rows"] for n, r in results.items()}):
        result = "met" if measured <= target else f"**{measured / target - 1:.0%} above**"
        lines.append(f"| {what} | ≤ {target:,g} {unit} | {measured:,g} {unit} | {result} |")
    return "\n".join(lines)


def _measured(rows: dict[str, list[Row]]) -> Iterator[tuple[str, str, float, float]]:
    """Yield the description, unit, target and measured value of each figure."""
    for name, figures in FIGURES_OF.items():
        if name in rows:
            yield from figures(rows[name])


def _of_packaging(rows: list[Row]) -> Iterator[tuple[str, str, float, float]]:
    archives = [row for row in rows if row["method"] == "tar.gz"]
    limited = next(row for row in archives if row["bandwidth MB/s"] != "loopback")
    floor = limited["MB"] / limited["bandwidth MB/s"]
    yield (
        f"tar.gz over the network minimum ({floor:g} s for {limited['MB']:,} MB at "
        f"{limited['bandwidth MB/s']} MB/s in each direction)",
        "%",
        10,
        round((limited["s median"] / floor - 1) * 100, 1),
    )
    peaks = {row["MB"]: row["peak MiB"] for row in archives if row["bandwidth MB/s"] == "loopback"}
    small, large = min(peaks), max(peaks)
    growth = (peaks[large] / peaks[small] - 1) * 100
    yield f"growth of peak memory from {small} to {large:,} MB", "%", 20, round(growth, 1)


def _of_pipeline(rows: list[Row]) -> Iterator[tuple[str, str, float, float]]:
    for row, target in zip(rows, (8, 3), strict=True):
        what = f"from the S3 event to CreateEndpoint accepted, 100 MB, {row['functions']}"
        yield what, "s", target, row["to CreateEndpoint s median"]
    yield (
        "from InService to the notification, without the smoke test, warm",
        "s",
        5,
        rows[1]["after InService s median"],
    )


def _of_cold_starts(rows: list[Row]) -> Iterator[tuple[str, str, float, float]]:
    started = {row["function"]: row["wall ms median"] for row in rows if "modules" in row}
    yield "cold start of Smoke Test, without Python itself", "ms", 800, started.pop("Smoke Test")
    slowest = max(started, key=lambda name: started[name])
    what = f"cold start of the slowest other function ({slowest})"
    yield what, "ms", 450, started[slowest]


def _of_cost(rows: list[Row]) -> Iterator[tuple[str, str, float, float]]:
    row = rows[-1]
    what = f"workflow of a 10-minute deployment, functions {row['function slowdown']} times slower"
    yield what, "USD", 0.01, row["USD"]


def _of_requests(rows: list[Row]) -> Iterator[tuple[str, str, float, float]]:
    built = next(row for row in rows if (row["operation"], row["format"]) == ("build", "binary"))
    yield "a binary request of [1, 3, 224, 224] FP32", "bytes", 602_400, built["bytes"]
    yield "building it", "ms", 1, built["ms median"]


FIGURES_OF: dict[str, Callable[[list[Row]], Iterator[tuple[str, str, float, float]]]] = {
    "packaging": _of_packaging,
    "pipeline": _of_pipeline,
    "cold_starts": _of_cold_starts,
    "cost": _of_cost,
    "requests": _of_requests,
}


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text()))
