from __future__ import annotations

from typing import Any

from modeldrop.local.sagemaker.hosting.fleet_plan import VariantPlan, plan_variant

MODEL = {"PrimaryContainer": {"Image": "image", "Environment": {"A": "1"}}}


def planned(**more: Any) -> VariantPlan:
    return plan_variant({"VariantName": "a", "ModelName": "m", **more}, MODEL)


def test_a_plan_has_sagemakers_defaults_and_the_configs_limits() -> None:
    plan = planned()
    assert (plan.weight, plan.instance_count, plan.startup_seconds) == (1.0, 1, 240)
    assert plan.environment == {"A": "1"}
    limits = {
        "ContainerStartupHealthCheckTimeoutInSeconds": 60,
        "ModelDataDownloadTimeoutInSeconds": 61,
    }
    plan = planned(**limits)
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
