"""Faults that tests inject into the local SageMaker through `PUT /faults`.

A fault applies to names that contain a given text, so tests with different model names do not
interfere. It expires after `times` hits (`null`: when it is cleared).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from modeldrop.local.access.credentials import Credentials
from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.sagemaker.errors import ApiError

FaultKind = Literal[
    "hang",
    "fail",
    "insufficient_capacity",
    "roll_back",
    "slow_start",
    "slow_response",
    "server_error",
    "model_memory",
]
TransformFaultKind = Literal[
    "hang", "fail", "insufficient_capacity", "slow_response", "server_error"
]
Transition = Literal["create", "update"]
_INVOCATION_FAULTS = ("slow_response", "server_error")
_POLL_SECONDS = 0.05
_NO_TRANSITIONS = (*_INVOCATION_FAULTS, "model_memory")


class ApiFault(BaseModel):
    """Fails the next API calls of an operation.

    The fault applies if a name or ARN in the request contains `name_contains`. The default error is
    SageMaker's throttling: a ThrottlingException with status 400 and the message "Rate exceeded".
    boto3 retries it four times by default, and `times` counts these calls too. With `after`, the
    operation is carried out, and the response is lost.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: str
    error: str = "ThrottlingException"
    message: str = "Rate exceeded"
    status: int = Field(default=400, ge=400, le=599)
    name_contains: str = ""
    after: bool = False
    times: int | None = Field(default=1, ge=1)


class EndpointFault(BaseModel):
    """Changes the behavior of an endpoint.

    - hang: the endpoint stays Creating or Updating for `seconds`, or without `seconds` until the
      fault is cleared; then it continues normally.
    - fail: no server starts; after `seconds`, a creation ends as Failed and an update rolls back.
    - insufficient_capacity: like fail, with AWS's message for missing capacity. With `reason=""`,
      there is no FailureReason, which may happen on AWS for an update.
    - roll_back: an update starts the new server, then rolls back. With `reason=""`, there is no
      FailureReason (seen on AWS: hashicorp/terraform-provider-aws#49020).
    - slow_start: the server starts `seconds` later.
    - slow_response: the container takes `seconds` longer for each invocation, but at most until the
      fault is cleared.
    - server_error: the container returns status 500 for each invocation, with `reason` as the body.
    - model_memory: the models of a multi-model container share `bytes` of memory, and each takes
      the size of its files. The container rejects further models with status 507.

    With `instance_type`, faults of transitions apply only if a variant requests that type. Faults
    of invocations apply only to configs whose name contains `config_contains`, for example the
    config of a canary.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    endpoint_contains: str = ""
    config_contains: str = ""
    instance_type: str | None = None
    seconds: float | None = Field(default=None, ge=0)
    reason: str | None = None
    bytes: int | None = Field(default=None, ge=0)
    times: int | None = Field(default=1, ge=1)


class TransformFault(BaseModel):
    """Changes the behavior of a transform job.

    - hang: the job stays InProgress for `seconds`, or without `seconds` until the fault is cleared;
      then it continues normally.
    - fail: no server starts; after `seconds`, the job is Failed, by default with the reason of an
      unhealthy container.
    - insufficient_capacity: like fail, with AWS's message for missing capacity.
    - slow_response: the container takes `seconds` longer for a request, but at most until the fault
      is cleared.
    - server_error: the container returns status 500 for a request, with `reason` as the body.

    Faults of requests apply only to objects whose key contains `object_contains`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: TransformFaultKind
    job_contains: str = ""
    object_contains: str = ""
    instance_type: str | None = None
    seconds: float | None = Field(default=None, ge=0)
    reason: str | None = None
    times: int | None = Field(default=1, ge=1)


Fault = ApiFault | EndpointFault | TransformFault
RequestFaultT = TypeVar("RequestFaultT", EndpointFault, TransformFault)
FaultT = TypeVar("FaultT", ApiFault, EndpointFault, TransformFault)
FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])


@dataclass(frozen=True)
class RequestFaults:
    """The faults that apply to one request to a container.

    Attributes:
        slow_response: the fault, with an event that is set when the fault is cleared; or None.
        error: the body of a response with status 500; None without a server_error.
    """

    slow_response: tuple[EndpointFault | TransformFault, threading.Event] | None = None
    error: str | None = None

    def wait(self, stopping: threading.Event) -> None:
        """Wait for the duration of a slow_response, or until `stopping` is set."""
        if self.slow_response is not None:
            wait_out(*self.slow_response, stopping)

    async def wait_async(self) -> None:
        """Wait for the duration of a slow_response."""
        if self.slow_response is None:
            return
        fault, cleared = self.slow_response
        end = time.monotonic() + (fault.seconds or 0.0)
        while not cleared.is_set() and (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, _POLL_SECONDS))


