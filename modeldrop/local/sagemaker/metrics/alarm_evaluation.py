"""Evaluates CloudWatch alarms on endpoint metrics, and sets their states.

MiniStack stores these alarms and runs their actions, but does not evaluate them. Alarms on metric
math, anomaly bands or other metrics keep their state.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.sagemaker.cloudwatch import NAMESPACE
from modeldrop.local.sagemaker.metrics.alarm_rules import (
    alarm_state,
    dimensions_of,
    evaluated_seconds,
    is_supported,
)
from modeldrop.local.sagemaker.metrics.invocation_metrics import InvocationMetrics
from modeldrop.local.sagemaker.repetition import Repetition

_logger = logging.getLogger(__name__)

_EVERY_SECONDS = 1.0


class AlarmEvaluation:
    """Evaluates all alarms in the namespace AWS/SageMaker periodically."""

    def __init__(self, cloudwatch: Any, metrics: InvocationMetrics) -> None:
        """Start the evaluation thread."""
        self._cloudwatch = cloudwatch
        self._metrics = metrics
        self._repetition = Repetition("alarms", _EVERY_SECONDS, self._evaluate_all)

    def close(self) -> None:
        """Stop within five seconds."""
        self._repetition.close(5)

    def _evaluate_all(self) -> None:
        try:
            self._evaluate_pages()
        except (BotoCoreError, ClientError) as error:
            _logger.warning("cannot evaluate alarms: %s", error)

    def _evaluate_pages(self) -> None:
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmTypes=["MetricAlarm"]
        )
        for page in pages:
            for alarm in page["MetricAlarms"]:
                if alarm.get("Namespace") == NAMESPACE and is_supported(alarm):
                    self._evaluate(alarm)

    def _evaluate(self, alarm: dict[str, Any]) -> None:
        now = time.time()
        endpoint = dimensions_of(alarm)["EndpointName"]
        invocations = self._metrics.since(endpoint, now - evaluated_seconds(alarm))
        state = alarm_state(alarm, invocations, now)
        if state == alarm["StateValue"]:
            return
        _logger.info("alarm %s: %s", alarm["AlarmName"], state)
        try:
            self._cloudwatch.set_alarm_state(
                AlarmName=alarm["AlarmName"],
                StateValue=state,
                StateReason=f"{alarm['MetricName']} of the last {evaluated_seconds(alarm)} s, "
                f"threshold {alarm['Threshold']:g} ({alarm['ComparisonOperator']}).",
            )
        except self._cloudwatch.exceptions.ResourceNotFound:
            _logger.info("alarm %s: deleted in the meantime", alarm["AlarmName"])
