"""Faults: what can go wrong on AWS, ordered by a test through `PUT /faults`.

A fault names what it hits by a piece of a name, so tests that use their own model names do not
disturb each other. It is used up after `times` hits (`null`: it lasts until it is cleared).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from modeldrop.local.sagemaker.errors import ApiError

FaultKind = Literal[
    "hang",
    "fail",
    "insufficient_capacity",
    "roll_back",
    "slow_start",
    "slow_response",
    "server_error",
]
Transition = Literal["create", "update"]
_OF_INVOCATIONS = ("slow_response", "server_error")


class ApiFault(BaseModel):
    """Makes the next API calls of one operation fail.

    `name_contains` is looked for in the names and ARNs of the request. ThrottlingException with
    status 400 and "Rate exceeded" is what SageMaker's throttling looks like to boto3, which
    retries it by itself: four times in its default mode, so `times` counts those as well. With
    `after` the call is served, and its answer is lost.
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
    """Steers an endpoint's life.

    - hang: stays Creating or Updating for `seconds`, or, without `seconds`, until it is cleared;
      then it goes on as if nothing had been.
    - fail: no server is started; after `seconds` the creation ends Failed, the update goes back.
    - insufficient_capacity: the same, with AWS's sentence for it; with `instance_type`, only where
      a variant asks for instances of that type.
    - roll_back: an update's new server is started, then given up. `reason=""` leaves no
      FailureReason (seen on AWS: hashicorp/terraform-provider-aws#49020). Hits updates only.
    - slow_start: `seconds` more before the server is started.
    - slow_response: the container takes `seconds` more for each invocation.
    - server_error: the container answers each invocation with status 500, and `reason` for a body.

    Faults of invocations hit only the fleet of a config whose name holds `config_contains`: so only
    the canary's, for example.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    endpoint_contains: str = ""
    config_contains: str = ""
    instance_type: str | None = None
    seconds: float | None = Field(default=None, ge=0)
    reason: str | None = None
    times: int | None = Field(default=1, ge=1)


Fault = ApiFault | EndpointFault
FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])


class Entry:
    """A fault in the book, with what is left of it."""

    def __init__(self, fault: Fault) -> None:
        """Start with all its hits."""
        self.fault = fault
        self.left = fault.times
        self.cleared = threading.Event()

    def hit(self) -> bool:
        """Use one hit up; False when none is left."""
        if self.left == 0:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class ActiveFaults:
    """All faults in force, oldest first. Safe to use from many threads."""

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    def add(self, faults: Sequence[Fault]) -> None:
        """Add faults behind those in force."""
        with self._lock:
            self._entries.extend(Entry(fault) for fault in faults)

    def clear(self, contains: str = "") -> list[Fault]:
        """Drop the faults whose name filter holds `contains`, and let what hangs go on.

        Returns:
            those that could still have hit something.
        """
        with self._lock:
            dropped = [entry for entry in self._entries if contains in _target(entry.fault)]
            self._entries = [entry for entry in self._entries if entry not in dropped]
        for entry in dropped:
            entry.cleared.set()
        return [entry.fault for entry in dropped if entry.left != 0]

    def raise_api_fault(self, operation: str, names: Sequence[str], *, after: bool = False) -> None:
        """Raise the first fault that hits this call, if there is one.

        Raises:
            ApiError: what the fault says.
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
        """Use up the first fault for an endpoint that starts a transition.

        Returns:
            The fault and the event of its being cleared, or None.
        """
        with self._lock:
            for entry in self._entries:
                fault = entry.fault
                if (
                    isinstance(fault, EndpointFault)
                    and fault.kind not in _OF_INVOCATIONS
                    and (fault.kind != "roll_back" or transition == "update")
                    and fault.endpoint_contains in endpoint
                    and fault.instance_type in {None, *instance_types}
                    and entry.hit()
                ):
                    return fault, entry.cleared
        return None

    def take_invocation_faults(self, endpoint: str, config: str) -> list[EndpointFault]:
        """Use up the first slow_response and the first server_error for one invocation."""
        taken: dict[FaultKind, EndpointFault] = {}
        with self._lock:
            for entry in self._entries:
                fault = entry.fault
                if (
                    isinstance(fault, EndpointFault)
                    and fault.kind in _OF_INVOCATIONS
                    and fault.kind not in taken
                    and fault.endpoint_contains in endpoint
                    and fault.config_contains in config
                    and entry.hit()
                ):
                    taken[fault.kind] = fault
        return list(taken.values())


def _target(fault: Fault) -> str:
    return fault.name_contains if isinstance(fault, ApiFault) else fault.endpoint_contains


class FaultsClient:
    """What a test orders faults with."""

    def __init__(self, url: str) -> None:
        """Point it at the local SageMaker's base URL."""
        self._url = f"{url.rstrip('/')}/faults"

    def add(self, *faults: Fault) -> None:
        """Add faults behind those in force."""
        httpx.put(
            self._url, content=FAULTS.dump_json(list(faults)), trust_env=False
        ).raise_for_status()

    def clear(self, contains: str = "") -> list[Fault]:
        """Drop the faults whose name filter holds `contains` (all, by default).

        Returns:
            those that could still have hit something.
        """
        answer = httpx.delete(self._url, params={"contains": contains}, trust_env=False)
        return FAULTS.validate_json(answer.raise_for_status().content)
