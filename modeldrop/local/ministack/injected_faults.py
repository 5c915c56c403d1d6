"""Faults that tests inject into emulated AWS: Lambda and the other services of MiniStack.

`sagemaker.faults` has the faults of the local SageMaker. MiniStack's Python also imports this file.
It has only one dependency of this project: pydantic.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

PATH = "/_modeldrop/faults"
"""The URL path on MiniStack's port. PUT adds faults, DELETE removes them."""

FaultKind = Literal[
    "crash_before", "crash_after", "time_out_before", "time_out_after", "throttle", "service_error"
]
INVOKE_ERRORS: frozenset[FaultKind] = frozenset({"throttle", "service_error"})
EXECUTION_FAULTS: frozenset[FaultKind] = frozenset(get_args(FaultKind)) - INVOKE_ERRORS
Service = Literal["s3", "sns", "sqs", "states", "logs", "cloudwatch", "events", "iam", "sts"]


class LambdaFault(BaseModel):
    """Fails the next invocations of a function.

    - crash_before, crash_after: kills the function's process before its handler runs, or after it
      has returned or raised: Runtime.ExitError.
    - time_out_before, time_out_after: the same, but reported as a timeout (Sandbox.Timedout), at
      once.
    - throttle, service_error: rejects the invocation. Step Functions sees
      Lambda.TooManyRequestsException or Lambda.ServiceException.

    The fault applies if the function's name contains `function_contains` and the event's JSON
    contains `payload_contains`, so tests with different model names do not interfere. It expires
    after `times` hits (`None`: when it is cleared).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    function_contains: str = ""
    payload_contains: str = ""
    times: int | None = Field(default=1, ge=1)


class AwsFault(BaseModel):
    """Fails the next calls of an API operation, with an error in that service's format.

    The fault applies if the request's path, query or body contains `contains` (query and body are
    URL-decoded), and the caller's ARN contains `caller_contains`. If IAM is enforced, a function's
    ARN is the ARN of its role with the function's name, so a test can exclude its own calls. With
    `after`, the service carries out the request, and the response is lost.

    boto3 retries transient errors (status 5xx, throttling) four times by default; `times` counts
    these calls too. The functions of this project do not retry (AWS_MAX_ATTEMPTS).
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
    """The active faults, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[EmulatorFault, int | None]] = []

    def add(self, faults: Sequence[EmulatorFault]) -> None:
        """Append faults to the active ones."""
        with self._lock:
            self._left += [(fault, fault.times) for fault in faults]

    def clear(self, contains: str = "") -> list[EmulatorFault]:
        """Remove and return the faults whose filter contains this text."""
        with self._lock:
            removed = [each for each in self._left if contains in _filter(each[0])]
            self._left = [each for each in self._left if each not in removed]
        return [fault for fault, _left in removed]

    def take_lambda_fault(
        self, kinds: Collection[FaultKind], function: str, payload: str
    ) -> LambdaFault | None:
        """Consume a hit of the first fault of these kinds that applies to an invocation."""

        def applies(fault: EmulatorFault) -> bool:
            return (
                isinstance(fault, LambdaFault)
                and fault.kind in kinds
                and fault.function_contains in function
                and fault.payload_contains in payload
            )

        taken = self._take(applies)
        return taken if isinstance(taken, LambdaFault) else None

    def take_aws_fault(
        self,
        service: str,
        operation: str,
        request: Callable[[], str],
        caller: Callable[[], str],
    ) -> AwsFault | None:
        """Consume a hit of the first fault that applies to an API call.

        `caller` returns the caller's ARN, and `request` the decoded request, which can have many
        megabytes. This method calls them only if the other filters of a fault apply.
        """

        def applies(fault: EmulatorFault) -> bool:
            return (
                isinstance(fault, AwsFault)
                and (fault.service, fault.operation) == (service, operation)
                and (not fault.caller_contains or fault.caller_contains in caller())
                and (not fault.contains or fault.contains in request())
            )

        taken = self._take(applies)
        return taken if isinstance(taken, AwsFault) else None

    def _take(self, applies: Callable[[EmulatorFault], bool]) -> EmulatorFault | None:
        with self._lock:
            for at, (fault, left) in enumerate(self._left):
                if not applies(fault):
                    continue
                if left is not None:
                    self._left[at : at + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None


def _filter(fault: EmulatorFault) -> str:
    return fault.payload_contains if isinstance(fault, LambdaFault) else fault.contains
