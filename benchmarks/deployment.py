"""Makes a drop on an embedded cloud, and reads the times from the execution's history."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from modeldrop.dropping.drop import Drop
from modeldrop.errors import UsageError
from modeldrop.executions.following import visits
from modeldrop.local import cloud, cloud_state
from modeldrop.local.ministack import process as ministack
from modeldrop.local.run import PARAMETERS, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from model_packager.executions.history import StateVisit
    from modeldrop.local.cloud_state import EmbeddedCloud


@contextmanager
def fresh_cloud(parameters: Mapping[str, str] = PARAMETERS) -> Iterator[tuple[EmbeddedCloud, Path]]:
    """Yield a new embedded cloud, whose functions are all cold, and a folder for files."""
    with TemporaryDirectory(prefix="modeldrop-bench-") as folder:
        aws = ministack.Settings(fork_functions=False)
        settings = cloud_state.Settings(parameters=dict(parameters), aws=aws)
        with cloud.running(Path(folder) / "cloud", settings) as running:
            yield running, Path(folder)


@dataclass(frozen=True)
class Deployed:
    """A deployment that succeeded.

    Attributes:
        started: when EventBridge started the execution.
        in_service: when the endpoint became InService (its LastModifiedTime).
    """

    execution_arn: str
    started: datetime
    in_service: datetime
    visits: tuple[StateVisit, ...]

    def left(self, state: str) -> datetime:
        """Return when the state was left for the last time."""
        return max(visit.left for visit in self.visits if visit.name == state and visit.left)

    def seconds_in(self, state: str) -> float:
        """Return the time in a state, over all visits."""
        return sum(
            (visit.left - visit.entered).total_seconds()
            for visit in self.visits
            if visit.name == state and visit.left
        )


def deploy(running: EmbeddedCloud, name: str, model: Path) -> Deployed:
    """Drop a model and wait for the notification.

    Raises:
        UsageError: the deployment did not succeed.
    """
    outcome = run(running, Drop(name, model))
    notification = outcome.notification.content
    if notification["status"] != "SUCCEEDED":
        raise UsageError(
            f"The drop of {name} ended {notification['status']}: {notification['cause']}"
        )
    session = running.session()
    stepfunctions = session.client("stepfunctions")
    execution = stepfunctions.describe_execution(executionArn=outcome.execution_arn)
    endpoint = session.client("sagemaker").describe_endpoint(EndpointName=notification["endpoint"])
    return Deployed(
        outcome.execution_arn,
        execution["startDate"],
        endpoint["LastModifiedTime"],
        tuple(visits(stepfunctions, outcome.execution_arn)),
    )
