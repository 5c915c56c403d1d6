"""Reads the alarms of an AutoRollbackConfiguration from CloudWatch."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.local.sagemaker.errors import invalid
from modeldrop.local.sagemaker.execution_role import ExecutionRoles, RoleNotAssumable

_logger = logging.getLogger(__name__)


class RollbackAlarms:
    """Looks up alarms by name."""

    def __init__(self, roles: ExecutionRoles) -> None:
        self._roles = roles

    def require(self, role_arn: str, names: Sequence[str]) -> None:
        """Require that the alarms exist. The error message is ours.

        Raises:
            ApiError: an alarm does not exist, or the role may not read it.
        """
        try:
            states = self._states(role_arn, names)
        except (ClientError, RoleNotAssumable) as error:
            raise invalid(
                f"SageMaker cannot read the alarms of the deployment as the execution role "
                f"{role_arn}: {error}"
            ) from error
        missing = [name for name in names if name not in states]
        if missing:
            raise invalid(f"Could not find CloudWatch alarms: {', '.join(missing)}.")

    def tripped(self, role_arn: str, names: Sequence[str]) -> list[str]:
        """Return the names of the alarms in ALARM; an empty list if CloudWatch does not respond.

        Args:
            role_arn: the ARN of the execution role that reads the alarms.
            names: the names of the alarms.
        """
        try:
            states = self._states(role_arn, names)
        except (BotoCoreError, ClientError, RoleNotAssumable) as error:
            _logger.warning("cannot read alarms %s: %s", ", ".join(names), error)
            return []
        return [name for name in names if states.get(name) == "ALARM"]

    def _states(self, role_arn: str, names: Sequence[str]) -> dict[str, str]:
        if not names:
            return {}
        response = self._roles.clients(role_arn).cloudwatch.describe_alarms(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return {
            alarm["AlarmName"]: alarm["StateValue"]
            for alarm in (*response["MetricAlarms"], *response["CompositeAlarms"])
        }
