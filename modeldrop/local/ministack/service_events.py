"""The route on MiniStack's port that puts events of AWS services on the default event bus.

EventBridge accepts a source that starts with "aws." only from AWS services (PutEvents:
NotAuthorizedForSourceException), so the local SageMaker uses this route.

MiniStack's Python also imports this file. It has only one dependency of this project: pydantic.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

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
