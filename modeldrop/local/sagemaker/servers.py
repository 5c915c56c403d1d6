"""Lists the tritonservers for the status page; this is not part of SageMaker's API."""

from __future__ import annotations

from typing import Any

from modeldrop.local.sagemaker.hosting.fleet import RunningVariant
from modeldrop.local.sagemaker.hosting.registry import Registry
from modeldrop.local.sagemaker.transform.lifecycle import TransformJobs


def servers(registry: Registry, jobs: TransformJobs) -> list[dict[str, Any]]:
    """Describe the running servers of all endpoints and transform jobs.

    The list includes both fleets of a running update. A server has either an endpoint or a job.
    """
    with registry.lock:
        fleets = [
            (endpoint.name, fleet)
            for endpoint in registry.endpoints.values()
            for fleet in endpoint.fleets()
        ]
    of_endpoints = [
        {"endpoint": name, "config": fleet.plan.config_name, "job": None, **_server(variant)}
        for name, fleet in fleets
        for variant in fleet.variants
    ]
    of_jobs = [
        {"endpoint": None, "config": None, "job": name, **_server(variant)}
        for name, variant in jobs.containers()
    ]
    return of_endpoints + of_jobs


def _server(variant: RunningVariant) -> dict[str, Any]:
    return {
        "variant": variant.plan.name,
        "url": f"unix:{variant.server.socket}",
        "pid": variant.server.pid,
        "log": str(variant.log.path),
    }
