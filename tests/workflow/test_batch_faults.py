"""Batch jobs with faults. Each sends one notification, and leaves nothing in SageMaker.

The jobs run one after the other, because SageMaker's faults apply to one model's jobs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from modeldrop.executions.outcome import Outcome
from modeldrop.local.ministack.injected_faults import AwsFault, LambdaFault
from tests.workflow.batch_faults import CASES
from tests.workflow.batch_jobs import Jobs, jobs_of_live_model, npy
from tests.workflow.drops import NOTHING
from tests.workflow.executions import notifications

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modeldrop.executions.published import Published
    from tests.workflow.batch_faults import BatchFault
    from tests.workflow.drops import Cloud
    from tests.workflow.executions import Notifications

MODEL = "batch-faulty"
INPUTS = {f"{name}.npy": npy(np.ones((1, 3, 8, 8), np.float32)) for name in "abc"}


@pytest.fixture(scope="module")
def jobs(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    return jobs_of_live_model(cloud, MODEL, tmp_path_factory.mktemp("faults"))


@pytest.fixture
def received(cloud: Cloud) -> Iterator[Notifications]:
    with notifications(cloud, MODEL) as received:
        yield received


@pytest.mark.parametrize("case", CASES, ids=[each.name for each in CASES])
def test_job_with_a_fault(jobs: Jobs, received: Notifications, case: BatchFault) -> None:
    cloud, before = jobs.cloud, left_of_version(jobs)
    jobs.upload(case.name, INPUTS)
    inject(jobs, case)
    try:
        arn = jobs.start(case.name)
        ended = cloud.executions.ended(arn)
        published = received.of(arn)
    finally:
        unused = clear(cloud)
    assert ended["status"] == case.expected.execution, published
    assert 1 <= len(published) <= case.max_notifications
    assert_content(published[-1], case)
    for state, errors in case.attempts.items():
        assert tuple(cloud.failed_attempts(Outcome(arn, "", NOTHING), state)) == errors, state
    assert unused == []
    assert len([each for each in jobs.results(case.name) if each.endswith(".npz")]) == case.results
    assert jobs.running_transforms() == []
    if not case.remaining:
        assert jobs.models_of_runs() == []
    jobs.remove_models_of_runs()
    assert left_of_version(jobs) == before


def left_of_version(jobs: Jobs) -> list[str]:
    """Return the live version's resources without the archive of its first batch job."""
    return [each for each in jobs.cloud.left_of(MODEL) if not each.endswith("/model.tar.gz")]


def inject(jobs: Jobs, case: BatchFault) -> None:
    """Inject the faults into this model's jobs."""
    for fault in case.faults:
        match fault:
            case LambdaFault():
                jobs.cloud.emulator_faults.add(fault.model_copy(update={"payload_contains": MODEL}))
            case AwsFault():
                jobs.cloud.emulator_faults.add(fault)  # selects the calls of a function by its role
            case _:
                filters = "job_contains" if hasattr(fault, "job_contains") else "name_contains"
                jobs.cloud.faults.add(fault.model_copy(update={filters: MODEL}))


def clear(cloud: Cloud) -> list[object]:
    """End all faults, and return the limited ones that did not occur."""
    left = (*cloud.faults.clear(MODEL), *cloud.emulator_faults.clear())
    return [each for each in left if each.times is not None]


def assert_content(published: Published, case: BatchFault) -> None:
    content, expected = published.content, case.expected
    text = json.dumps(content, indent=2)
    actual = (content["status"], content["failed_state"], content["error"])
    assert actual == (expected.status, expected.state, expected.error), text
    assert expected.cause in (content["cause"] or ""), text
    assert bool(content["remaining"]) == case.remaining, text
