"""Clients keep sending requests while versions change.

No request fails, and no response is mixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.continuous_requests import Load
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.load import load_on
from tests.workflow.models import NO_STAGING, PYTHON_SPEC, python_scale

if TYPE_CHECKING:
    from pathlib import Path

    from modeldrop.executions.outcome import Outcome

CANARY = (
    "endpoint: {instance_count: 2}\n"
    "rollout: {strategy: canary, size_percent: 50, wait_seconds: 2}\n"
)


class Dropper:
    """Drops versions of a model that multiplies by a factor."""

    def __init__(self, cloud: Cloud, name: str, folder: Path) -> None:
        self.cloud, self.name, self.folder = cloud, name, folder

    def drop(self, factor: int, spec: str = "", golden: int | None = None) -> Outcome:
        """Drop a version, optionally with a golden sample that expects the factor `golden`."""
        model, spec_file = self.folder / "model.py", self.folder / "deploy.yaml"
        model.write_text(python_scale(str(factor)))
        spec_file.write_text(PYTHON_SPEC + spec)
        sample = None
        if golden is not None:
            sample = self.folder / "sample"
            sample.mkdir(exist_ok=True)
            np.save(sample / "input.npy", np.ones((1, 2), np.float32))
            np.save(sample / "expected.npy", np.full((1, 2), golden, np.float32))
        return self.cloud.drop(self.name, model, spec_file, sample)


@pytest.fixture
def dropper(cloud: Cloud, name: str, tmp_path: Path) -> Dropper:
    return Dropper(cloud, name, tmp_path)


def assert_ended(outcome: Outcome, status: str, load: Load) -> None:
    assert content_of(outcome)["status"] == status, summary(outcome)
    assert load.failures == []


def test_nobody_notices_a_change_of_version(cloud: Cloud, name: str, dropper: Dropper) -> None:
    first = dropper.drop(2)
    assert content_of(first)["status"] == "SUCCEEDED", summary(first)
    with load_on(cloud, name) as load:
        assert_ended(dropper.drop(3), "SUCCEEDED", load)
        assert set(load.since()) == {2, 3}

        restored = cloud.repeat(first, name, restore=content_of(first)["version"])
        assert_ended(restored, "SUCCEEDED", load)
        assert set(load.since()) == {3, 2}

        assert_ended(dropper.drop(4, golden=5), "FAILED", load)
        answers = load.since()
        assert set(answers) == {2}, "by default, no client gets an answer of a bad version"
        assert answers.total() > 100

        assert_ended(dropper.drop(6, NO_STAGING, golden=7), "FAILED", load)
        answers = load.since()
        assert set(answers) == {2, 6}, "without staging it answers until its test fails"

        assert_ended(dropper.drop(8, CANARY), "SUCCEEDED", load)
        answers = load.since()
        assert set(answers) == {2, 8}
        assert min(answers.values()) > 20, "a canary of half the traffic, for two seconds"
    assert set(load.since()) <= {8}
    [variant] = cloud.client("sagemaker").describe_endpoint(EndpointName=cloud.endpoint(name))[
        "ProductionVariants"
    ]
    assert variant["DesiredInstanceCount"] == 2, "all instances, after one in staging"
