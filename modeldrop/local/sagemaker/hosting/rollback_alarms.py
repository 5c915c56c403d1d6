"""The alarms of an AutoRollbackConfiguration, as CloudWatch has them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.local.sagemaker.errors import invalid

_logger = logging.getLogger(__name__)


class RollbackAlarms:
    """Looks alarms up by name."""

    def __init__(self, cloudwatch: Any) -> None:
        """Take a CloudWatch client."""
        self._cloudwatch = cloudwatch

    def require(self, names: Sequence[str]) -> None:
        """Refuse names of alarms that are not there, in our words.

        Raises:
            ApiError: one is missing.
        """
        states = self._states(names)
        missing = [name for name in names if name not in states]
        if missing:
            raise invalid(f"Could not find CloudWatch alarms: {', '.join(missing)}.")

    def tripped(self, names: Sequence[str]) -> list[str]:
        """Name those in ALARM. None are, while CloudWatch does not answer."""
        try:
            states = self._states(names)
        except (BotoCoreError, ClientError) as error:
            _logger.warning("alarms %s not read: %s", ", ".join(names), error)
            return []
        return [name for name in names if states.get(name) == "ALARM"]

    def _states(self, names: Sequence[str]) -> dict[str, str]:
        if not names:
            return {}
        found = self._cloudwatch.describe_alarms(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return {
            alarm["AlarmName"]: alarm["StateValue"]
            for alarm in (*found["MetricAlarms"], *found["CompositeAlarms"])
        }
