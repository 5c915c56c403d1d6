"""The alarms of an AutoRollbackConfiguration, read from CloudWatch."""

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
        """Require that the alarms exist. The message is ours.

        Raises:
            ApiError: an alarm does not exist.
        """
        states = self._states(names)
        missing = [name for name in names if name not in states]
        if missing:
            raise invalid(f"Could not find CloudWatch alarms: {', '.join(missing)}.")

    def tripped(self, names: Sequence[str]) -> list[str]:
        """The names of the alarms in ALARM; none if CloudWatch does not respond."""
        try:
            states = self._states(names)
        except (BotoCoreError, ClientError) as error:
            _logger.warning("cannot read alarms %s: %s", ", ".join(names), error)
            return []
        return [name for name in names if states.get(name) == "ALARM"]

    def _states(self, names: Sequence[str]) -> dict[str, str]:
        if not names:
            return {}
        response = self._cloudwatch.describe_alarms(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return {
            alarm["AlarmName"]: alarm["StateValue"]
            for alarm in (*response["MetricAlarms"], *response["CompositeAlarms"])
        }
