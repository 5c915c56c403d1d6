"""The time from a drop to a live version, by hosting mode.

On the embedded cloud, instances are available at once, so the time includes only the pipeline and
the start of the container. On AWS, a new instance takes minutes, so each row shows whether it needs
one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.deployment import fresh_cloud
from benchmarks.sample_model import save_model
from benchmarks.spread import spread
from modeldrop.api.endpoint import Endpoint
from modeldrop.api.stack import Stack
from modeldrop.dropping.drop import Drop
from modeldrop.errors import UsageError
from modeldrop.local.run import PARAMETERS, run

if TYPE_CHECKING:
    from modeldrop.local.cloud_state import EmbeddedCloud

MEGABYTES = 10
REPEATS = 3
REAL_TIME, ASYNC = "{}", "{mode: async, min_instances: 1, max_instances: 1}"
SERVERLESS = "{mode: serverless, memory_mb: 4096, max_concurrency: 2}"


@dataclass(frozen=True)
class Mode:
    """A row.

    Attributes:
        what: the event and the hosting mode.
        needs_instance: whether SageMaker has to start an instance.
        seconds: runs it once and returns the seconds; the argument is the number of the run.
    """

    what: str
    needs_instance: bool
    seconds: Callable[[int], float]


def measure(repeats: int = REPEATS) -> list[dict[str, Any]]:
    """Return one row for each way to become live. The runs alternate, with warm functions."""
    with fresh_cloud({**PARAMETERS, "AllowNetworkAccess": "true"}) as (cloud, folder):
        ways = _Ways(cloud, folder, save_model(folder / "model.pt", MEGABYTES))
        ways.drop("warm-up", REAL_TIME)
        modes = [
            Mode("real_time, new", True, lambda n: ways.drop(f"real-{n}", REAL_TIME)),
            Mode("real_time, woken", True, lambda n: ways.wake(f"real-{n}")),
            Mode("async, new", True, lambda n: ways.drop(f"async-{n}", ASYNC)),
            Mode("serverless, new", False, lambda n: ways.drop(f"serverless-{n}", SERVERLESS)),
            Mode("pool, first model", True, lambda n: ways.drop(f"first-{n}", _pool(n))),
            Mode("pool, further model", False, lambda n: ways.drop(f"next-{n}", _pool(n))),
        ]
        runs: dict[str, list[float]] = {mode.what: [] for mode in modes}
        for number in range(repeats):
            for mode in modes:
                runs[mode.what].append(mode.seconds(number))
    first = runs["real_time, new"]
    return [
        {
            "mode": mode.what,
            "new instance": "yes" if mode.needs_instance else "no",
            "runs": repeats,
            **spread("s", runs[mode.what], 1),
            "ratio to real_time": round(sum(runs[mode.what]) / sum(first), 2),
        }
        for mode in modes
    ]


def _pool(number: int) -> str:
    return f"{{mode: pool, pool: bench-{number}}}"


@dataclass(frozen=True)
class _Ways:
    cloud: EmbeddedCloud
    folder: Path
    model: Path

    def drop(self, name: str, hosting: str) -> float:
        """Drop the model as `name`, and return the duration of the execution in seconds."""
        spec = self.folder / f"{name}.yaml"
        spec.write_text(f"hosting: {hosting}\n")
        outcome = run(self.cloud, Drop(name, self.model, spec))
        content = outcome.notification.content
        if content["status"] != "SUCCEEDED":
            raise UsageError(f"The drop of {name} ended {content['status']}: {content['cause']}")
        return self._seconds(outcome.execution_arn)

    def wake(self, name: str) -> float:
        """Put a live model to sleep and wake it. Return the seconds until it is live again."""
        endpoint = Endpoint(name, stack=Stack(local=True, home=self.cloud.home))
        endpoint.sleep()
        deployment = endpoint.wake()
        deployment.wait()
        return self._seconds(deployment.execution_arn)

    def _seconds(self, execution_arn: str) -> float:
        stepfunctions = self.cloud.session().client("stepfunctions")
        execution = stepfunctions.describe_execution(executionArn=execution_arn)
        return (execution["stopDate"] - execution["startDate"]).total_seconds()
