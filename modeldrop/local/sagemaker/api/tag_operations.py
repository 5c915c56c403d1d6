"""AddTags, ListTags, DeleteTags."""

from __future__ import annotations

from typing import Any

from modeldrop.local.sagemaker.api.listing import paginate
from modeldrop.local.sagemaker.service import Service

_DEFAULT_PAGE = 50  # a resource has at most 50 tags


def add_tags(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Set tags, replacing those with the same key."""
    arn = request["ResourceArn"]
    with service.registry.lock:
        service.registry.tags(arn)  # an error if the resource does not exist
        service.registry.tag(arn, request["Tags"])
    return {"Tags": request["Tags"]}


def list_tags(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """List a resource's tags."""
    with service.registry.lock:
        tags = service.registry.tags(request["ResourceArn"])
        entries = [{"Key": key, "Value": value} for key, value in tags.items()]
    return paginate(entries, request, "Tags", _DEFAULT_PAGE)


def delete_tags(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Remove tags by key; missing keys are ignored."""
    with service.registry.lock:
        tags = service.registry.tags(request["ResourceArn"])
        for key in request["TagKeys"]:
            tags.pop(key, None)
    return {}
