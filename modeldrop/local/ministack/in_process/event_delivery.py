"""Puts events of AWS services on MiniStack's default event bus (`service_events.py`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from modeldrop.local.access.authentication import read_body
from modeldrop.local.ministack.in_process.emulator_modules import emulator_module
from modeldrop.local.ministack.service_events import ServiceEvent


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
    emulator_module("services.eventbridge")._put_events({"Entries": [entry]}, allow_aws_source=True)
