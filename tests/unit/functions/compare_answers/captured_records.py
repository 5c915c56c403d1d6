"""Captured records in the format of SageMaker's developer guide."""

from __future__ import annotations

import base64
import json
from typing import Any

JSON_TYPE = "application/json"


def response(*values: float, name: str = "y") -> str:
    """Return a JSON response of Triton with one FP32 output."""
    output = {"name": name, "datatype": "FP32", "shape": [len(values)], "data": list(values)}
    return json.dumps({"model_name": "m", "model_version": "1", "outputs": [output]})


def record(request: str, answer: str, **more: Any) -> bytes:
    """Return a record of a JSON request as a line."""
    data = {
        "endpointInput": payload("INPUT", request),
        "endpointOutput": payload("OUTPUT", answer),
    }
    metadata = {"eventId": "1", "inferenceTime": "2026-08-01T15:12:24Z"}
    content = {"captureData": data | more, "eventMetadata": metadata, "eventVersion": "0"}
    return json.dumps(content).encode()


def payload(mode: str, text: str) -> dict[str, str]:
    return {"observedContentType": JSON_TYPE, "mode": mode, "data": text, "encoding": "JSON"}


def base64_payload(mode: str, content: bytes, content_type: str) -> dict[str, str]:
    data = base64.b64encode(content).decode()
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": "BASE64"}
