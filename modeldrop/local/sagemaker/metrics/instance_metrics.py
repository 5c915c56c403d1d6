"""Writes the metrics of instances once a minute, with the model's execution role.

Names, units and dimensions follow SageMaker's developer guide, "Amazon SageMaker AI metrics in
Amazon CloudWatch". Locally, an instance is the process group of a tritonserver. There are no
metrics of GPUs and disks. If the role lacks the permission, only the metrics are missing.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.sagemaker.cloudwatch import INSTANCE_NAMESPACE
from modeldrop.local.sagemaker.execution_role import ExecutionRoles, RoleNotAssumable
from modeldrop.local.sagemaker.repetition import Repetition

_logger = logging.getLogger(__name__)

_PERIOD_SECONDS = 60.0
_POLL_SECONDS = 1.0
_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MEMORY_BYTES = os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES
# Fields of /proc/<pid>/stat after the command, which ends with ")" (man page proc_pid_stat).
_GROUP, _USER_TICKS, _SYSTEM_TICKS, _RESIDENT_PAGES = 2, 11, 12, 21


@dataclass(frozen=True)
class Instance:
    """A variant's running server.

    Attributes:
        group: the ID of its process group.
        role_arn: the model's execution role.
    """

    endpoint: str
    variant: str
    group: int
    role_arn: str


@dataclass(frozen=True)
class Usage:
    """The CPU seconds that a process group has used since its start, and its resident bytes now."""

    cpu_seconds: float
    resident_bytes: int


def usage(group: int, proc: Path = _PROC) -> Usage:
    """Measure a process group; zeros if it has ended."""
    ticks = pages = 0
    for stat in proc.glob("[0-9]*/stat"):
        try:
            # The kernel truncates the command to 15 bytes, maybe in the middle of a character.
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # the process has just ended
            continue
        if int(fields[_GROUP]) == group:
            ticks += int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
            pages += int(fields[_RESIDENT_PAGES])
    return Usage(ticks / _TICKS_PER_SECOND, pages * _PAGE_BYTES)


class InstanceMetrics:
    """Measures each instance at its start and then every minute."""

    def __init__(self, roles: ExecutionRoles, instances: Callable[[], Iterable[Instance]]) -> None:
        """Start the measuring thread.

        Args:
            roles: provides the clients of execution roles.
            instances: returns the running instances.
        """
        self._roles = roles
        self._instances = instances
        self._measured: dict[int, tuple[float, float]] = {}
        self._repetition = Repetition("instance-metrics", _POLL_SECONDS, self._measure)

    def close(self) -> None:
        """Stop within five seconds."""
        self._repetition.close(5)

    def _measure(self) -> None:
        instances = list(self._instances())
        now = time.monotonic()
        for each in instances:
            if now - self._measured.get(each.group, (float("-inf"), 0.0))[0] >= _PERIOD_SECONDS:
                self._send(each, self._data(each, now))
        running = {each.group for each in instances}
        self._measured = {key: at for key, at in self._measured.items() if key in running}

    def _data(self, instance: Instance, now: float) -> list[dict[str, Any]]:
        used = usage(instance.group)
        before, cpu_before = self._measured.get(instance.group, (now - _PERIOD_SECONDS, 0.0))
        self._measured[instance.group] = now, used.cpu_seconds
        percents = {
            "CPUUtilization": 100 * (used.cpu_seconds - cpu_before) / (now - before),
            "MemoryUtilization": 100 * used.resident_bytes / _MEMORY_BYTES,
        }
        dimensions = [
            {"Name": "EndpointName", "Value": instance.endpoint},
            {"Name": "VariantName", "Value": instance.variant},
        ]
        return [
            {"MetricName": name, "Dimensions": dimensions, "Unit": "Percent", "Value": value}
            for name, value in percents.items()
        ]

    def _send(self, instance: Instance, data: list[dict[str, Any]]) -> None:
        try:
            client = self._roles.clients(instance.role_arn).cloudwatch
            client.put_metric_data(Namespace=INSTANCE_NAMESPACE, MetricData=data)
        except (BotoCoreError, ClientError, RoleNotAssumable) as error:
            _logger.warning("%s: no instance metrics: %s", instance.endpoint, error)
