"""Runs fault cases on the embedded cloud, and records what users can observe."""

from __future__ import annotations

import re
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from botocore.exceptions import ClientError

from model_packager.names.pool import POOL_LOCKS, pool_prefix
from model_packager.sagemaker.endpoint_alarm import endpoint_alarm_name
from modeldrop.executions.outcome import Outcome
from modeldrop.local.ministack.injected_faults import AwsFault, LambdaFault
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault
from tests.waiting import eventually
from tests.workflow.drops import NOTHING, Cloud
from tests.workflow.executions import Executions, Notifications, notifications
from tests.workflow.fault_case import Step
from tests.workflow.models import PYTHON_SPEC, python_scale
from tests.workflow.pooled import endpoint_of, left_of_pool, scaled_in_pool
from tests.workflow.scaled import scaled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from tests.workflow.fault_case import Fault, FaultCase

GAVE_UP = {"Next Instance Type", "Roll Back"}
"""The states after the workflow has given up waiting for an endpoint."""

NEIGHBOR_FACTOR = 5
"""The factor of the other model in a pool."""

VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


@dataclass(frozen=True)
class Observation:
    """What users can observe after a step.

    Attributes:
        outcome: the outcome of the execution, with its last notification, if any.
        notifications: the number of notifications.
        other_executions: other executions that published a notification about the model.
        error: the name and cause of the execution's error.
        returns: the output of the endpoint for input 1; None without an endpoint.
        left: the resources in SageMaker and the objects in the artifact bucket.
        alarms: the names of the alarms for updates, without the live endpoint's alarm.
        unused_faults: the limited faults that did not occur.
        config: the name of the endpoint config; None without an endpoint.
        untouched: whether the endpoint was not updated.
        neighbor: the output of the other model in the pool for input 1; None without one.
        attempts: the errors of failed attempts, by state.
    """

    outcome: Outcome
    notifications: int
    other_executions: set[str]
    error: tuple[str, str]
    returns: float | None
    left: list[str]
    alarms: list[str]
    unused_faults: list[Any]
    config: str | None
    untouched: bool
    attempts: dict[str, tuple[str, ...]]
    neighbor: float | None

    @property
    def versions(self) -> set[str]:
        """The versions of the resources that are left."""
        return {found[0] for each in self.left if (found := VERSION.search(each))}

    @property
    def lock(self) -> bool:
        """Whether the lock of the pool is left."""
        return any(each.startswith(POOL_LOCKS) for each in self.left)


