"""The runner of the benchmarks, and the lists of functions in them."""

from importlib import import_module
from io import StringIO

import pytest
from rich.console import Console

from benchmarks.__main__ import BENCHMARKS, GROUPS, selected, table
from benchmarks.cold_starts import FIRST_CLIENTS
from benchmarks.hosting_cost import measure as measure_idle_cost
from benchmarks.inspection import measure
from benchmarks.prices import INSTANCE_HOUR_USD
from benchmarks.spread import spread
from modeldrop.local.tools import PROJECT_ROOT
from workflow.aws import clients

FUNCTIONS = PROJECT_ROOT / "functions"


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_has_measure(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").measure)


def test_names_of_groups_select_their_benchmarks() -> None:
    assert selected(["cost", "hosting"]) == ("cost", "hosting_live", "hosting_load", "hosting_cost")
    assert selected([]) == BENCHMARKS
    assert {each for group in GROUPS.values() for each in group} <= set(BENCHMARKS)


def test_idle_cost_of_each_mode() -> None:
    rows = {(row["models"], row["mode"]): row for row in measure_idle_cost()}
    assert rows[10, "real_time"]["idle instances"] == 10
    assert rows[100, "pool"]["idle instances"] == 1
    assert rows[100, "serverless"]["USD a month"] == 0
    assert rows[10, "async, min_instances: 0"]["USD a month"] == 0
    assert rows[10, "real_time"]["USD a month"] == round(10 * 730 * INSTANCE_HOUR_USD)


def test_spread() -> None:
    assert spread("s", [3.0, 1.0, 2.0]) == {"s median": 2.0, "s min": 1.0, "s max": 3.0}


def test_rows_may_have_different_columns() -> None:
    output = StringIO()
    Console(file=output, width=80).print(table("sizes", [{"a": 1, "b": "x"}, {"a": 22}]))
    assert "22" in output.getvalue()
    assert "x" in output.getvalue()


def test_cold_starts_know_every_function_and_its_client() -> None:
    packages = {name.lower().replace(" ", "_") for name in FIRST_CLIENTS}
    assert packages == {handler.parent.name for handler in FUNCTIONS.glob("*/handler.py")}
    assert all(callable(getattr(clients, client)) for client in FIRST_CLIENTS.values() if client)


def test_inspection_reads_equally_many_bytes_of_small_and_large_models() -> None:
    small, large = measure((2, 20), repeats=1)
    assert small["bytes"] == large["bytes"] < 600_000
