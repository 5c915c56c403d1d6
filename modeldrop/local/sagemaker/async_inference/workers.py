"""The threads that take requests from the queues of asynchronous endpoints."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.local.sagemaker.async_inference.notification import message
from modeldrop.local.sagemaker.async_inference.processing import Result, process
from modeldrop.local.sagemaker.async_queue import AsyncQueue, AsyncRequest
from modeldrop.local.sagemaker.errors import model_error_text
from modeldrop.local.sagemaker.execution_role import ExecutionRoles, RoleNotAssumable
from modeldrop.local.sagemaker.faults import ActiveFaults
from modeldrop.local.sagemaker.hosting.fleet import RunningVariant
from modeldrop.local.sagemaker.hosting.registry import Endpoint, Registry
from modeldrop.local.sagemaker.metrics.invocation_metrics import Invocation, InvocationMetrics

_logger = logging.getLogger(__name__)

MAX_THREADS = 32
"""The maximum number of threads per endpoint; the endpoint config usually sets a lower limit."""

_POLL_SECONDS = 0.2


class AsyncWorkers:
    """Processes the queues of all endpoints."""

    def __init__(
        self,
        registry: Registry,
        roles: ExecutionRoles,
        faults: ActiveFaults,
        metrics: InvocationMetrics,
        folder: Path,
    ) -> None:
        """Keep the shared parts; `folder` stores the payloads during a request."""
        self._registry = registry
        self._roles = roles
        self._faults = faults
        self._metrics = metrics
        self._folder = folder

    def start(self, endpoint: Endpoint, concurrency: int) -> None:
        """Start the threads of a new endpoint. They end when its queue is closed.

        Args:
            endpoint: an asynchronous endpoint.
            concurrency: the MaxConcurrentInvocationsPerInstance of the endpoint config.
        """
        queue = endpoint.queue
        assert queue is not None  # noqa: S101 - the endpoint is asynchronous
        for number in range(min(concurrency, MAX_THREADS)):
            name = f"async-{endpoint.name}-{number}"
            threading.Thread(
                target=self._run, args=(endpoint, queue), name=name, daemon=True
            ).start()

    def _run(self, endpoint: Endpoint, queue: AsyncQueue) -> None:
        while not queue.closed.is_set():
            if not queue.wait_for_request(_POLL_SECONDS):
                continue
            with ExitStack() as use:
                variant, config = self._running_variant(endpoint, use)
                request = queue.take() if variant else None
                if variant is None or request is None:
                    use.close()
                    queue.closed.wait(_POLL_SECONDS)
                    continue
                try:
                    self._work(endpoint, queue, variant, config, request)
                except Exception:  # otherwise the thread would end and stop the queue
                    _logger.exception("%s: %s", endpoint.name, request.inference_id)
                finally:
                    queue.finish(request)

    def _running_variant(
        self, endpoint: Endpoint, use: ExitStack
    ) -> tuple[RunningVariant | None, str]:
        """Return the variant for the next request, or None while there are no instances.

        The variant keeps running until `use` is closed.
        """
        with self._registry.lock:
            fleet = endpoint.next_fleet()
            if fleet is None or not fleet.variants:
                return None, ""
            use.enter_context(fleet.in_use())
            return fleet.choose(None), fleet.plan.config_name

    def _work(
        self,
        endpoint: Endpoint,
        queue: AsyncQueue,
        variant: RunningVariant,
        config: str,
        request: AsyncRequest,
    ) -> None:
        queued = time.time() - request.received
        clients = self._roles.clients(variant.plan.role_arn)
        result = process(
            request,
            clients.s3,
            variant.server.address,
            self._folder,
            lambda status, text: model_error_text(
                status, text, endpoint.name, self._registry.region, self._registry.account
            ),
            self._faults.take_invocation_faults(endpoint.name, config),
            queue.closed,
        )
        self._notify(endpoint, variant.plan.role_arn, request, result)
        self._metrics.record(
            Invocation(
                endpoint=endpoint.name,
                variant=variant.plan.name,
                config=config,
                status=result.status,
                model_seconds=result.model_seconds,
                overhead_seconds=0.0,
                queued_seconds=queued,
            )
        )

    def _notify(
        self, endpoint: Endpoint, role_arn: str, request: AsyncRequest, result: Result
    ) -> None:
        topic = request.success_topic if result.failure is None else request.error_topic
        if topic is None:
            return
        text = message(request, result, endpoint=endpoint.name, region=self._registry.region)
        try:
            self._roles.clients(role_arn).sns.publish(TopicArn=topic, Message=text)
        except (BotoCoreError, ClientError, RoleNotAssumable) as error:
            _logger.warning("%s: no notification: %s", endpoint.name, error)
