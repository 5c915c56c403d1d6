"""Lists the tritonservers for the status page; this is not part of SageMaker's API."""

from __future__ import annotations

from typing import Any

from modeldrop.local.sagemaker.hosting.registry import Registry


def servers(registry: Registry) -> list[dict[str, Any]]:
    """Describe the running servers of all endpoints, including those of a running update."""
    with registry.lock:
        fleets = [
            (endpoint.name, fleet)
            for endpoint in registry.endpoints.values()
            for fleet in endpoint.fleets()
        ]
    return [
        {
            "endpoint": name,
            "config": fleet.plan.config_name,
            "variant": variant.plan.name,
            "url": f"unix:{variant.server.socket}",
            "pid": variant.server.pid,
            "log": str(variant.log.path),
        }
        for name, fleet in fleets
        for variant in fleet.variants
    ]
