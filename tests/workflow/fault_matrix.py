"""Every fault that a deployment must handle: the rows of docs/faults.md."""

from __future__ import annotations

from tests.workflow import batch_faults, lasting_faults, overlaps, passing_faults, pool_faults
from tests.workflow.fault_case import OtherTest

CASES = (*pool_faults.CASES, *passing_faults.CASES, *lasting_faults.CASES)
"""All cases, with the longest first, because they run at the same time."""

STARTED_TWICE = "The execution starts twice"
STOPPED = "Emulated AWS is killed (kill -9) between two states, and everything is repeated"

OTHER_TESTS = (
    OtherTest(
        STARTED_TWICE,
        "after the first has ended",
        "`DUPLICATE`, with the first execution's ARN",
        "the first execution's version",
        "nothing of the second execution",
        "tests/workflow/test_faults.py::test_same_event_twice",
    ),
    OtherTest(
        STARTED_TWICE,
        "while the first is running",
        "`DUPLICATE`; the first: `SUCCEEDED`",
        "the first execution's version",
        "nothing of the second execution",
        "tests/workflow/test_faults.py::test_same_event_twice_at_once",
    ),
    OtherTest(
        "The object is overwritten while Package Model reads it",
        "Package Model",
        "`FAILED` at Package Model: SourceChanged; the later drop: `SUCCEEDED`",
        "the later version",
        "nothing of the earlier drop",
        "tests/workflow/test_overlap.py::test_overwritten_while_it_is_read",
    ),
    OtherTest(
        "A Lambda function crashes on every call",
        "Run Model, in a stack with CPU tests",
        "`SUCCEEDED`, with Run Model among the recovered errors",
        "the new version",
        "the version",
        "tests/workflow/test_cpu_test.py::test_deployment_continues_if_the_function_fails",
    ),
    OtherTest(
        "The model returns other dims than deploy.yaml declares",
        "Run Model, in a stack with CPU tests",
        "`FAILED` at Run Model: ModelRejected, with the lines for deploy.yaml",
        "the previous version, or none",
        "nothing",
        "tests/workflow/test_cpu_test.py::test_wrong_dims_are_rejected_and_the_lines_of_the_fix_deploy",
    ),
    OtherTest(
        "The endpoint of a new model hangs in Creating",
        "Check Endpoint",
        "`FAILED` at Check Endpoint: EndpointTimedOut",
        "none",
        "nothing if it settles; otherwise the endpoint, which is billed and listed as remaining",
        "tests/workflow/test_faults.py::test_polling_runs_out",
    ),
    OtherTest(
        "An event arrives after the event of a later drop",
        "Create Endpoint",
        "`SUPERSEDED`",
        "the later version",
        "nothing of the earlier drop",
        "tests/workflow/test_faults.py::test_older_drop_is_superseded",
    ),
    *(
        OtherTest(
            f"{words} drops of one model at once",
            "all states",
            "one notification each: `SUCCEEDED`, `SUPERSEDED`, or SourceChanged if the object was "
            "overwritten before it was read; the newest drop: `SUCCEEDED`",
            "the newest version",
            "the newest live versions",
            f"tests/workflow/test_overlap.py::test_newest_of_one_model_stays[{words.lower()}]",
        )
        for words in ("Two", "Five", "Twenty")
    ),
    OtherTest(
        "Twenty models at once",
        "all states",
        "`SUCCEEDED` for each; none waits for another",
        "each model's version",
        "the versions",
        "tests/workflow/test_overlap.py::test_twenty_models_do_not_wait_for_each_other",
    ),
    OtherTest(
        STOPPED,
        "Wait for Endpoint, and a running Lambda function",
        "`SUCCEEDED` for the repeated drop",
        "the version of the repeated drop",
        "no process, shared memory or file from before",
        "tests/embedded_cloud/test_emulated_aws_stops.py::test_local_up_works_again_and_leaves_nothing_behind",
    ),
    OtherTest(
        STOPPED,
        "Smoke Test in a pool, of an asynchronous and a serverless endpoint, and a transform job",
        "`SUCCEEDED` for the repeated drops and the repeated batch job",
        "the versions of the repeated drops",
        "no process, shared memory or file from before",
        "tests/embedded_cloud/test_emulated_aws_stops.py::test_every_hosting_mode_and_batch_jobs_work_again",
    ),
    *batch_faults.ROWS,
    *overlaps.ROWS,
)
