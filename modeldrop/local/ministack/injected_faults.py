"""Faults of the emulated AWS: what Lambda and AWS's other services do wrong, ordered by a test.

The local SageMaker has its own (`sagemaker.faults`). MiniStack's Python reads this file as well,
which has pydantic and nothing else of ours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

PATH = "/_modeldrop/faults"
"""On MiniStack's port: PUT adds faults, DELETE drops them."""

FaultKind = Literal[
    "crash_before", "crash_after", "time_out_before", "time_out_after", "throttle", "service_error"
]
REFUSALS: frozenset[FaultKind] = frozenset({"throttle", "service_error"})
MISHAPS: frozenset[FaultKind] = frozenset(get_args(FaultKind)) - REFUSALS
Service = Literal["s3", "sns", "sqs", "states", "logs", "cloudwatch", "events", "iam", "sts"]


class LambdaFault(BaseModel):
    """Makes the next invocations of a function fail.

    - crash_before, crash_after: the function's process is killed before its handler is called, or
      when it has run, however that ended: Runtime.ExitError.
    - time_out_before, time_out_after: the same, and what is reported is that the time was up
      (Sandbox.Timedout). Nobody waits for it.
    - throttle, service_error: the invocation is refused, as Step Functions sees it:
      Lambda.TooManyRequestsException, Lambda.ServiceException.

    `function_contains` is looked for in the function's name, `payload_contains` in the event's
    JSON: tests that use their own model names do not disturb each other. The fault is used up
    after `times` hits (`None`: it lasts until it is cleared).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    function_contains: str = ""
    payload_contains: str = ""
    times: int | None = Field(default=1, ge=1)


class AwsFault(BaseModel):
    """Makes the next calls of one API operation fail, in that service's own form of an error.

    `contains` is looked for in the request's path, query and body, the last two URL-decoded;
    `caller_contains` in the caller's ARN, which of a function is its role's with the function's
    name (only where IAM is enforced): a test that makes the same call itself is not hit. With
    `after` the service does what it was asked, and its answer is lost.

    boto3 retries what looks passing (status 5xx, throttling) by itself, four times in its default
    mode, so `times` counts those as well; in our functions it does not (AWS_MAX_ATTEMPTS).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: Service
    operation: str
    code: str = "InternalError"
    message: str = "We encountered an internal error. Please try again."
    status: int = Field(default=500, ge=400, le=599)
    contains: str = ""
    caller_contains: str = ""
    after: bool = False
    times: int | None = Field(default=1, ge=1)


EmulatorFault = LambdaFault | AwsFault
FAULTS: TypeAdapter[list[EmulatorFault]] = TypeAdapter(list[EmulatorFault])


class ActiveEmulatorFaults:
    """All faults in force, oldest first. Safe to use from many threads."""

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._left: list[tuple[EmulatorFault, int | None]] = []

    def add(self, faults: Sequence[EmulatorFault]) -> None:
        """Add faults behind those in force."""
        with self._lock:
            self._left += [(fault, fault.times) for fault in faults]

    def clear(self, contains: str = "") -> list[EmulatorFault]:
        """Drop, and give, the faults that look for `contains` in an event or a request."""
        with self._lock:
            dropped = [each for each in self._left if contains in _target(each[0])]
            self._left = [each for each in self._left if each not in dropped]
        return [fault for fault, _left in dropped]

    def take_lambda_fault(
        self, kinds: Collection[FaultKind], function: str, payload: str
    ) -> LambdaFault | None:
        """Use up one hit of the first fault of these kinds that an invocation meets."""

        def hits(fault: EmulatorFault) -> bool:
            return (
                isinstance(fault, LambdaFault)
                and fault.kind in kinds
                and fault.function_contains in function
                and fault.payload_contains in payload
            )

        taken = self._take(hits)
        return taken if isinstance(taken, LambdaFault) else None

    def take_aws_fault(
        self, service: str, operation: str, request: str, caller: str
    ) -> AwsFault | None:
        """Use up one hit of the first fault that an API call meets."""

        def hits(fault: EmulatorFault) -> bool:
            return (
                isinstance(fault, AwsFault)
                and (fault.service, fault.operation) == (service, operation)
                and fault.contains in request
                and fault.caller_contains in caller
            )

        taken = self._take(hits)
        return taken if isinstance(taken, AwsFault) else None

    def _take(self, hits: Callable[[EmulatorFault], bool]) -> EmulatorFault | None:
        with self._lock:
            for at, (fault, left) in enumerate(self._left):
                if not hits(fault):
                    continue
                if left is not None:
                    self._left[at : at + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None


def _target(fault: EmulatorFault) -> str:
    return fault.payload_contains if isinstance(fault, LambdaFault) else fault.contains
