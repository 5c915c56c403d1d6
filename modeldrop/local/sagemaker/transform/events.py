"""The event that SageMaker sends to EventBridge when the status of a transform job changes.

Members: SageMaker's developer guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge".
SageMaker may send an event more than once; here each is sent once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from modeldrop.local.access.credentials import Credentials
from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.ministack.service_events import PATH, ServiceEvent
from modeldrop.local.sagemaker.transform.job import TransformJob

_logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 30


def state_change(job: TransformJob, tags: Mapping[str, str]) -> ServiceEvent:
    """Build the event of a job's current status."""
    members = {**job.description(), "Tags": dict(tags)}
    return ServiceEvent(
        source="aws.sagemaker",
        detail_type="SageMaker Transform Job State Change",
        resources=(job.arn,),
        detail={name: _plain(value) for name, value in members.items()},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


class EventPublisher:
    """Publishes events of SageMaker through MiniStack. Thread-safe."""

    def __init__(self, url: str, owner: Credentials) -> None:
        self._http = httpx.Client(
            base_url=url, auth=OwnerAuth(owner), trust_env=False, timeout=_TIMEOUT_SECONDS
        )

    def publish(self, event: ServiceEvent) -> None:
        """Publish an event. An error is only logged."""
        try:
            self._http.post(PATH, content=event.model_dump_json()).raise_for_status()
        except httpx.HTTPError as error:
            _logger.warning("cannot publish an event of %s: %s", event.resources[0], error)
