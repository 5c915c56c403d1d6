"""The usual number of steps and duration of a model's deployments, from earlier ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from modeldrop.executions.following import visits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_stepfunctions import SFNClient

    from model_packager.executions.history import StateVisit

_SECONDS_UNTIL = 120
"""Shorter durations are shown in seconds, longer ones in minutes."""


@dataclass(frozen=True)
class UsualCourse:
    """The steps of the last deployment, and the shortest and longest duration in seconds."""

    steps: int
    shortest: float
    longest: float

    def __str__(self) -> str:
        """Return the durations: "usually 4-8 min", with an en dash."""
        if self.longest < _SECONDS_UNTIL:
            return f"usually {_span(math.floor(self.shortest), math.ceil(self.longest))} s"
        return f"usually {_span(round(self.shortest / 60), math.ceil(self.longest / 60))} min"


def _span(least: int, most: int) -> str:
    return f"{most}" if least >= most else f"{least}–{most}"  # noqa: RUF001


def usual_course(stepfunctions: SFNClient, arns: Sequence[str]) -> UsualCourse | None:
    """Return the usual course of a model's deployments; None without earlier ones.

    Step Functions keeps executions for 90 days (developer guide, "Service quotas").

    Args:
        stepfunctions: a client.
        arns: the ARNs of the executions whose versions went live, newest first.
    """
    durations: list[float] = []
    steps = 0
    for arn in arns:
        try:
            ended = stepfunctions.describe_execution(executionArn=arn)
            if ended["status"] != "SUCCEEDED":
                continue
            durations.append((ended["stopDate"] - ended["startDate"]).total_seconds())
            steps = steps or steps_of(visits(stepfunctions, arn))
        except ClientError:  # the execution is too old, or the user has no permission
            continue
    return UsualCourse(steps, min(durations), max(durations)) if durations and steps else None


def steps_of(visited: Iterable[StateVisit]) -> int:
    """Count the states that take time. States in a polling loop count once."""
    return len({visit.name for visit in visited if visit.takes_time})
