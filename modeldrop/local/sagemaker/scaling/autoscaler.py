"""Scales endpoints: samples the queues, evaluates the policies, and changes instance counts."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.sagemaker.cloudwatch import NAMESPACE
from modeldrop.local.sagemaker.hosting.endpoint_lifecycle import EndpointLifecycle
from modeldrop.local.sagemaker.hosting.registry import Endpoint, Registry
from modeldrop.local.sagemaker.hosting.scaling_targets import (
    ScalableTarget,
    ScalingPolicy,
    ScalingTargets,
)
from modeldrop.local.sagemaker.metrics.alarm_rules import (
    alarm_state_of,
    dimensions_of,
    is_supported,
)
from modeldrop.local.sagemaker.metrics.backlog_metrics import UNITS, BacklogMetrics, values_of
from modeldrop.local.sagemaker.metrics.invocation_metrics import InvocationMetrics
from modeldrop.local.sagemaker.repetition import Repetition
from modeldrop.local.sagemaker.scaling.rules import IN_MINUTES, step_capacity, tracking_capacity

_logger = logging.getLogger(__name__)

_TICKS = 20  # evaluations per minute
_SHORTEST_TICK = 0.1
_SENDS = 4  # samples per minute that go to CloudWatch

Minutes = list[float | None]


@dataclass(frozen=True)
class Sources:
    """The state that the policies read and change."""

    registry: Registry
    lifecycle: EndpointLifecycle
    targets: ScalingTargets
    invocations: InvocationMetrics
    backlogs: BacklogMetrics
    cloudwatch: Any


class Autoscaler:
    """Evaluates all policies in one thread."""

    def __init__(self, sources: Sources, minute: float) -> None:
        """Start the thread.

        Args:
            sources: the state that the policies read and change.
            minute: the length of a minute in seconds; tests use less than 60. Cooldowns shrink,
                too.
        """
        self._of = sources
        self._minute = minute
        self._last: dict[tuple[str, str], float] = {}
        self._sent = 0.0
        pause = max(minute / _TICKS, _SHORTEST_TICK)
        self._repetition = Repetition("autoscaler", pause, self._evaluate)

    def close(self) -> None:
        """Stop within five seconds."""
        self._repetition.close(5)

    def _evaluate(self) -> None:
        try:
            self._tick(time.time())
        except (BotoCoreError, ClientError) as error:
            _logger.warning("cannot evaluate scaling: %s", error)

    def _tick(self, now: float) -> None:
        with self._of.registry.lock:
            endpoints = list(self._of.registry.endpoints.values())
        queued = [each for each in endpoints if each.queue is not None]
        self._sample(queued, now)
        excesses = self._alarms(now) if queued else {}
        with self._of.targets.lock:
            targets = list(self._of.targets.targets.values())
        for target in targets:
            try:
                self._scale(target, endpoints, excesses, now)
            except Exception:  # an error must not stop the policies of other endpoints
                _logger.exception("%s: scaling failed", target.resource_id)

    def _sample(self, endpoints: Sequence[Endpoint], now: float) -> None:
        backlogs = self._of.backlogs
        for each in endpoints:
            assert each.queue is not None  # noqa: S101 - the caller selects endpoints with a queue
            with self._of.registry.lock:
                runs = each.fleet is not None and bool(each.fleet.variants)
                count = sum(map(each.count, each.fleet.plan.variants)) if each.fleet else 0
            backlogs.sample(each.name, values_of(each.queue.backlog(), count if runs else 0), now)
        backlogs.forget_others([each.name for each in endpoints])
        if now - self._sent >= self._minute / _SENDS:
            self._sent = now
            for each in endpoints:
                backlogs.send(each.name)

    def _alarms(self, now: float) -> dict[str, float]:
        """Evaluate the alarms on queues.

        Return how far each metric is above its threshold, by policy ARN.
        """
        excesses: dict[str, float] = {}
        pages = self._of.cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmTypes=["MetricAlarm"]
        )
        for page in pages:
            for alarm in page["MetricAlarms"]:
                if alarm.get("Namespace") != NAMESPACE or not is_supported(alarm, UNITS):
                    continue
                period = int(alarm["Period"]) / 60 * self._minute
                points = self._of.backlogs.minutes(
                    dimensions_of(alarm)["EndpointName"],
                    alarm["MetricName"],
                    int(alarm["EvaluationPeriods"]),
                    period,
                    now,
                )
                state = alarm_state_of(alarm, points)
                if state != alarm["StateValue"]:
                    self._set_state(alarm, state)
                if state == "ALARM" and points[0] is not None:
                    excess = points[0] - float(alarm["Threshold"])
                    excesses |= dict.fromkeys(alarm.get("AlarmActions", ()), excess)
        return excesses

    def _set_state(self, alarm: dict[str, Any], state: str) -> None:
        _logger.info("alarm %s: %s", alarm["AlarmName"], state)
        try:
            self._of.cloudwatch.set_alarm_state(
                AlarmName=alarm["AlarmName"],
                StateValue=state,
                StateReason=f"{alarm['MetricName']}, threshold {alarm['Threshold']:g}.",
            )
        except self._of.cloudwatch.exceptions.ResourceNotFound:
            _logger.info("alarm %s: deleted in the meantime", alarm["AlarmName"])

    def _scale(
        self,
        target: ScalableTarget,
        endpoints: Sequence[Endpoint],
        excesses: dict[str, float],
        now: float,
    ) -> None:
        _, name, _, variant = target.resource_id.split("/")
        endpoint = next((each for each in endpoints if each.name == name), None)
        if endpoint is None:
            return
        with self._of.registry.lock:
            fleet = endpoint.fleet
            plans = fleet.plan.variants if fleet else ()
            plan = next((each for each in plans if each.name == variant), None)
            if plan is None or endpoint.status != "InService":
                return
            current = endpoint.count(plan)
        low, high = target.properties["MinCapacity"], target.properties["MaxCapacity"]
        if endpoint.queue is None:
            low = max(low, 1)  # a real-time variant has at least one instance
        wanted = {
            policy: self._wanted(target, policy, endpoint, current, excesses, now)
            for policy in target.policies.values()
        }
        outs = [each for each in wanted.values() if each is not None and each > current]
        tracking = [
            each
            for policy, each in wanted.items()
            if policy.configuration["PolicyType"] == "TargetTrackingScaling"
        ]
        capacity = current
        if outs:
            capacity = max(outs)
        elif tracking and all(each is not None and each < current for each in tracking):
            capacity = max(each for each in tracking if each is not None)
        capacity = max(min(capacity, high), low)
        if capacity == current or not self._of.lifecycle.scale(endpoint, variant, capacity):
            return
        self._last[target.resource_id, "out" if capacity > current else "in"] = now
        _logger.info("%s: %d -> %d instances", target.resource_id, current, capacity)

    def _wanted(
        self,
        target: ScalableTarget,
        policy: ScalingPolicy,
        endpoint: Endpoint,
        current: int,
        excesses: dict[str, float],
        now: float,
    ) -> int | None:
        """Return the capacity that a policy requires; None for no change and during cooldown."""
        if policy.configuration["PolicyType"] == "StepScaling":
            configuration = policy.configuration["StepScalingPolicyConfiguration"]
            if policy.arn not in excesses:
                return None
            wanted = step_capacity(configuration, excesses[policy.arn], current)
            cooldown = configuration.get("Cooldown", 300)
            return wanted if self._cooled(target, cooldown, wanted, current, now) else None
        configuration = policy.configuration["TargetTrackingScalingPolicyConfiguration"]
        minutes = self._minutes(configuration, endpoint, target, current, now)
        wanted = tracking_capacity(minutes, configuration["TargetValue"], current)
        growing = wanted is not None and wanted > current
        key = "ScaleOutCooldown" if growing else "ScaleInCooldown"
        if not growing and configuration.get("DisableScaleIn"):
            return None
        cooldown = configuration.get(key, 300)
        return wanted if self._cooled(target, cooldown, wanted, current, now) else None

    def _cooled(
        self, target: ScalableTarget, cooldown: float, wanted: int | None, current: int, now: float
    ) -> bool:
        if wanted is None:
            return False
        direction = "out" if wanted > current else "in"
        last = self._last.get((target.resource_id, direction), float("-inf"))
        return now - last >= cooldown / 60 * self._minute

    def _minutes(
        self,
        configuration: dict[str, Any],
        endpoint: Endpoint,
        target: ScalableTarget,
        current: int,
        now: float,
    ) -> Minutes:
        """Return a target tracking policy's metric in the last minutes, newest first."""
        predefined = configuration.get("PredefinedMetricSpecification", {})
        if predefined.get("PredefinedMetricType") == "SageMakerVariantInvocationsPerInstance":
            return self._invocations(endpoint, target, current, now)
        custom = configuration.get("CustomizedMetricSpecification", {})
        metric = custom.get("MetricName", "")
        if metric not in UNITS:
            return [None] * IN_MINUTES
        return self._of.backlogs.minutes(endpoint.name, metric, IN_MINUTES, self._minute, now)

    def _invocations(
        self, endpoint: Endpoint, target: ScalableTarget, current: int, now: float
    ) -> Minutes:
        variant = target.resource_id.rpartition("/")[2]
        counts = [0] * IN_MINUTES
        for each in self._of.invocations.since(endpoint.name, now - IN_MINUTES * self._minute):
            number = int((now - each.at) // self._minute)
            if 0 <= number < IN_MINUTES and each.queued_seconds is None and each.variant == variant:
                counts[number] += 1
        # CloudWatch has no datapoint for a minute without requests, so the policy does not scale
        # in.
        return [count / max(current, 1) if count else None for count in counts]
