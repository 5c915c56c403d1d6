"""The SNS message of an asynchronous request.

Members: SageMaker's developer guide, "Check prediction results" (Amazon SNS topics). Its examples
have no message attributes, so subscribers filter by the message body.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from modeldrop.local.sagemaker.async_inference.processing import Result
from modeldrop.local.sagemaker.async_queue import AsyncRequest


def message(request: AsyncRequest, result: Result, *, endpoint: str, region: str) -> str:
    """Build the message of a finished request as JSON."""
    failed = result.failure is not None
    content: dict[str, object] = {
        "awsRegion": region,
        "eventTime": _timestamp(datetime.now(UTC)),
        "receivedTime": _timestamp(datetime.fromtimestamp(request.received, UTC)),
        "invocationStatus": "Failed" if failed else "Completed",
        "requestParameters": {
            "contentType": request.headers.get("content-type", ""),
            "endpointName": endpoint,
            "inputLocation": request.input_location,
        },
        "inferenceId": request.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    if failed:
        content["failureReason"] = result.failure
        if request.failure_location:
            content["responseParameters"] = {"outputLocation": request.failure_location}
    else:
        content["responseParameters"] = {
            "contentType": result.content_type,
            "outputLocation": request.output_location,
        }
    return json.dumps(content)


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
