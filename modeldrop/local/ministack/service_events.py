"""Puts events of AWS services on the default event bus, from outside of MiniStack's process.

EventBridge accepts a source that starts with "aws." only from AWS services (PutEvents:
NotAuthorizedForSourceException), so the local SageMaker uses this route. MiniStack's Python also
imports this file. It has only one dependency of this project: pydantic.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from modeldrop.local.access.authentication import read_body

PATH = "/_modeldrop/service-events"
"""URL path on MiniStack's port: POST a `ServiceEvent`."""


class ServiceEvent(BaseModel):
    """An event of an AWS service.

    Attributes:
        source: the service, such as "aws.sagemaker".
        detail_type: the kind of event, such as "SageMaker Transform Job State Change".
        resources: the ARNs of the resources.
        detail: the members that the service documents.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    detail_type: str
    resources: tuple[str, ...]
    detail: dict[str, Any]


async def serve(_scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """Handle a request to `PATH` (ASGI)."""
    status, text = 204, b""
    try:
        _publish(ServiceEvent.model_validate_json(await read_body(receive)))
    except ValidationError as error:
        status, text = 400, str(error).encode()
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": text})


def _publish(event: ServiceEvent) -> None:
    entry = {
        "Source": event.source,
        "DetailType": event.detail_type,
        "Resources": list(event.resources),
        "Detail": json.dumps(event.detail),
    }
    # Imported by name, because only MiniStack's Python has this module.
    eventbridge: Any = importlib.import_module("ministack.services.eventbridge")
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
