from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from modeldrop.local.sagemaker.hosting.fleet import Fleet, RunningVariant
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan, plan_variant

MODEL = {"PrimaryContainer": {"Image": "image", "Environment": {"A": "1"}}}


def variant(name: str, **more: Any) -> RunningVariant:
    plan = plan_variant({"VariantName": name, "ModelName": "m", **more}, MODEL)
    server: Any = None  # never started
    log: Any = None
    return RunningVariant(plan, server, Path("/nowhere"), log)


def test_traffic_goes_by_weight_or_by_name() -> None:
    fleet = Fleet(
        FleetPlan("config", ()),
        [variant("a", InitialVariantWeight=0.0), variant("b", InitialVariantWeight=3.0)],
    )

    def chosen(name: str | None) -> str | None:
        picked = fleet.choose(name)
        return None if picked is None else picked.plan.name

    assert {chosen(None) for _ in range(50)} == {"b"}
    assert chosen("a") == "a"
    assert chosen("c") is None


def test_a_fleet_is_drained_before_it_stops() -> None:
    fleet = Fleet(FleetPlan("config", ()), [])
    stopped = threading.Event()

    def stop() -> None:
        fleet.stop(drain=True)
        stopped.set()

    with fleet.in_use():
        thread = threading.Thread(target=stop)
        thread.start()
        assert not stopped.wait(0.2)
    assert stopped.wait(5)
    thread.join()
