"""Many concurrent drops: the newest drop of a model goes live, and different models do not wait."""

from __future__ import annotations

import hashlib
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from modeldrop.executions.outcome import Outcome
from modeldrop.local import cloud as embedded
from modeldrop.local.ministack.injected_faults import LambdaFault
from tests.workflow.conftest import SETTINGS
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.executions import Executions, notifications
from tests.workflow.fault_runner import VERSION
from tests.workflow.models import NO_STAGING, PYTHON_SPEC, python_scale
from tests.workflow.scaled import scaled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from modeldrop.executions.published import Published

KEPT = 3
A_SECOND = 1.05  # version names have the second of the drop


@dataclass(frozen=True)
class Ended:
    """The outcome of a drop, and all its notifications."""

    outcome: Outcome
    notifications: list[Published]


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with timeouts for twenty servers that start at once on a small computer."""
    parameters = {**SETTINGS.parameters, "EndpointTimeoutSeconds": "480"}
    settings = SETTINGS.model_copy(update={"parameters": parameters})
    with embedded.running(tmp_path_factory.mktemp("roomy"), settings) as running:
        yield Cloud.of(running)


def drop_all(
    cloud: Cloud, drops: Sequence[tuple[str, int]], every: float = 0, rollout: str = NO_STAGING
) -> list[Ended]:
    """Drop (model, factor) pairs, `every` seconds or at once, and wait until all have ended."""
    executions, models = cloud.executions, sorted({model for model, _factor in drops})
    with ExitStack() as stack:
        queues = {each: stack.enter_context(notifications(cloud, each)) for each in models}
        announce(cloud, executions, models, rollout)
        keys = []
        for model, factor in drops:
            key = f"{model}/model.py"
            keys.append((model, key, cloud.put(key, python_scale(str(factor)).encode())))
            time.sleep(every)
        ended = []
        for model, key, etag in keys:
            arn = executions.of(key, etag)
            status = executions.ended(arn)["status"]
            notified = queues[model].of(arn)
            assert notified, f"no notification of {arn}"
            ended.append(Ended(Outcome(arn, status, notified[-1]), notified))
        return ended


def announce(
    cloud: Cloud, executions: Executions, models: Sequence[str], rollout: str = NO_STAGING
) -> None:
    """Put the deploy.yaml files, and wait until their executions have found no model."""
    put = [(f"{each}/deploy.yaml", (PYTHON_SPEC + rollout).encode()) for each in models]
    started = [executions.of(key, cloud.put(key, spec)) for key, spec in put]
    for arn in started:
        assert executions.ended(arn)["status"] == "SUCCEEDED"


def settled_as(each: Ended) -> str:
    """Return the status, or the error of a failure."""
    content = content_of(each.outcome)
    return str(content["error"] if content["status"] == "FAILED" else content["status"])


@pytest.mark.parametrize(
    ("number", "every", "rollout"),
    [(2, A_SECOND, ""), (5, A_SECOND, NO_STAGING), (20, 0, NO_STAGING)],
    ids=["two", "five", "twenty"],
)
def test_newest_of_one_model_stays(
    roomy: Cloud, name: str, number: int, every: float, rollout: str
) -> None:
    """A file that is overwritten before it is read is not deployed (SourceChanged)."""
    ended = drop_all(roomy, [(name, factor) for factor in range(1, number + 1)], every, rollout)
    settled = [settled_as(each) for each in ended]
    assert settled[-1] == "SUCCEEDED", summary(ended[-1].outcome)
    assert set(settled) <= {"SUCCEEDED", "SUPERSEDED", "SourceChanged"}, settled
    assert [len(each.notifications) for each in ended] == [1] * number
    assert scaled(roomy, name) == number
    succeeded = [
        content_of(each.outcome)["version"]
        for each, how in zip(ended, settled, strict=True)
        if how == "SUCCEEDED"
    ]
    left = {found[0] for each in roomy.left_of(name) if (found := VERSION.search(each))}
    assert left == set(succeeded[-KEPT:])
    assert content_of(ended[-1].outcome)["live_version"] == succeeded[-1]


def test_twenty_models_do_not_wait_for_each_other(roomy: Cloud) -> None:
    models = [f"many-{number:02}" for number in range(20)]
    ended = drop_all(roomy, [(each, number) for number, each in enumerate(models, 2)])
    assert [settled_as(each) for each in ended] == ["SUCCEEDED"] * 20
    assert [len(each.notifications) for each in ended] == [1] * 20
    assert [scaled(roomy, each) for each in models] == list(range(2, 22))
    for each in ended:
        assert roomy.failed_attempts(each.outcome, "Create Endpoint") == []


def test_overwritten_while_it_is_read(roomy: Cloud, name: str) -> None:
    """The file changes between Inspect Model and a delayed Package Model.

    The result is never a mixture.
    """
    key, earlier, later = f"{name}/model.py", python_scale("2").encode(), python_scale("3").encode()
    etag = hashlib.md5(earlier, usedforsecurity=False).hexdigest()
    held = LambdaFault(
        kind="throttle", function_contains="PackageModel", payload_contains=etag, times=4
    )
    roomy.emulator_faults.add(held)
    executions = roomy.executions
    with notifications(roomy, name) as queue:
        announce(roomy, executions, [name])
        first = executions.of(key, roomy.put(key, earlier))
        assert executions.entered(first, {"Package Model"})
        second = executions.of(key, roomy.put(key, later))
        for arn in (first, second):
            executions.ended(arn)
        [of_first], [of_second] = queue.of(first), queue.of(second)
    failed = (of_first.content["failed_state"], of_first.content["error"])
    assert failed == ("Package Model", "SourceChanged")
    assert of_second.content["status"] == "SUCCEEDED"
    assert scaled(roomy, name) == 3
    left = {found[0] for each in roomy.left_of(name) if (found := VERSION.search(each))}
    assert left == {of_second.content["version"]}
