from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from modeldrop.local.sagemaker.hosting.fleet import Fleet, FleetPlan, RunningVariant, plan_variant

MODEL = {"PrimaryContainer": {"Image": "image", "Environment": {"A": "1"}}}


def variant(name: str, **more: Any) -> RunningVariant:
    plan = plan_variant({"VariantName": name, "ModelName": "m", **more}, MODEL)
    server: Any = None  # never started
    log: Any = None
    return RunningVariant(plan, server, Path("/nowhere"), log)


def test_a_plan_has_sagemakers_defaults_and_the_configs_limits() -> None:
    plan = variant("a").plan
    assert (plan.weight, plan.instance_count, plan.startup_seconds) == (1.0, 1, 240)
    assert plan.environment == {"A": "1"}
    limits = {
        "ContainerStartupHealthCheckTimeoutInSeconds": 60,
        "ModelDataDownloadTimeoutInSeconds": 61,
    }
    plan = variant("a", **limits).plan
    assert (plan.startup_seconds, plan.download_seconds) == (60, 61)


def test_a_multi_model_container_loads_archives_later() -> None:
    container = {"Image": "image", "Mode": "MultiModel", "ModelDataUrl": "s3://models/pool/"}
    settings = {"VariantName": "a", "ModelName": "m"}
    plan = plan_variant(settings, {"PrimaryContainer": container})
    assert plan.is_multi_model
    assert plan.caches_models
    assert plan.environment == {"SAGEMAKER_MULTI_MODEL": "true"}
    uncached = container | {"MultiModelConfig": {"ModelCacheSetting": "Disabled"}}
    assert not plan_variant(settings, {"PrimaryContainer": uncached}).caches_models
    assert not plan_variant(settings, MODEL).is_multi_model


def test_isolated_container_has_no_network() -> None:
    settings = {"VariantName": "a", "ModelName": "m"}
    isolated = plan_variant(settings, MODEL | {"EnableNetworkIsolation": True}).environment
    assert isolated["A"] == "1"
    assert isolated["https_proxy"] == isolated["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert isolated["AWS_EC2_METADATA_DISABLED"] == "true"
    assert not [name for name in isolated if name.startswith(("AWS_ACCESS", "AWS_CONTAINER"))]


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
