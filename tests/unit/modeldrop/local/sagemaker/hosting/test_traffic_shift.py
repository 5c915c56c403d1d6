"""The traffic shift of an update, with fleets without servers."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from modeldrop.local.sagemaker.hosting.deployment_policy import DeploymentPolicy
from modeldrop.local.sagemaker.hosting.fleet import Fleet
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan
from modeldrop.local.sagemaker.hosting.registry import Endpoint, PendingDeployment, Registry
from modeldrop.local.sagemaker.hosting.traffic_shift import RolledBack, TrafficShift

OLD, NEW = Fleet(FleetPlan("old", ()), []), Fleet(FleetPlan("new", ()), [])


class Watch:
    """Records an endpoint's traffic at each query of alarms, and returns the alarms in ALARM."""

    def __init__(self, endpoint: Endpoint, trips_at: float | None = None) -> None:
        self.endpoint = endpoint
        self.trips_at = trips_at
        self.shares: list[float] = []
        self.stages: list[str] = []

    def __call__(self, names: Sequence[str]) -> list[str]:
        self.shares.append(self.endpoint.incoming_share)
        assert self.endpoint.pending is not None
        self.stages.append(self.endpoint.pending.stage)
        return list(names) if self.endpoint.incoming_share == self.trips_at else []


def endpoint() -> Endpoint:
    pending = PendingDeployment(NEW.plan)
    return Endpoint("e", "arn", "old", status="Updating", fleet=OLD, pending=pending)


def dealt(to: Endpoint, requests: int) -> int:
    """Return how many of these requests the new fleet gets."""
    return sum(to.next_fleet() is NEW for _ in range(requests))


def shift(of: Endpoint, policy: DeploymentPolicy, watch: Watch) -> TrafficShift:
    return TrafficShift(Registry("0", "r"), of, policy, watch, threading.Event())


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.25, 1 / 3, 0.5, 1.0])
def test_requests_are_dealt_exactly(share: float) -> None:
    to = endpoint()
    to.incoming, to.incoming_share = NEW, share
    assert dealt(to, 300) == round(300 * share)


def test_traffic_shifts_step_by_step_and_the_old_fleet_is_released() -> None:
    to = endpoint()
    watch = Watch(to)
    policy = DeploymentPolicy(shares=(0.1, 0.5, 1.0), alarms=("a",))
    assert shift(to, policy, watch).run(NEW) is OLD
    assert watch.shares == [0.1, 0.5, 1.0, 1.0]  # the last value is from the termination wait
    assert set(watch.stages) == {"Baking"}
    assert (to.fleet, to.incoming) == (NEW, None)
    assert dealt(to, 10) == 10


def test_alarms_are_polled_during_the_baking_period() -> None:
    to = endpoint()
    watch = Watch(to)
    shift(to, DeploymentPolicy(wait_seconds=0.35, alarms=("a",)), watch).run(NEW)
    assert len(watch.shares) >= 4


def test_an_alarm_gives_all_traffic_back() -> None:
    to = endpoint()
    policy = DeploymentPolicy((0.1, 0.5, 1.0), rollback_shares=(0.3, 0.0), alarms=("a", "b"))
    watch = Watch(to, trips_at=0.5)
    with pytest.raises(RolledBack, match="alarms went into ALARM: a, b"):
        shift(to, policy, watch).run(NEW)
    assert watch.shares == [0.1, 0.5]
    assert (to.fleet, to.incoming) == (OLD, None)
    assert dealt(to, 10) == 0


def test_an_alarm_counts_while_the_old_fleet_is_kept() -> None:
    to = endpoint()
    watch = Watch(to)

    def trips_late(names: Sequence[str]) -> list[str]:
        watch(names)
        return ["late"] if len(watch.shares) > 2 else []

    policy = DeploymentPolicy(termination_wait_seconds=30, alarms=("late",))
    running = TrafficShift(Registry("0", "r"), to, policy, trips_late, threading.Event())
    with pytest.raises(RolledBack, match="late"):
        running.run(NEW)
    assert to.fleet is OLD


def test_update_beyond_its_timeout_is_rolled_back() -> None:
    to = endpoint()
    policy = DeploymentPolicy(wait_seconds=30, maximum_seconds=0.2)
    with pytest.raises(RolledBack, match=r"MaximumExecutionTimeoutInSeconds \(0.2\)"):
        shift(to, policy, Watch(to)).run(NEW)
    assert to.fleet is OLD


def test_a_stop_does_not_wait_for_the_baking() -> None:
    to, closing = endpoint(), threading.Event()
    closing.set()
    policy = DeploymentPolicy(wait_seconds=30)
    with pytest.raises(RolledBack, match="stopping"):
        TrafficShift(Registry("0", "r"), to, policy, Watch(to), closing).run(NEW)


def test_a_fault_of_our_own_gives_the_traffic_back_too() -> None:
    to = endpoint()

    def fails(_names: Sequence[str]) -> list[str]:
        raise KeyError("StateValue")

    running = TrafficShift(Registry("0", "r"), to, DeploymentPolicy(), fails, threading.Event())
    with pytest.raises(KeyError):
        running.run(NEW)
    assert (to.fleet, to.incoming) == (OLD, None)