@dataclass(frozen=True)
class CaseRunner:
    """Runs cases, each in the calling thread."""

    cloud: Cloud
    executions: Executions

    def run(self, case: FaultCase) -> list[Observation]:
        """Run all steps of a case."""
        seen = list[Observation]()
        with notifications(self.cloud, case.name) as received:
            for step in case.steps:
                if case.neighbor and seen and seen[-1].neighbor is None and seen[-1].returns:
                    self._join(case, case.neighbor)
                seen.append(self._run_step(case, step, received, seen))
        self.cloud.stop_serving(self._endpoint(case))
        return seen

    def _run_step(
        self, case: FaultCase, step: Step, received: Notifications, before: list[Observation]
    ) -> Observation:
        model, modified = case.name, self._modified(case)
        inject(self.cloud, model, step.faults)
        arn = self._start(case, step, before)
        with self._clients(case, wanted=step.clients):
            if any(isinstance(each, EndpointFault) and each.kind == "hang" for each in step.faults):
                self.executions.entered(arn, GAVE_UP)
                self.cloud.faults.clear(model)  # the endpoint continues too late
            ended = self.executions.ended(arn)
        published = received.of(arn)
        unused_faults = [
            each
            for each in (
                *self.cloud.faults.clear(model),
                *self.cloud.emulator_faults.clear(model),
            )
            if each.times is not None
        ]
        known = {arn, *(each.outcome.execution_arn for each in before)}
        outcome = Outcome(arn, ended["status"], published[-1] if published else NOTHING)
        return Observation(
            outcome=outcome,
            notifications=len(published),
            other_executions=received.of_others(known),
            error=(ended.get("error", ""), ended.get("cause", "")),
            returns=self._output(case, model),
            left=self._left(case),
            alarms=self._alarms(model),
            unused_faults=unused_faults,
            config=self._config(case),
            untouched=modified is not None and modified == self._modified(case),
            attempts={s: tuple(self.cloud.failed_attempts(outcome, s)) for s in step.attempts},
            neighbor=self._output(case, case.neighbor) if case.neighbor else None,
        )

    def _start(self, case: FaultCase, step: Step, before: list[Observation]) -> str:
        model = case.name
        if step.action == "restore":
            first = before[0].outcome
            event = self.executions.event(first.execution_arn)
            version = first.notification.content["version"]
            name = f"{model}-{uuid.uuid4().hex}"
            return self.executions.start(event | {"restore": version}, name)
        spec = f"{_home(case, step)}\n{step.spec}"
        if step.action == "redeploy":
            key = f"{model}/deploy.yaml"
            return self.executions.of(key, self.cloud.put(key, f"{PYTHON_SPEC}{spec}".encode()))
        self._put_sample(model, step.golden)
        # A comment makes each object different.
        return self._drop(model, f"{python_scale(step.factor)}# {len(before)} of {model}\n", spec)

    def _drop(self, model: str, code: str, spec: str) -> str:
        """Drop a Python model. The execution for its deploy.yaml finds no model yet."""
        key = f"{model}/model.py"
        self.cloud.put(f"{model}/deploy.yaml", f"{PYTHON_SPEC}{spec}".encode())
        return self.executions.of(key, self.cloud.put(key, code.encode()))

    def _join(self, case: FaultCase, neighbor: str) -> None:
        """Drop the other model into the pool."""
        arn = self._drop(neighbor, python_scale(str(NEIGHBOR_FACTOR)), _home(case, Step()))
        assert self.executions.ended(arn)["status"] == "SUCCEEDED"

    def _put_sample(self, model: str, golden: float | None) -> None:
        for name, value in (("input", 1.0), ("expected", golden)):
            if golden is not None and value is not None:
                content = BytesIO()
                np.save(content, np.full((1, 2), value, np.float32))
                self.cloud.put(f"{model}/sample/{name}.npy", content.getvalue())

    @contextmanager
    def _clients(self, case: FaultCase, *, wanted: bool) -> Iterator[None]:
        """Send requests during a `with` block, and ignore the responses."""
        stop = threading.Event()

        def send() -> None:
            while wanted and not stop.wait(0.1):
                self._output(case, case.name)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield
        finally:
            stop.set()
            sender.join()

    def _output(self, case: FaultCase, model: str) -> float | None:
        try:
            if case.neighbor:
                return scaled_in_pool(self.cloud, case.name, model)
            return scaled(self.cloud, model)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"ValidationError", "ModelError"}:
                return None
            raise

    def _left(self, case: FaultCase) -> list[str]:
        """Return what is left of the model and its pool, once no staging endpoint is left."""
        if case.neighbor:
            shared = left_of_pool(self.cloud, case.name)
            others = pool_prefix(case.name) + case.neighbor
            return self.cloud.left_of(case.name) + [e for e in shared if not e.startswith(others)]
        eventually(lambda: not self._staging(case), 60)
        return self.cloud.left_of(case.name)

    def _staging(self, case: FaultCase) -> list[str]:
        left = self.cloud.left_of(case.name)
        return [each for each in left if each.startswith("endpoint ") and VERSION.search(each)]

    def _alarms(self, model: str) -> list[str]:
        found = self.cloud.client("cloudwatch").describe_alarms(
            AlarmNamePrefix=f"{self.cloud.endpoint(model)}-"
        )
        own = endpoint_alarm_name(self.cloud.endpoint(model))
        return [each["AlarmName"] for each in found["MetricAlarms"] if each["AlarmName"] != own]

    def _modified(self, case: FaultCase) -> Any:
        description = self._description(case)
        return None if description is None else description["LastModifiedTime"]

    def _config(self, case: FaultCase) -> str | None:
        description = self._description(case)
        return None if description is None else description["EndpointConfigName"]

    def _description(self, case: FaultCase) -> DescribeEndpointOutputTypeDef | None:
        sagemaker: SageMakerClient = self.cloud.client("sagemaker")
        try:
            return sagemaker.describe_endpoint(EndpointName=self._endpoint(case))
        except ClientError:
            return None

    def _endpoint(self, case: FaultCase) -> str:
        return (
            endpoint_of(self.cloud, case.name) if case.neighbor else self.cloud.endpoint(case.name)
        )


def _home(case: FaultCase, step: Step) -> str:
    """Return the line of deploy.yaml for a separate endpoint or for the pool."""
    if case.neighbor:
        return f"hosting: {{mode: pool, pool: {case.name}}}"
    return f"rollout: {step.rollout}"


def inject(cloud: Cloud, model: str, faults: tuple[Fault, ...]) -> None:
    """Inject faults for one model."""
    for fault in faults:
        match fault:
            case LambdaFault():
                cloud.emulator_faults.add(fault.model_copy(update={"payload_contains": model}))
            case AwsFault():
                cloud.emulator_faults.add(fault.model_copy(update={"contains": model}))
            case ApiFault():
                cloud.faults.add(fault.model_copy(update={"name_contains": model}))
            case EndpointFault():
                cloud.faults.add(fault.model_copy(update={"endpoint_contains": model}))