class _Entry:
    """An active fault with its remaining hits."""

    def __init__(self, fault: Fault) -> None:
        """Start with all hits of the fault."""
        self.fault = fault
        self.left = fault.times
        self.cleared = threading.Event()

    def hit(self) -> bool:
        """Consume a hit. Return False if none is left."""
        if self.left == 0:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class ActiveFaults:
    """The active faults, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []

    def add(self, faults: Sequence[Fault]) -> None:
        """Append faults to the active ones."""
        with self._lock:
            self._entries.extend(_Entry(fault) for fault in faults)

    def clear(self, contains: str = "") -> list[Fault]:
        """Remove the faults whose name filter contains this text; hanging endpoints continue.

        Returns:
            The removed faults that had hits left.
        """
        with self._lock:
            removed = [entry for entry in self._entries if contains in _filter(entry.fault)]
            self._entries = [entry for entry in self._entries if entry not in removed]
        for entry in removed:
            entry.cleared.set()
        return [entry.fault for entry in removed if entry.left != 0]

    def raise_api_fault(self, operation: str, names: Sequence[str], *, after: bool = False) -> None:
        """Consume a hit of the first fault that applies to this call, and raise its error.

        Raises:
            ApiError: the error of the fault.
        """
        with self._lock:
            for entry in self._entries:
                fault = entry.fault
                if (
                    isinstance(fault, ApiFault)
                    and (fault.operation, fault.after) == (operation, after)
                    and (not fault.name_contains or any(fault.name_contains in n for n in names))
                    and entry.hit()
                ):
                    raise ApiError(fault.error, fault.message, fault.status)

    def take_transition_fault(
        self, endpoint: str, transition: Transition, instance_types: Sequence[str]
    ) -> tuple[EndpointFault, threading.Event] | None:
        """Consume a hit of the first fault that applies to an endpoint's transition.

        Returns:
            The fault, with an event that is set when the fault is cleared; or None.
        """
        return self._take(
            EndpointFault,
            lambda fault: (
                fault.kind not in _NO_TRANSITIONS
                and (fault.kind != "roll_back" or transition == "update")
                and fault.endpoint_contains in endpoint
                and fault.instance_type in {None, *instance_types}
            ),
        )

    def take_start_fault(
        self, job: str, instance_type: str
    ) -> tuple[TransformFault, threading.Event] | None:
        """Consume a hit of the first fault that applies to the start of a transform job.

        Returns:
            The fault, with an event that is set when the fault is cleared; or None.
        """
        return self._take(
            TransformFault,
            lambda fault: (
                fault.kind not in _INVOCATION_FAULTS
                and fault.job_contains in job
                and fault.instance_type in {None, instance_type}
            ),
        )

    def take_record_faults(self, job: str, key: str) -> RequestFaults:
        """Consume a hit of the first fault of each kind for a request of a transform job."""
        return self._take_request_faults(
            TransformFault,
            lambda fault: fault.job_contains in job and fault.object_contains in key,
        )

    def take_invocation_faults(self, endpoint: str, config: str) -> RequestFaults:
        """Consume a hit of the first slow_response and the first server_error for an invocation."""
        return self._take_request_faults(
            EndpointFault,
            lambda fault: fault.endpoint_contains in endpoint and fault.config_contains in config,
        )

    def _take_request_faults(
        self, kind: type[RequestFaultT], applies: Callable[[RequestFaultT], bool]
    ) -> RequestFaults:
        slow = self._take(kind, lambda fault: fault.kind == "slow_response" and applies(fault))
        failing = self._take(kind, lambda fault: fault.kind == "server_error" and applies(fault))
        if failing is None:
            return RequestFaults(slow)
        reason = failing[0].reason
        return RequestFaults(slow, "Internal Server Error" if reason is None else reason)

    def _take(
        self, kind: type[FaultT], applies: Callable[[FaultT], bool]
    ) -> tuple[FaultT, threading.Event] | None:
        """Consume a hit of the first fault of this class that applies."""
        with self._lock:
            for entry in self._entries:
                if isinstance(entry.fault, kind) and applies(entry.fault) and entry.hit():
                    return entry.fault, entry.cleared
        return None

    def model_memory(self, endpoint: str) -> int | None:
        """Return the memory limit in bytes for the models of an endpoint; None without a limit."""
        with self._lock:
            for entry in self._entries:
                fault = entry.fault
                if (
                    isinstance(fault, EndpointFault)
                    and fault.kind == "model_memory"
                    and fault.endpoint_contains in endpoint
                ):
                    return fault.bytes
        return None


def _filter(fault: Fault) -> str:
    if isinstance(fault, ApiFault):
        return fault.name_contains
    return fault.job_contains if isinstance(fault, TransformFault) else fault.endpoint_contains


def wait_out(
    fault: EndpointFault | TransformFault, cleared: threading.Event, stopping: threading.Event
) -> bool:
    """Wait for the duration of a fault. A hang without `seconds` lasts until it is cleared.

    Args:
        fault: the fault, whose `seconds` is the duration.
        cleared: is set when the fault is cleared.
        stopping: is set to end the wait.

    Returns:
        False if `stopping` was set.
    """
    left = fault.seconds if fault.seconds is not None else 0.0
    forever = fault.kind == "hang" and fault.seconds is None
    while (forever or left > 0) and not cleared.is_set():
        if stopping.wait(_POLL_SECONDS):
            return False
        left -= _POLL_SECONDS
    return True


class FaultsClient:
    """A client that injects faults into the local SageMaker."""

    def __init__(self, url: str, owner: Credentials) -> None:
        self._http = httpx.Client(auth=OwnerAuth(owner), trust_env=False)
        self._url = f"{url.rstrip('/')}/faults"

    def add(self, *faults: Fault) -> None:
        """Append faults to the active ones."""
        self._http.put(self._url, content=FAULTS.dump_json(list(faults))).raise_for_status()

    def clear(self, contains: str = "") -> list[Fault]:
        """Remove the faults whose name filter contains this text (by default, all faults).

        Returns:
            The removed faults that had hits left.
        """
        response = self._http.delete(self._url, params={"contains": contains})
        return FAULTS.validate_json(response.raise_for_status().content)
