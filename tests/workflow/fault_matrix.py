"""Every fault that a deployment has to survive: the rows of docs/faults.md."""

from __future__ import annotations

from tests.workflow import lasting_faults, passing_faults
from tests.workflow.fault_case import Elsewhere

STORIES = (*passing_faults.STORIES, *lasting_faults.STORIES)

STARTED_TWICE = "The execution is started twice"
STOPPED = "The emulated AWS stops (kill -9) between two states, and the drop is repeated"

ELSEWHERE = (
    Elsewhere(
        STARTED_TWICE,
        "after the first has ended",
        "`DUPLICATE`, with the first execution's ARN",
        "the version of the first",
        "nothing of the second",
        "tests/workflow/test_faults.py::test_same_event_twice",
    ),
    Elsewhere(
        STARTED_TWICE,
        "while the first is on its way",
        "`DUPLICATE`; the first: `SUCCEEDED`",
        "the version of the first",
        "nothing of the second",
        "tests/workflow/test_faults.py::test_same_event_twice_at_once",
    ),
    Elsewhere(
        "The object is overwritten while it is read",
        "Package Model",
        "`FAILED` at Package Model: SourceChanged; the later drop: `SUCCEEDED`",
        "the later version",
        "nothing of the earlier drop",
        "tests/workflow/test_overlap.py::test_overwritten_while_it_is_read",
    ),
    Elsewhere(
        "The endpoint of a new model hangs in Creating",
        "Check Endpoint",
        "`FAILED` at Check Endpoint: EndpointTimedOut",
        "nothing",
        "nothing if it settles; else the endpoint, told as remaining: it is billed",
        "tests/workflow/test_faults.py::test_polling_runs_out",
    ),
    Elsewhere(
        "An event comes after that of a later drop",
        "Create Endpoint",
        "`SUPERSEDED`",
        "the later version",
        "nothing of the earlier drop",
        "tests/workflow/test_faults.py::test_older_drop_is_superseded",
    ),
    *(
        Elsewhere(
            f"{words} drops of one model at once",
            "all states",
            "one notification each: `SUCCEEDED`, `SUPERSEDED`, or SourceChanged where the object "
            "was overwritten before it was read; the newest: `SUCCEEDED`",
            "the newest version",
            "the newest versions that went live",
            f"tests/workflow/test_overlap.py::test_newest_of_one_model_stays[{words.lower()}]",
        )
        for words in ("Two", "Five", "Twenty")
    ),
    Elsewhere(
        "Twenty models at once",
        "all states",
        "`SUCCEEDED`, each; none waits for another",
        "each its own version",
        "the versions",
        "tests/workflow/test_overlap.py::test_twenty_models_do_not_wait_for_each_other",
    ),
    Elsewhere(
        STOPPED,
        "Wait for Endpoint, and a Lambda at work",
        "`SUCCEEDED`, of the repeated drop",
        "the version of the repeated drop",
        "nothing of before: no process, no shared memory, no file",
        "tests/embedded_cloud/test_emulated_aws_stops.py::test_up_again_works_and_nothing_of_before_is_left",
    ),
)
