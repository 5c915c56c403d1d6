"""Sends copies of requests to a shadow variant, whose responses no client gets.

The share of copied requests is the shadow variant's InitialVariantWeight, divided by the production
variant's. AWS documents the share as a percentage (ShadowModelVariantConfig, SamplingPercentage),
and uses equal weights to copy all requests (developer guide, "Testing models with shadow
variants"). We assume that the ratio counts in between.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack
from weakref import WeakKeyDictionary

from modeldrop.local.sagemaker.faults import RequestFaults
from modeldrop.local.sagemaker.hosting.container_clients import ContainerClients
from modeldrop.local.sagemaker.hosting.container_request import send
from modeldrop.local.sagemaker.hosting.fleet import Fleet, RunningVariant
from modeldrop.local.sagemaker.metrics.invocation_metrics import Invocation, InvocationMetrics
from modeldrop.local.sagemaker.traffic.data_capture import DataCapture, Exchange

_logger = logging.getLogger(__name__)

MAX_COPIES = 64
"""The maximum copies in flight per shadow variant. Further copies are dropped, because a slow
variant must not fill the memory."""


class ShadowTraffic:
    """Sends the copies. Use it in the event loop that handles the requests."""

    def __init__(self, metrics: InvocationMetrics, capture: DataCapture) -> None:
        self._metrics = metrics
        self._capture = capture
        self._credits: WeakKeyDictionary[Fleet, float] = WeakKeyDictionary()
        self._copies: WeakKeyDictionary[Fleet, set[asyncio.Task[None]]] = WeakKeyDictionary()

    def copy(
        self,
        containers: ContainerClients,
        endpoint: str,
        fleet: Fleet,
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        """Start sending a copy, if the fleet has a shadow variant and samples the request.

        Args:
            containers: the HTTP clients of the tritonservers.
            endpoint: the name of the endpoint.
            fleet: the fleet that serves the request.
            headers: the request headers, with names in lower case.
            body: the request body.
        """
        shadow = fleet.shadow
        if shadow is None or not self._is_sampled(fleet, shadow):
            return
        copies = self._copies.setdefault(fleet, set())
        if len(copies) >= MAX_COPIES:
            _logger.warning("%s: the shadow variant is too slow for another copy", endpoint)
            return
        use = ExitStack()
        use.enter_context(fleet.in_use())
        task = asyncio.create_task(
            self._send(containers, endpoint, fleet, shadow, headers, body, use)
        )
        copies.add(task)
        task.add_done_callback(copies.discard)

    def _is_sampled(self, fleet: Fleet, shadow: RunningVariant) -> bool:
        """Return whether a request is copied. The share is exact at any time."""
        weight = fleet.plan.variants[0].weight
        share = min(shadow.plan.weight / weight, 1.0) if weight else 1.0
        credit = self._credits.get(fleet, 0.0) + share
        is_sampled = credit >= 1 - 1e-9  # ten steps of 0.1 add up to slightly less than 1
        self._credits[fleet] = credit - 1 if is_sampled else credit
        return is_sampled

    async def _send(
        self,
        containers: ContainerClients,
        endpoint: str,
        fleet: Fleet,
        shadow: RunningVariant,
        headers: Mapping[str, str],
        body: bytes,
        use: ExitStack,
    ) -> None:
        with use:
            client = await containers.client(shadow.server)
            started = time.monotonic()
            response = await send(client, endpoint, headers, body, RequestFaults())
            seconds = time.monotonic() - started
        self._metrics.record(
            Invocation(
                endpoint=endpoint,
                variant=shadow.plan.name,
                config=fleet.plan.config_name,
                status=response.status,
                model_seconds=seconds,
                overhead_seconds=0.0,
                instances=shadow.plan.instance_count,
            )
        )
        if response.is_success:
            content_type = response.headers.get("content-type", "")
            exchange = Exchange(endpoint, shadow.plan, headers, body, content_type, response.body)
            self._capture.record(fleet.plan.data_capture, exchange)
