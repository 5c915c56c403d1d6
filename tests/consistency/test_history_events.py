"""An execution's history stays below Step Functions' limit for all parameters of the template.

An execution that reaches the limit fails. No state can catch this, so nobody would be notified.
"""

import re
from math import floor
from typing import Any

import pytest

from collect_results.handler import MIN_INPUTS
from model_packager.aws_limits import HISTORY_EVENTS
from model_packager.sagemaker.transform import MAX_BYTES, MAX_FILES
from model_packager.spec.hosting_spec import Endpoint
from model_packager.spec.operation_spec import LONGEST_WAIT_SECONDS
from tests.consistency.asl import MACHINES, TEMPLATE
from workflow.batch.documents import GROUP_BYTES, GROUP_FILES

PARAMETERS = TEMPLATE["Parameters"]
ENTERED_AND_EXITED = 2
ATTEMPT = 3
"""The events of an attempt of a Lambda task: scheduled, started, and the end."""
GROWTH = 20
"""Each wait is at least 1/20 of the time so far."""
FREQUENT_POLLS, SLOW_GROWTH, FAST_GROWTH = 200, 60, 10
"""The wait before Check Endpoint is 1/60 of the time so far until the execution has polled so
often, then 1/10.

The count includes the polls on all instance types, of staging endpoints and the live endpoint.
"""
LOOPS = {
    "Wait for Endpoint": ("Check Endpoint", "waited_seconds"),
    "Wait for Roll Back": ("Roll Back", "roll_back_seconds"),
    "Wait for Transform": ("Check Transform", "waited_seconds"),
    "Wait for Retirement": ("Retire Model", "waited_seconds"),
}
"""For each Wait state of a loop, the task that it repeats and the variable with the sum of
waits."""
STOPPING_SECONDS = 3600
"""The seconds that a batch job waits for a transform job to stop."""
ALLOWED_VISITS = {"Wait for Model": 1, "Wait for Traffic": 1}


def limits(name: str) -> tuple[int, int]:
    return PARAMETERS[name]["MinValue"], PARAMETERS[name]["MaxValue"]


def polls(poll: int, first: int, timeout: int, growth: int = GROWTH, frequent: int = 0) -> int:
    """Return the number of visits of a task in a loop.

    Each wait takes `poll` seconds, or a share of the time so far if that is longer: 1/60 for the
    first `frequent` waits, 1/`growth` for the others.
    """
    waited, visits = first, 1
    while waited < timeout:
        waited += max(poll, floor(waited / (SLOW_GROWTH if visits <= frequent else growth)))
        visits += 1
    return visits


def task_events(state: dict[str, Any], *, retries: bool) -> int:
    """Return the number of events of one visit to a state, with all retries or without any."""
    if state["Type"] != "Task":
        return ENTERED_AND_EXITED
    attempts = 1 + sum(each["MaxAttempts"] for each in state.get("Retry", [])) * retries
    return ENTERED_AND_EXITED + int(attempts) * ATTEMPT


def states_of(machine: str) -> dict[str, Any]:
    states: dict[str, Any] = MACHINES[machine]["States"]
    return states


def loop_events(machine: str, task: str, visits: int) -> int:
    """Return the number of events of a loop in which a tenth of the visits fail twice."""
    states = states_of(machine)
    waits = any(each == task for each, _total in LOOPS.values())
    quiet = task_events(states[task], retries=False) + (1 + waits) * ENTERED_AND_EXITED
    return visits * quiet + visits // 10 * 2 * ATTEMPT + task_events(states[task], retries=True)


def max_events(machine: str) -> int:
    """Return the number of events of the longest execution that the parameters allow."""
    states = states_of(machine)
    poll, _ = limits("PollSeconds")
    _, timeout = limits("EndpointTimeoutSeconds")
    once = sum(task_events(each, retries=True) for each in states.values())
    if machine == "retire_model":
        return once + loop_events(machine, "Retire Model", polls(poll, 0, timeout))
    if machine == "batch_transform":
        _, longest = limits("BatchTimeoutSeconds")
        return once + sum(
            (
                loop_events(machine, "Encode Inputs", encoding_calls()),
                loop_events(machine, "Check Transform", polls(poll, 0, longest + STOPPING_SECONDS)),
                loop_events(machine, "Collect Results", MAX_FILES // MIN_INPUTS),
            )
        )
    first, _ = limits("FirstPollSeconds")
    # Each instance type may run on a staging endpoint and then on the live endpoint.
    types = 1 + fallback_types()
    visited = {
        "Create Model": types,
        "Create Endpoint Config": 2 * types,
        "Create Endpoint": 2 * types,
        "Next Instance Type": types - 1,
        "Smoke Test": types + 1,
        "Delete Staging Endpoint": types,
    }
    again = sum((n - 1) * task_events(states[each], retries=True) for each, n in visited.items())
    visits = polls(poll, first, timeout, FAST_GROWTH, FREQUENT_POLLS)
    visits += (types - 1) * polls(poll, first, timeout, FAST_GROWTH)
    visits += types * polls(poll, first, timeout + LONGEST_WAIT_SECONDS, FAST_GROWTH)
    waiting = loop_events(machine, "Check Endpoint", visits)
    waiting += 2 * types * task_events(states["Check Endpoint"], retries=True)
    back = loop_events(machine, "Roll Back", polls(poll, 0, timeout))
    return once + again + waiting + back


def encoding_calls() -> int:
    """Return the number of groups of the largest batch job.

    Of two consecutive groups, one is full by files or bytes.
    """
    return 2 * (MAX_BYTES // GROUP_BYTES) + MAX_FILES // GROUP_FILES + 1


def fallback_types() -> int:
    [most] = [
        each.max_length
        for each in Endpoint.model_fields["fallback_instance_types"].metadata
        if hasattr(each, "max_length")
    ]
    return int(most)


@pytest.mark.parametrize("machine", MACHINES)
def test_longest_execution_stays_below_the_limit(machine: str) -> None:
    assert max_events(machine) < HISTORY_EVENTS.value


@pytest.mark.parametrize("machine", MACHINES)
def test_every_wait_in_a_loop_grows_and_is_bounded(machine: str) -> None:
    states = states_of(machine)
    waits = {name for name, state in states.items() if state["Type"] == "Wait"}
    assert waits <= LOOPS.keys() | ALLOWED_VISITS.keys()
    for wait in waits & LOOPS.keys():
        task, total = LOOPS[wait]
        assert states[wait]["Next"] == task
        part = str(GROWTH)
        if wait == "Wait for Endpoint":
            part = rf"\(\$polls < {FREQUENT_POLLS} \? {SLOW_GROWTH} : {FAST_GROWTH}\)"
        expression = rf"\$max\(\[\$\{{PollSeconds\}}, \$floor\(\${total} / {part}\)\]\)"
        assigned = states[wait].get("Assign", {}) | states[task].get("Assign", {})
        variable = re.fullmatch(r"\{% \$(\w+) %\}", states[wait]["Seconds"])
        seconds = assigned[variable[1]] if variable else states[wait]["Seconds"]
        assert re.search(expression, seconds), wait
        assert f"${total} + " in states[wait]["Assign"][total]
        assert f"${total}" in str([states[task], states[states[task]["Next"]]])


@pytest.mark.parametrize(
    "name",
    [
        "PollSeconds",
        "FirstPollSeconds",
        "EndpointTimeoutSeconds",
        "SettleSeconds",
        "BatchTimeoutSeconds",
    ],
)
def test_times_have_an_upper_limit(name: str) -> None:
    low, high = limits(name)
    assert low <= PARAMETERS[name]["Default"] <= high
