"""Concurrent requests and stopped executions, as rows of docs/faults.md.

test_sleep_overlaps.py, test_shadow.py and test_batch_overlaps.py assert them.
"""

from __future__ import annotations

from tests.workflow.fault_case import OtherTest

SLEEP = "tests/workflow/test_sleep_overlaps.py"
SHADOW = "tests/workflow/test_shadow.py"
BATCH = "tests/workflow/test_batch_overlaps.py"
STOPPED = "Somebody stops the execution"

ROWS = (
    OtherTest(
        STOPPED,
        "Retire Model, while a model falls asleep: its endpoint exists",
        "woken: `SUCCEEDED`; put to sleep again, by a command or the watch: `ASLEEP`",
        "the same version, or asleep",
        "all versions",
        f"{SLEEP}::test_stopped_while_falling_asleep",
    ),
    OtherTest(
        STOPPED,
        "Wait for Endpoint, while a model wakes",
        "woken again: `SUCCEEDED`; put to sleep, by a command or the watch: `ASLEEP`",
        "the same version, or asleep",
        "all versions",
        f"{SLEEP}::test_stopped_while_waking",
    ),
    OtherTest(
        "The execution starts twice",
        "all states of falling asleep and of waking",
        "`ASLEEP`; `SUCCEEDED`, and for the second wake-up `SUCCEEDED` or `DUPLICATE`",
        "asleep, then the same version",
        "all versions",
        f"{SLEEP}::test_two_requests_at_once",
    ),
    OtherTest(
        "A model is woken while it falls asleep, and put to sleep while it wakes",
        "Create Endpoint, Retire Model",
        "`ASLEEP`, then `SUCCEEDED`; the request to sleep is refused until the model is awake",
        "the same version",
        "all versions",
        f"{SLEEP}::test_sleep_and_wake_wait_for_each_other",
    ),
    OtherTest(
        "A model is dropped while it wakes, and schedules start late",
        "Create Endpoint, Retire Model",
        "the drop: `SUCCEEDED`; both wake-ups: `SUPERSEDED`",
        "the version of the drop",
        "both versions",
        f"{SLEEP}::test_wake_never_replaces_a_later_drop",
    ),
    OtherTest(
        "A Lambda function crashes on every call, after its work",
        "Record Deployment, of a drop that wakes a sleeping model",
        "`FAILED` at Record Deployment",
        "asleep, with the same version",
        "nothing of the failed version",
        "tests/workflow/test_sleep.py::test_drop_wakes_a_sleeping_model",
    ),
    OtherTest(
        "The event repeats, and somebody puts the model to sleep and uploads another version",
        "a shadow test",
        "the repeated event: `DUPLICATE`; both drops: `SUCCEEDED`, one after the other; the "
        "request to sleep is refused",
        "the latest version",
        "all versions",
        f"{SHADOW}::test_other_events_during_the_test",
    ),
    OtherTest(
        "The model is retired",
        "a shadow test",
        "`RETIRED`; the drop: `FAILED` at Compare Answers: EndpointFailed",
        "none",
        "nothing",
        f"{SHADOW}::test_retired_during_the_test",
    ),
    *(
        OtherTest(
            STOPPED,
            f"{state}, before a drop with the strategy {strategy}",
            "the later drop: `SUCCEEDED`",
            "the version of the later drop",
            "the stopped version, until `modeldrop orphans --delete`",
            f"{SHADOW}::test_drop_after_a_stopped_test[{strategy}-{state}]",
        )
        for strategy in ("shadow", "all_at_once")
        for state in ("Start Shadow Test", "Wait for Traffic")
    ),
    OtherTest(
        "The model is updated",
        "a running transform job",
        "`SUCCEEDED` for the drop and the batch job",
        "the new version",
        "results of the earlier version",
        f"{BATCH}::test_job_ends_with_the_version_that_it_started_with",
    ),
    OtherTest(
        "The model is retired",
        "a running transform job",
        "`RETIRED`; the batch job: `SUCCEEDED`",
        "none",
        "the results",
        f"{BATCH}::test_retirement_leaves_a_running_job_alone",
    ),
    *(
        OtherTest(
            "The model is retired",
            f"{state} of a batch job, before its container starts",
            "`RETIRED`; the batch job: `FAILED`: “…was deleted after the job had begun…”",
            "none",
            "no results",
            f"{BATCH}::test_retired_before_its_container_starts[{state}]",
        )
        for state in ("Start Transform", "Check Transform")
    ),
    OtherTest(
        "Two batch jobs of one model at once",
        "all states",
        "`SUCCEEDED` for each",
        "unchanged",
        "the results of each job",
        f"{BATCH}::test_two_jobs_at_once",
    ),
)
