"""Write the tables of docs/performance.md from the results that `make bench-packaging` keeps.

Run it so: `python -m scripts.write_performance_page`.
"""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "benchmarks" / "results"

Results = dict[str, Any]


def rendered(page: str) -> str:
    """Give the page with each of its tables written anew."""
    for name, table in TABLES.items():
        results = json.loads((RESULTS / f"{name}.json").read_text())
        mark = f"<!-- {name} -->"
        block = f"{mark}\n{table(results)}\n<!-- end -->"
        before, found, rest = page.partition(mark)
        _, ended, after = rest.partition("<!-- end -->")
        if not (found and ended):
            raise ValueError(f"{PAGE.name} has no place for {name}: {mark} … <!-- end -->")
        page = before + block + after
    return page


def packaging(results: Results) -> str:
    """Render the ways from a dropped model to its artifact."""
    lines = [
        _machine(results["machine"]),
        "",
        "| Model | Wire each way | Way | Median s (least to most) | Times tar.gz | CPU s "
        "| Peak MiB | MB through the process |",
        "|---:|---:|---|---:|---:|---:|---:|---:|",
    ]
    for row in results["rows"]:
        wall, wire = row["wall"], row["wire_mb_per_second"]
        lines.append(
            f"| {row['megabytes']:,} MB | {f'{wire} MB/s' if wire else 'loopback'} | {row['way']} "
            f"| {wall['median']:.2f} ({wall['min']:.2f} to {wall['max']:.2f}) "
            f"| {row['times_tar_gz']:.2f} | {row['cpu']:.2f} | {row['rss_mib']:.0f} "
            f"| {row['bytes_moved'] / 1e6:,.2f} |"
        )
    return "\n".join([*lines, "", _floor(results["rows"])])


def _floor(rows: list[Results]) -> str:
    row = next(each for each in rows if each["wire_mb_per_second"] and each["way"] == "tar.gz")
    floor = row["megabytes"] / row["wire_mb_per_second"]
    over = row["wall"]["median"] / floor - 1
    return (
        f"At {row['wire_mb_per_second']} MB/s each way the wire alone takes {floor:.2f} s for "
        f"{row['megabytes']:,} MB, read and written at the same time; the archive takes "
        f"{over:.0%} more."
    )


def _machine(machine: Results) -> str:
    return (
        f"{machine['date']}, {machine['cpus']} cores ({machine['cpu']}), Python "
        f"{machine['python']}; load average at the start {machine['load']}."
    )


TABLES = {"packaging": packaging}


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text()))
